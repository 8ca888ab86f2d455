"""Digits, identifiers, dates and codes as they are printed."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.documents import dates, figures, qr
from tests.budget import budget


def test_it_groups_and_rounds_half_up_in_both_digit_systems() -> None:
    assert figures.number_text(Decimal("1234567.005")) == "1,234,567.01"
    assert figures.number_text(Decimal("1234567.005"), language="ar") == "١٬٢٣٤٬٥٦٧٫٠١"
    assert figures.number_text(2923480.1234, 3, grouped=False) == "2923480.123"
    assert figures.number_text(Decimal("-0.001")) == "0.00"


def test_it_keeps_the_order_of_a_number_with_a_slash() -> None:
    assert figures.isolated_identifier("1/208", "ar") == '<span dir="ltr" class="n">١/٢٠٨</span>'
    assert figures.isolated_identifier("414/ش د", "en") == '<span dir="rtl">414/ش د</span>'
    assert figures.share_text(Fraction(1, 3), "ar") == "١/٣"


def test_a_hyphen_between_arabic_digits_does_not_turn_them_around() -> None:
    """Arabic digits are no digits to the bidirectional algorithm: a "-" between them follows the text around it."""
    assert figures.identifier_text("2-21", "ar") == "٢\u200e-\u200e٢١"
    assert figures.isolated_identifier("2-21", "en") == '<span dir="ltr" class="n">2-21</span>'
    assert '<span dir="ltr" class="n">2-21</span>' in figures.sentence_ar("البلك 2-21 في المخطط")
    assert "SVD-1448-000123" in figures.sentence_ar("القرار SVD-1448-000123 ساري")


def test_a_plan_without_a_number_is_so_in_either_language() -> None:
    assert figures.identifier_text("بدون", "ar") == "بدون" and figures.identifier_text("بدون", "en") == "none"
    told = figures.sentence_en("Parcel بدون/2-21/304 <b>")
    assert told == 'Parcel <span dir="ltr" class="n">none/2-21/304</span> &lt;b&gt;'


@pytest.mark.parametrize("control", list("\u202e\u202d\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"))
def test_a_name_cannot_turn_the_text_around_it(control: str) -> None:
    assert figures.clean_text(f"محمد{control}علي") == "محمدعلي"


def test_it_escapes_markup_in_figures_and_sentences() -> None:
    assert "<script" not in figures.isolate("<script>")
    assert "<script" not in figures.sentence_ar("القطعة <script>1</script>")


def test_a_sentence_prints_its_figures_in_its_own_digits() -> None:
    text = figures.sentence_ar("شارع عرض 15.5 م، قطعة رقم 2/208، رمز R1")
    assert "١٥٫٥" in text
    assert "٢/٢٠٨" in text
    assert "R1" in text


@given(st.text(max_size=80))
@settings(max_examples=budget(200, 5_000), deadline=None)
def test_cleaned_text_holds_no_controls_and_stays_as_it_is(text: str) -> None:
    cleaned = figures.clean_text(text)
    assert not [c for c in cleaned if unicodedata.category(c)[0] == "C" and c not in "\u200c\u200d"]
    assert figures.clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("day", "hijri"),
    [(date(2026, 11, 22), (1448, 6, 12)), (date(2005, 12, 17), (1426, 11, 15)), (date(2010, 3, 17), (1431, 4, 1))],
)
def test_it_knows_the_umm_al_qura_calendar(day: date, hijri: tuple[int, int, int]) -> None:
    assert dates.hijri_parts(day) == hijri


def test_it_prints_both_calendars_in_both_scripts() -> None:
    day = date(2026, 11, 22)
    assert dates.hijri_text(day) == "١٤٤٨/٠٦/١٢ هـ"
    assert dates.hijri_text(day, "en") == "1448/06/12 AH"
    assert dates.gregorian_text(day) == "٢٠٢٦/١١/٢٢ م"
    assert dates.hijri_long(day) == "١٢ جمادى الآخرة ١٤٤٨ هـ"
    assert dates.gregorian_long_en(day) == "22 November 2026"


@pytest.mark.parametrize("day", [date(1924, 7, 31), date(2077, 11, 17)])
def test_a_day_outside_the_calendar_has_no_hijri_date(day: date) -> None:
    assert dates.hijri_text(day) == ""
    assert dates.hijri_parts(day) is None


@pytest.mark.parametrize("day", [dates.HIJRI_FIRST, dates.HIJRI_LAST])
def test_the_calendar_reaches_to_its_ends(day: date) -> None:
    assert dates.hijri_parts(day) is not None


@given(st.integers(0, 2**128 - 1))
@settings(max_examples=budget(200, 5_000))
def test_a_code_typed_from_paper_is_found(number: int) -> None:
    code = qr.encode_code(number)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert qr.normalise_code(typed) == code


@pytest.mark.parametrize("text", ["", "0", "U" * 26, "Z" * 26, "0" * 27, "../etc", "0" * 25 + "é"])
def test_what_is_no_code_is_refused(text: str) -> None:
    assert qr.normalise_code(text) is None


def test_codes_are_random_and_of_one_length() -> None:
    codes = {qr.new_verification_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {32}


def test_the_printed_symbol_is_the_symbol_module_by_module() -> None:
    """Rebuild the modules from the path: each ``Mx yh…v1h…z`` is one run of dark modules."""
    content = qr.verify_url("https://gis.example.gov/", qr.encode_code(7))
    matrix = qr.qr_matrix(content)
    path = str(qr.qr_svg(content, 21.0)).split('d="')[1].split('"')[0]
    dark = set()
    for run in path.split("z")[:-1]:
        place, rest = run[1:].split("h", 1)
        x, y = (int(v) for v in place.split())
        dark.update((x - qr.QUIET_ZONE + i, y - qr.QUIET_ZONE) for i in range(int(rest.split("v")[0])))
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, on in enumerate(row) if on}
    assert content == "https://gis.example.gov/verify/" + qr.encode_code(7)
