"""Answers of a form: both digit systems, both calendars, every fault a finding that names its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hijridate import Gregorian
from hypothesis import given
from hypothesis import strategies as st

from land_services.catalogue.forms import check_form, plain
from land_services.messages import MESSAGES, message, placeholders
from tests.land_services.catalogue.cards import full_card

CARD = full_card()
GOOD: dict[str, Any] = {"purpose": "water", "length_m": "12.5", "begins_on": "2026-11-22"}
ARABIC = str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
FIRST, LAST = date(1924, 8, 1), date(2077, 11, 16)


def checked(**changes: Any) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """Return the answers, and of each finding rule, variant and field."""
    cleaned, findings = check_form(CARD, {**GOOD, **changes})
    return cleaned, [(finding.rule, finding.variant, finding.params["code"]) for finding in findings]


def test_good_answers_come_back_typed() -> None:
    cleaned, findings = check_form(
        CARD,
        {
            "purpose": "other",
            "purpose_text": "  خط\u200f  ألياف ",
            "length_m": "١٬٢٣٤٫٥",
            "crossings": "٣",
            "cost": 1500,
            "begins_on": "١٤٤٨/٠٦/١٢",
            "at_night": "نعم",
            "night_reason": "حركة المرور\r\n\u202b نهارًا\x00",
            "email": "Sara@Example.SA",
            "phone": "٠٥٠ ١٢٣-٤٥٦٧",
            "parcel": "٤١٤/ 7 /208",
        },
    )
    assert findings == ()
    assert cleaned == {
        "purpose": "other",
        "purpose_text": "خط ألياف",
        "length_m": Decimal("1234.5"),
        "crossings": 3,
        "cost": Decimal(1500),
        "begins_on": date(2026, 11, 22),
        "at_night": True,
        "night_reason": "حركة المرور\nنهارًا",
        "email": "Sara@example.sa",
        "phone": "0501234567",
        "parcel": "414/7/208",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"length_m": ""}, ("REQ-10", "", "length_m")),
        ({"length_m": " \u200f "}, ("REQ-10", "", "length_m")),
        ({"begins_on": None}, ("REQ-10", "", "begins_on")),
        ({"length_m": "1,5"}, ("REQ-11", "", "length_m")),
        ({"length_m": "NaN"}, ("REQ-11", "", "length_m")),
        ({"length_m": float("inf")}, ("REQ-11", "", "length_m")),
        ({"length_m": True}, ("REQ-11", "", "length_m")),
        ({"length_m": [1]}, ("REQ-11", "", "length_m")),
        ({"length_m": "1" * 19}, ("REQ-11", "long", "length_m")),
        ({"length_m": "1.1234567"}, ("REQ-11", "long", "length_m")),
        ({"crossings": "2.5"}, ("REQ-11", "whole", "crossings")),
        ({"cost": "2.555"}, ("REQ-11", "money", "cost")),
        ({"cost": "-2"}, ("REQ-12", "less", "cost")),
        ({"length_m": "0.4"}, ("REQ-12", "less", "length_m")),
        ({"length_m": "5000.1"}, ("REQ-12", "more", "length_m")),
        ({"begins_on": "12/06/1448"}, ("REQ-13", "", "begins_on")),
        ({"begins_on": 20261122}, ("REQ-13", "", "begins_on")),
        ({"begins_on": "2026-02-30"}, ("REQ-13", "none", "begins_on")),
        ({"begins_on": "1448/13/01"}, ("REQ-13", "none", "begins_on")),
        ({"begins_on": "1448/06/31"}, ("REQ-13", "none", "begins_on")),
        ({"begins_on": "1600-01-01"}, ("REQ-13", "year", "begins_on")),
        ({"purpose": "gas"}, ("REQ-14", "", "purpose")),
        ({"purpose": ["water"]}, ("REQ-14", "", "purpose")),
        ({"purpose": "other", "purpose_text": "x" * 51}, ("REQ-15", "", "purpose_text")),
        ({"purpose": "other", "purpose_text": 5}, ("REQ-15", "kind", "purpose_text")),
        ({"email": "sara@"}, ("REQ-16", "email", "email")),
        ({"email": "a b@example.sa"}, ("REQ-16", "email", "email")),
        ({"phone": "12"}, ("REQ-16", "phone", "phone")),
        ({"phone": "call me"}, ("REQ-16", "phone", "phone")),
        ({"parcel": "208"}, ("REQ-16", "parcel", "parcel")),
        ({"parcel": "414//208"}, ("REQ-16", "parcel", "parcel")),
        ({"at_night": "perhaps"}, ("REQ-17", "", "at_night")),
        ({"colour": "red"}, ("REQ-18", "", "colour")),
    ],
)
def test_each_wrong_answer_is_one_finding_that_names_its_field(
    changes: Mapping[str, Any], expected: tuple[str, str, str]
) -> None:
    cleaned, found = checked(**changes)
    assert found == [expected]
    assert expected[2] not in cleaned
    (finding,) = check_form(CARD, {**GOOD, **changes})[1]
    field = next((field for field in CARD.form if field.code == expected[2]), None)
    texts = message(finding, "ar"), message(finding, "en")
    assert "?" not in texts[1].replace("at night?", "") and texts[0] != texts[1]
    if field is not None:
        assert field.ar in texts[0] and field.en in texts[1]


def test_every_text_of_answers_has_the_same_places_in_both_languages() -> None:
    for rule in (f"REQ-{number}" for number in range(10, 19)):
        for texts in MESSAGES[rule].values():
            assert sorted(placeholders(texts["ar"])) == sorted(placeholders(texts["en"])), rule


def test_a_field_is_asked_for_only_where_an_earlier_answer_says_so() -> None:
    assert checked()[1] == []
    assert checked(purpose="other")[1] == [("REQ-10", "", "purpose_text")]
    assert checked(at_night="no")[1] == [] and checked(at_night=True)[1] == [("REQ-10", "", "night_reason")]
    cleaned, found = checked(purpose="water", purpose_text="left over from before")
    assert found == [] and "purpose_text" not in cleaned


def test_all_faults_are_found_at_once_in_the_order_of_the_form() -> None:
    _, found = checked(purpose="", length_m="x", begins_on="y", email="z")
    assert [code for _, _, code in found] == ["purpose", "length_m", "begins_on", "email"]


@given(st.decimals("0.5", "5000", places=3), st.sampled_from([None, ARABIC, PERSIAN]), st.booleans())
def test_numbers_are_read_in_both_digit_systems(number: Decimal, digits: Any, thousands: bool) -> None:
    text = f"{number:,f}" if thousands else f"{number:f}"
    cleaned, found = checked(length_m=text.translate(digits) if digits else text)
    assert found == [] and cleaned["length_m"] == number


@given(st.dates(FIRST, LAST), st.sampled_from([None, ARABIC, PERSIAN]), st.sampled_from("-/"))
def test_a_day_is_the_same_in_both_calendars(day: date, digits: Any, between: str) -> None:
    hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    for year, month, of_month in ((day.year, day.month, day.day), (hijri.year, hijri.month, hijri.day)):
        text = f"{year}{between}{month:02d}{between}{of_month:02d}"
        cleaned, found = checked(begins_on=text.translate(digits) if digits else text)
        assert found == [] and cleaned["begins_on"] == day
    assert checked(begins_on=f"{hijri.year}/{hijri.month}/{hijri.day} هـ")[0]["begins_on"] == day


ANSWERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=60),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["water", "other", "yes", "no", "12", "1448/06/12", "2026-11-22", "a@b.sa", "0501234567", "1/2/3"]),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.dates(),
    st.datetimes(),
)


@given(st.dictionaries(st.sampled_from([field.code for field in CARD.form] + ["x", "\x00"]), ANSWERS))
def test_whatever_is_sent_is_read_or_refused_and_what_was_read_is_read_again(values: dict[str, Any]) -> None:
    cleaned, findings = check_form(CARD, values)
    for finding in findings:
        assert message(finding, "ar") and message(finding, "en")
        assert finding.params["code"] not in cleaned
    again, more = check_form(CARD, plain(cleaned))
    assert again == cleaned
    assert {finding.rule for finding in more} <= {"REQ-10"}  # only what is still missing


@given(st.integers(0, 40_000))
def test_a_day_given_as_a_value_is_taken(days: int) -> None:
    day = date(1950, 1, 1) + timedelta(days=days)
    assert checked(begins_on=day)[0]["begins_on"] == day
