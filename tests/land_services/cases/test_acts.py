"""Who may do what with a case in which state: nobody decides alone, nothing handed in is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from gisportal.accounts.models import User
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.at_work import look_at
from land_services.cases.checking import UnknownService, check_file
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.models import Case
from land_services.register.errors import ChangeRefused
from land_services.register.models import Party
from layers.models import AuditRow
from layers.viewer import ANONYMOUS
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


class Undone(Exception):
    """Takes a half-made register entry back before the guard looks at it."""


def filed(sample: Sample) -> Case:
    """Return another case on the lot, submitted by another surveyor and waiting for the reviewer."""
    return sample.submitted("outsider")


def doing(name: str, case: Case, sample: Sample, login: str) -> Any:
    viewer = sample.viewer(login) if login else ANONYMOUS
    acting: dict[str, Callable[[], Any]] = {
        "hand_in": lambda: acts.hand_in(case, sample.proper, viewer=viewer, crs=CRS),
        "withdraw": lambda: acts.withdraw(case, viewer=viewer, reason="not needed any more"),
        "finish": lambda: acts.finish(case, "survey_review", viewer=viewer),
        "return": lambda: acts.send_back(case, [RemarkMade("other", "x")], "survey_review", viewer=viewer),
        "reject": lambda: acts.reject(case, "no", "survey_review", viewer=viewer),
        "approve": lambda: acts.approve(case, "decision", viewer=viewer),
        "stop": lambda: acts.stop(case, "a court", viewer=viewer),
        "confirm": lambda: acts.confirm(case, "1", date(2026, 1, 1), viewer=viewer),
    }
    return acting[name]()


MAY = {
    "hand_in": {"outsider"},
    "withdraw": {"outsider"},
    "finish": {"reviewer", "reviewing_head", "filing_head", "reviewing_mayor"},
    "return": {"reviewer", "reviewing_head", "filing_head", "reviewing_mayor"},
    "reject": {"reviewer", "reviewing_head", "filing_head", "reviewing_mayor"},
    "approve": {"mayor", "second_mayor", "reviewing_mayor"},
    "stop": {
        "survey_head",
        "mayor",
        "director",
        "reviewing_head",
        "second_head",
        "filing_head",
        "second_mayor",
        "reviewing_mayor",
    },
    "confirm": {"registrar"},
}


@pytest.mark.parametrize("name", list(MAY))
def test_only_the_roles_of_an_act_may_do_it(sample: Sample, name: str) -> None:
    case = filed(sample)
    before, state = AuditRow.objects.count(), case.state
    for login in ["", *User.objects.values_list("login", flat=True)]:
        if login not in MAY[name]:
            with pytest.raises(NotYours):
                doing(name, case, sample, login)
    case.refresh_from_db()
    assert case.state == state
    assert AuditRow.objects.count() == before, "a refusal leaves no trace of an act"


WHEN = {
    "hand_in": ("draft", "returned"),
    "withdraw": ("draft", "submitted", "returned", "stopped"),
    "finish": ("submitted",),
    "return": ("submitted",),
    "reject": ("submitted",),
    "stop": ("submitted", "returned"),
}
STATES = ("draft", "submitted", "returned", "stopped", "rejected", "withdrawn", "issued")


def in_state(sample: Sample, state: str) -> Case:
    """Bring a case into a state by acts alone; ``issued`` is another one's way."""
    if state == "draft":
        return sample.open("outsider")
    case = filed(sample)
    if state == "returned":
        acts.send_back(case, [RemarkMade("other", "mend it")], viewer=sample.viewer("reviewer"))
    elif state == "stopped":
        acts.stop(case, "a court's order", viewer=sample.viewer("mayor"))
    elif state == "rejected":
        acts.reject(case, "no", viewer=sample.viewer("reviewer"))
    elif state == "withdrawn":
        acts.withdraw(case, viewer=sample.viewer("outsider"), reason="not needed any more")
    elif state == "issued":
        acts.approve(sample.reviewed(case), viewer=sample.viewer("mayor"))
        acts.issue(case, viewer=sample.viewer("mayor"))
    case.refresh_from_db()
    assert case.state == state
    return case


