"""A committee's minutes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone

from land_services.cases.at_work import take_up
from land_services.cases.errors import Incomplete
from land_services.cases.may import require
from land_services.cases.models import Case, Minutes
from layers.viewer import Viewer

from .review import run_of

__all__ = ["minute"]

MOST_PER_M2 = Decimal(1_000_000)
OUTCOMES = ("recommend", "return", "reject")


def minute(
    case: Case,
    stage: str = "",
    *,
    viewer: Viewer,
    number: str,
    held_on: date,
    present: str,
    outcome: str,
    text: str,
    price_per_m2: Decimal | None = None,
) -> Minutes:
    """Keep the minutes of a sitting. They say what the committee wants; carrying it out is the next act.

    Where the stage prices a surplus, minutes that recommend the case say what a square metre costs.
    """
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "minute", run)
        if not (number.strip() and present.strip() and text.strip()) or outcome not in OUTCOMES:
            raise Incomplete(
                "المحضر يحتاج رقمًا وتاريخًا وأسماء الحاضرين ونصًا ونتيجة.",
                "Minutes need a number, a date, who was present, a text and an outcome.",
            )
        if held_on > timezone.localdate(work.now):
            raise Incomplete("تاريخ الجلسة في المستقبل.", "The sitting's date is in the future.")
        if work.case.minutes.filter(number=number.strip()).exists():
            raise Incomplete("سُجل محضر بهذا الرقم من قبل.", "Minutes of this number are recorded already.")
        price = _price(work.stage(run).prices, outcome, price_per_m2)
        kept = Minutes.objects.create(
            case=work.case,
            stage=run.code,
            number=number.strip(),
            held_on=held_on,
            present=present.strip(),
            outcome=outcome,
            text=text.strip(),
            price_per_m2=price,
            by_id=user_id,
            at=work.now,
        )
        work.say("minute", run.code, minutes=kept.pk, outcome=outcome)
    return kept


def _price(prices: bool, outcome: str, given: Decimal | None) -> Decimal | None:
    if not prices or outcome != "recommend":
        return None
    if given is None or not given.is_finite() or not 0 < given <= MOST_PER_M2:
        raise Incomplete(
            "اكتب سعر المتر المربع الذي قدّرته اللجنة، أكبر من صفر.",
            "Write the price of a square metre that the committee set, more than zero.",
        )
    return given.quantize(Decimal("0.01"))
