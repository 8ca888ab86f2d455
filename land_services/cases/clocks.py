"""When something is due, by the municipality's working days; what waits for the applicant does not count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from land_services.worktime.calendar import WorkCalendar
from land_services.worktime.clock import Clock, Pause
from land_services.worktime.days import work_calendar

from .models import Case, CasePause, DueCalendar, Referral, StageRun

__all__ = ["after_working_days", "answer_due", "due_of", "recompute_due", "recompute_due_if_changed", "spans_of"]


def spans_of(pauses: Iterable[CasePause]) -> tuple[Pause, ...]:
    return tuple((pause.began_at, pause.ended_at) for pause in pauses)


def after_working_days(
    moment: datetime, days: int, pauses: Sequence[Pause] = (), calendar: WorkCalendar | None = None
) -> datetime:
    """Return the end of the last of so many working days after a moment, pauses left out.

    Without ``calendar``, which an act reads once, the database is asked for it.
    """
    due = Clock(moment, days, tuple(pauses)).due_at(calendar or work_calendar(), _end(moment, pauses))
    if due is None:
        raise ValueError("a clock that has started and has a target is due")
    return due


def due_of(run: StageRun, pauses: Iterable[CasePause], calendar: WorkCalendar | None = None) -> datetime | None:
    """Return when a stage is due; None where it has no target or has not begun."""
    if run.started_at is None or not run.days:
        return None
    return after_working_days(run.started_at, run.days, spans_of(pauses), calendar)


def answer_due(referral: Referral, pauses: Iterable[CasePause], calendar: WorkCalendar | None = None) -> datetime:
    """Return when an agency's period ends: what was left when the case was paused is left after it."""
    return after_working_days(referral.asked_at, referral.days, spans_of(pauses), calendar)


def _end(moment: datetime, pauses: Sequence[Pause]) -> datetime:
    """Return a moment at which every pause that has ended has ended."""
    return max([moment, *(end or begin for begin, end in pauses)])


def recompute_due_if_changed() -> int | None:
    """Set every running target anew where the calendar is not the one they were set by; None where it is.

    Two at once do the same work twice, to the same end.
    """
    digest = work_calendar().digest
    used = DueCalendar.objects.filter(pk=1).first()
    if used is not None and used.digest == digest:
        return None
    moved = recompute_due()
    DueCalendar.objects.update_or_create(pk=1, defaults={"digest": digest})
    return moved


def recompute_due() -> int:
    """Set every running target and period anew, after the calendar was corrected; return how many moved."""
    moved, calendar = 0, work_calendar()
    cases = Case.objects.filter(state__in=["submitted", "approved", "issued"]).select_related("version")
    for case in cases.prefetch_related("pauses", "stages", "referrals").iterator(chunk_size=500):
        pauses = sorted(case.pauses.all(), key=lambda pause: pause.began_at)
        if any(pause.ended_at is None for pause in pauses):
            continue  # nothing runs: what is due is set when it goes on
        moved += _recompute_periods(case, pauses, calendar)
        for run in case.stages.all():
            if run.state == "active" and (due := due_of(run, pauses, calendar)) != run.due_at:
                moved += StageRun.objects.filter(pk=run.pk, state="active").update(due_at=due, warned_at=None)
        days = int(case.version.card["target_days"])
        if case.state == "submitted" and case.submitted_at is not None and days:
            whole = after_working_days(case.submitted_at, days, spans_of(pauses), calendar)
            if whole != case.due_at:
                moved += Case.objects.filter(pk=case.pk, state="submitted").update(due_at=whole)
    return moved


def _recompute_periods(case: Case, pauses: list[CasePause], calendar: WorkCalendar) -> int:
    moved = 0
    for referral in case.referrals.all():
        if referral.is_open and (due := answer_due(referral, pauses, calendar)) != referral.due_at:
            still_open = Referral.objects.filter(pk=referral.pk, answer="", cancelled_at=None, due_at__isnull=False)
            moved += still_open.update(due_at=due)
    return moved
