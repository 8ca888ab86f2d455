"""Corners measured on the site: a file of a receiver or total station, read confined, brought to the storage CRS."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import shapely
from django.conf import settings
from shapely.geometry import Point

from land_services.domain import Finding
from land_services.surveys.crs import metres_per_unit
from land_services.surveys.reader import DEFAULT_LIMITS, SurveyUnreadable, read_survey
from layers import crs
from layers.srs import CrsRefused

from .errors import ActionRefused, Incomplete

__all__ = ["COLUMNS", "MOST_POINTS", "Moved", "read_points", "to_storage"]

COLUMNS: Final[Mapping[str, str]] = {
    "header": "",
    "enhc": "point_no,e,n,h,code",
    "nehc": "point_no,n,e,h,code",
}
"""What the columns of a table hold: as its own first line says, or in one of the orders that instruments write."""
MOST_POINTS: Final = 2000


@dataclass(frozen=True)
class Moved:
    """Where points lie in the storage CRS, and by which operation of which accuracy they came there."""

    xy: tuple[tuple[float, float], ...]
    operation: str = ""
    accuracy_m: float | None = None


def to_storage(points: Sequence[tuple[float, float]], source: str) -> Moved:
    """Return points of a named CRS in the storage CRS, to the millimetre.

    Raises
    ------
    ActionRefused
        If nothing is known of this CRS, or the points lie where the storage CRS is not used.
    """
    srid = settings.STORAGE_SRID
    try:
        record = crs.operation(source, srid)
        moved = [crs.transform(Point(point), source, srid, allow_legacy=True) for point in points]  # shown beside them
        places = [(float(x), float(y)) for x, y in shapely.get_coordinates(moved)]
        for x, y in places:
            crs.require_inside((x, y, x, y), srid, source=srid)
    except CrsRefused as refused:
        raise ActionRefused(refused.message_ar, str(refused)) from refused
    same = source == f"EPSG:{srid}"
    xy = tuple((round(x, 3), round(y, 3)) for x, y in places)
    return Moved(xy) if same else Moved(xy, record.text(), record.accuracy_m)


def read_points(path: Path, name: str, source: str, columns: str) -> dict[str, Any]:
    """Return the numbered points of a file with where they lie in the storage CRS, as it is kept.

    Raises
    ------
    ActionRefused
        If it cannot be read, or does not say where its points lie; ``findings`` say what stands against it.
    """
    if columns not in COLUMNS:
        raise Incomplete("اختر ترتيب أعمدة الملف.", "Choose the order of the file's columns.")
    try:
        plan = _read(path, name, source, columns)
    except SurveyUnreadable as refused:
        raise ActionRefused(
            "تعذرت قراءة ملف الأركان؛ يبقى في الجهاز لتصححه أو تحذفه.",
            "The file of corners cannot be read; it stays on the device to be mended or removed.",
            refused.findings,
        ) from refused
    if plan.crs in ("", "local"):
        raise Incomplete(
            "سمِّ نظام إحداثيات ملف الأركان: لا تُقارن إحداثيات بلا نظام.",
            "Name the coordinate system of the file of corners: without one nothing can be compared.",
        )
    if len(plan.points) > MOST_POINTS:
        raise ActionRefused(
            f"في الملف أكثر من {MOST_POINTS} نقطة؛ أرسل أركان القطعة وحدها.",
            f"The file holds more than {MOST_POINTS} points; send the corners of the parcel alone.",
        )
    factor = metres_per_unit(plan.unit) if plan.unit != "deg" else 1.0
    unit = crs.parse(plan.crs).axis_info[0].unit_conversion_factor if plan.unit != "deg" else 1.0
    moved = to_storage([(p.x * factor / unit, p.y * factor / unit) for p in plan.points], plan.crs)
    points = [
        {"number": p.number, "x": x, "y": y, "h": p.z, "code": p.code}
        for p, (x, y) in zip(plan.points, moved.xy, strict=True)
    ]
    return {
        "crs": plan.crs,
        "columns": columns,
        "operation": moved.operation,
        "operation_accuracy_m": moved.accuracy_m,
        "points": points,
    }


def _read(path: Path, name: str, source: str, columns: str) -> Any:
    if not COLUMNS[columns]:
        return read_survey(path, crs=source or None, file_name=name, points_only=True)
    with tempfile.TemporaryDirectory() as folder:
        headed = Path(folder) / "points.csv"
        headed.write_bytes(_with_header(path, COLUMNS[columns]))
        try:
            return read_survey(headed, crs=source or None, file_name=name, points_only=True)
        except SurveyUnreadable as refused:
            raise SurveyUnreadable([_a_line_higher(one) for one in refused.findings], crs=refused.crs) from None


def _with_header(path: Path, header: str) -> bytes:
    """Return a table that has no first line with one; nothing else of it is touched."""
    with path.open("rb") as stream:
        data = stream.read(DEFAULT_LIMITS.file_bytes + 1).removeprefix(b"\xef\xbb\xbf")
    first = data.split(b"\n", 1)[0]
    between = max((b";", b"\t", b","), key=first.count)
    between = between if between in first else b" "
    return header.encode().replace(b",", between) + b"\n" + data


def _a_line_higher(finding: Finding) -> Finding:
    line = finding.params.get("line")
    return replace(finding, params={**finding.params, "line": line - 1}) if isinstance(line, int) else finding
