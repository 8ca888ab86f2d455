"""Who is told what of each step of a case: written in the transaction of the step, sent after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from land_services.notices.telling import Telling, tell_all

from .at_work import CaseAtWork
from .models import CaseStep, Invoice, Referral, StageRun
from .people import agents_of, at_desk

__all__ = ["tell_steps"]

_Teller = Callable[[CaseAtWork, CaseStep], Iterable[Telling]]
_SENT_BACK: Final = ("return", "return_unfit")
MOST_HOLDERS: Final = 10
"""People of a role who are told of each new stage; where there are more, they share a list and look there."""


def tell_steps(work: CaseAtWork) -> None:
    """Tell those concerned of what was done to a case that is held, and of the stages that began by it."""
    tellings = [telling for step in work.steps for telling in _TELLING.get(step.act, _nobody)(work, step)]
    tellings += [telling for run in work.begun for telling in _began(work, run)]
    tell_all(tellings)


def _nobody(work: CaseAtWork, step: CaseStep) -> Iterable[Telling]:
    """Steps that those concerned see on the page."""
    return ()


def _tell(work: CaseAtWork, step: CaseStep, event: str, to: Iterable[int | None], **params: Any) -> Iterator[Telling]:
    """Tell people, but not whoever did it."""
    yield _notice(work, event, (user for user in to if user != work.user_id), f"step:{step.pk}:{event}", **params)


def _notice(work: CaseAtWork, event: str, to: Iterable[int | None], key: str, **params: Any) -> Telling:
    """Return what people are told of a case; None among them stands for nobody."""
    recipients = frozenset(user for user in to if user is not None)
    told = {"service": work.case.service, **params}
    return Telling(event, recipients, f"case:{work.case.pk}:{key}", work.case.reference, told)


def _filer(event: str) -> _Teller:
    def telling(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
        yield from _tell(work, step, event, [work.case.filed_by_id])

    return telling


def _submitted(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    if work.case.round == 1:
        # The one message that goes to whoever acts: a receipt.
        yield _notice(work, "case_received", [work.case.filed_by_id], "received")
        return
    asked = work.case.steps.filter(act__in=_SENT_BACK).order_by("-pk").values_list("by_id", flat=True)[:1]
    yield from _tell(work, step, "case_resubmitted", asked)
    yield from _goes_on(work, step)


def _returned(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    yield from _tell(work, step, "case_returned", [work.case.filed_by_id], remarks=len(step.details.get("remarks", [])))


def _referred(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    referral = Referral.objects.get(pk=step.details["referral"])
    people = agents_of(referral.agency, work.now)
    yield from _tell(work, step, "case_referred", people, due=timezone.localdate(referral.due_at).isoformat())


def _goes_on(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    """Tell agencies that were asked before the case was paused until when they have now."""
    for referral in work.open_referrals():
        if referral.due_at is not None and referral.asked_at < step.at:
            people, key = agents_of(referral.agency, work.now), f"step:{step.pk}:referral:{referral.pk}"
            due = timezone.localdate(referral.due_at).isoformat()
            yield _notice(work, "referral_goes_on", people, key, due=due)


def _reopened(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    yield from _tell(work, step, "case_reopened", [work.case.filed_by_id])
    yield from _goes_on(work, step)


def _answered(event: str) -> _Teller:
    def telling(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
        run = work.runs.get(step.stage)
        asked = Referral.objects.get(pk=step.details["referral"]).asked_by_id
        yield from _tell(work, step, event, [asked, run.assignee_id if run else None])

    return telling


def _issued(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    yield from _tell(
        work, step, "case_issued", [work.case.filed_by_id], documents=len(step.details.get("documents", {}))
    )


def _paid(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    invoice = Invoice.objects.get(pk=step.details["invoice"])
    yield from _tell(work, step, "fee_paid", [work.case.filed_by_id], receipt=invoice.number)


def _assigned(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    run = work.runs[step.stage]
    yield from _tell(work, step, "case_task", [step.details["to"]], stage=_stage(work, run), due=_due(run.due_at))


def _proposed(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    """Who is to agree to a date hears of it: the applicant, or whoever is at the stage."""
    visit = next(one for one in work.visits if one.pk == step.details["visit"])
    run = work.runs[step.stage]
    before = [one.proposed_by_id for one in work.visits if one.stage == run.code and not one.by_filer]
    others = [run.assignee_id, *before[-1:]] if visit.by_filer else [work.case.filed_by_id]
    yield from _tell(work, step, "visit_proposed", others, at=visit.at.isoformat())


def _visit(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    visit = next(one for one in work.visits if one.pk == step.details["visit"])
    both = [work.case.filed_by_id, visit.proposed_by_id]
    yield from _tell(work, step, "visit_agreed", both, at=visit.at.isoformat())


def _said(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    """A message reaches the other side: the applicant, or who is at the case now."""
    if not step.details.get("by_filer"):
        yield from _tell(work, step, "case_message", [work.case.filed_by_id])
        return
    hearers: set[int | None] = set()
    for run in work.active:
        few = at_desk([run.role], run.area, work.now, run.assignee_id, MOST_HOLDERS + 1)
        hearers |= set(few) if len(few) <= MOST_HOLDERS else set()
    if work.case.state == "returned":
        hearers |= set(work.case.steps.filter(act__in=_SENT_BACK).order_by("-pk").values_list("by_id", flat=True)[:1])
    last = work.case.steps.filter(act="say", details__by_filer=False).order_by("-pk").values_list("by_id", flat=True)
    yield from _tell(work, step, "case_message", hearers | set(last[:1]))


def _overlaps(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    """Those at work on a case hear of another one on its land."""
    at_it = [run.assignee_id for run in work.active]
    yield from _tell(work, step, "case_overlaps", at_it, other=step.details["case"])


def _confirmed(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    if "deeds" in step.details:
        yield from _tell(work, step, "deed_confirmed", [work.case.filed_by_id], deeds=step.details["deeds"])


def _deed_returned(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    """The applicant hears of it, and whoever decided."""
    yield from _tell(work, step, "deed_returned", [work.case.filed_by_id, work.case.decided_by_id])


def _withdrawn(work: CaseAtWork, step: CaseStep) -> Iterator[Telling]:
    yield from _tell(work, step, "case_withdrawn", [run.assignee_id for run in work.runs.values()])


def _began(work: CaseAtWork, run: StageRun) -> Iterator[Telling]:
    """Tell whose turn it is, where they are few, and the applicant where the case is."""
    key, stage = f"{run.code}:{run.round}", _stage(work, run)
    there = at_desk([run.role], run.area, work.now, run.assignee_id, MOST_HOLDERS + 1)
    staff = set(there) - {work.user_id, work.case.filed_by_id}
    if len(staff) <= MOST_HOLDERS:
        yield _notice(work, "case_task", staff, f"{key}:task", stage=stage, due=_due(run.due_at))
    filer = [work.case.filed_by_id]
    if run.kind == "payment":
        amount = work.case.invoices.values_list("amount", "currency").get(
            kind=work.stage(run).charges, paid_at=None, void_at=None
        )
        yield _notice(work, "fee_due", filer, f"{key}:fee", amount=f"{amount[0]} {amount[1]}")
    else:
        yield _notice(work, "case_moved", filer, f"{key}:moved", stage=stage)


def _stage(work: CaseAtWork, run: StageRun) -> str:
    return f"{work.case.service}/{run.code}"


def _due(at: datetime | None) -> str:
    """Return when something is due as a message carries it; without a target, today: it is due now."""
    return (at or timezone.now()).isoformat()


_TELLING: Final[Mapping[str, _Teller]] = {
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
    "propose_visit": _proposed,
    "agree_visit": _visit,
    "hold_visit": _filer("visit_held"),
    "withdraw": _withdrawn,
    "say": _said,
    "conflict": _overlaps,
    "stop": _filer("case_stopped"),
    "reopen": _reopened,
}