@pytest.mark.parametrize("state", STATES)
def test_an_act_is_refused_in_every_state_but_its_own(sample: Sample, state: str) -> None:
    case = in_state(sample, state)
    who = {"hand_in": "outsider", "withdraw": "outsider", "stop": "mayor"}
    for name, open_in in WHEN.items():
        if state in open_in:
            continue
        with pytest.raises(ActionRefused) as refused:
            doing(name, case, sample, who.get(name, "reviewer"))
        assert not isinstance(refused.value, NotYours) or state == "draft"
        assert refused.value.message_ar and refused.value.message_en
        case.refresh_from_db()
        assert case.state == state


def test_whoever_recommended_does_not_approve(sample: Sample) -> None:
    case = filed(sample)
    acts.finish(case, viewer=sample.viewer("reviewing_mayor"))
    acts.finish(case, viewer=sample.viewer("survey_head"))
    with pytest.raises(NotYours, match="two people"):
        acts.approve(case, viewer=sample.viewer("reviewing_mayor"))
    assert acts.approve(case, viewer=sample.viewer("mayor"))[0].state == "approved"


def test_nobody_decides_a_case_they_filed(sample: Sample) -> None:
    case, me = sample.submitted("filing_head"), sample.viewer("filing_head")
    for refused in (
        lambda: acts.finish(case, viewer=me),
        lambda: acts.reject(case, "no", viewer=me),
        lambda: acts.send_back(case, [RemarkMade("other", "x")], viewer=me),
        lambda: acts.stop(case, "no", viewer=me),
    ):
        with pytest.raises(NotYours):
            refused()
    acts.finish(case, viewer=sample.viewer("reviewer"))
    with pytest.raises(NotYours):
        acts.finish(case, viewer=me)


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE cases_stagerun SET state = 'done', outcome = 'approve', done_at = now(),
           done_by_id = (SELECT recommended_by_id FROM cases_case) WHERE code = 'decision'""",
        """UPDATE cases_stagerun SET state = 'done', outcome = 'approve', done_at = now(),
           done_by_id = (SELECT filed_by_id FROM cases_case) WHERE code = 'decision'""",
        "UPDATE cases_case SET decided_by_id = filed_by_id",
        "UPDATE cases_case SET recommended_by_id = filed_by_id",
        "UPDATE cases_case SET state = 'approved'",
        "UPDATE cases_case SET state = 'issued', decided_by_id = NULL",
    ],
)
def test_the_database_itself_holds_four_eyes(sample: Sample, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_refused_and_fit_attempts_are_kept_with_file_and_fingerprint(sample: Sample) -> None:
    first, second = sample.case().attempts.order_by("number")
    assert (first.number, first.fit, second.number, second.fit) == (1, False, 2, True)
    assert first.change_set is None and second.change_set
    assert {f["rule"] for f in first.report["findings"] if f["severity"] == "error"} >= {"SUB-03", "SUB-04", "SUB-10"}
    assert len(first.drawn) == 4, "what was drawn is shown although it is not fit"
    for attempt, path in ((first, sample.first), (second, sample.proper)):
        assert Path(attempt.file.path).read_bytes() == path.read_bytes()
        assert Path(attempt.file.path).stem == attempt.sha256


def test_an_unreadable_file_is_kept_with_its_findings(sample: Sample, tmp_path: Path) -> None:
    case = in_state(sample, "returned")
    bad = tmp_path / "plan.dxf"
    bad.write_bytes(b"not a drawing \x00 at all")
    attempt, checked = acts.hand_in(case, bad, viewer=sample.viewer("outsider"))
    assert checked is None and not attempt.fit
    assert attempt.report["plan"] is None and attempt.report["findings"]
    assert Path(attempt.file.path).read_bytes() == bad.read_bytes()
    case.refresh_from_db()
    assert case.state == "returned" and look_at(case, ANONYMOUS).filed is not None, "the fit one before still stands"


def test_the_same_content_is_stored_once_and_an_odd_name_is_never_a_path(sample: Sample) -> None:
    case = sample.open("outsider")
    me = sample.viewer("outsider")
    again, _ = acts.hand_in(case, sample.proper, viewer=me, crs=CRS, file_name="../../etc/x.d;rm -rf")
    assert again.file_name == "../../etc/x.d;rm -rf"
    stored = Path(again.file.path)
    assert stored.parent.parent.name == "surveys" and stored.name == again.sha256
    twice, _ = acts.hand_in(case, sample.proper, viewer=me, crs=CRS)
    assert twice.file.name == sample.case().attempts.get(number=2).file.name


def test_nothing_stands_still_that_is_over(sample: Sample) -> None:
    case = sample.submitted("outsider")
    acts.stop(case, "قضية منظورة", viewer=sample.viewer("mayor"))
    assert case.pauses.filter(ended_at=None).count() == 1
    acts.withdraw(case, viewer=sample.viewer("outsider"), reason="not needed any more")
    assert not case.pauses.filter(ended_at=None).exists()


def test_withdrawn_and_rejected_cases_free_the_land(sample: Sample) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM layers_publicoutline WHERE closed_at IS NULL")
        assert cursor.fetchone() == (1,)
        ended = acts.reject(sample.case(), "  the drawing is old ", viewer=sample.viewer("mayor"))
        assert (ended.state, ended.reason) == ("rejected", "the drawing is old")
        cursor.execute("SELECT count(*) FROM layers_publicoutline WHERE closed_at IS NULL")
        assert cursor.fetchone() == (0,)
    other = sample.submitted("outsider")
    withdrawn = acts.withdraw(other, viewer=sample.viewer("outsider"), reason="not needed any more")
    assert withdrawn.state == "withdrawn" and withdrawn.decided_at and withdrawn.decided_by is None


def test_an_open_case_on_the_same_land_is_told(sample: Sample) -> None:
    reference = sample.case().reference
    other = sample.open("outsider")
    attempt, _ = acts.hand_in(other, sample.proper, viewer=sample.viewer("outsider"), crs=CRS)
    assert reference in json.dumps(attempt.report["findings"])


def test_turning_down_needs_a_reason(sample: Sample) -> None:
    with pytest.raises(Incomplete):
        acts.reject(sample.case(), " \n ", viewer=sample.viewer("mayor"))


def test_withdrawing_what_was_submitted_needs_a_reason_and_a_draft_none(sample: Sample) -> None:
    me = sample.viewer("outsider")
    for state in ("submitted", "returned", "stopped"):
        case = in_state(sample, state)
        with pytest.raises(Incomplete) as refused:
            acts.withdraw(case, viewer=me, reason=" \n ")
        assert refused.value.message_ar == "اكتب سبب السحب."
        case.refresh_from_db()
        assert case.state == state and not case.steps.filter(act="withdraw").exists()
        case = acts.withdraw(case, viewer=me, reason="  sold to somebody else ")
        assert (case.state, case.reason) == ("withdrawn", "sold to somebody else")
        assert case.steps.get(act="withdraw").note == "sold to somebody else"
    assert acts.withdraw(in_state(sample, "draft"), viewer=me).state == "withdrawn"


def test_the_archive_issues_too_and_its_look_at_the_owners_is_recorded(sample: Sample) -> None:
    case, _ = acts.approve(sample.case(), viewer=sample.viewer("mayor"))
    assert len(acts.issue(case, viewer=sample.viewer("archive"))) == 8
    look = AuditRow.objects.get(action="personal.read", subject=case.reference)
    assert look.actor_id == sample.user("archive").pk


def test_the_trail_of_a_case_says_each_step_once(sample: Sample) -> None:
    ended = acts.reject(sample.case(), "found a mistake", viewer=sample.viewer("mayor"))
    trail = list(AuditRow.objects.filter(subject=ended.reference).order_by("pk").values_list("action", flat=True))
    steps = ["open", "attach", "hand_in", "hand_in", "submit", "finish", "finish", "reject"]
    assert trail == [f"case.{step}" for step in steps]
    assert list(ended.steps.order_by("pk").values_list("act", flat=True)) == steps


def test_a_newer_file_is_not_recommended_unseen(sample: Sample) -> None:
    case, me, reviewer = filed(sample), sample.viewer("outsider"), sample.viewer("reviewer")
    acts.send_back(case, [RemarkMade("survey_wrong", "the corner")], viewer=reviewer)
    acts.answer(case, 1, "moved", viewer=me)
    acts.hand_in(case, sample.proper, viewer=me, crs=CRS)
    acts.submit(case, viewer=me)
    with pytest.raises(ActionRefused, match="newer file"):
        acts.finish(case, "survey_review", viewer=reviewer, attempt=1)
    acts.finish(case, "survey_review", viewer=reviewer, attempt=2)


def test_a_submitted_case_takes_no_further_file(sample: Sample) -> None:
    with pytest.raises(ActionRefused, match="under review"):
        acts.hand_in(sample.case(), sample.proper, viewer=sample.viewer("surveyor"), crs=CRS)
    assert sample.case().attempts.count() == 2


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_nothing_is_approved_on_a_file_that_is_not_what_was_handed_in(sample: Sample, damage: str) -> None:
    path = Path(sample.case().attempts.get(number=2).file.path)
    content = path.read_bytes()
    try:
        path.unlink() if damage == "gone" else path.write_bytes(content + b" ")
        with pytest.raises(ActionRefused, match="fingerprint"):
            acts.approve(sample.case(), viewer=sample.viewer("mayor"))
    finally:
        path.write_bytes(content)
    assert sample.case().state == "submitted"


def test_a_seizure_that_came_meanwhile_stops_the_approval(sample: Sample) -> None:
    with suppress(Undone), transaction.atomic():
        case = sample.case()
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH entry AS (
                       INSERT INTO register_registerentry (service, reference, change_set, xact, guarded_rows)
                                  VALUES ('court', 'S-1', '{}', 0, 0) RETURNING id)
                   SELECT id FROM entry"""
            )
            (entry,) = cursor.fetchone()
            cursor.execute(
                """INSERT INTO register_restriction (ba_unit_id, kind, reference, holder, begin_entry_id)
                   SELECT ba_unit_id, 'seizure', 'S-1', 'court', %s FROM register_baunitparcel WHERE parcel_uid = %s""",
                [entry, sample.uid],
            )
            assert cursor.rowcount == 1
        with pytest.raises(ChangeRefused) as refused:
            acts.approve(case, viewer=sample.viewer("mayor"))
        assert refused.value.findings
        case.refresh_from_db()
        assert (case.state, case.decided_by, case.entry) == ("returned", None, None)
        raise Undone


