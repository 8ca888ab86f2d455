"""Who is told what of each step of a case: written in the transaction of the step, sent after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from land_services.notices.telling import tell

from .at_work import CaseAtWork
from .models import CaseStep, Invoice, Referral, StageRun, Visit
from .people import agents_of, holders_of

__all__ = ["tell_steps"]

MOST_HOLDERS: Final = 10
"""People of a role who are told of each new stage; where there are more, they share a list and look there."""


def tell_steps(work: CaseAtWork) -> None:
    """Tell those concerned of what was done to a case that is held, and of the stages that began by it."""
    for step in work.steps:
        _TELLING.get(step.act, _nobody)(work, step)
    for run in work.begun:
        _began(work, run)


def _nobody(work: CaseAtWork, step: CaseStep) -> None:
    """Steps that those concerned see on the page."""


def _tell(work: CaseAtWork, step: CaseStep, event: str, to: Iterable[int | None], **params: Any) -> None:
    """Tell people, but not whoever did it."""
    recipients = {user for user in to if user is not None and user != work.user_id}
    if recipients:
        tell(
            event,
            recipients=recipients,
            reference=work.case.reference,
            params={"service": work.case.service, **params},
            key=f"case:{work.case.pk}:step:{step.pk}:{event}",
        )


def _filer(event: str) -> Callable[[CaseAtWork, CaseStep], None]:
    def telling(work: CaseAtWork, step: CaseStep) -> None:
        _tell(work, step, event, [work.case.filed_by_id])

    return telling


def _submitted(work: CaseAtWork, step: CaseStep) -> None:
    if work.case.round == 1:
        tell(  # the one message that goes to whoever acts: a receipt
            "case_received",
            recipients=[work.case.filed_by_id],
            reference=work.case.reference,
            params={"service": work.case.service},
            key=f"case:{work.case.pk}:received",
        )
        return
    asked = work.case.steps.filter(act="return").order_by("-pk").values_list("by_id", flat=True)[:1]
    _tell(work, step, "case_resubmitted", asked)
    _goes_on(work, step)


def _returned(work: CaseAtWork, step: CaseStep) -> None:
    _tell(work, step, "case_returned", [work.case.filed_by_id], remarks=len(step.details.get("remarks", [])))


def _referred(work: CaseAtWork, step: CaseStep) -> None:
    referral = Referral.objects.get(pk=step.details["referral"])
    people = agents_of(referral.agency, work.now)
    _tell(work, step, "case_referred", people, due=timezone.localdate(referral.due_at).isoformat())


def _goes_on(work: CaseAtWork, step: CaseStep) -> None:
    """Tell agencies that were asked before the case was paused until when they have now."""
    for referral in work.open_referrals():
        if referral.due_at is not None and referral.asked_at < step.at:
            tell(
                "referral_goes_on",
                recipients=agents_of(referral.agency, work.now),
                reference=work.case.reference,
                params={"service": work.case.service, "due": timezone.localdate(referral.due_at).isoformat()},
                key=f"case:{work.case.pk}:step:{step.pk}:referral:{referral.pk}",
            )


def _reopened(work: CaseAtWork, step: CaseStep) -> None:
    _tell(work, step, "case_reopened", [work.case.filed_by_id])
    _goes_on(work, step)


def _answered(event: str) -> Callable[[CaseAtWork, CaseStep], None]:
    def telling(work: CaseAtWork, step: CaseStep) -> None:
        run = work.runs.get(step.stage)
        asked = Referral.objects.get(pk=step.details["referral"]).asked_by_id
        _tell(work, step, event, [asked, run.assignee_id if run else None])

    return telling


def _issued(work: CaseAtWork, step: CaseStep) -> None:
    _tell(work, step, "case_issued", [work.case.filed_by_id], documents=len(step.details.get("documents", {})))


def _paid(work: CaseAtWork, step: CaseStep) -> None:
    invoice = Invoice.objects.get(pk=step.details["invoice"])
    _tell(work, step, "fee_paid", [work.case.filed_by_id], receipt=invoice.number)


def _assigned(work: CaseAtWork, step: CaseStep) -> None:
    run = work.runs[step.stage]
    _tell(work, step, "case_task", [step.details["to"]], stage=_stage(work, run), due=_due(run.due_at))


def _visit(work: CaseAtWork, step: CaseStep) -> None:
    visit = Visit.objects.get(pk=step.details["visit"])
    both = [work.case.filed_by_id, visit.proposed_by_id]
    _tell(work, step, "visit_agreed", both, at=visit.at.isoformat())


def _said(work: CaseAtWork, step: CaseStep) -> None:
    """A message reaches the other side: the applicant, or who is at the case now."""
    if not step.details.get("by_filer"):
        _tell(work, step, "case_message", [work.case.filed_by_id])
        return
    hearers: set[int | None] = set()
    for run in work.active:
        few = holders_of([run.role], run.area, work.now, MOST_HOLDERS + 1)
        hearers |= {run.assignee_id} if run.assignee_id else set(few) if len(few) <= MOST_HOLDERS else set()
    last = work.case.steps.filter(act="say", details__by_filer=False).order_by("-pk").values_list("by_id", flat=True)
    _tell(work, step, "case_message", hearers | set(last[:1]))


def _overlaps(work: CaseAtWork, step: CaseStep) -> None:
    """Those at work on a case hear of another one on its land."""
    at_it = [run.assignee_id for run in work.active]
    _tell(work, step, "case_overlaps", at_it, other=step.details["case"])


def _confirmed(work: CaseAtWork, step: CaseStep) -> None:
    if "deeds" in step.details:
        _tell(work, step, "deed_confirmed", [work.case.filed_by_id], deeds=step.details["deeds"])


def _deed_returned(work: CaseAtWork, step: CaseStep) -> None:
    """The applicant hears of it, and whoever decided."""
    _tell(work, step, "deed_returned", [work.case.filed_by_id, work.case.decided_by_id])


def _withdrawn(work: CaseAtWork, step: CaseStep) -> None:
    _tell(work, step, "case_withdrawn", [run.assignee_id for run in work.runs.values()])


def _began(work: CaseAtWork, run: StageRun) -> None:
    """Tell whose turn it is, where they are few, and the applicant where the case is."""
    key = f"case:{work.case.pk}:{run.code}:{run.round}"
    common: dict[str, Any] = {"reference": work.case.reference}
    service, stage = work.case.service, _stage(work, run)
    holders = [run.assignee_id] if run.assignee_id else holders_of([run.role], run.area, work.now, MOST_HOLDERS + 1)
    staff = {user for user in holders if user not in (None, work.user_id, work.case.filed_by_id)}
    if staff and len(staff) <= MOST_HOLDERS:
        due = {"service": service, "stage": stage, "due": _due(run.due_at)}
        tell("case_task", recipients=staff, params=due, key=f"{key}:task", **common)
    filer = [work.case.filed_by_id]
    if run.kind == "payment":
        amount = work.case.invoices.values_list("amount", "currency").get(
            kind=work.stage(run).charges, paid_at=None, void_at=None
        )
        fee = {"service": service, "amount": f"{amount[0]} {amount[1]}"}
        tell("fee_due", recipients=filer, params=fee, key=f"{key}:fee", **common)
    else:
        tell("case_moved", recipients=filer, params={"service": service, "stage": stage}, key=f"{key}:moved", **common)


def _stage(work: CaseAtWork, run: StageRun) -> str:
    return f"{work.case.service}/{run.code}"


def _due(at: datetime | None) -> str:
    """Return when something is due as a message carries it; without a target, today: it is due now."""
    return (at or timezone.now()).isoformat()


_TELLING: Final[Mapping[str, Callable[[CaseAtWork, CaseStep], None]]] = {
    "submit": _submitted,
    "return": _returned,
    "return_unfit": _returned,
    "refer": _referred,
    "answer_referral": _answered("referral_answered"),
    "default_answer": _answered("referral_by_default"),
    "assign": _assigned,
    "approve": _filer("case_approved"),
    "reject": _filer("case_rejected"),
    "issue": _issued,
    "pay": _paid,
    "confirm": _confirmed,
    "deed_returned": _deed_returned,
    "send_again": _filer("deed_sent_again"),
    "give_up_deed": _filer("deed_given_up"),
    "agree_visit": _visit,
    "withdraw": _withdrawn,
    "say": _said,
    "conflict": _overlaps,
    "stop": _filer("case_stopped"),
    "reopen": _reopened,
}
