"""What residents send about places: judged like an edit before it is kept, and never kept twice.

Nothing of who sent it is kept. Staff take a suggestion or turn it down (``layers.locator.moderation``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry

from layers.digits import to_latin_digits
from layers.edit_checks import EditFinding, check_geometry, check_values
from layers.locator.hours import HoursText, problem
from layers.locator.models import PlaceSuggestion
from layers.locator.positions import Position
from layers.locator.where import stored
from layers.models import Place
from layers.registry import LAYERS

__all__ = ["DAYS", "HoursLine", "Wish", "findings_of", "hours_of", "phone_of", "same_as", "send"]

SAME_PLACE_M: Final = 40.0
"""Missing places of one kind that are suggested so near each other are one place."""

_LONGEST: Final = {"name_ar": 120, "name_en": 120, "phone": 40, "opening_hours": 300, "note": 500}


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. ``values`` are those fields of a place that are to change, in their final form."""

    kind: str
    place_uid: UUID | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    position: Position | None = None


def findings_of(wish: Wish) -> list[EditFinding]:
    """Return all that is wrong with a suggestion, each with its field; empty where it can be kept."""
    layer = LAYERS["places"]
    _, found = check_values(layer, wish.values, Place, whole=wish.kind == "missing_place")
    for name, longest in _LONGEST.items():
        text = wish.note if name == "note" else wish.values.get(name, "")
        if len(text) > longest:
            found.append(_too_long(name, len(text), longest))
    if part := problem(HoursText(wish.values.get("opening_hours", ""))):
        found.append(
            EditFinding(
                "bad_hours",
                "opening_hours",
                f"لم تُفهم أوقات الدوام عند: {part[:60]}",
                f"The hours were not understood at: {part[:60]}",
            )
        )
    if wish.kind in ("missing_place", "position"):
        found += _of_position(wish)
    if wish.kind == "missing_place" and not (wish.values.get("name_ar") or wish.values.get("name_en")):
        found.append(EditFinding("missing", "name_ar", "اكتب اسمًا واحدًا على الأقل.", "Give at least one name."))
    if wish.kind not in ("missing_place", "position", "closed_for_good") and not (wish.values or wish.note.strip()):
        found.append(
            EditFinding(
                "nothing", "", "لا شيء في الاقتراح يختلف عما هو منشور.", "Nothing here differs from what is shown."
            )
        )
    return found


def _too_long(name: str, length: int, longest: int) -> EditFinding:
    return EditFinding(
        "long_value",
        name,
        f"النص أطول من المسموح: {length} حرفًا والحد {longest}.",
        f"The text is too long: {length} characters, at most {longest}.",
    )


def _of_position(wish: Wish) -> list[EditFinding]:
    if wish.position is None:
        return [
            EditFinding(
                "missing", "geom", "حدد الموضع: على الرسم، أو اكتب خط العرض ثم الطول.",
                "Say where it is: on the drawing, or type latitude, then longitude.",
            )
        ]  # fmt: skip
    at = stored(wish.position)
    outside = EditFinding(
        "outside", "geom", "هذا الموضع خارج ما تغطيه خرائط البلدية.", "This position is outside what the map covers."
    )
    if at is None:
        return [outside]
    return [outside] if check_geometry(LAYERS["places"], shapely.Point(at))[1] else []


# Hours and telephones -----------------------------------------------------------------------------------------------

DAYS: Final = ("Sa-Fr", "Sa-Th", "Su-Th", "Sa-We", "Fr,Sa", "Sa", "Su", "Mo", "Tu", "We", "Th", "Fr")
"""Which days a line of hours may be for."""

_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.٫](\d{2}))?(?::00)?")


@dataclass(frozen=True)
class HoursLine:
    """Hours of some days as a person enters them: one of DAYS, begin and end by the clock."""

    days: str
    begin: str
    end: str