def test_the_rules_of_the_filing_date_judge(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[date] = []
    from land_services.cases import checking

    real = checking.rules_on

    def load(on: date, **options: Any) -> Any:
        asked.append(on)
        return real(on, **options)

    monkeypatch.setattr(checking, "rules_on", load)
    case = acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"), filed_on=date(2026, 1, 5))
    acts.hand_in(case, sample.proper, viewer=sample.viewer("surveyor"), crs=CRS)
    assert set(asked) == {date(2026, 1, 5)}
    assert case.reference.startswith("SUB-1447-"), "the Hijri year of the filing date"


def test_there_is_no_case_of_a_service_that_does_not_exist(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(ActionRefused, match="does not exist"):
        acts.open_case("conquest", [sample.uid], viewer=sample.viewer("surveyor"))
    with pytest.raises(UnknownService):
        check_file("", tmp_path, [], reference="x", filed_on=date(2026, 1, 1))
    assert Case.objects.count() == 1


def test_no_name_reaches_the_audit(sample: Sample) -> None:
    person = Party.objects.exclude(name_ar="").first()
    assert person is not None
    case, me = sample.open("outsider"), sample.viewer("outsider")
    acts.hand_in(case, sample.proper, viewer=me, crs=CRS, file_name=f"{person.name_ar}.dxf")
    acts.submit(case, viewer=me)
    acts.finish(case, viewer=sample.viewer("reviewer"), note=f"spoke with {person.name_ar}")
    acts.reject(case, f"asked for by {person.name_ar}", viewer=sample.viewer("survey_head"))
    rows = "\n".join(f"{r.subject} {json.dumps(r.payload, ensure_ascii=False)}" for r in AuditRow.objects.all())
    names = {n for pair in Party.objects.values_list("name_ar", "name_en") for n in pair if n}
    assert not [name for name in names if name in rows]
