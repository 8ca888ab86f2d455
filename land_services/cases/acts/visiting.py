"""A visit of the site: one side proposes a date, the other agrees, then it is held and reported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from land_services.cases.advancing import keep_time
from land_services.cases.at_work import CaseAtWork, take_up
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.may import require
from land_services.cases.models import Case, Visit
from layers.viewer import Viewer

from .review import run_of

__all__ = ["agree_visit", "hold", "hold_visit", "open_visit", "propose_visit"]


def propose_visit(case: Case, at: datetime, stage: str = "", *, viewer: Viewer) -> Visit:
    """Propose a date; an open proposal before it is void. The applicant may propose another instead of agreeing."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        before = work.open_visit(run.code)
        by_filer = work.is_filer and before is not None
        user_id = work.user_id if by_filer and work.user_id else require(work, "visit", run)
        if at <= work.now:
            raise Incomplete("اختر موعدًا في المستقبل.", "Choose a date in the future.")
        if before is not None:
            before.cancelled_at = work.now
            before.save(update_fields=["cancelled_at"])
        visit = Visit.objects.create(
            case=work.case, stage=run.code, at=at, proposed_by_id=user_id, proposed_at=work.now, by_filer=by_filer
        )
        work.visits.append(visit)
        work.say("propose_visit", run.code, visit=visit.pk, at=at.isoformat(), by_filer=by_filer)
        keep_time(work)
    return visit


def agree_visit(case: Case, visit: int, *, viewer: Viewer) -> Visit:
    """Agree to the date that the other side proposed."""
    with take_up(case, viewer) as work:
        found = next((v for v in work.visits if v.pk == visit), None)
        if found is None or found.held_at or found.cancelled_at or found.agreed_at:
            raise ActionRefused("لا موعد كهذا بانتظار الموافقة.", "No such date waits for agreement.")
        user_id = work.user_id if work.is_filer else require(work, "visit", run_of(work, found.stage))
        if work.is_filer == found.by_filer:
            raise NotYours("الموافقة على الموعد للطرف الآخر.", "The other side agrees to the date.")
        found.agreed_by_id, found.agreed_at = user_id, work.now
        found.save(update_fields=["agreed_by", "agreed_at"])
        work.say("agree_visit", found.stage, visit=found.pk, by_filer=work.is_filer)
        keep_time(work)
    return found


def hold_visit(case: Case, visit: int, report: str, *, viewer: Viewer) -> Visit:
    """Record what was found on the site on the agreed date."""
    with take_up(case, viewer) as work:
        found = open_visit(work, visit)
        hold(work, found, report)
    return found


def open_visit(work: CaseAtWork, visit: int) -> Visit:
    """Return a visit of the case that this person may hold, or raise the refusal; the date may not have come yet."""
    found = next((v for v in work.visits if v.pk == visit), None)
    if found is None:
        raise ActionRefused("لا موعد كهذا.", "There is no such date.")
    if found.held_at:
        raise ActionRefused("عُقدت هذه الزيارة وسُجلت من قبل.", "This visit was held and recorded already.")
    if found.cancelled_at:
        raise ActionRefused("أُلغي هذا الموعد واتُّفق على غيره.", "This date was cancelled for another.")
    require(work, "visit", run_of(work, found.stage))
    if found.agreed_at is None:
        raise ActionRefused("لم يوافق الطرف الآخر على الموعد بعد.", "The other side has not agreed to the date yet.")
    return found


def hold(work: CaseAtWork, visit: Visit, report: str, **details: Any) -> None:
    """Record an open visit as held, in the transaction that holds the case."""
    if visit.at > work.now:
        raise ActionRefused("لم يحن الموعد بعد.", "The date has not come yet.")
    if not report.strip():
        raise Incomplete("اكتب ما وُجد في الموقع.", "Write what was found on the site.")
    visit.held_at, visit.report = work.now, report.strip()
    visit.save(update_fields=["held_at", "report"])
    work.say("hold_visit", visit.stage, visit=visit.pk, **details)
