"""How a case comes to the state in which it is shown: the acts of the people concerned, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import shapely
from django.utils import timezone

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.cards import card_of
from land_services.cases.models import CaseFile, StageRun
from land_services.catalogue import ServiceCard
from land_services.checks.land import measured_area_m2
from land_services.deeds import DeedGiven
from land_services.register.deeds import deed_facts
from layers.viewer import Viewer

from . import words
from .requests import Asked

__all__ = ["STATES", "DoesNotFit", "Papers", "State", "Way", "person", "states_of"]

PRICE: Final = Decimal("1450.00")
"""What the committee of the demonstration asks for a square metre of a surplus."""
SURVEY_FILE: Final = "survey_file"
MOMENT: Final = timedelta(milliseconds=150)
"""A visit that is held in the demonstration is agreed for a moment later."""


class DoesNotFit(Exception):
    """The land is not as the sample left it: the drawing does not fit any more, and nothing is filed."""


@dataclass(frozen=True)
class Papers:
    """What is attached: a deed, and a page that stands for every other document."""

    deed: Path
    other: Path


def person(role: str) -> Viewer:
    """Return the demonstration's person of a role."""
    return viewer_of(User.objects.get(login=f"demo_{role}"))


def answer_for(agency: str) -> None:
    """Let the demonstration's agency answer for this one too."""
    user = User.objects.get(login="demo_agency")
    if not user.role_grants.filter(role="agency", area=agency, valid_until=None).exists():
        RoleGrant.objects.create(user=user, role="agency", area=agency)


class Way:
    """One case: opened by the surveyor, handed in, and passed on as far as its state asks."""

    def __init__(self, service: str, asked: Asked, parcels: Sequence[str], papers: Papers, drawing: Path) -> None:
        self.asked, self.papers, self.drawing = asked, papers, drawing
        self.surveyor = person("surveyor")
        self.case = acts.open_case(service, list(parcels), viewer=self.surveyor, form=asked.form)

    @property
    def card(self) -> ServiceCard:
        return card_of(self.case)

    def hand_in(self) -> bool:
        """Attach the documents and hand the survey in; return whether it fits."""
        for document in self.card.documents:
            if document.required and document.code != SURVEY_FILE:
                path = self.papers.deed if document.code == "deed" else self.papers.other
                name = words.DOCUMENT_NAMES.get(document.code, f"{document.code}.pdf")
                acts.attach(self.case, path, viewer=self.surveyor, document=document.code, file_name=name)
        path = self.asked.write(self.drawing)
        attempt, _ = acts.hand_in(self.case, path, viewer=self.surveyor, file_name=path.name, crs=self.asked.crs)
        return attempt.fit

    def submit(self) -> None:
        if not self.hand_in():
            report = self.case.attempts.latest("pk").report
            against = [f["message"]["en"] for f in report["findings"] if f["severity"] == "error"]
            raise DoesNotFit(" ".join(against))
        self.case = acts.submit(self.case, viewer=self.surveyor)

    def turn(self) -> StageRun | None:
        """Return the stage whose turn it is, the first of several."""
        return self.case.stages.filter(state="active").order_by("position").first()

    def active(self) -> StageRun:
        run = self.turn()
        assert run is not None, f"{self.case.reference}: no stage is under way"  # noqa: S101
        return run

    def pass_on(self, *until: str) -> StageRun:
        """Let each stage be done by who holds its role, up to the first of these kinds; return it."""
        while (run := self.active()).kind not in until:
            self.done()
        return run

    def done(self) -> None:
        """Let the stage whose turn it is be done by who holds its role."""
        run = self.active()
        who = person(run.role)
        if run.kind == "payment":
            acts.pay(self.case, f"R-{self.case.reference}", run.code, viewer=who)
        elif run.kind == "decision":
            self.case, _ = acts.approve(self.case, run.code, viewer=who)
        elif run.kind == "issue":
            acts.issue(self.case, viewer=who)
        else:
            if run.kind == "visit":
                self._visited(run, who)
            if run.kind == "committee":
                self._sat(run, who)
            acts.finish(self.case, run.code, viewer=who, note=words.NOTES.get(run.role, ""))
        self.case.refresh_from_db()

    def _sat(self, run: StageRun, who: Viewer) -> None:
        price = PRICE if self.card.stage(run.code).prices else None
        acts.minute(
            self.case, run.code, viewer=who, number=f"{self.case.pk:04d}/ل", held_on=timezone.localdate(),
            present=words.PRESENT, outcome="recommend", text=words.MINUTES, price_per_m2=price,
        )  # fmt: skip

    def _visited(self, run: StageRun, who: Viewer) -> None:
        at = timezone.now() + MOMENT
        self.agreed(run, who, at)
        time.sleep(max(0.0, (at - timezone.now()).total_seconds()) + 0.02)
        visit = self.case.visits.latest("pk")
        acts.hold_visit(self.case, visit.pk, words.REPORT, viewer=who)

    def agreed(self, run: StageRun, who: Viewer, at: datetime) -> None:
        """Let a visit be proposed and agreed to."""
        visit = acts.propose_visit(self.case, at, run.code, viewer=who)
        acts.agree_visit(self.case, visit.pk, viewer=self.surveyor)


# The states -----------------------------------------------------------------------------------------------------------


def _draft(way: Way) -> None:
    way.hand_in()


def _in_review(way: Way) -> None:
    way.submit()
    run = way.active()
    acts.take(way.case, run.code, viewer=person(run.role))


