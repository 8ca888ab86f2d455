"""Every text of hours in the real files is either understood or listed, and the lists are known."""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pyogrio
import pytest

from gisportal.sample import hours as sample_hours
from layers.locator.hours import HoursText, Status, problem, state_at
from tests.layers.locator.calendars import RIYADH, SAUDI

REAL = os.environ.get("GISPORTAL_REAL_DATA", "")
needs_files = pytest.mark.skipif(not REAL, reason="GISPORTAL_REAL_DATA is not set")

RIYADH_NOT_UNDERSTOOD = {
    "2pm to 12pm",
    "12pm-1am",
    "10",
    "Mo-sat 07:00-00:00",
    "Mo-Su 20.30 - 1.30",
    "06:30-14:00 \\ 16:00-00:00",
    "08:00-13:00 / 16:00-00:00",
}
LIECHTENSTEIN_NOT_UNDERSTOOD = {"Mo,Do,Fr 08.30-22.00;Sa 17:00-24:00;So 10:00-22:00"}


def _of_riyadh() -> Counter[str]:
    places_of_file = pyogrio.read_dataframe(Path(REAL) / "poi" / "riyadh_osm_poi.gpkg", read_geometry=False)
    return Counter(hours for hours in places_of_file["opening_hours"].dropna() if hours)


def _of_liechtenstein() -> Counter[str]:
    found: Counter[str] = Counter()
    for layer in ("points", "lines", "multipolygons", "other_relations"):
        file = Path(REAL) / "poi" / "liechtenstein-2013-08-03.osm.pbf"
        tags = pyogrio.read_dataframe(file, layer=layer, read_geometry=False)["other_tags"].dropna()
        found.update(hours for text in tags for hours in re.findall(r'"opening_hours"=>"((?:[^"\\]|\\.)*)"', text))
    return found


def _told(files: Counter[str]) -> set[str]:
    refused = {hours for hours in files if problem(HoursText(hours))}
    print(f"\n{len(files)} texts of {files.total()} places, not understood: {len(refused)}")  # noqa: T201
    for hours in sorted(refused):
        print(f"  {files[hours]} x {hours!r}: {problem(HoursText(hours))!r}")  # noqa: T201
    return refused


@needs_files
def test_the_hours_of_riyadh() -> None:
    files = _of_riyadh()
    assert len(files) == 195
    assert files.total() == 402
    assert _told(files) == RIYADH_NOT_UNDERSTOOD


@needs_files
def test_the_hours_of_liechtenstein() -> None:
    files = _of_liechtenstein()
    assert len(files) == 8
    assert _told(files) == LIECHTENSTEIN_NOT_UNDERSTOOD


@needs_files
def test_what_is_not_understood_is_at_no_time_open() -> None:
    for hours in RIYADH_NOT_UNDERSTOOD | LIECHTENSTEIN_NOT_UNDERSTOOD:
        for quarter in range(7 * 96):
            moment = datetime(2026, 11, 23, tzinfo=RIYADH) + timedelta(minutes=15 * quarter)
            assert state_at(HoursText(hours), moment, SAUDI).status is Status.NOT_UNDERSTOOD


def test_of_the_hours_of_the_sample_only_free_words_are_not_understood() -> None:
    named = [sample_hours.hours_of(category, "", n) for category in sample_hours.HOURS for n in range(600)]
    refused = {hours for hours in named if problem(HoursText(*hours))}
    assert len(set(named)) > 30
    assert refused == {hours for hours in named if hours[0] in sample_hours.FREE_WORDS} != set()