def hours_of(lines: Sequence[HoursLine]) -> str:
    """Return lines in the syntax of opening hours; lines for the same days are parts of one day.

    Raises
    ------
    ValueError
        A line is not whole or no time: its number from 0 is the first argument.

    Examples
    --------
    >>> late = HoursLine("Fr", "16:00", "0:00")
    >>> hours_of([HoursLine("Sa-Th", "٨", "12:00"), HoursLine("Sa-Th", "16:00", "23:30"), late])
    'Sa-Th 08:00-12:00,16:00-23:30; Fr 16:00-24:00'
    >>> hours_of([HoursLine("Sa-Fr", "00:00", "24:00")])
    '24/7'
    >>> hours_of([])
    ''
    """
    spans: dict[str, list[str]] = {}
    for number, line in enumerate(lines):
        begin, end = _minutes(line.begin), _minutes(line.end)
        if line.days not in DAYS or begin is None or end is None or begin == 24 * 60:
            raise ValueError(number)
        end = end or 24 * 60
        if begin == end:
            raise ValueError(number)
        spans.setdefault(line.days, []).append(f"{_clock(begin)}-{_clock(end)}")
    if spans == {"Sa-Fr": ["00:00-24:00"]}:
        return "24/7"
    return "; ".join(f"{'Mo-Su' if days == 'Sa-Fr' else days} {','.join(times)}" for days, times in spans.items())


def _minutes(text: str) -> int | None:
    match = _CLOCK.fullmatch(to_latin_digits(text).strip())
    if match is None:
        return None
    minutes = int(match[1]) * 60 + int(match[2] or 0)
    return minutes if int(match[2] or 0) < 60 and minutes <= 24 * 60 else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]*")


def phone_of(text: str) -> str | None:
    """Return a telephone number in digits 0-9; None where it is none (3 to 15 digits: E.164, or a short number).

    >>> phone_of("٠١٣ ٨٤١-٢٢٣٣"), phone_of("call me"), phone_of("+9661" * 9)
    ('013 841-2233', None, None)
    """
    plain = " ".join(to_latin_digits(text).split())
    if plain.startswith("00"):
        plain = "+" + plain[2:].lstrip()
    digits = sum(c.isdigit() for c in plain)
    return plain if _PHONE.fullmatch(plain) and 3 <= digits <= 15 else None


# Keeping ------------------------------------------------------------------------------------------------------------


def same_as(wish: Wish) -> PlaceSuggestion | None:
    """Return a suggestion that waits and asks for the same already."""
    waiting = PlaceSuggestion.objects.filter(state="waiting", kind=wish.kind, place_uid=wish.place_uid).order_by("pk")
    if wish.kind == "missing_place":
        point = _point(wish)
        if point is None:
            return None
        rows = waiting.filter(values__category=wish.values.get("category", ""), geom__dwithin=(point, SAME_PLACE_M))
        return rows.first()
    rows = waiting.filter(values=dict(wish.values))
    if wish.kind == "position":
        point = _point(wish)
        return None if point is None else rows.filter(geom__dwithin=(point, 1.0)).first()
    return rows.first() if wish.values or wish.kind == "closed_for_good" else rows.filter(note=wish.note).first()


def send(wish: Wish) -> PlaceSuggestion:
    """Keep a suggestion that ``findings_of`` has nothing against; it waits for staff."""
    row = PlaceSuggestion(kind=wish.kind, place_uid=wish.place_uid, values=dict(wish.values), note=wish.note)
    row.geom = _point(wish)  # type: ignore[assignment]  # a GEOSGeometry of a point
    row.save()
    return row


def _point(wish: Wish) -> GEOSGeometry | None:
    at = stored(wish.position) if wish.position and wish.kind in ("missing_place", "position") else None
    if at is None:
        return None
    return GEOSGeometry(
        memoryview(shapely.to_wkb(shapely.Point(round(at[0], 3), round(at[1], 3)))), srid=settings.STORAGE_SRID
    )
