"""Figures in words, against tables written by hand and a reader that shares nothing with the writer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from land_services.documents.words import (
    PARCEL,
    cardinal_ar,
    cardinal_en,
    counted_ar,
    metres_in_words_ar,
    metres_in_words_en,
    square_metres_in_words_ar,
    square_metres_in_words_en,
)
from tests.budget import budget

LENGTHS_AR = {
    "0": "صفر متر",
    "0.01": "سنتيمتر واحد",
    "0.02": "سنتيمتران",
    "0.05": "خمسة سنتيمترات",
    "0.10": "عشرة سنتيمترات",
    "0.11": "أحد عشر سنتيمترًا",
    "0.99": "تسعة وتسعون سنتيمترًا",
    "1": "متر واحد",
    "1.01": "متر واحد وسنتيمتر واحد",
    "2": "متران",
    "2.02": "متران وسنتيمتران",
    "3": "ثلاثة أمتار",
    "4.25": "أربعة أمتار وخمسة وعشرون سنتيمترًا",
    "5.5": "خمسة أمتار وخمسون سنتيمترًا",
    "6.06": "ستة أمتار وستة سنتيمترات",
    "7": "سبعة أمتار",
    "8.80": "ثمانية أمتار وثمانون سنتيمترًا",
    "9.412": "تسعة أمتار وواحد وأربعون سنتيمترًا",
    "9.415": "تسعة أمتار واثنان وأربعون سنتيمترًا",
    "10": "عشرة أمتار",
    "11": "أحد عشر مترًا",
    "12": "اثنا عشر مترًا",
    "13": "ثلاثة عشر مترًا",
    "15.30": "خمسة عشر مترًا وثلاثون سنتيمترًا",
    "18": "ثمانية عشر مترًا",
    "19.99": "تسعة عشر مترًا وتسعة وتسعون سنتيمترًا",
    "19.995": "عشرون مترًا",
    "20": "عشرون مترًا",
    "20.50": "عشرون مترًا وخمسون سنتيمترًا",
    "21": "واحد وعشرون مترًا",
    "22.22": "اثنان وعشرون مترًا واثنان وعشرون سنتيمترًا",
    "28.03": "ثمانية وعشرون مترًا وثلاثة سنتيمترات",
    "30": "ثلاثون مترًا",
    "45.75": "خمسة وأربعون مترًا وخمسة وسبعون سنتيمترًا",
    "99": "تسعة وتسعون مترًا",
    "100": "مئة متر",
    "101": "مئة متر ومتر واحد",
    "102": "مئة متر ومتران",
    "103": "مئة وثلاثة أمتار",
    "110.10": "مئة وعشرة أمتار وعشرة سنتيمترات",
    "111": "مئة وأحد عشر مترًا",
    "125": "مئة وخمسة وعشرون مترًا",
    "200": "مئتا متر",
    "201": "مئتا متر ومتر واحد",
    "202": "مئتا متر ومتران",
    "203": "مئتان وثلاثة أمتار",
    "250.20": "مئتان وخمسون مترًا وعشرون سنتيمترًا",
    "300": "ثلاثمئة متر",
    "800": "ثمانمئة متر",
    "999": "تسعمئة وتسعة وتسعون مترًا",
    "1000": "ألف متر",
    "1001": "ألف متر ومتر واحد",
    "2000": "ألفا متر",
    "2200": "ألفان ومئتا متر",
    "11000": "أحد عشر ألف متر",
}
AREAS_AR = {
    "0": "صفر متر مربع",
    "0.05": "خمسة من المئة من المتر المربع",
    "1": "متر مربع واحد",
    "2": "متران مربعان",
    "3": "ثلاثة أمتار مربعة",
    "4.50": "أربعة أمتار مربعة وخمسون من المئة",
    "10": "عشرة أمتار مربعة",
    "11": "أحد عشر مترًا مربعًا",
    "99.99": "تسعة وتسعون مترًا مربعًا وتسعة وتسعون من المئة",
    "100": "مئة متر مربع",
    "102": "مئة متر مربع ومتران مربعان",
    "153.10": "مئة وثلاثة وخمسون مترًا مربعًا وعشرة من المئة",
    "200": "مئتا متر مربع",
    "300": "ثلاثمئة متر مربع",
    "306.01": "ثلاثمئة وستة أمتار مربعة وواحد من المئة",
    "400.02": "أربعمئة متر مربع واثنان من المئة",
    "600": "ستمئة متر مربع",
    "612.40": "ستمئة واثنا عشر مترًا مربعًا وأربعون من المئة",
    "1000": "ألف متر مربع",
    "1250": "ألف ومئتان وخمسون مترًا مربعًا",
    "2000": "ألفا متر مربع",
    "2012": "ألفان واثنا عشر مترًا مربعًا",
    "3000": "ثلاثة آلاف متر مربع",
    "10000": "عشرة آلاف متر مربع",
    "11000": "أحد عشر ألف متر مربع",
    "11500.50": "أحد عشر ألفًا وخمسمئة متر مربع وخمسون من المئة",
    "12345.67": "اثنا عشر ألفًا وثلاثمئة وخمسة وأربعون مترًا مربعًا وسبعة وستون من المئة",
    "100000": "مئة ألف متر مربع",
    "101000": "مئة ألف وألف متر مربع",
    "102000": "مئة ألف وألفا متر مربع",
    "200000": "مئتا ألف متر مربع",
    "203000": "مئتان وثلاثة آلاف متر مربع",
    "999999": "تسعمئة وتسعة وتسعون ألفًا وتسعمئة وتسعة وتسعون مترًا مربعًا",
    "1000000": "مليون متر مربع",
    "1000001": "مليون متر مربع ومتر مربع واحد",
    "2000000": "مليونا متر مربع",
    "2500000": "مليونان وخمسمئة ألف متر مربع",
    "3000000": "ثلاثة ملايين متر مربع",
    "12000000": "اثنا عشر مليون متر مربع",
    "1000000000": "مليار متر مربع",
}
PARCELS_AR = {
    0: "صفر قطعة",
    1: "قطعة واحدة",
    2: "قطعتان",
    3: "ثلاث قطع",
    8: "ثماني قطع",
    10: "عشر قطع",
    11: "إحدى عشرة قطعة",
    12: "اثنتا عشرة قطعة",
    18: "ثماني عشرة قطعة",
    21: "إحدى وعشرون قطعة",
    28: "ثمانٍ وعشرون قطعة",
    100: "مئة قطعة",
    101: "مئة قطعة وقطعة واحدة",
    104: "مئة وأربع قطع",
    200: "مئتا قطعة",
}
LENGTHS_EN = {
    "0": "zero metres",
    "1": "one metre",
    "0.01": "one centimetre",
    "20.50": "twenty metres and fifty centimetres",
    "101": "one hundred and one metres",
    "1002.21": "one thousand and two metres and twenty-one centimetres",
}
AREAS_EN = {
    "1": "one square metre",
    "612.40": "six hundred and twelve square metres and forty hundredths",
    "0.01": "one hundredth of a square metre",
    "1250000": "one million two hundred and fifty thousand square metres",
}


@pytest.mark.parametrize(("figure", "expected"), LENGTHS_AR.items())
def test_it_says_lengths_as_a_deed_does(figure: str, expected: str) -> None:
    assert metres_in_words_ar(Decimal(figure)) == expected


@pytest.mark.parametrize(("figure", "expected"), AREAS_AR.items())
def test_it_says_areas_as_a_deed_does(figure: str, expected: str) -> None:
    assert square_metres_in_words_ar(Decimal(figure)) == expected


@pytest.mark.parametrize(("count", "expected"), PARCELS_AR.items())
def test_it_counts_feminine_things_with_the_opposite_gender(count: int, expected: str) -> None:
    assert counted_ar(count, PARCEL) == expected


@pytest.mark.parametrize(("figure", "expected"), LENGTHS_EN.items())
def test_it_says_lengths_in_english(figure: str, expected: str) -> None:
    assert metres_in_words_en(Decimal(figure)) == expected


@pytest.mark.parametrize(("figure", "expected"), AREAS_EN.items())
def test_it_says_areas_in_english(figure: str, expected: str) -> None:
    assert square_metres_in_words_en(Decimal(figure)) == expected


@pytest.mark.parametrize("figure", ["-0.01", "NaN", "Infinity", "1000000000000"])
def test_it_refuses_what_is_no_length(figure: str) -> None:
    for say in (metres_in_words_ar, metres_in_words_en, square_metres_in_words_ar, square_metres_in_words_en):
        with pytest.raises(ValueError, match=r"."):
            say(Decimal(figure))


def test_it_says_minus_zero_as_zero() -> None:
    assert metres_in_words_ar(Decimal("-0.00")) == "صفر متر"


# A reader of its own: words to a number, by adding up, with nothing taken from the writer.
UNITS = {
    "صفر": 0, "واحد": 1, "واحدة": 1, "أحد": 1, "إحدى": 1, "اثنان": 2, "اثنتان": 2, "اثنا": 2, "اثنتا": 2,
    "ثلاثة": 3, "ثلاث": 3, "أربعة": 4, "أربع": 4, "خمسة": 5, "خمس": 5, "ستة": 6, "ست": 6, "سبعة": 7, "سبع": 7,
    "ثمانية": 8, "ثمانٍ": 8, "ثماني": 8, "تسعة": 9, "تسع": 9, "عشرة": 10, "عشر": 10,
    "عشرون": 20, "ثلاثون": 30, "أربعون": 40, "خمسون": 50, "ستون": 60, "سبعون": 70, "ثمانون": 80, "تسعون": 90,
    "مئة": 100, "مئتان": 200, "مئتا": 200, "ثلاثمئة": 300, "أربعمئة": 400, "خمسمئة": 500, "ستمئة": 600,
    "سبعمئة": 700, "ثمانمئة": 800, "تسعمئة": 900,
}  # fmt: skip
SCALES = {
    "ألف": 10**3, "آلاف": 10**3, "ألفًا": 10**3, "مليون": 10**6, "ملايين": 10**6, "مليونًا": 10**6,
    "مليار": 10**9, "مليارات": 10**9, "مليارًا": 10**9,
}  # fmt: skip
DUALS = {
    "ألفان": 2_000, "ألفا": 2_000, "مليونان": 2_000_000, "مليونا": 2_000_000,
    "ملياران": 2_000_000_000, "مليارا": 2_000_000_000,
}  # fmt: skip


def read_number(words: str) -> int:
    total, below = 0, 0
    for raw in words.split():
        word = raw if raw in UNITS or raw in SCALES or raw in DUALS else raw.removeprefix("و")
        if word in DUALS:
            total, below = total + below + DUALS[word], 0
        elif word in SCALES:
            # "مئة ألف وألف": the second has no number of its own and stands for one
            total, below = total + (below or 1) * SCALES[word], 0
        elif word in UNITS:
            below += UNITS[word]
        else:
            raise AssertionError(f"{raw!r} in {words!r}")
    return total + below


@given(st.integers(0, 10**12 - 1))
@example(101_101_101_101)
@example(102_002_200_202)
@example(211_011_111_012)
@settings(max_examples=budget(400, 50_000), deadline=None)
def test_a_reader_of_the_words_finds_the_number_again(number: int) -> None:
    assert read_number(cardinal_ar(number)) == number
    assert read_number(cardinal_ar(number, feminine=True)) == number


@given(st.integers(0, 2 * 10**8), st.integers(0, 2 * 10**8))
@settings(max_examples=budget(300, 50_000), deadline=None)
def test_two_figures_never_share_their_words(one: int, other: int) -> None:
    a, b = Decimal(one).scaleb(-2), Decimal(other).scaleb(-2)
    for say in (metres_in_words_ar, metres_in_words_en, square_metres_in_words_ar, square_metres_in_words_en):
        assert (say(a) == say(b)) == (one == other)


def test_the_first_hundred_thousand_numbers_are_all_different() -> None:
    count = budget(20_000, 100_000)
    assert len({metres_in_words_ar(Decimal(n)) for n in range(count)}) == count
    assert len({cardinal_en(n) for n in range(count)}) == count
