"""The life of one case: somebody files it, and whoever may works on it stage by stage, until it ends or is left."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from django.utils import timezone

from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.at_work import CaseAtWork, look_at
from land_services.cases.checking import asks_for_answers
from land_services.cases.may import FILERS
from land_services.cases.models import Case, Referral, StageRun, Visit
from land_services.cases.reasons import REASONS
from land_services.catalogue import ServiceCard
from land_services.checks.land import measured_area_m2
from land_services.deeds import DeedGiven
from land_services.domain import ParcelFact
from land_services.register.deeds import deed_facts
from land_services.registry import SERVICES
from layers.viewer import ANONYMOUS, Viewer

from .land import Land
from .measuring import Measures
from .people import People
from .requests import draw_form, paper_for

__all__ = ["Life", "World"]

VISIT_IN = timedelta(seconds=1)
"""A visit is agreed for a second later: its day must have come before it is held."""
LEFT_AS_DRAFT, WITHDRAWN_AS_DRAFT = 0.02, 0.02
WITHDRAWN, STOPPED, WRONG_HAND, MOVED = 0.01, 0.01, 0.02, 0.02
RETURNED, REJECTED, TAKEN_UP_AGAIN = 0.08, 0.03, 0.1
NOT_MENDED, LEFT_TO_THE_CLOCK, ASKED_TOO = 0.05, 0.05, 0.3
TAKEN = 0.5
LAND_WEIGHT = 4
"""A service that changes the register is asked for so many times as often as another."""
MENDED = "عولجت الملاحظة"
ANSWERS = ("consent",) * 16 + ("conditions", "conditions", "object", "not_required")


@dataclass
class World:
    """What the lives of a client share."""

    cards: Sequence[ServiceCard]
    people: People
    land: Land
    papers: Mapping[str, Path]
    folder: Path
    measures: Measures
    documents: int = 0
    """How many more cases may have their documents issued."""


class Life:
    """One case from a seed: each step of ``run`` is one act, and says after how many seconds the next may come."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self.draw = world, Random(seed)  # noqa: S311 - seeded on purpose
        self.do = world.measures.do
        self.card = self.draw.choices(world.cards, [LAND_WEIGHT if card.register else 1 for card in world.cards])[0]
        self.seed = seed
        self.hands: dict[str, Viewer] = {}
        role = self.card.draft.role
        self.filer = world.people.one(self.draw, *(FILERS["applicant"] if role == "applicant" else {role}))
        self.case: Case | None = None

    def chance(self, part: float) -> bool:
        return self.draw.random() < part

    def run(self) -> Iterator[float]:
        """Live the case, one act at a time."""
        yield from self._file()
        if self.case is None or self.case.state != "submitted":
            return
        while True:
            work = self._look()
            if work.case.state == "returned":
                yield from self._mend(work)
            elif work.case.state in ("submitted", "approved", "issued") and work.active:
                yield from self._work(work)
            else:
                return
            if self.is_left:
                return

    is_left = False

    def _look(self) -> CaseAtWork:
        assert self.case is not None  # noqa: S101 - it was opened
        return look_at(Case.objects.get(pk=self.case.pk), ANONYMOUS)

    # Filing -----------------------------------------------------------------------------------------------------------

    def _file(self) -> Iterator[float]:
        form, wanted = draw_form(self.card, self.draw), None
        if self.card.code in SERVICES:
            wanted = self.world.land.wanted(self.card.code, self.draw)
            form.update(wanted.answers)
        parcels = wanted.parcels if wanted else self._parcels()
        at_once = self.chance(0.5)
        given = form if at_once else {}
        who = self.filer
        self.case = self.do("open", lambda: acts.open_case(self.card.code, parcels, viewer=who, form=given))
        yield 0
        if self.case is None:
            return
        case = self.case
        if not at_once and form:
            self.do("fill", lambda: acts.fill(case, form, viewer=who))
            yield 0
        yield from self._attach(case)
        if wanted is not None:
            path = self.world.folder / f"{self.seed.replace('/', '-')}.dxf"
            if wanted.write(path):
                said = {"file_name": "survey.dxf", "crs": wanted.crs}
                self.do("hand_in", lambda: acts.hand_in(case, path, viewer=who, **said))
                path.unlink()
                yield 0
        if self.chance(LEFT_AS_DRAFT):
            return
        withdrawn = self.chance(WITHDRAWN_AS_DRAFT)
        submitted = None if withdrawn else self.do("submit", lambda: acts.submit(case, viewer=who))
        if submitted is None:
            self.do("withdraw", lambda: acts.withdraw(case, viewer=who))
        self.case = submitted or case
        yield 0

    def _parcels(self) -> list[str]:
        wanted = self.card.land == "required" or (self.card.land == "optional" and self.chance(0.5))
        return [self.world.land.parcel(self.draw)] if wanted and self.world.land.parcels else []

    def _attach(self, case: Case) -> Iterator[float]:
        for document in self.card.documents:
            if document.added_by or document.code == "survey_file" or not (document.required or self.chance(0.2)):
                continue
            path = paper_for(document, self.world.papers)
            if path is not None:
                self.do("attach", partial(acts.attach, case, path, viewer=self.filer, document=document.code))
                yield 0

    def _mend(self, work: CaseAtWork) -> Iterator[float]:
        """Answer every remark, perhaps change an answer of the form, and submit again; or give up."""
        case = work.case
        if self.chance(NOT_MENDED):
            self.is_left = self.chance(0.5)
            if not self.is_left:
                self.do("withdraw", lambda: acts.withdraw(case, viewer=self.filer, reason="لم تعد هناك حاجة"))
            yield 0
            return
        for remark in work.open_remarks():
            self.do("answer", partial(acts.answer, case, remark.number, MENDED, viewer=self.filer))
            yield 0
        if self.card.form and self.chance(0.5) and not self._is_checked_beside_its_form():
            self.do("fill", lambda: acts.fill(case, draw_form(self.card, self.draw), viewer=self.filer))
            yield 0
        if self.do("submit", lambda: acts.submit(case, viewer=self.filer)) is None:
            self.do("withdraw", lambda: acts.withdraw(case, viewer=self.filer, reason="تعذر استكمال المطلوب"))
        yield 0

    def _is_checked_beside_its_form(self) -> bool:
        """Whether another answer would ask for the survey file once more."""
        return self.card.code in SERVICES and asks_for_answers(SERVICES[self.card.code])

    # Working on it ----------------------------------------------------------------------------------------------------

    def _work(self, work: CaseAtWork) -> Iterator[float]:
        run = self.draw.choice(work.active)
        if work.case.state == "submitted":
            happened = yield from self._happening(work, run)
            if happened:
                return
        who = self._hand(run)
        if work.case.state == "submitted" and run.assignee_id is None and self.chance(TAKEN):
            self.do("take", lambda: acts.take(work.case, run.code, viewer=who))
            yield 0
        doing: Mapping[str, Callable[[CaseAtWork, StageRun, Viewer], Iterator[float]]] = {
            "review": self._review, "work": self._judge, "visit": self._visit, "committee": self._sit,
            "decision": self._decide, "payment": self._pay, "issue": self._issue, "registry": self._confirm,
        }  # fmt: skip
        yield from doing[run.kind](work, run, who)

    def _hand(self, run: StageRun) -> Viewer:
        """Return who works on a stage: the one who took it, or anyone of its role who did not file the case."""
        if run.code not in self.hands or run.assignee_id not in (None, self.hands[run.code].user_id):
            held = [who for who in self.world.people.by_role[run.role] if who.user_id == run.assignee_id]
            self.hands[run.code] = (
                held[0] if held else self.world.people.one(self.draw, run.role, but=self.filer.user_id)
            )
        return self.hands[run.code]

    def _head(self) -> Viewer:
        return self.world.people.one(self.draw, "mayor", "director", but=self.filer.user_id)

    def _happening(self, work: CaseAtWork, run: StageRun) -> Generator[float, None, bool]:
        """Let something come between: a withdrawal, a stop, a stage moved to a colleague, a hand that may not."""
        case, head = work.case, self._head()
        if self.chance(WITHDRAWN):
            self.do("withdraw", lambda: acts.withdraw(case, viewer=self.filer, reason="عدول"))
            yield 0
            return True
        if self.chance(STOPPED):
            self.do("stop", lambda: acts.stop(case, "قضية منظورة", viewer=head))
            yield 0
            if self.chance(0.2):
                self.is_left = True
                return True
            self.do("reopen", lambda: acts.reopen(case, "انتهت القضية", viewer=head))
            yield 0
            return True
        if self.chance(MOVED):
            to = self.world.people.one(self.draw, run.role, but=self.filer.user_id)
            self.do("assign", lambda: acts.assign(case, run.code, to.user_id or 0, viewer=head))
            yield 0
            return True
        if self.chance(WRONG_HAND):
            self.do("finish", lambda: acts.finish(case, run.code, viewer=self.filer))
            yield 0
        return False

    def _review(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        stage = work.stage(run)
        if "refer" in stage.may:
            asked = {one.agency for one in work.referrals}
            for agency in work.card.referrals:
                if agency.stage == run.code and agency.code not in asked and self.chance(ASKED_TOO):
                    self.do("refer", partial(acts.refer, work.case, agency.code, run.code, viewer=who))
                    yield 0
        open_ones = list(Referral.objects.filter(case=work.case, stage=run.code, answer="", cancelled_at=None))
        for referral in open_ones:
            if self.chance(LEFT_TO_THE_CLOCK):
                self.is_left = self.is_left or referral.required
                continue
            yield from self._answer_for(referral)
        if not self.is_left:
            yield from self._judge(work, run, who)

    def _answer_for(self, referral: Referral) -> Iterator[float]:
        people, answer = self.world.people.by_agency.get(referral.agency, []), self.draw.choice(ANSWERS)
        if people:
            who, text = self.draw.choice(people), "" if answer in ("consent", "not_required") else "انظر الاشتراطات"
            self.do("answer_referral", lambda: acts.answer_referral(referral, answer, viewer=who, text=text))
            yield 0

    def _judge(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        """Pass it on, or return it, or turn it down; where agencies object, one of the latter."""
        may = work.stage(run).may if work.case.state == "submitted" else frozenset()
        if "return" in may and self.chance(RETURNED):
            yield from self._send_back(work, run, who)
        elif "reject" in may and self.chance(REJECTED):
            yield from self._reject(work, run, who)
        elif self.do("finish", lambda: acts.finish(work.case, run.code, viewer=who, note="لا مانع")) is None:
            if "reject" in may and self.chance(0.5):
                yield from self._reject(work, run, who)
            elif "return" in may:
                yield from self._send_back(work, run, who)
            else:
                self.is_left = True
        yield 0

    def _send_back(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        remarks = [self._remark(work) for _ in range(self.draw.randint(1, 3))]
        if self.do("return", lambda: acts.send_back(work.case, remarks, run.code, viewer=who)) is None:
            self.is_left = True
        yield 0

    def _remark(self, work: CaseAtWork) -> RemarkMade:
        reason, words = self.draw.choice(sorted(REASONS)), "يرجى الاستكمال"
        if work.files and self.chance(0.4):
            return RemarkMade(reason, words, file=self.draw.choice(work.files).pk, page=1)
        if self.card.form and self.chance(0.4):
            return RemarkMade(reason, words, field=self.draw.choice(self.card.form).code)
        return RemarkMade(reason, words)

    def _reject(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        if self.do("reject", lambda: acts.reject(work.case, "لا تنطبق الشروط", run.code, viewer=who)) is None:
            self.is_left = True
        yield 0
        if self.chance(TAKEN_UP_AGAIN):
            head = self._head()
            self.do("reopen", lambda: acts.reopen(work.case, "تظلم مقبول", viewer=head))
            yield 0

    def _visit(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        at: datetime = timezone.now() + VISIT_IN
        visit: Visit | None = self.do("propose_visit", lambda: acts.propose_visit(work.case, at, run.code, viewer=who))
        yield 0
        if visit is None:
            self.is_left = True
            return
        self.do("agree_visit", lambda: acts.agree_visit(work.case, visit.pk, viewer=self.filer))
        yield (at - timezone.now()).total_seconds() + 0.05
        held = self.do("hold_visit", lambda: acts.hold_visit(work.case, visit.pk, "مطابق للطبيعة", viewer=who))
        yield 0
        if held is not None:
            yield from self._judge(work, run, who)

    def _sit(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        number = f"M-{run.round}-{self.draw.randrange(10**6)}"
        words: dict[str, Any] = {"present": "رئيس اللجنة، عضوان", "text": "نوقش الطلب", "outcome": "recommend"}
        today = timezone.localdate()
        if work.stage(run).prices:
            words["price_per_m2"] = Decimal(self.draw.randrange(200, 4000))
        self.do(
            "minute",
            lambda: acts.minute(work.case, run.code, viewer=who, number=number, held_on=today, **words),
        )
        yield 0
        yield from self._judge(work, run, who)

    def _decide(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        may = work.stage(run).may
        if "return" in may and self.chance(RETURNED / 2):
            yield from self._send_back(work, run, who)
        elif "reject" in may and self.chance(REJECTED):
            yield from self._reject(work, run, who)
        else:
            name = "approve_change" if self.card.register else "approve"
            if self.do(name, lambda: acts.approve(work.case, run.code, viewer=who)) is None:
                self.is_left = self._look().case.state == "submitted"  # sent back as unfit it goes on
        yield 0

    def _pay(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        receipt = f"SIM-{work.case.reference}-{run.round}"
        self.is_left = self.do("pay", lambda: acts.pay(work.case, receipt, run.code, viewer=who)) is None
        yield 0

    def _issue(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        """Issue the documents where some are asked for still; else the case stays approved."""
        self.is_left = self.world.documents <= 0
        if not self.is_left:
            self.world.documents -= 1
            self.is_left = self.do("issue", lambda: acts.issue(work.case, viewer=who)) is None
            yield 0

    def _confirm(self, work: CaseAtWork, run: StageRun, who: Viewer) -> Iterator[float]:
        """The registry confirms with a deed for each parcel; now and then it returns the change first."""
        number, today = f"C-{work.case.reference}", timezone.localdate()
        if work.waits_for_deed and run.round == 1 and self.chance(RETURNED):
            text = f"R-{work.case.reference}"
            self.do("deed_returned", lambda: acts.deed_returned(work.case, text, today, "dispute", viewer=who))
            yield 0
            self.is_left = self.do("send_again", lambda: acts.send_again(work.case, viewer=who)) is None
            yield 0
            return
        deeds = [
            DeedGiven(f"{number}-{n}", today, "Registry", "electronic", _deed_area(parcel), "", (parcel.uid,))
            for n, parcel in enumerate(deed_facts(work.case.reference).parcels if work.waits_for_deed else (), start=1)
        ]
        self.is_left = (
            self.do("confirm", lambda: acts.confirm(work.case, number, today, viewer=who, deeds=deeds)) is None
        )
        yield 0


def _deed_area(parcel: ParcelFact) -> Decimal:
    return measured_area_m2(parcel) if parcel.official_area_m2 is None else parcel.official_area_m2
