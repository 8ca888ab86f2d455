"""A case as it is worked on: its row locked, its card, its stages and what is open in it, read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from land_services.catalogue import ServiceCard, Stage
from land_services.deeds import ChangeFact
from land_services.register.deeds import changes_of
from land_services.worktime.calendar import WorkCalendar
from land_services.worktime.days import work_calendar
from layers import audit
from layers.viewer import Viewer

from . import flow
from .cards import card_of
from .models import Attempt, Case, CaseFile, CaseStep, Referral, Remark, StageRun, Visit

__all__ = ["CaseAtWork", "last_asked", "look_at", "take_up", "tell_steps"]


@dataclass
class CaseAtWork:
    """One case, who is at it, and when. What is read of it is read at most once."""

    case: Case
    viewer: Viewer
    now: datetime
    steps: list[CaseStep] = field(default_factory=list)
    begun: list[StageRun] = field(default_factory=list)
    for_user_id: int | None = None
    """For whom the act at hand is done, where it is not by one's own right; set when the act is allowed."""

    @cached_property
    def card(self) -> ServiceCard:
        return card_of(self.case)

    @cached_property
    def runs(self) -> dict[str, StageRun]:
        """The stages by their codes, in the order of the card; empty in a draft."""
        return {run.code: run for run in self.case.stages.order_by("position")}

    @cached_property
    def files(self) -> list[CaseFile]:
        """The documents handed in, the latest version of each first."""
        return list(self.case.files.order_by("document", "-version"))

    @cached_property
    def remarks(self) -> list[Remark]:
        return list(self.case.remarks.order_by("number"))

    @cached_property
    def referrals(self) -> list[Referral]:
        return list(self.case.referrals.order_by("pk"))

    @property
    def last_referrals(self) -> list[Referral]:
        """The last question to each agency about each component: what it said before does not count any more."""
        return last_asked(self.referrals)

    @cached_property
    def visits(self) -> list[Visit]:
        return list(self.case.visits.order_by("pk"))

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working days as they are now."""
        return work_calendar()

    @cached_property
    def filed(self) -> Attempt | None:
        """The attempt that the case stands on: the last fit one; none fits where no land was asked for."""
        if not self.case.parcel_uids:
            return None
        return self.case.attempts.filter(fit=True).order_by("-number").first()

    @cached_property
    def deed_changes(self) -> tuple[ChangeFact, ...]:
        """What became of the deeds that the case changed; read anew by each act."""
        return changes_of(self.case.reference)

    @property
    def waits_for_deed(self) -> bool:
        """Whether the registry still has to answer to a change of this case."""
        return any(change.state == "pending" for change in self.deed_changes)

    @property
    def deed_is_returned(self) -> bool:
        """Whether the registry's last answer to this case was a return."""
        return bool(self.deed_changes) and not self.waits_for_deed and self.deed_changes[-1].state == "returned"

    @property
    def states(self) -> dict[str, str]:
        return {code: run.state for code, run in self.runs.items()}

    @property
    def active(self) -> list[StageRun]:
        return [run for run in self.runs.values() if run.state == flow.ACTIVE]

    @property
    def user_id(self) -> int | None:
        return self.viewer.user_id

    @property
    def is_filer(self) -> bool:
        """Whether the person at it filed the case, or speaks for the office that it was filed for."""
        if self.viewer.user_id is None:
            return False
        return self.case.filed_by_id == self.viewer.user_id or self.case.party_id in self.viewer.parties

    def stage(self, run: StageRun) -> Stage:
        """Return what the card says of a stage."""
        return self.card.stage(run.code)

    def open_remarks(self) -> list[Remark]:
        return [remark for remark in self.remarks if not remark.answer]

    def open_referrals(self, stage: str | None = None) -> list[Referral]:
        return [one for one in self.referrals if one.is_open and stage in (None, one.stage)]

    def open_visit(self, stage: str) -> Visit | None:
        found = (v for v in self.visits if v.stage == stage and v.held_at is None and v.cancelled_at is None)
        return next(found, None)

    def say(self, act: str, stage: str = "", note: str = "", **details: Any) -> CaseStep:
        """Keep what was done: in the case's own record, and by ids alone in the audit."""
        step = CaseStep.objects.create(
            case=self.case,
            act=act,
            stage=stage,
            round=self.case.round,
            by_id=self.viewer.user_id,
            for_user_id=self.for_user_id,
            at=self.now,
            note=note,
            details=details,
        )
        payload = {"stage": stage, "step": step.pk, **details} if stage else {"step": step.pk, **details}
        if self.for_user_id is not None:
            payload["for_user"] = self.for_user_id
        audit.record(f"case.{act}", subject=self.case.reference, actor_id=self.viewer.user_id, payload=payload)
        self.steps.append(step)
        return step


def last_asked(referrals: Iterable[Referral]) -> list[Referral]:
    """Return of questions in their order the last one to each agency about each component, cancelled ones left out."""
    return list({(one.agency, one.component): one for one in referrals if one.cancelled_at is None}.values())


def tell_steps(work: CaseAtWork) -> None:
    from . import told

    told.tell_steps(work)


def look_at(case: Case, viewer: Viewer) -> CaseAtWork:
    """Return a case as it is, without holding it: for pages that show what may be done."""
    return CaseAtWork(case, viewer, timezone.now())


@contextmanager
def take_up(case: Case, viewer: Viewer) -> Iterator[CaseAtWork]:
    """Hold a case in a transaction: whoever else acts on it waits, and then sees what was done.

    What was done is told to those concerned when the block ends, in the same transaction.
    """
    with transaction.atomic():
        current = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        work = CaseAtWork(current, viewer, _moment())
        yield work
        tell_steps(work)


def _moment() -> datetime:
    """Return the database's time now, after the lock: what came later is later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]
