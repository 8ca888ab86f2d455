"""Values in sentences keep their order on pages; in the catalogue and for machines they stay plain."""

from __future__ import annotations

import unicodedata

import pytest

from land_services.domain import Finding
from land_services.isolated import isolated, ltr, shown
from land_services.messages import Language, message

LRI, FSI, PDI = "\u2066", "\u2068", "\u2069"


def alone(*parts: str) -> str:
    return LRI + "/".join(f"{FSI}{part}{PDI}" for part in parts) + PDI


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("ar", "القطعة بدون/2-21/304 مرهونة.", f"القطعة {alone('بدون', '2-21', '304')} مرهونة."),
        ("en", "Parcel بدون/2-21/304 is mortgaged.", f"Parcel {alone('none', '2-21', '304')} is mortgaged."),
        ("en", "Parcel ش د 1004/11/210 is", f"Parcel {alone('ش د 1004', '11', '210')} is"),
        ("ar", "القطعة ش د 1004/11/210 مرهونة", f"القطعة ش د {alone('1004', '11', '210')} مرهونة"),
        ("ar", "الرقم -/2-21/304، مرهونة", f"الرقم {alone('-', '2-21', '304')}، مرهونة"),
        ("ar", "الطلب SDV-1448-000123.", f"الطلب {alone('SDV-1448-000123')}."),
        ("en", "The street شارع النخيل, 20 m.", f"The street {FSI}شارع النخيل{PDI}, 20 m."),
        ("en", "deed/court, 3.5 m - or so", "deed/court, 3.5 m - or so"),
        ("ar", "صك و/أو إقرار", "صك و/أو إقرار"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_order_in_either_language(language: Language, text: str, wanted: str) -> None:
    assert isolated(text, language) == wanted


def test_the_text_of_a_finding_is_isolated_for_pages_alone() -> None:
    finding = Finding("LND-04", "error", {"parcel": "بدون/2-21/304"}, variant="no_owner")
    for language in ("ar", "en"):
        plain, page = message(finding, language), shown(finding, language)
        assert "بدون/2-21/304" in plain and not [c for c in plain if unicodedata.category(c) == "Cf"]
        assert alone("بدون" if language == "ar" else "none", "2-21", "304") in page


def test_a_date_stands_alone() -> None:
    assert ltr("2026-11-30") == f"{LRI}2026-11-30{PDI}"
