"""How long a survey decision is valid follows the rules of the filing date."""

from __future__ import annotations

from datetime import date

import pytest

from land_services.cases.validity import validity
from land_services.rules import load_rules


def test_until_the_draft_of_2026_it_was_valid_for_three_years() -> None:
    words, until = validity(load_rules("eastern_province", date(2026, 1, 31)), date(2026, 3, 1))
    assert until == date(2029, 3, 1)
    assert words.en == "Until 2029/03/01 (1450/10/16 AH)"
    assert "٢٠٢٩/٠٣/٠١" in words.ar


def test_since_then_it_has_no_end() -> None:
    words, until = validity(load_rules("eastern_province", date(2026, 2, 1)), date(2026, 3, 1))
    assert (until, words.en) == (None, "No expiry unless data of the land or the plan change materially")


@pytest.mark.parametrize("authority", ["sharjah", "fujairah"])
def test_a_placeholder_says_so_on_the_paper(authority: str) -> None:
    words, until = validity(load_rules(authority, date(2026, 2, 1)), date(2028, 2, 29))
    assert until == date(2029, 2, 28)
    assert words.en.endswith("(placeholder: no official text)") and "نموذجية" in words.ar
