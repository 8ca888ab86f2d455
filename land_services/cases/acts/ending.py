"""Ends that are no decision in favour, and going on after one: reject, withdraw, stop, reopen."""

from __future__ import annotations

from django.db import transaction

from land_services.cases import flow
from land_services.cases.advancing import advance, end_stages, keep_time, pause, resume
from land_services.cases.at_work import take_up
from land_services.cases.checking import facts_wanted
from land_services.cases.conflicts import hold_land, note_conflicts
from land_services.cases.errors import Incomplete
from land_services.cases.may import require
from land_services.cases.models import Case
from land_services.cases.outline import close_outline, show_outline
from land_services.register.selectors import load_facts
from layers.viewer import Viewer

from .review import done, run_of

__all__ = ["reject", "reopen", "stop", "withdraw"]


def _reason(text: str, arabic: str, english: str) -> str:
    if not text.strip():
        raise Incomplete(arabic, english)
    return text.strip()


def reject(case: Case, reason: str, stage: str = "", *, viewer: Viewer) -> Case:
    """Turn a case down with a reason."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "reject", run)
        text = _reason(reason, "اكتب سبب الرفض.", "Give the reason for turning it down.")
        done(work, run, "reject")
        work.case.reject()
        if work.case.recommended_by_id == user_id:  # turning down one's own recommendation takes it back
            work.case.recommended_by_id = work.case.recommended_at = None
        work.case.decided_by_id, work.case.decided_at, work.case.reason = user_id, work.now, text
        work.case.due_at = None
        end_stages(work)
        work.case.save()
        close_outline(work.case)
        work.say("reject", run.code, text)
    return work.case


def withdraw(case: Case, *, viewer: Viewer, reason: str = "") -> Case:
    """Take back a case that is not decided; with a reason, save for what was never submitted."""
    with take_up(case, viewer) as work:
        require(work, "withdraw")
        text = reason.strip()
        if work.case.submitted_at is not None:
            text = _reason(text, "اكتب سبب السحب.", "Give the reason for withdrawing it.")
        work.case.withdraw()
        work.case.decided_at, work.case.reason, work.case.due_at = work.now, text, None
        end_stages(work)
        work.case.save()
        close_outline(work.case)
        work.say("withdraw", note=text)
    return work.case


def stop(case: Case, reason: str, *, viewer: Viewer) -> Case:
    """Let a case stand still, with a reason: a dispute, a court's order. Its clocks stop."""
    with take_up(case, viewer) as work:
        require(work, "stop")
        text = _reason(reason, "اكتب سبب الإيقاف.", "Give the reason for stopping it.")
        work.case.stopped_in = work.case.state
        work.case.stop()
        pause(work)
        work.case.reason = text
        work.case.save()
        work.say("stop", note=text)
    return work.case


def reopen(case: Case, reason: str, *, viewer: Viewer) -> Case:
    """Let a stopped case go on where it stood, or take up again one that was turned down; with a reason."""
    with transaction.atomic():
        hold_land(case.parcel_uids)
        return _reopen(case, reason, viewer)


def _reopen(case: Case, reason: str, viewer: Viewer) -> Case:
    with take_up(case, viewer) as work:
        require(work, "reopen")
        text = _reason(reason, "اكتب سبب إعادة الفتح.", "Give the reason for opening it again.")
        turned_down = work.case.state == "rejected"
        if turned_down:
            work.case.stopped_in = "submitted"
        work.case.reopen()
        work.case.reason = work.case.stopped_in = ""
        if turned_down:
            work.case.decided_by_id = work.case.decided_at = None
            for run in work.runs.values():
                if run.state == flow.CANCELLED:
                    run.revive()
                    run.save()
                elif run.outcome == "reject":
                    run.again()
                    run.save()
            advance(work)
        if work.case.state == "submitted":
            resume(work)
            keep_time(work)
        work.case.save()
        _show(work.case, turned_down)
        work.say("reopen", note=text)
        note_conflicts(work)
    return work.case


def _show(case: Case, turned_down: bool) -> None:
    if turned_down and case.parcel_uids:
        facts = load_facts(facts_wanted(case.service, case.parcel_uids))
        if facts.parcels:
            show_outline(case, [parcel.geometry for parcel in facts.parcels])
