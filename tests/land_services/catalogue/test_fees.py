"""Fees: exact decimals, steps that never fall where their amounts rise, words in both languages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from land_services.catalogue import Fee, FeeStep, ServiceCard
from land_services.catalogue.fees import fee_of
from tests.land_services.catalogue.cards import PRACTICE, full_card

CARD = full_card()
MONEY = st.decimals(0, 100_000, places=2)
NUMBERS = st.decimals("0.5", 5000, places=2)


def card_with(kind: str, amount: Decimal = Decimal(0), by: str = "", steps: tuple[FeeStep, ...] = ()) -> ServiceCard:
    return replace(CARD, fee=Fee(kind, amount, "SAR", "رسم", "Fee", PRACTICE, by, steps))


@pytest.mark.parametrize(
    ("number", "amount", "words"),
    [
        ("0.5", "100.00", "Length: 0.5 (up to 10) = 100.00 SAR"),
        ("10", "100.00", "Length: 10 (up to 10) = 100.00 SAR"),
        ("10.01", "250.50", "Length: 10.01 (up to 100.5) = 250.50 SAR"),
        ("100.5", "250.50", "Length: 100.5 (up to 100.5) = 250.50 SAR"),
        ("4000", "900.00", "Length: 4,000 (more than 100.5) = 900.00 SAR"),
    ],
)
def test_a_fee_in_steps_goes_by_the_number_of_the_form(number: str, amount: str, words: str) -> None:
    due = fee_of(CARD, {"length_m": Decimal(number)})
    assert (due.amount, due.currency, due.en) == (Decimal(amount), "SAR", words)
    assert due.ar.startswith("الطول: ") and due.ar.endswith(" ريال")


def test_other_kinds_of_fees_say_how_they_came_about() -> None:
    assert fee_of(card_with("none"), {}).amount == 0 and fee_of(card_with("none"), {}).en == "No fee"
    fixed = fee_of(card_with("fixed", Decimal("1550.00")), {})
    assert (fixed.amount, fixed.ar, fixed.en) == (
        Decimal("1550.00"),
        "رسم ثابت = 1,550.00 ريال",
        "Fixed fee = 1,550.00 SAR",
    )
    parts = fee_of(card_with("per_part", Decimal("12.50")), {}, 3)
    assert (parts.amount, parts.en) == (Decimal("37.50"), "3 parts × 12.50 = 37.50 SAR")
    metres = fee_of(card_with("by_number", Decimal("2.00"), "length_m"), {"length_m": Decimal("10.5")})
    assert (metres.amount, metres.en) == (Decimal("21.00"), "10.5 m × 2.00 = 21.00 SAR")
    assert fee_of(card_with("by_number", Decimal("2.00"), "crossings"), {"crossings": 4}).en.startswith(
        "4 Crossings × "
    )


def test_a_number_that_was_not_asked_for_costs_nothing() -> None:
    for card in (CARD, card_with("by_number", Decimal(5), "length_m")):
        due = fee_of(card, {})
        assert due.amount == 0 and "Length" in due.en and "الطول" in due.ar


def test_a_request_of_less_than_no_parts_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="-1 parts"):
        fee_of(card_with("per_part", Decimal(1)), {}, -1)


@given(MONEY, st.integers(0, 10_000))
def test_a_fee_per_part_is_the_exact_product(amount: Decimal, parts: int) -> None:
    assert fee_of(card_with("per_part", amount), {}, parts).amount == amount * parts


@given(MONEY, NUMBERS)
def test_a_fee_by_number_is_the_product_to_the_hundredth(amount: Decimal, number: Decimal) -> None:
    due = fee_of(card_with("by_number", amount, "length_m"), {"length_m": number}).amount
    assert due == round(due, 2) and abs(due - amount * number) <= Decimal("0.005")


@given(st.lists(st.tuples(NUMBERS, MONEY), min_size=1, max_size=6, unique_by=lambda step: step[0]), NUMBERS, NUMBERS)
def test_steps_that_rise_never_make_more_cost_less(
    drawn: list[tuple[Decimal, Decimal]], first: Decimal, second: Decimal
) -> None:
    ends, amounts = sorted(end for end, _ in drawn), sorted(amount for _, amount in drawn)
    steps = [FeeStep(end, amount) for end, amount in zip(ends, amounts, strict=True)]
    card = card_with("steps", by="length_m", steps=(*steps, FeeStep(None, amounts[-1] + 1)))
    low, high = sorted((first, second))
    due = [fee_of(card, {"length_m": number}).amount for number in (low, high)]
    assert due[0] <= due[1]
    assert set(due) <= {step.amount for step in card.fee.steps}
