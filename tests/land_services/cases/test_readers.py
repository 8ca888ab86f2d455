"""Who reads and who adds each document: every role against every way to it; for the others it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from gisportal.accounts.models import Delegation, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts, cards
from land_services.cases.acts import RemarkMade
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.models import Case, CaseFile
from land_services.cases.proof import case_faults
from land_services.catalogue import load_catalogue
from layers.models import AuditRow
from tests.land_services.cases.test_machine import an_answer
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
RENT, FENCE, COMPLAINT = "land_rent_request", "fencing_permit", "employee_complaint"
EVERYBODY = (
    "resident", "outsider", "lands_officer", "planner", "committee", "mayor", "cashier", "director", "administrator",
    "archive", "finance", "reviewer", "survey_head", "clerk", "personnel", "agency",
)  # fmt: skip


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def filed(sample: Sample, code: str, login: str = "resident") -> Case:
    card, me = load_catalogue()[code], sample.viewer(login)
    case = acts.open_case(code, [sample.uid] if card.land == "required" else [], viewer=me)
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    for document in card.documents:
        if document.required and not document.added_by:
            acts.attach(case, sample.deed, viewer=me, document=document.code)
    return acts.submit(case, viewer=me)


def add(sample: Sample, case: Case, login: str, document: str, name: str = "secret-name.pdf") -> CaseFile:
    return acts.attach(case, sample.deed, viewer=sample.viewer(login), document=document, file_name=name)


def ways(case: Case, file: CaseFile) -> dict[str, Callable[[Client], bool]]:
    """Return every way to a document with the question whether it is seen there."""
    page, api = f"/en/cases/{case.reference}/", f"/api/v1/cases/{case.reference}"

    def answers(path: str) -> Callable[[Client], bool]:
        def asked(client: Client) -> bool:
            status = client.get(path).status_code
            assert status in (200, 404), status
            return status == 200

        return asked

    def named(path: str) -> Callable[[Client], bool]:
        return lambda client: file.name in client.get(path).content.decode()

    def listed(client: Client) -> bool:
        body = client.get(api)
        return body.status_code == 200 and file.pk in [one["id"] for one in body.json()["files"]]

    return {
        "download": answers(f"{page}papers/{file.pk}/"),
        "api download": answers(f"{api}/files/{file.pk}"),
        "page": named(page),
        "arabic page": named(page.replace("/en/", "/ar/")),
        "api": listed,
        "api text": named(api),
    }


def who_reads(sample: Sample, case: Case, file: CaseFile, people: tuple[str, ...] = EVERYBODY) -> set[str]:
    """Return who reaches a document; whoever does so one way must every other way, and the rest none."""
    readers = set()
    for login in people:
        client = Client()
        client.force_login(sample.user(login))
        seen = {name: way(client) for name, way in ways(case, file).items()}
        assert len(set(seen.values())) == 1, (login, seen)
        if seen["download"]:
            readers.add(login)
    nobody = Client()
    for path in (f"/en/cases/{case.reference}/papers/{file.pk}/", f"/api/v1/cases/{case.reference}/files/{file.pk}"):
        assert nobody.get(path).status_code in (302, 401, 404)
    return readers


def test_what_the_committee_adds_is_read_by_those_the_card_names(sample: Sample) -> None:
    case = filed(sample, RENT)
    file = add(sample, case, "committee", "rent_valuation")
    # Finance and the committee read it where they see the case at all: finance has no stage in it.
    assert who_reads(sample, case, file) == {"lands_officer", "committee", "mayor", "director"}
    assert AuditRow.objects.filter(action="case.paper_read", subject=case.reference).exists()
    assert not list(case_faults()), "a look is no step"


def test_what_says_nothing_is_read_by_whoever_sees_the_case(sample: Sample) -> None:
    case, file = with_own_papers(sample)
    who = who_reads(sample, case, file)
    assert who >= {"resident", "lands_officer", "planner", "committee", "archive", "mayor", "administrator"}
    assert who.isdisjoint({"outsider", "reviewer", "agency", "personnel"})


def with_own_papers(sample: Sample) -> tuple[Case, CaseFile]:
    """File a rent request with an own paper of a name that occurs nowhere else."""
    card, me = load_catalogue()[RENT], sample.viewer("resident")
    case = acts.open_case(RENT, [sample.uid], viewer=me)
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    for document in card.documents:
        if not document.added_by and "pdf" in document.formats:
            acts.attach(case, sample.deed, viewer=me, document=document.code, file_name=f"own-{document.code}.pdf")
    acts.submit(case, viewer=me)
    return case, case.files.order_by("pk")[0]


def test_evidence_of_a_complaint_is_for_the_filer_and_those_who_judge_it(sample: Sample) -> None:
    me = sample.viewer("resident")
    card = load_catalogue()[COMPLAINT]
    case = acts.open_case(COMPLAINT, viewer=me)
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    file = add(sample, case, "resident", "evidence")
    acts.submit(case, viewer=me)
    assert who_reads(sample, case, file) == {"resident", "personnel", "committee", "mayor"}


def test_only_the_survey_department_adds_its_report_while_the_case_is_with_the_house(sample: Sample) -> None:
    me = sample.viewer("resident")
    draft = acts.open_case(FENCE, [sample.uid], viewer=me)
    for login in ("resident", "reviewer"):
        with pytest.raises(ActionRefused):
            add(sample, draft, login, "boundary_check")
    assert "REQ-21" not in {f.rule for f in missing(look_at(draft, me)) if f.params.get("code") == "boundary_check"}
    case = filed(sample, FENCE)
    for login in EVERYBODY:
        if login in ("reviewer", "survey_head"):
            continue
        with pytest.raises(ActionRefused):
            add(sample, case, login, "boundary_check")
    file = add(sample, case, "reviewer", "boundary_check")
    assert (file.version, file.by) == (1, sample.user("reviewer"))
    assert add(sample, case, "survey_head", "boundary_check").version == 2
    assert case.steps.filter(act="attach", by=sample.user("survey_head")).exists()
    acts.withdraw(case, viewer=me, reason="not needed any more")
    with pytest.raises(ActionRefused, match="withdrawn"):
        add(sample, case, "reviewer", "boundary_check")


def test_nobody_of_the_department_adds_to_a_case_they_filed(sample: Sample) -> None:
    RoleGrant.objects.create(user=sample.user("reviewer"), role="applicant")
    case = filed(sample, FENCE, "reviewer")
    with pytest.raises(NotYours):
        add(sample, case, "reviewer", "boundary_check")
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        known = case.files.order_by("pk")[0]
        CaseFile.objects.create(
            case=case, document="boundary_check", version=1, name="x", type="pdf", size=1, sha256=known.sha256,
            file=known.file.name, by=sample.user("reviewer"),
        )  # fmt: skip
    assert refused.value.__cause__.diag.constraint_name == "casefile_added_by_others"  # type: ignore[union-attr]


def test_who_stands_in_adds_in_the_place_of_the_absent(sample: Sample) -> None:
    case = filed(sample, FENCE)
    until = timezone.now() + timedelta(days=1)
    Delegation.objects.create(
        from_user=sample.user("reviewer"), to_user=sample.user("planner"), role="reviewer", valid_until=until
    )
    add(sample, case, "planner", "boundary_check")
    step = case.steps.filter(act="attach").order_by("-pk")[0]
    assert step.for_user == sample.user("reviewer")
    told = AuditRow.objects.filter(action="case.attach", subject=case.reference).order_by("-pk")[0]
    assert told.payload["for_user"] == sample.user("reviewer").pk


def test_a_role_held_elsewhere_adds_nothing_here(sample: Sample) -> None:
    user = User.objects.create_user("reviewer_of_the_west")
    RoleGrant.objects.create(user=user, role="reviewer", area="west")
    me = sample.viewer("resident")
    case = acts.open_case(FENCE, [sample.uid], viewer=me, area="east")
    acts.fill(case, {f.code: an_answer(f) for f in load_catalogue()[FENCE].form}, viewer=me)
    for document in load_catalogue()[FENCE].documents:
        if document.required:
            acts.attach(case, sample.deed, viewer=me, document=document.code)
    acts.submit(case, viewer=me)
    with pytest.raises(NotYours):
        acts.attach(case, sample.deed, viewer=viewer_of(user), document="boundary_check")


def test_pages_and_api_offer_it_to_those_who_may_and_take_it(client: Client, sample: Sample, tmp_path: Path) -> None:
    case = filed(sample, FENCE)
    path, api = f"/en/cases/{case.reference}/", f"/api/v1/cases/{case.reference}"
    for login, may in (("reviewer", True), ("resident", False), ("clerk", False)):
        client.force_login(sample.user(login))
        page = client.get(path)
        if page.status_code == 200:
            assert ('value="boundary_check"' in page.content.decode()) is may, login
            assert client.get(api).json()["may_add"] == (["boundary_check"] if may else [])
    client.force_login(sample.user("reviewer"))
    with sample.deed.open("rb") as file:
        answer = client.post(f"{path}papers/", {"document": "boundary_check", "file": file})
    assert answer.status_code == 302
    with sample.deed.open("rb") as file:
        answer = client.post(f"{api}/files", {"document": "boundary_check", "file": file})
    assert answer.status_code == 201 and answer.json()["version"] == 2
    client.force_login(sample.user("resident"))
    with sample.deed.open("rb") as file:
        answer = client.post(f"{api}/files", {"document": "boundary_check", "file": file})
    assert answer.status_code == 403


def test_a_paper_of_the_house_is_not_a_change_by_the_filer(sample: Sample) -> None:
    case = filed(sample, FENCE)
    first = case.stages.filter(state="active").order_by("position")[0]
    by = sample.viewer(first.role)
    acts.send_back(case, [RemarkMade("form_wrong", "x")], first.code, viewer=by)
    case.refresh_from_db()
    with pytest.raises(ActionRefused):
        add(sample, case, "reviewer", "boundary_check")  # while it is with the filer
    acts.answer(case, 1, "done", viewer=sample.viewer("resident"))
    acts.submit(case, viewer=sample.viewer("resident"))
    assert case.stages.get(code=first.code).state == "active"


def test_a_remark_is_not_pinned_to_what_one_may_not_read(sample: Sample) -> None:
    case = filed(sample, RENT)
    secret = add(sample, case, "committee", "rent_valuation")
    run = case.stages.get(state="active", role="planner")
    planner, made = sample.viewer("planner"), [RemarkMade("form_wrong", "x", file=secret.pk)]
    with pytest.raises(Incomplete, match="not a document"):
        acts.send_back(case, made, run.code, viewer=planner)


def test_an_agency_adds_and_reads_where_it_is_asked(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card whose paper an agency adds: only the one that is asked, and only while it is."""
    known = load_catalogue()["excavation_permit"]
    paper = replace(
        known.documents[0], code="water_plan", required=False, formats=("pdf",), added_by=("agency:water",),
        readers=("agency:water", "roads_engineer"),
    )  # fmt: skip
    card = replace(known, documents=(*known.documents, paper))
    monkeypatch.setattr(cards, "load_catalogue", lambda: {card.code: card})
    case = filed(sample, "excavation_permit")
    people = {}
    for code in ("water", "telecom"):
        people[code] = User.objects.create_user(f"of_{code}")
        RoleGrant.objects.create(user=people[code], role="agency", area=code)
    with pytest.raises(NotYours):
        acts.attach(case, sample.deed, viewer=viewer_of(people["telecom"]), document="water_plan")
    file = acts.attach(
        case, sample.deed, viewer=viewer_of(people["water"]), document="water_plan", file_name="secret-name.pdf"
    )
    readers = who_reads(sample, case, file, ("resident", "roads_engineer", "mayor", "of_water", "of_telecom"))
    assert readers == {"roads_engineer", "of_water"}


def test_a_required_paper_of_the_house_is_there_before_the_decision(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = load_catalogue()["building_permit"]
    paper = replace(known.documents[0], code="fire_check", required=True, formats=("pdf",), added_by=("clerk",))
    card = replace(known, documents=(*known.documents, paper))
    monkeypatch.setattr(cards, "load_catalogue", lambda: {card.code: card})
    case = filed(sample, "building_permit")
    for role in ("clerk", "building_reviewer"):
        acts.finish(case, viewer=sample.viewer(role))
    with pytest.raises(Incomplete) as refused:
        acts.approve(case, viewer=sample.viewer("building_head"))
    assert [finding.rule for finding in refused.value.findings] == ["REQ-21"]
    add(sample, case, "clerk", "fire_check")
    assert acts.approve(case, viewer=sample.viewer("building_head"))[0].state == "approved"
