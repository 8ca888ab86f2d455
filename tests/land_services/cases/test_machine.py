"""Random sequences of all acts by all roles over all services: no undeclared state, no wrong hand, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PIL import Image

from gisportal.accounts.models import RoleGrant, User
from gisportal.sample.office import join_office
from land_services.cases import acts, flow
from land_services.cases.acts import RemarkMade
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused
from land_services.cases.issued import AMENDING
from land_services.cases.keeping import sha256_of
from land_services.cases.models import Case
from land_services.catalogue import Field, ServiceCard, load_catalogue
from land_services.register.selectors import titles_of
from land_services.registry import SERVICES
from layers.models import AuditRow
from layers.viewer import Viewer
from tests.budget import SOAK
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

EXAMPLES, STEPS = (400, 60) if SOAK else (40, 20)


def an_answer(field: Field) -> Any:
    """Return an answer that a field takes."""
    low = field.min if field.min is not None else 1
    return {
        "choice": field.choices[0].code if field.choices else "",
        "integer": str(int(low)),
        "number": str(low),
        "money": str(low),
        "date": "2026-11-01",
        "yes_no": "yes",
        "phone": "0501234567",
        "email": "someone@example.com",
        "parcel": "1/1/1",
    }.get(field.kind, "نص")


class Cases(RuleBasedStateMachine):
    """One case, and everybody who has an account."""

    sample: ClassVar[Sample]
    folder: ClassVar[Path]
    viewers: ClassVar[dict[str, Viewer]]
    filers: ClassVar[dict[str, str]]
    reached: ClassVar[set[str]]

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.case: Case | None = None
        self.files: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        services = sorted(code for code, card in load_catalogue().items() if card.status == "open")
        self.card: ServiceCard = load_catalogue()[data.draw(st.sampled_from(["subdivision", *services]))]
        self.filer = self.filers.get(self.card.draft.role, self.card.draft.role)
        parcels = [self.sample.uid] if self.card.land == "required" else []
        self.case = acts.open_case(self.card.code, parcels, viewer=self.viewers[self.filer])
        whole = (self.card.code not in SERVICES or self.card.code in DRAWN) and self.card.code not in AMENDING
        if data.draw(st.integers(0, 3)) and whole:  # mostly a whole request, so that long ways are walked too
            self.write_the_request("filer")
            assert not self.lacks(), self.lacks()
            self.submit("filer")

    # Acts -------------------------------------------------------------------------------------------------------------

    @rule(login=st.sampled_from(["filer", "outsider"]))
    def write_the_request(self, login: str) -> None:
        values = {field.code: an_answer(field) for field in self.card.form}
        if "deed_no" in values:
            values["deed_no"] = titles_of([self.sample.uid])[0].deeds[0].number
        self.do("filer", login, lambda who: acts.fill(self.now(), values, viewer=who))
        for document in self.card.documents:
            if document.required and document.code != "survey_file":
                paper = self.folder / f"paper.{'pdf' if 'pdf' in document.formats else document.formats[0]}"
                paper.write_bytes(PAPERS.get(paper.suffix[1:], b"%PDF-1.4\n"))
                if paper.suffix in (".jpg", ".png"):
                    Image.new("RGB", (4, 4)).save(paper)
                self.do(
                    "filer",
                    login,
                    lambda who, p=paper, d=document.code: acts.attach(self.now(), p, viewer=who, document=d),
                )
        if self.card.code in DRAWN:
            self.do("filer", login, lambda who: acts.hand_in(self.now(), self.sample.proper, viewer=who, crs=CRS))

    @rule(login=st.sampled_from(["filer", "filer", "filer", "outsider", "mayor"]))
    def submit(self, login: str) -> None:
        for remark in look_at(self.now(), self.viewers["mayor"]).open_remarks():
            self.do("filer", login, lambda who, n=remark.number: acts.answer(self.now(), n, "done", viewer=who))
        self.do("filer", login, lambda who: acts.submit(self.now(), viewer=who))

    @rule(login=st.sampled_from(["filer", "outsider"]), chance=st.integers(0, 9))
    def withdraw(self, login: str, chance: int) -> None:
        if chance == 9:
            self.do("filer", login, lambda who: acts.withdraw(self.now(), viewer=who, reason="not needed any more"))

    @rule(data=st.data(), right=st.booleans())
    def work(self, data: st.DataObject, right: bool) -> None:
        """Somebody tries one act on one stage: mostly who may."""
        under_way = [self.card.stage(run.code) for run in look_at(self.now(), self.viewers["mayor"]).active]
        stages = [stage for stage in self.card.stages if stage.kind != "draft"]
        stage = data.draw(st.sampled_from(under_way or stages) | st.sampled_from(stages))
        login = data.draw(st.sampled_from(self.holders(stage.role) if right else sorted(self.viewers)))
        self.act_on(stage.code, stage.kind, login, data.draw(st.sampled_from(STAGE_ACTS)))

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """The stage under way is done by who should: so that long ways are walked too."""
        active = look_at(self.now(), self.viewers["mayor"]).active
        if active:
            run = data.draw(st.sampled_from(active))
            self.finish_properly(run.code, run.kind, data.draw(st.sampled_from(self.holders(run.role))))

    @rule(login=st.sampled_from(["mayor", "survey_head", "outsider", "filer", "director"]), stop=st.integers(0, 3))
    def hold(self, login: str, stop: int) -> None:
        act: Callable[..., Any] = acts.reopen if stop else acts.stop
        self.do("head", login, lambda who: act(self.now(), "a reason", viewer=who))

    @rule()
    def the_clock_answers_for_agencies(self) -> None:
        acts.fire_defaults(timezone.now() + timedelta(days=400))

    # How --------------------------------------------------------------------------------------------------------------

    def now(self) -> Case:
        assert self.case is not None
        return Case.objects.get(pk=self.case.pk)

    def attach(self, path: Path, document: str, who: Viewer) -> None:
        acts.attach(self.now(), path, viewer=who, document=document)

    def holders(self, role: str) -> list[str]:
        return sorted(login for login, viewer in self.viewers.items() if role in viewer.roles)

    def act_on(self, stage: str, kind: str, login: str, act: str) -> None:
        made = [RemarkMade("other", "mend it")]
        visit_at = timezone.now() + timedelta(days=2)
        doing: dict[str, Callable[[Viewer], Any]] = {
            "take": lambda who: acts.take(self.now(), stage, viewer=who),
            "finish": lambda who: acts.finish(self.now(), stage, viewer=who),
            "return": lambda who: acts.send_back(self.now(), made, stage, viewer=who),
            "reject": lambda who: acts.reject(self.now(), "no", stage, viewer=who),
            "refer": lambda who: acts.refer(self.now(), self.an_agency(), stage, viewer=who),
            "approve": lambda who: acts.approve(self.now(), stage, viewer=who),
            "visit": lambda who: acts.propose_visit(self.now(), visit_at, stage, viewer=who),
            "pay": lambda who: acts.pay(self.now(), f"R{self.now().steps.count()}", stage, viewer=who),
        }
        self.do(stage, login, doing[act])

    def finish_properly(self, stage: str, kind: str, login: str) -> None:
        case = self.now()
        if kind == "committee":
            number = f"M{case.steps.count()}"
            words: dict[str, Any] = {"number": number, "held_on": date(2026, 1, 1), "present": "a, b", "text": "yes"}
            self.do(stage, login, lambda who: acts.minute(case, stage, viewer=who, outcome="recommend", **words))
        if kind == "registry":
            self.do(stage, login, lambda who: acts.confirm(case, "7", date(2026, 1, 1), viewer=who))
        elif kind == "issue":
            self.do("issue", login, lambda who: acts.issue(case, viewer=who))
        else:
            self.act_on(stage, kind, login, {"decision": "approve", "payment": "pay"}.get(kind, "finish"))

    def an_agency(self) -> str:
        return self.card.referrals[0].code if self.card.referrals else "civil_defence"

    def lacks(self) -> list[Any]:
        return list(missing(look_at(self.now(), self.viewers[self.filer])))

    def do(self, what: str, login: str, act: Callable[[Viewer], Any]) -> None:
        """Try an act. A refusal changes nothing; where it is done, the hand is a right one."""
        login = self.filer if login == "filer" else login
        before = self.everything()
        try:
            act(self.viewers[login])
        except ActionRefused as refused:
            assert refused.message_ar and refused.message_en
            assert self.everything() == before, "a refusal changes nothing"
        else:
            self.right_hand(what, login)

    def right_hand(self, what: str, login: str) -> None:
        roles = self.viewers[login].roles
        if what == "filer":
            assert login == self.filer
        elif what == "head":
            assert (
                roles & {"mayor", "director", "survey_head", "planning_head", "building_head"} and login != self.filer
            )
        elif what != "issue":
            assert self.card.stage(what).role in roles and login != self.filer

    def everything(self) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT (SELECT to_jsonb(c) FROM cases_case c WHERE id = %(id)s)::text,
                     (SELECT jsonb_agg(to_jsonb(s) ORDER BY id) FROM cases_stagerun s WHERE case_id = %(id)s)::text,
                     (SELECT count(*) FROM cases_casestep WHERE case_id = %(id)s),
                     (SELECT count(*) FROM cases_casefile WHERE case_id = %(id)s),
                     (SELECT count(*) FROM layers_auditrow)""",
                {"id": self.now().pk},
            )
            return list(cursor.fetchone())

    # What must hold ---------------------------------------------------------------------------------------------------

    @invariant()
    def it_is_sound(self) -> None:
        if self.case is None:
            return
        case = self.now()
        runs = list(case.stages.order_by("position"))
        states = {run.code: run.state for run in runs}
        assert case.state in dict(Case.STATES)
        self.reached.add(case.state)
        assert set(states.values()) <= {"waiting", "active", "returned", "done", "cancelled"}
        if case.state in ("submitted", "approved", "issued"):
            assert flow.ACTIVE in states.values(), (case.state, states)
        if case.state == "returned":
            assert flow.RETURNED in states.values()
        if case.state in ("rejected", "withdrawn", "closed"):
            assert not {flow.ACTIVE, flow.WAITING, flow.RETURNED} & set(states.values())
        for run in runs:
            if run.state in (flow.ACTIVE, flow.DONE):
                assert all(states.get(before, flow.DONE) == flow.DONE for before in self.card.stage(run.code).after)
            assert run.done_by_id is None or run.done_by_id != case.filed_by_id or run.kind == "registry"
        if case.state in ("approved", "issued", "closed"):
            assert all(run.state == flow.DONE for run in runs if run.kind == "decision")
        assert case.due_at is None or case.state in ("submitted", "approved")
        stands = case.state in ("returned", "stopped") or self.waits_for_the_applicant(case)
        assert case.pauses.filter(ended_at=None).exists() == stands

    def waits_for_the_applicant(self, case: Case) -> bool:
        """Whether all that is under way is an invoice, or a date that staff proposed and nobody agreed to."""
        active = case.stages.filter(state="active")
        dates = case.visits.filter(held_at=None, cancelled_at=None, agreed_at=None, by_filer=False)
        asked = set(dates.values_list("stage", flat=True))
        waits = [run.kind == "payment" or (run.kind == "visit" and run.code in asked) for run in active]
        return case.state in ("submitted", "approved", "issued") and bool(waits) and all(waits)

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.case is None:
            return
        kept = {file.pk: file.sha256 for file in self.case.files.all()}
        assert self.files.items() <= kept.items()
        for file in self.case.files.exclude(pk__in=self.files):
            assert sha256_of(Path(file.file.path)) == file.sha256
        self.files = kept
        told = AuditRow.objects.filter(subject=self.case.reference, action__startswith="case.").count()
        assert told == self.case.steps.count(), "each step has its row of audit"