def _returned(way: Way) -> None:
    way.submit()
    run = way.active()
    remarks = [_remark(way, *remark) for remark in words.REMARKS.get(way.case.service, words.ANY_REMARK)]
    way.case = acts.send_back(way.case, remarks, run.code, viewer=person(run.role))
    acts.answer(way.case, 1, words.ANSWERED, viewer=way.surveyor)


def _remark(way: Way, place: str, reason: str, text: str) -> RemarkMade:
    kind, _, code = place.partition(":")
    if kind == "map":
        x, y = shapely.get_coordinates(way.asked.parts[0][1])[0]
        return RemarkMade(reason, text, point=(float(x), float(y)))
    if kind == "part":
        return RemarkMade(reason, text, part=code)
    if kind == "field":
        return RemarkMade(reason, text, field=code)
    file = CaseFile.objects.filter(case=way.case, document=code).latest("pk")
    return RemarkMade(reason, text, file=file.pk, page=1)


def _with_agency(way: Way) -> None:
    way.submit()
    for referral in way.card.referrals:
        run = way.case.stages.filter(code=referral.stage, state="active").first()
        if run is not None:
            answer_for(referral.code)
            acts.refer(way.case, referral.code, run.code, viewer=person(run.role), question=words.ASKED_AGENCY)


def _visit_agreed(way: Way) -> None:
    way.submit()
    run = way.active() if _may_visit(way) else way.pass_on("visit")
    morning = timezone.localtime(timezone.now() + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
    way.agreed(run, person(run.role), morning)


def _may_visit(way: Way) -> bool:
    return "visit" in way.card.stage(way.active().code).may


def _to(*kinds: str) -> Callable[[Way], None]:
    def go(way: Way) -> None:
        way.submit()
        way.pass_on(*kinds)

    return go


def _finished(way: Way) -> None:
    way.submit()
    while way.turn() is not None:
        way.done()


def _registry_returned(way: Way) -> None:
    _to("registry")(way)
    reason, text = words.REGISTRY_SAYS.get(way.case.service, words.REGISTRY_SAYS["subdivision"])
    number, today = f"{way.case.pk:04d}/ع", timezone.localdate()
    acts.deed_returned(way.case, number, today, reason, viewer=person("registrar"), text=text)


def _confirmed(way: Way) -> None:
    _to("registry")(way)
    today = timezone.localdate()
    deeds = [
        DeedGiven(
            f"99{way.case.pk:07d}{n}",
            today,
            words.NOTARY,
            "electronic",
            measured_area_m2(parcel) if parcel.official_area_m2 is None else parcel.official_area_m2,
            "",
            (parcel.uid,),
        )
        for n, parcel in enumerate(deed_facts(way.case.reference).parcels, start=1)
    ]
    acts.confirm(way.case, f"{way.case.pk:04d}/ع", today, viewer=person("registrar"), deeds=deeds)


def _turned_down(way: Way) -> None:
    way.submit()
    run = way.active()
    reason = words.TURNED_DOWN.get(way.case.service, words.ANY_TURNED_DOWN)
    acts.reject(way.case, reason, run.code, viewer=person(run.role))


def _withdrawn(way: Way) -> None:
    way.submit()
    reason = words.TAKEN_BACK.get(way.case.service, words.ANY_TAKEN_BACK)
    acts.withdraw(way.case, viewer=way.surveyor, reason=reason)


def _stopped(way: Way) -> None:
    way.submit()
    acts.stop(way.case, words.STOPPED, viewer=person("survey_head"))


@dataclass(frozen=True)
class State:
    """A state in which a case is shown, what it is called, and how a case comes there.

    Only cards with a stage of the kind ``needs`` know it; ``referrals`` stands for those that ask agencies.
    """

    code: str
    en: str
    come: Callable[[Way], None]
    needs: str = ""
    is_careless: bool = False


STATES: Final[Mapping[str, State]] = {
    state.code: state
    for state in (
        State("draft", "draft with findings", _draft, is_careless=True),
        State("review", "in review", _in_review),
        State("returned", "returned with remarks", _returned),
        State("agency", "with an agency", _with_agency, "referrals"),
        State("visit", "site visit agreed", _visit_agreed, "visit"),
        State("committee", "with the committee", _to("committee"), "committee"),
        State("payment", "awaiting payment", _to("payment"), "payment"),
        State("decision", "awaiting the decision", _to("decision"), "decision"),
        State("approved", "approved, to be issued", _to("issue"), "issue"),
        State("issued", "issued, at the registry", _to("registry"), "registry"),
        State("finished", "issued and closed", _finished, "finish"),
        State("registry_returned", "returned by the registry", _registry_returned, "registry"),
        State("confirmed", "confirmed by the registry", _confirmed, "registry"),
        State("rejected", "turned down", _turned_down),
        State("withdrawn", "withdrawn", _withdrawn),
        State("stopped", "stopped", _stopped),
    )
}


def states_of(card: ServiceCard) -> list[State]:
    """Return the states that a card's way has."""
    kinds = {stage.kind for stage in card.stages} | {""} | ({"referrals"} if card.referrals else set())
    if any("visit" in stage.may for stage in card.stages):
        kinds.add("visit")
    if "registry" not in kinds:
        kinds.add("finish")
    if not card.fee.amount and all(stage.charges == "fee" for stage in card.stages):  # nobody waits to pay nothing
        kinds.discard("payment")
    return [state for state in STATES.values() if state.needs in kinds]
