"""``manage.py check_hours`` on places with good, bad and no hours."""

from __future__ import annotations

import json
import uuid
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

INSERT = """
INSERT INTO layers_place (uid, begin_lifespan_version, end_lifespan_version, name_ar, name_en, category, opening_hours,
                          ramadan_hours, phone, geom)
VALUES (%s, '2026-01-01', %s, %s, '', %s, %s, %s, '', ST_SetSRID(ST_MakePoint(410000, 2925000), %s))"""
ROWS = [
    ("food", "بقالة", "24/7", ""),
    ("food", "مخبز", "", ""),
    ("food", "مطعم", "2pm to 12pm", ""),
    ("health", "صيدلية", "2pm to 12pm", ""),
    ("health", "عيادة", "Su-Th 08:00-16:00", "after taraweeh"),
    ("health", "مستوصف", "Mo-sat 07:00-00:00", ""),
]


def _fill() -> None:
    with connection.cursor() as cursor:
        for category, name, hours, ramadan in ROWS:
            cursor.execute(INSERT, [str(uuid.uuid4()), None, name, category, hours, ramadan, settings.STORAGE_SRID])
        cursor.execute(
            INSERT, [str(uuid.uuid4()), "2026-02-01", "قديم", "food", "old nonsense", "", settings.STORAGE_SRID]
        )


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_hours", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_it_lists_what_is_not_understood_with_count_and_example() -> None:
    _fill()
    report = json.loads(_run("--json"))
    assert (report["places"], report["with_hours"], report["not_read"]) == (6, 5, 4)
    assert report["by_category"]["food"] == {"places": 3, "with_hours": 2, "not_read": 1}
    assert [(one["hours"], one["places"]) for one in report["hours_not_read"]] == [
        ("2pm to 12pm", 2),
        ("Mo-sat 07:00-00:00", 1),
        ("Su-Th 08:00-16:00 | after taraweeh", 1),
    ]
    assert report["hours_not_read"][1]["name_ar"] == "مستوصف"
    assert report["hours_not_read"][2]["part"] == "after taraweeh"


@pytest.mark.django_db
def test_it_tells_the_steward_in_both_languages() -> None:
    _fill()
    said = _run()
    assert "2  2pm to 12pm" in said
    assert "عند «Mo-sat 07:00-00:00»؛ مثال: مستوصف" in said
    assert "5 of 6 with hours (83.3 %), 4 not understood" in said
    assert "لها مواعيد" in said
    assert "old nonsense" not in said


@pytest.mark.django_db
def test_without_places_there_is_nothing_to_list() -> None:
    said = _run()
    assert "0 of 0 with hours (0.0 %)" in said
    assert "Correct them" not in said