DRAWN = {"subdivision", "update_and_subdivide"}
"""Services that take the sample's drawing of its lot; a request of another land service stays a draft here."""
PAPERS = {
    "gpkg": b"SQLite format 3\x00",
    "geojson": b"{}",
    "dxf": b"0\nSECTION\n",
    "csv": b"a,b\n1,2\n",
    "xml": b"<a/>",
    "json": b"{}",
}
HEADS = {"mayor", "director", "survey_head", "planning_head", "building_head"}
STAGE_ACTS = ["return", "take", "finish", "return", "refer", "approve", "visit", "pay", "reject"]


def test_no_sequence_of_acts_breaks_a_case(sample_land: Sample, tmp_path: Path) -> None:
    Cases.sample, Cases.folder, Cases.reached = sample_land, tmp_path, set()
    Cases.filers = {"applicant": "resident"}
    wanted = {stage.role for card in load_catalogue().values() for stage in card.stages}
    for role in sorted(wanted - set(User.objects.values_list("login", flat=True))):
        user = User.objects.create(login=role)
        RoleGrant.objects.create(user=user, role=role)
    join_office(User.objects.get(login="surveyor"), "5900000009", "مكتب", "An office")
    Cases.viewers = {user.login: sample_land.viewer(user.login) for user in User.objects.all()}
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate] + ([Phase.shrink] if SOAK else []),  # a walk is long to make shorter
    )
    run_state_machine_as_test(Cases, settings=few)
    assert len(Cases.reached & {"submitted", "returned", "stopped", "rejected", "approved", "issued"}) > 2, (
        Cases.reached
    )


