"""Asking agencies, their answers, and the answer that counts when their time is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from land_services.cases.at_work import CaseAtWork, take_up
from land_services.cases.clocks import after_working_days
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.may import require
from land_services.cases.models import Case, Referral
from land_services.cases.people import agencies_of
from layers.viewer import ANONYMOUS, Viewer

from .review import run_of

__all__ = ["answer_referral", "fire_defaults", "refer"]

COMPONENTS = ("case", "location", "utilities", "access", "safety", "environment")
"""What an agency may be asked about; each is answered by itself."""
ANSWERS = ("consent", "conditions", "object", "not_required")


def refer(
    case: Case, agency: str, stage: str = "", *, viewer: Viewer, component: str = "case", question: str = ""
) -> Referral:
    """Ask an agency that the card names for this stage about one component; the card says how long it has."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "refer", run)
        wanted = next((r for r in work.card.referrals if r.code == agency and r.stage == run.code), None)
        if wanted is None or component not in COMPONENTS:
            raise ActionRefused(
                "لا تُسأل هذه الجهة في هذه المرحلة.", "This agency is not among those asked in this stage."
            )
        if any(one.agency == agency and one.component == component for one in work.open_referrals()):
            raise ActionRefused("سُئلت هذه الجهة ولم تُجب بعد.", "This agency is asked already and has not answered yet.")
        referral = Referral.objects.create(
            case=work.case,
            stage=run.code,
            agency=agency,
            component=component,
            question=question.strip(),
            required=wanted.required,
            asked_by_id=user_id,
            asked_at=work.now,
            days=wanted.days,
            due_at=after_working_days(work.now, wanted.days, calendar=work.calendar),
            default_answer=wanted.default,
        )
        work.say("refer", run.code, question.strip(), agency=agency, component=component, referral=referral.pk)
    return referral


def answer_referral(referral: Referral, answer: str, *, viewer: Viewer, text: str = "") -> Referral:
    """Answer for an agency: consent, conditions (with their text), object (with why), or not required."""
    with take_up(referral.case, viewer) as work:
        user_id = require(work, "answer_referral")
        current = _open(work, referral)
        if current.agency not in agencies_of(viewer, work.now):
            raise NotYours("هذا السؤال موجه إلى جهة أخرى.", "This question went to another agency.")
        if answer not in ANSWERS:
            raise Incomplete("اختر جوابًا.", "Choose an answer.")
        if answer in ("conditions", "object") and not text.strip():
            raise Incomplete("اكتب الاشتراطات أو سبب الاعتراض.", "Write the conditions, or why you object.")
        current.answer, current.text = answer, text.strip()
        current.answered_by_id, current.answered_at = user_id, work.now
        current.save(update_fields=["answer", "text", "answered_by", "answered_at"])
        work.say("answer_referral", current.stage, referral=current.pk, agency=current.agency, answer=answer)
    return current


def _open(work: CaseAtWork, referral: Referral) -> Referral:
    current = next((one for one in work.referrals if one.pk == referral.pk), None)
    if current is None or not current.is_open:
        raise ActionRefused("أُجيب عن هذا السؤال أو أُلغي.", "This question was answered or cancelled.")
    return current


def fire_defaults(now: datetime | None = None, at_most: int = 1000) -> int:
    """Give every question whose time is over the answer that its card sets; return how many.

    While a case is stopped or with the applicant no period runs, so none is over.

    Two workers at once, or one that is killed, do none twice: each is one transaction that looks again.
    """
    moment = now or timezone.now()
    late = Referral.objects.filter(answer="", cancelled_at=None, due_at__lte=moment).order_by("due_at", "pk")
    fired = 0
    for referral in late.select_related("case")[:at_most]:
        with transaction.atomic(), take_up(referral.case, ANONYMOUS) as work:
            current = next((one for one in work.referrals if one.pk == referral.pk), None)
            if current is None or not current.is_open or current.due_at is None or current.due_at > moment:
                continue
            current.answer, current.by_clock, current.answered_at = current.default_answer, True, work.now
            current.save(update_fields=["answer", "by_clock", "answered_at"])
            work.say("default_answer", current.stage, referral=current.pk, agency=current.agency, answer=current.answer)
            fired += 1
    return fired
