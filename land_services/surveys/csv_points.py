"""Lists of points: number, easting, northing [, height, code], between commas, semicolons, tabs or spaces.

Points make no polygon: a list alone is refused.
A list with a parcel column gives each parcel's corners in order: the polygon is their ring.
"""

from __future__ import annotations

import csv
import io

from land_services.domain import SurveyPoint
from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text, latin_digits, parcel_number
from land_services.surveys.raw import XY, Notes, RawPlan, RawPolygon, Seg, is_coordinate

COLUMNS = {
    "number": ("point_no", "point", "point_number", "number", "no", "id", "name", "نقطة", "رقم النقطة", "النقطة"),
    "x": ("x", "e", "east", "easting", "lon", "longitude", "شرق", "شرقي", "الشرقيات", "س"),
    "y": ("y", "n", "north", "northing", "lat", "latitude", "شمال", "شمالي", "الشماليات", "ص"),
    "z": ("z", "h", "height", "elevation", "elev", "ارتفاع", "المنسوب"),
    "code": ("code", "desc", "description", "رمز", "وصف"),
    "parcel": ("parcel_no", "parcel", "plot", "lot", "قطعة", "رقم القطعة", "القطعة"),
}


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the points of a list, and a polygon for each parcel that the list names."""
    text = _text(data)
    rows = _rows(text)
    columns = _columns([latin_digits(clean_text(cell)).lower() for cell in rows[0]]) if rows else {}
    if not {"x", "y"} <= columns.keys():
        raise refusal("SRV-05", "csv_columns")
    plan = RawPlan(format="csv")
    corners: dict[str, list[tuple[XY, str]]] = {}
    for line, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            _row(row, line, columns, plan, corners, notes)
    for number, ring in corners.items():
        _polygon(number, ring, plan, notes)
    return plan


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1256"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            offset = error.start
    raise refusal("SRV-06", "csv", offset=offset)


def _rows(text: str) -> list[list[str]]:
    """Return the cells of each line; where nothing but spaces parts them, the last one keeps its own."""
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(";\t,", key=head.count)
    if head.count(delimiter):
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    count = len(head.split())
    return [line.split(maxsplit=max(0, count - 1)) for line in text.splitlines()]


def _columns(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, known in COLUMNS.items():
        at = next((i for i, cell in enumerate(header) if cell in known), None)
        if at is not None:
            found[name] = at
    return found


def _row(
    row: list[str],
    line: int,
    columns: dict[str, int],
    plan: RawPlan,
    corners: dict[str, list[tuple[XY, str]]],
    notes: Notes,
) -> None:
    cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
    try:
        x, y = _number(cells["x"]), _number(cells["y"])
        z = _number(cells["z"]) if cells.get("z") else None
    except ValueError as error:
        notes.error("SRV-05", "csv", line=line, detail=clean_text(str(error))[:80])
        return
    if not is_coordinate(x, y, z or 0.0):
        notes.error("SRV-07", "infinite", place=f"line {line}")
        return
    number = parcel_number(cells.get("number"))
    parcel = parcel_number(cells.get("parcel"))
    if not number and not parcel:
        notes.add("info", "SRV-17", "unnumbered", line=line)
    if number:
        plan.points.append(SurveyPoint(number, x, y, z, clean_text(cells.get("code", ""))))
    if parcel:
        corners.setdefault(parcel, []).append(((x, y), number))


def _number(text: str) -> float:
    """Return a number in either digit system; a decimal comma only where no point is there."""
    plain = latin_digits(text).replace("٫", ".").replace("٬", "").replace(" ", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    return float(plain)


def _polygon(number: str, ring: list[tuple[XY, str]], plan: RawPlan, notes: Notes) -> None:
    if len(ring) > 1 and ring[0][0] == ring[-1][0]:
        ring = ring[:-1]
    if len(ring) < 3:
        notes.error("SRV-08", "few_points", place=f"parcel {number}", count=len(ring))
        return
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    sides = [Seg(a, b, None, (first, last)) for (a, first), (b, last) in pairs]
    plan.polygons.append(RawPolygon([sides], f"parcel {number}", number))
