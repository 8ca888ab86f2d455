"""Places in a survey file are said in the language of the text around them."""

from __future__ import annotations

import pytest

from land_services.domain import Finding
from land_services.messages import message
from land_services.surveys.places import place_in_arabic


@pytest.mark.parametrize(
    "place, arabic",
    [
        ("LWPOLYLINE 37 on layer PARTS", "الخط المتعدد 37 في الطبقة PARTS"),
        ("TEXT", "النص"),
        ("lines 4, 5, 6", "الخطوط 4, 5, 6"),
        ("plots row 12", "الصف 12 من plots"),
        ("a.shp record 3 ring 2", "الحلقة 2 من السجل 3 من a.shp"),
        ("line 4; line 9", "السطر 4؛ السطر 9"),
        ("features[3] (id x)", "features[3] (id x)"),
        ("{0} row {1}", "الصف {1} من {0}"),
    ],
)
def test_a_place_is_said_in_arabic_and_names_stay(place: str, arabic: str) -> None:
    assert place_in_arabic(place) == arabic


def test_an_arabic_finding_of_a_drawing_has_no_english_words() -> None:
    finding = Finding("SRV-14", "warning", {"place": "LWPOLYLINE 37 on layer PARTS"})
    assert message(finding, "ar").startswith("القطعة المرسومة بلا رقم (الخط المتعدد 37 في الطبقة PARTS).")
    assert "LWPOLYLINE 37 on layer PARTS" in message(finding, "en")
