"""The surplus of a case: more land on the ground than its deeds grant. It is bought before it is granted.

Source: rules for surpluses of grants and plans: a committee prices the square metre, it is paid, the mayor decides.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import Sum

from land_services.checks.deeds import path_of
from land_services.register.selectors import load_facts
from land_services.rulebook.in_force import rules_on

from .checking import facts_wanted
from .models import Case, Invoice, Minutes

__all__ = ["SURPLUS", "owed", "price_of", "surplus_m2"]

SURPLUS: Final = "surplus"
CENT: Final = Decimal("0.01")


def surplus_m2(case: Case) -> Decimal:
    """Return how much of a case's land lies beyond deeds and tolerance, by the rules of its filing date; 0 if none."""
    facts, rules = load_facts(facts_wanted(case.service, case.parcel_uids)), rules_on(case.filed_on)
    paths = [path_of(parcel, facts, rules) for parcel in facts.parcels]
    return sum((path.difference_m2 for path in paths if path.way == SURPLUS), Decimal("0.00"))


def price_of(case: Case) -> Minutes | None:
    """Return the latest minutes that set a price and recommend the case, None where none do."""
    priced = case.minutes.filter(outcome="recommend", price_per_m2__isnull=False)
    found: Minutes | None = priced.order_by("-held_on", "-pk").first()
    return found


def owed(case: Case) -> Decimal:
    """Return what is still to be paid for the surplus: area times price, less what was paid for it already."""
    priced = price_of(case)
    if priced is None or priced.price_per_m2 is None:
        return Decimal("0.00")
    whole = (surplus_m2(case) * priced.price_per_m2).quantize(CENT, rounding=ROUND_HALF_UP)
    paid = Invoice.objects.filter(case=case, kind=SURPLUS, paid_at__isnull=False).aggregate(all=Sum("amount"))["all"]
    return max(whole - (paid or Decimal(0)), Decimal("0.00"))
