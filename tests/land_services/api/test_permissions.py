"""Each role against each address and each kind of object: what is not one's own is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from gisportal.accounts.models import OfficeMembership, RoleGrant, User
from gisportal.accounts.roles import Role
from land_services.api.doing import DOING
from land_services.api.urls import urlpatterns
from land_services.cases import acts
from land_services.cases.models import Case, CaseFile, IssuedDocument, Referral
from land_services.catalogue import load_catalogue
from land_services.register.personal import READERS
from tests.land_services.api.asking import Asker
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

ROLES: Final = {role.value for role in Role}
WATCH: Final = {"administrator", "director", "archive", "mayor"}
STAGES: Final = {"reviewer", "survey_head", "mayor", "registrar", "cashier"}
"""Roles of the subdivision's stages."""

SEES: Final[dict[str, set[str]]] = {
    "draft": {"surveyor"},
    "submitted": {"surveyor"} | STAGES | WATCH,
    "issued": {"surveyor"} | STAGES | WATCH,
    "elsewhere": {"surveyor"} | {role for role in STAGES | WATCH if role != "reviewer"},
    "of an office": {"surveyor", "resident"},
    "asked": set(),
}
"""Who sees a case of each kind, by the role that is their account; ``asked`` is worked out of its card."""


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


@pytest.fixture(scope="module")
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def of_kind(sample: Sample, kind: str) -> tuple[Case, set[str]]:
    """Return a case of a kind and the roles that see it."""
    if kind == "issued":
        return sample.case(), SEES[kind]
    if kind == "asked":
        return _asked(sample)
    uid = sample.situation("seized")
    if kind == "of an office":
        return _of_an_office(sample, uid), SEES[kind]
    case = acts.open_case("subdivision", [uid], viewer=sample.viewer("surveyor"))
    acts.attach(case, sample.deed, viewer=sample.viewer("surveyor"), document="deed", file_name="deed.pdf")
    if kind != "draft":
        _put_in_review(sample, case)
    if kind == "elsewhere":
        Case.objects.filter(pk=case.pk).update(area="west")
        RoleGrant.objects.filter(user=sample.user("reviewer")).update(area="east")
    return case, SEES[kind]


def _put_in_review(sample: Sample, case: Case) -> None:
    """Submit it with a survey of another lot standing in: who sees it does not depend on what was drawn."""
    attempt = sample.case().attempts.filter(fit=True).get()
    attempt.pk, attempt.case_id, attempt.number = None, case.pk, 1
    attempt.save(force_insert=True)
    acts.submit(case, viewer=sample.viewer("surveyor"))


def _of_an_office(sample: Sample, uid: str) -> Case:
    from land_services.register.models import Party

    office = Party.objects.order_by("pk")[0]
    for login in ("surveyor", "resident"):
        OfficeMembership.objects.create(user=sample.user(login), party_id=office.pk)
    return acts.open_case("subdivision", [uid], viewer=sample.viewer("surveyor"), party_id=office.pk)


def _asked(sample: Sample) -> tuple[Case, set[str]]:
    """A case about which an agency was asked; another agency was not."""
    card = next(c for c in load_catalogue().values() if c.referrals and c.status == "open" and c.land != "required")
    role = card.draft.role if card.draft.role in ROLES - {"employee"} else "surveyor"
    case = acts.open_case(card.code, viewer=sample.viewer("resident" if card.draft.role == "applicant" else role))
    one = card.referrals[0]
    RoleGrant.objects.filter(user=sample.user("agency")).update(area=one.code)
    Referral.objects.create(
        case=case,
        stage=one.stage,
        agency=one.code,
        asked_at=case.filed_at,
        due_at=case.filed_at,
        default_answer="consent",
    )
    return case, {"resident" if card.draft.role == "applicant" else role, "agency"}


def reads(case: Case) -> Iterator[str]:
    """Yield every address of a case that is read, with keys that it has where it has any."""
    base = f"cases/{case.reference}"
    yield base
    for file in CaseFile.objects.filter(case=case)[:1]:
        yield f"{base}/files/{file.pk}"
    for document in IssuedDocument.objects.filter(case=case)[:1]:
        yield f"{base}/documents/{document.pk}"
    for attempt in case.attempts.order_by("-number")[:1]:
        yield f"{base}/attempts/{attempt.number}"
        yield f"{base}/attempts/{attempt.number}/file"


