"""What a request costs, and how that came about, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from land_services.catalogue.model import Fee, FeeStep, Field, ServiceCard

__all__ = ["FeeDue", "fee_of"]

CENT: Final = Decimal("0.01")
CURRENCIES: Final = {"SAR": "ريال", "AED": "درهم", "KWD": "دينار", "BHD": "دينار", "QAR": "ريال", "OMR": "ريال"}


@dataclass(frozen=True)
class FeeDue:
    """An amount with the words that say how it came about."""

    amount: Decimal
    currency: str
    ar: str
    en: str


def fee_of(card: ServiceCard, values: Mapping[str, Any], parts: int = 1) -> FeeDue:
    """Return the fee of a request.

    Parameters
    ----------
    values : mapping
        The answers of the form as ``check_form`` cleaned them. A number that was not asked for counts as none: where
        the fee goes by it, nothing is due.
    parts : int
        How many parts the request has; 0 or more.
    """
    if parts < 0:
        raise ValueError(f"a request has no {parts} parts")
    fee = card.fee
    if fee.kind == "none":
        return _due(fee, Decimal(0), "لا رسم", "No fee")
    if fee.kind == "fixed":
        return _due(fee, fee.amount, "رسم ثابت", "Fixed fee")
    if fee.kind == "per_part":
        return _times(fee, Decimal(parts), "قطعة", "part" if parts == 1 else "parts")
    field = next(field for field in card.form if field.code == fee.by)
    number = values.get(fee.by)
    if number is None:
        return _due(
            fee, Decimal(0), f"لا رسم: «{field.ar}» غير مطلوب هنا", f"No fee: '{field.en}' is not asked for here"
        )
    if fee.kind == "by_number":
        return _times(fee, Decimal(number), field.unit or field.ar, field.unit or field.en)
    return _step(fee, field, Decimal(number))


def _times(fee: Fee, number: Decimal, ar: str, en: str) -> FeeDue:
    amount = (fee.amount * number).quantize(CENT, rounding=ROUND_HALF_UP)
    each = f"{fee.amount:,f}"
    return _due(fee, max(amount, Decimal(0)), f"{number:,f} {ar} × {each}", f"{number:,f} {en} × {each}")


def _step(fee: Fee, field: Field, number: Decimal) -> FeeDue:
    step = next(step for step in fee.steps if step.upto is None or number <= step.upto)
    below = _below(fee.steps, step)
    if step.upto is None:
        ar, en = (f"أكثر من {below:,f}", f"more than {below:,f}") if below is not None else ("أي عدد", "any number")
    else:
        ar, en = f"حتى {step.upto:,f}", f"up to {step.upto:,f}"
    return _due(fee, step.amount, f"{field.ar}: {number:,f} ({ar})", f"{field.en}: {number:,f} ({en})")


def _below(steps: tuple[FeeStep, ...], step: FeeStep) -> Decimal | None:
    position = steps.index(step)
    return steps[position - 1].upto if position else None


def _due(fee: Fee, amount: Decimal, ar: str, en: str) -> FeeDue:
    if fee.kind == "none":
        return FeeDue(amount, fee.currency, ar, en)
    word = CURRENCIES.get(fee.currency, fee.currency)
    return FeeDue(amount, fee.currency, f"{ar} = {amount:,f} {word}", f"{en} = {amount:,f} {fee.currency}")