TAMPERING = [
    "UPDATE cases_case SET state = 'closed' WHERE state = 'submitted'",
    "UPDATE cases_case SET state = 'issued' WHERE state = 'submitted'",
    "UPDATE cases_case SET state = 'approved', decided_at = now() WHERE state = 'submitted'",
    "UPDATE cases_case SET state = 'burnt'",
    "UPDATE cases_case SET reference = reference || 'x'",
    "UPDATE cases_case SET filed_by_id = (SELECT id FROM accounts_user WHERE login = 'outsider')",
    "UPDATE cases_case SET parcel_uids = '[]'",
    "UPDATE cases_case SET submitted_at = now()",
    "UPDATE cases_stagerun SET state = 'done', done_at = now() WHERE state = 'waiting'",
    "UPDATE cases_stagerun SET state = 'done', outcome = 'not_needed', done_at = now() WHERE state = 'waiting'",
    "UPDATE cases_stagerun SET state = 'gone' WHERE state = 'active'",
    "UPDATE cases_stagerun SET role = 'surveyor'",
    "INSERT INTO cases_stagerun (case_id, code, kind, position, role, area, days, state, round, outcome) "
    "SELECT id, 'extra', 'review', 99, 'surveyor', '', 0, 'done', 1, '' FROM cases_case",
    "DELETE FROM cases_stagerun",
    "DELETE FROM cases_case",
    "UPDATE cases_casestep SET note = 'nothing happened'",
    "DELETE FROM cases_casestep",
    "UPDATE cases_casefile SET sha256 = repeat('0', 64)",
    "DELETE FROM cases_casefile",
    "UPDATE cases_serviceversion SET card = jsonb_set(card, '{register}', 'false')",
]


@pytest.mark.parametrize("alias", ["default", "owner"])
@pytest.mark.parametrize("statement", TAMPERING)
def test_the_database_refuses_what_the_engine_would(sample_recommended: Sample, statement: str, alias: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)
