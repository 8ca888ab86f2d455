"""Telling of targets: once when a stage's last working day begins, once when the target has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from land_services.cases import flow
from land_services.cases.at_work import CaseAtWork
from land_services.cases.may import HEADS
from land_services.cases.models import Case, CaseStep, StageRun
from land_services.cases.people import at_desk
from land_services.notices.telling import tell
from land_services.worktime.days import work_calendar
from layers.viewer import ANONYMOUS

__all__ = ["DUE_ACTS", "DueNotice", "warn_due"]

SOON, LATE = "due_soon", "late"
DUE_ACTS: Final = frozenset({SOON, LATE})
"""Steps that the house tells itself; they are not in the applicant's time line."""
_OPEN = ("submitted", "approved", "issued")


@dataclass(frozen=True)
class DueNotice:
    """One stage that is due soon or late, and who is to hear of it, by the keys of their accounts."""

    act: str
    reference: str
    stage: str
    due_at: datetime
    people: frozenset[int]


def warn_due(now: datetime | None = None, at_most: int = 1000) -> list[DueNotice]:
    """Mark every stage whose last working day has begun, or whose target has passed, and return whom to tell.

    Each is marked once, in a transaction of its own that looks again. A case that somebody holds is passed over until
    the next time, so that two workers at once do none twice and wait for nobody.
    """
    moment = now or timezone.now()
    soon = work_calendar().add_working_days(moment, 0)
    under_way = StageRun.objects.filter(state=flow.ACTIVE, case__state__in=_OPEN)
    late = under_way.filter(due_at__lt=moment, escalated_at=None)
    near = under_way.filter(due_at__gte=moment, due_at__lte=soon, warned_at=None)
    notices = []
    for act, found in ((LATE, late), (SOON, near)):
        wanted = found.order_by(F("due_at"), "pk").values_list("case_id", "code", "due_at")[:at_most]
        for case, code, due_at in list(wanted):
            notice = _mark(case, code, due_at, act, moment) if due_at else None
            if notice is not None:
                notices.append(notice)
    return notices


def _mark(case: int, code: str, due_at: datetime, act: str, moment: datetime) -> DueNotice | None:
    with transaction.atomic():
        held = Case.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=case, state__in=_OPEN).first()
        if held is None:
            return None
        work = CaseAtWork(held, ANONYMOUS, moment)
        run = work.runs[code]
        marked = run.escalated_at if act == LATE else run.warned_at
        if run.state != flow.ACTIVE or run.due_at != due_at or marked is not None:
            return None
        if act == LATE:
            run.escalated_at = moment
        run.warned_at = run.warned_at or moment  # what is late needs no warning any more
        run.save(update_fields=["warned_at", "escalated_at"])
        step = work.say(act, code, due_at=due_at.isoformat())
        notice = DueNotice(act, held.reference, code, due_at, _people(work, run, act))
        _tell(work, step, notice)
        return notice


def _tell(work: CaseAtWork, step: CaseStep, notice: DueNotice) -> None:
    params: dict[str, Any] = {
        "service": work.case.service,
        "stage": f"{work.case.service}/{notice.stage}",
        "due": notice.due_at.isoformat(),
    }
    if notice.act == LATE:
        params["days"] = work_calendar().working_days_between(notice.due_at, work.now)
    tell(
        f"case_{notice.act}",
        recipients=notice.people,
        reference=notice.reference,
        params=params,
        key=f"case:{work.case.pk}:step:{step.pk}",
    )


def _people(work: CaseAtWork, run: StageRun, act: str) -> frozenset[int]:
    """Who is at it, or everyone who might be; once it is late their heads too, where there are none the director."""
    told = set(at_desk([run.role], run.area, work.now, run.assignee_id))
    if act == LATE:
        told |= set(at_desk(HEADS & set(work.case.roles) or {"director"}, run.area, work.now))
    return frozenset(told - {work.case.filed_by_id})
