"""Leica GSI: a line a point, in words of 8 or 16 places; the points that have an easting and a northing are read.

A word is two figures that say what it holds, four places about it of which the last is the unit, a sign and the value:
``11`` the point's number, ``81 82 83`` easting, northing and height, ``71`` a remark.
"""

from __future__ import annotations

import re

from land_services.domain import SurveyPoint
from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text, parcel_number
from land_services.surveys.raw import Notes, RawPlan, is_coordinate

WORD = re.compile(r"(\d\d)([\d.]{3})([\d.])([+-])(\S+)")
FIGURES = re.compile(r"[0-9]{1,16}")
SCALES = {"0": ("m", 1e3), "6": ("m", 1e4), "8": ("m", 1e5), "1": ("ft", 1e3), "7": ("ft", 1e4)}
"""Unit digit -> unit and how many of the value's last place make one."""


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the points of a file of coordinates; a file that only holds observations is refused."""
    plan = RawPlan(format="gsi")
    units: set[str] = set()
    left_out = 0
    for line, text in enumerate(data.decode("latin-1").splitlines(), start=1):
        words = {code: (scale, sign, value) for code, _, scale, sign, value in WORD.findall(text)}
        if not words:
            continue
        if not {"11", "81", "82"} <= words.keys():
            left_out += 1
            continue
        point = _point(words, line, units, notes)
        if point is not None:
            plan.points.append(point)
    if not plan.points and left_out and not notes.has_errors:
        raise refusal("SRV-02", "observations")
    if left_out:
        notes.add("info", "SRV-17", "element", kind="observation", count=left_out)
    if units == {"m"}:
        plan.unit = "m"
    elif len(units) > 1:
        notes.error("SRV-12", "unknown", unit="m, ft")
    elif units and unit is None:
        notes.error("SRV-12", "missing")  # the instrument does not say which of the two feet it was set to
    return plan


def _point(words: dict[str, tuple[str, str, str]], line: int, units: set[str], notes: Notes) -> SurveyPoint | None:
    number = parcel_number(words["11"][2].lstrip("0") or "0")
    values: dict[str, float | None] = {}
    for code in ("81", "82", "83"):
        scale, sign, value = words.get(code, ("0", "+", "-"))
        named, places = SCALES.get(scale, ("", 0.0))
        if value.strip("0").strip("-") == "" and "-" in value:
            values[code] = None  # the instrument had no value
            continue
        if not named or not FIGURES.fullmatch(value):
            notes.error("SRV-05", "csv", line=line, detail=clean_text(f"{code}: {value}")[:80])
            return None
        units.add(named)
        values[code] = float(f"{sign}{int(value)}") / places
    x, y = values["81"], values["82"]
    if x is None or y is None:
        notes.add("info", "SRV-17", "no_place", line=line, number=number)
        return None
    if not is_coordinate(x, y, values["83"] or 0.0):
        notes.error("SRV-07", "infinite", place=f"line {line}")
        return None
    remark = words["71"][2].lstrip("0") if "71" in words else ""
    return SurveyPoint(number, x, y, values["83"], clean_text(remark))
