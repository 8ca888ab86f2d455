"""Carrying a case on: which stage begins, what ends by itself, when the case is over."""

from __future__ import annotations

from . import flow
from .at_work import CaseAtWork
from .charging import charge, is_settled
from .clocks import after_working_days, answer_due, due_of, spans_of
from .models import CasePause, Referral, StageRun
from .outline import close_outline
from .surplus import SURPLUS, surplus_m2

__all__ = ["advance", "begin_stages", "end_stages", "keep_time", "pause", "resume", "set_due"]


def begin_stages(work: CaseAtWork) -> None:
    """Write the stages of a case that is filed for the first time."""
    runs = [
        StageRun(
            case=work.case,
            code=stage.code,
            kind=stage.kind,
            position=position,
            role=stage.role,
            area=work.case.area,
            days=stage.days,
        )
        for position, stage in enumerate(work.card.stages)
        if stage.kind != "draft"
    ]
    work.__dict__["runs"] = {run.code: run for run in StageRun.objects.bulk_create(runs)}


def advance(work: CaseAtWork) -> None:
    """Start every stage whose turn has come, and close the case after the last."""
    while started := flow.ready(work.card.stages, work.states):
        for code in started:
            _start(work, work.runs[code])
    if _is_decided_by_its_stages(work):
        _approve(work)
    if _with_applicant(work):
        pause(work)
    if flow.complete(work.states) and work.case.state in ("approved", "issued"):
        work.case.close()
        work.case.due_at = None
        work.case.save(update_fields=["state", "due_at"])
        work.say("close")


def _is_decided_by_its_stages(work: CaseAtWork) -> bool:
    """Whether a case whose card has no stage for the decision was judged: only its papers are left, or nothing."""
    if work.case.state != "submitted" or any(stage.kind == "decision" for stage in work.card.stages):
        return False
    return any(run.kind == "issue" for run in work.active) or flow.complete(work.states)


def _approve(work: CaseAtWork) -> None:
    """Approve a case by whoever judged it last; where nobody did, by nobody's name rather than by whoever filed it."""
    judged = [run for run in work.runs.values() if run.kind in flow.REVIEWING and run.done_at is not None]
    last = max(judged, key=lambda run: (run.done_at, run.position), default=None)
    work.case.approve()
    work.case.decided_by_id = last.done_by_id if last else None
    work.case.decided_at = work.now
    work.case.save()
    close_outline(work.case)
    work.say("approve", last.code if last else "")


def _start(work: CaseAtWork, run: StageRun) -> None:
    run.start()
    run.round += 1
    run.started_at, run.done_at, run.outcome = work.now, None, ""
    run.done_by_id = run.done_for_id = None
    run.warned_at = run.escalated_at = None
    run.due_at = due_of(run, (), work.calendar) if run.days else None
    if not _is_needed(work, run):
        _pass_over(work, run, "not_needed")
    elif run.kind == "payment" and is_settled(charge(work, run)):
        _pass_over(work, run, "nothing_to_pay")
    run.save()
    if run.state == flow.ACTIVE:
        work.begun.append(run)
        _ask_agencies(work, run)


def _is_needed(work: CaseAtWork, run: StageRun) -> bool:
    """Whether what the card says a stage depends on holds for the land as it is now."""
    return work.stage(run).only_if != SURPLUS or surplus_m2(work.case) > 0


def _pass_over(work: CaseAtWork, run: StageRun, outcome: str) -> None:
    run.finish()
    run.done_at, run.outcome, run.due_at = work.now, outcome, None


def _ask_agencies(work: CaseAtWork, run: StageRun) -> None:
    """Send the questions that the card sets for this stage; in a later round those that an agency objected to."""
    named = {one.code: one for one in work.card.referrals if one.stage == run.code and one.required}
    if not named:
        return
    last = {(one.agency, one.component): one for one in work.last_referrals}
    objected = [key for key, one in last.items() if one.answer == "object" and one.agency in named]
    for code, component in [*((code, "case") for code in named if (code, "case") not in last), *objected]:
        wanted, before = named[code], last.get((code, component))
        referral = Referral.objects.create(
            case=work.case,
            stage=run.code,
            agency=wanted.code,
            component=component,
            question=before.question if before else "",
            required=True,
            asked_at=work.now,
            days=wanted.days,
            due_at=after_working_days(work.now, wanted.days, calendar=work.calendar),
            default_answer=wanted.default,
        )
        work.referrals.append(referral)
        work.say("refer", run.code, agency=code, component=component, referral=referral.pk, by_card=True)


def end_stages(work: CaseAtWork) -> None:
    """Cancel what was not done of a case that ended, and the questions that nobody needs to answer any more.

    A pause ends with the case: nothing stands still that is over.
    """
    work.case.pauses.filter(ended_at=None).update(ended_at=work.now)
    for run in work.runs.values():
        if run.state in (flow.WAITING, flow.ACTIVE, flow.RETURNED):
            run.cancel()
            run.due_at = None
            run.save(update_fields=["state", "due_at"])
    for referral in work.open_referrals():
        referral.cancelled_at = work.now
        referral.save(update_fields=["cancelled_at"])


def pause(work: CaseAtWork) -> None:
    """Stop all clocks of a case, those of agencies too: the ball is elsewhere."""
    if not work.case.pauses.filter(ended_at=None).exists():
        CasePause.objects.create(case=work.case, began_at=work.now)
    StageRun.objects.filter(case=work.case, due_at__isnull=False).update(due_at=None)
    for run in work.runs.values():
        run.due_at = None
    for referral in work.open_referrals():
        referral.due_at = None
        referral.save(update_fields=["due_at"])
    work.case.due_at = None


def resume(work: CaseAtWork) -> None:
    """Let the clocks of a case run again: what was left of each target and period is left still."""
    work.case.pauses.filter(ended_at=None).update(ended_at=work.now)
    pauses = list(work.case.pauses.order_by("began_at"))
    for run in work.active:
        run.due_at, run.warned_at = due_of(run, pauses, work.calendar), None
        run.save(update_fields=["due_at", "warned_at"])
    for referral in work.open_referrals():
        referral.due_at = answer_due(referral, pauses, work.calendar)
        referral.save(update_fields=["due_at"])
    set_due(work, pauses)


def keep_time(work: CaseAtWork) -> None:
    """Stop the clocks where all that is under way waits for the applicant, and let them run where it does no more."""
    if _with_applicant(work):
        pause(work)
    elif work.case.pauses.filter(ended_at=None).exists():
        resume(work)
    work.case.save(update_fields=["due_at"])


def _with_applicant(work: CaseAtWork) -> bool:
    """Whether nobody here has anything to do: an invoice is not paid, a date that was proposed is not agreed to."""
    if work.case.state not in ("submitted", "approved", "issued") or not work.active:
        return False
    kinds = {run.kind for run in work.active}
    return kinds <= {"payment", "visit"} and all(run.kind == "payment" or _asks(work, run) for run in work.active)


def _asks(work: CaseAtWork, run: StageRun) -> bool:
    visit = work.open_visit(run.code)
    return visit is not None and visit.agreed_at is None and not visit.by_filer


def set_due(work: CaseAtWork, pauses: list[CasePause]) -> None:
    """Set when the whole case is due, by the card's target from the day it was filed; None where it has none."""
    begun, days = work.case.submitted_at, work.card.target_days
    if work.case.state == "issued":
        begun = None
    work.case.due_at = after_working_days(begun, days, spans_of(pauses), work.calendar) if begun and days else None