def writes(case: Case) -> Iterator[str]:
    base = f"cases/{case.reference}"
    yield f"{base}/form"
    yield f"{base}/follow-code"
    yield from (f"{base}/{path}" for path in ("check", "files", "attempts"))
    yield from (f"{base}/acts/{word}" for word in DOING)


def test_the_table_holds_every_address() -> None:
    """A new address must be tried here too."""
    words = {"acts/<str:word>", "attempts", "attempts/<key:number>", "attempts/<key:number>/file", "check", "form",
             "documents/<key:key>", "files", "files/<key:key>", "follow-code"}  # fmt: skip
    cases = {f"cases/<str:reference>/{word}" for word in words} | {"cases/", "cases/<str:reference>"}
    known = cases | {"services/", "services/<str:code>", "schema/", "parcels/<uuid:uid>/deed", "decisions/inquiry"}
    known |= {"areas/", "areas/<key:key>", "reasons/"}  # tried in test_areas and test_reasons
    assert {str(pattern.pattern) for pattern in urlpatterns} == known


@pytest.mark.parametrize("login", ["", *sorted(ROLES)])
def test_the_state_of_a_deed_is_open_and_its_numbers_are_not(sample: Sample, login: str) -> None:
    uid = IssuedDocument.objects.exclude(parcel_uid=None).values_list("parcel_uid", flat=True)[0]
    asker = Asker(sample, login)
    told = asker.ok(asker.get(f"parcels/{uid}/deed"))
    assert told["state"] == "pending"
    assert bool(told["numbers"]) is (login in READERS), login


@pytest.mark.parametrize("kind", list(SEES))
def test_each_role_against_each_address(sample: Sample, kind: str) -> None:
    case, seeing = of_kind(sample, kind)
    case.refresh_from_db()
    case.refresh_from_db()
    before = (case.steps.count(), case.state, case.files.count(), case.attempts.count())
    for login in sorted(ROLES):
        asker = Asker(sample, login)
        listed = {row["reference"] for row in asker.ok(asker.get("cases/?limit=500"))["cases"]}
        found = asker.ok(asker.get(f"cases/?reference={case.reference}"))["cases"]
        there = asker.ok(asker.get(f"cases/?parcel={sample.situation('seized')}"))["cases"]
        sees = login in seeing
        assert (case.reference in listed, bool(found)) == (sees, sees), (login, kind)
        assert sees or case.reference not in {row["reference"] for row in there}, (login, kind)
        for path in reads(case):
            assert asker.get(path).status_code == (200 if sees else 404), (login, path)
        if not sees:
            for path in writes(case):
                answer = asker.post(path, {"reason": "x"})
                assert answer.status_code == 404, (login, path)
                assert case.reference not in answer.content.decode()
    case.refresh_from_db()
    assert (case.steps.count(), case.state, case.files.count(), case.attempts.count()) == before


def test_a_case_that_is_hidden_and_one_that_is_not_there_are_answered_alike(sample: Sample) -> None:
    outsider, reference = Asker(sample, "outsider"), sample.case().reference
    absent = f"{reference[:-6]}999999"
    for path in ("", "/files/1", "/documents/1", "/attempts/1", "/attempts/1/file"):
        hidden, missing = (outsider.get(f"cases/{one}{path}") for one in (reference, absent))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content) == (404, missing.content)


def test_keys_of_another_case_lead_nowhere(sample: Sample) -> None:
    """A paper is reached through its own case alone, also by somebody who sees both."""
    other, surveyor = sample.open("surveyor"), Asker(sample, "surveyor")
    first = sample.case()
    document, file = IssuedDocument.objects.filter(case=first)[0], CaseFile.objects.filter(case=first)[0]
    for path in (f"documents/{document.pk}", f"files/{file.pk}", "attempts/1", "attempts/1/file"):
        assert surveyor.get(f"cases/{first.reference}/{path}").status_code == 200
        assert surveyor.get(f"cases/{other.reference}/{path}").status_code == 404


def test_an_account_that_is_closed_is_nobody(sample: Sample) -> None:
    reviewer = Asker(sample, "reviewer")
    User.objects.filter(login="reviewer").update(is_active=False)
    assert reviewer.get(f"cases/{sample.case().reference}").status_code == 401
