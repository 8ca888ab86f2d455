"""A case in words: its state as a chip, its way as a time line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.cases.acts.escalate import DUE_ACTS
from land_services.cases.at_work import CaseAtWork
from land_services.cases.models import CaseStep, StageRun

__all__ = ["act_words", "case_steps", "due_words", "stage_rows", "state_words"]


def state_words(state: str) -> tuple[str, str]:
    """Return the chip's kind and word of a state."""
    return {
        "draft": ("neutral", _("With the applicant")),
        "submitted": ("info", _("Under review")),
        "returned": ("warning", _("Returned with remarks")),
        "stopped": ("warning", _("Stopped")),
        "approved": ("info", _("Approved, documents in preparation")),
        "issued": ("ok", _("Issued")),
        "closed": ("ok", _("Closed")),
        "rejected": ("stop", _("Turned down")),
        "withdrawn": ("neutral", _("Withdrawn")),
    }[state]


def act_words(act: str) -> str:
    """Return what was done, as the time line says it."""
    return {
        "open": _("Opened"),
        "fill": _("Form filled in"),
        "attach": _("Document attached"),
        "hand_in": _("Survey file handed in"),
        "submit": _("Submitted"),
        "answer": _("Remark answered"),
        "take": _("Taken up"),
        "give_back": _("Given back"),
        "assign": _("Assigned"),
        "finish": _("Passed on"),
        "return": _("Returned with remarks"),
        "return_unfit": _("Sent back: the register changed"),
        "refer": _("Agency asked"),
        "answer_referral": _("Agency answered"),
        "default_answer": _("Agency's time ended: answer by rule"),
        "minute": _("Minutes recorded"),
        "propose_visit": _("Visit proposed"),
        "agree_visit": _("Visit agreed"),
        "hold_visit": _("Visit held"),
        "pay": _("Paid"),
        "approve": _("Approved"),
        "issue": _("Documents issued"),
        "confirm": _("Confirmed by the registry"),
        "deed_returned": _("Returned by the registry"),
        "send_again": _("Sent to the registry again"),
        "give_up_deed": _("Ended without the deed's change"),
        "reject": _("Turned down"),
        "withdraw": _("Withdrawn"),
        "stop": _("Stopped"),
        "reopen": _("Opened again"),
        "close": _("Closed"),
        "share": _("Follow code given"),
        "conflict": _("Another open request on this land"),
        "say": _("Message"),
        "due_soon": _("Last working day before the target"),
        "late": _("The target has passed"),
        "lapse": _("Ended: never submitted"),
        "erase": _("The file of the request was erased"),
    }.get(act, act)


def case_steps(work: CaseAtWork, *, staff: bool) -> list[dict[str, Any]]:
    """Return the way of a case as the time line shows it: what was done, then the stages that are still to come.

    Who did what inside the house is named to staff; to others the step alone is told.
    """
    steps = work.case.steps.exclude(act="say").select_related("by", "for_user").order_by("pk")
    done = [step for step in steps if staff or step.act not in DUE_ACTS]
    rows = [_done(work, step, staff=staff) for step in done]
    if not work.case.is_over:
        rows += [_ahead(work, run) for run in work.runs.values() if run.state in ("active", "returned", "waiting")]
    return rows


def _done(work: CaseAtWork, step: CaseStep, *, staff: bool) -> dict[str, Any]:
    told = staff or (step.by_id is not None and step.by_id == work.case.filed_by_id)
    ended = step.act in ("reject", "withdraw", "stop", "return_unfit", "deed_returned")
    return {
        "title": _titled(work, step),
        "state": "failed" if ended else "done",
        "at": step.at,
        "by": _by(step) if told and step.by else "",
        "note": step.note,
    }


def _by(step: CaseStep) -> str:
    if step.for_user is None:
        return str(step.by)
    return _("%(name)s on behalf of %(absent)s") % {"name": step.by, "absent": step.for_user}


def _titled(work: CaseAtWork, step: CaseStep) -> str:
    words = act_words(step.act)
    return f"{_stage_title(work, step.stage)}: {words}" if step.stage else words


def _stage_title(work: CaseAtWork, code: str) -> str:
    stage = next((stage for stage in work.card.stages if stage.code == code), None)
    if stage is None:
        return code
    return stage.en if get_language() == "en" else stage.ar


def _ahead(work: CaseAtWork, run: StageRun) -> dict[str, Any]:
    state = "waiting" if run.state == "waiting" or work.case.state == "stopped" else "current"
    return {"title": _stage_title(work, run.code), "state": state, "at": None, "by": "", "note": ""}


def stage_rows(work: CaseAtWork) -> list[dict[str, Any]]:
    """Return the stages under way with what they are called, who is at them and when they are due."""
    return [
        {"run": run, "title": _stage_title(work, run.code), "due": due_words(run.due_at), "assignee": run.assignee}
        for run in work.active
    ]


def due_words(due_at: datetime | None) -> tuple[str, str]:
    """Return the chip's kind and word of when something is due; ("", "") where nothing runs."""
    if due_at is None:
        return "", ""
    days = (timezone.localdate(due_at) - timezone.localdate()).days
    if due_at < timezone.now():
        return "stop", _("Late")
    if days == 0:
        return "warning", _("Due today")
    return ("warning" if days <= 1 else "neutral"), _("Due")
