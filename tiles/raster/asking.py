"""What is asked for, out of an address, its query and its headers; every fault said in both languages."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from django.http import HttpRequest

from tiles.grid import WEB_MERCATOR, OutsideGrid, read_index
from tiles.raster.catalogue import KnownImagery
from tiles.raster.encode import FORMATS
from tiles.raster.terrain import STYLES
from tiles.raster.tiles import Asked

__all__ = ["BadRequest", "accepted_format", "read_asked"]

_LAST: Final = re.compile(r"([^.@]*)(@2x)?(?:\.([^.]*))?\Z")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_QUALITY: Final = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z")


class BadRequest(ValueError):
    """A request that means nothing; ``status`` is 400, or 406 where no format that we have is accepted."""

    def __init__(self, message_ar: str, message_en: str, status: int = 400) -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.status = status


def read_asked(request: HttpRequest, imagery: KnownImagery, z: str, x: str, last: str) -> Asked:
    """Return what a request asks for. ``last`` is the address's end: ``12``, ``12.webp``, ``12@2x.png``.

    Raises
    ------
    BadRequest
        Naming what is wrong and what there is.
    """
    parts = _LAST.match(last)
    if parts is None:
        raise BadRequest("لا يُفهم آخر العنوان.", f"{last[:40]!r} is no row of a tile, such as 12.webp.")
    row, twice, ending = parts.groups()
    try:
        indexes = (read_index(z, "z"), read_index(x, "x"), read_index(row, "y"))
        WEB_MERCATOR.check(*indexes)
    except OutsideGrid as outside:
        raise BadRequest("لا توجد بلاطة بهذه الأرقام: z ثم x ثم y.", f"There is no such tile: {outside}.") from None
    if ending is None:
        ending = accepted_format(request.headers.get("Accept", ""))
    elif ending not in FORMATS:
        known = ", ".join(FORMATS)
        raise BadRequest(f"لا توجد هذه الصيغة؛ الصيغ هي: {known}.", f"There is no such format; there are {known}.")
    day, style = _read_day(request), _read_style(request, imagery)
    return Asked(*indexes, ending, 512 if twice else 256, style, day)


def _one(request: HttpRequest, name: str) -> str | None:
    values = request.GET.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"تكرر {name} في العنوان.", f"{name} is given more than once.")
    return values[0] if values else None


def _read_day(request: HttpRequest) -> date | None:
    text = _one(request, "date")
    if text is None:
        return None
    try:
        if not _DAY.match(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(
            "التاريخ يُكتب هكذا: 2026-03-31.", "date is a day of the calendar, written 2026-03-31."
        ) from None


def _read_style(request: HttpRequest, imagery: KnownImagery) -> str:
    text = _one(request, "style")
    if imagery.kind != "terrain":
        if text is not None:
            raise BadRequest("ليس للصور أنماط عرض؛ الأنماط للتضاريس.", "Pictures have no style; terrain has.")
        return ""
    if text is None:
        return STYLES[0]
    if text not in STYLES:
        known = ", ".join(STYLES)
        raise BadRequest(f"لا يوجد هذا النمط؛ الأنماط هي: {known}.", f"There is no such style; there are {known}.")
    return text


def accepted_format(header: str) -> str:
    """Return the ending of the format that an ``Accept`` header likes best; ours first among equals.

    A part that cannot be read is passed over (RFC 9110, section 12.5.1); an empty header accepts everything.

    Raises
    ------
    BadRequest
        406, where none of ours is accepted.

    Examples
    --------
    >>> accepted_format(""), accepted_format("image/*"), accepted_format("image/png, image/*;q=0.5")
    ('webp', 'webp', 'png')
    >>> accepted_format("image/webp;q=0, */*")
    'png'
    """
    if not header.strip():
        return next(iter(FORMATS))
    ranges = _media_ranges(header)
    best, most = "", 0.0
    for ending, found in FORMATS.items():
        kind = found.media_type.split("/")[0]
        for name in (found.media_type, f"{kind}/*", "*/*"):  # the most specific one counts
            if name in ranges:
                if ranges[name] > most:
                    best, most = ending, ranges[name]
                break
    if not best:
        known = ", ".join(found.media_type for found in FORMATS.values())
        raise BadRequest(f"الصيغ المتاحة: {known}.", f"None of the formats is accepted that there are: {known}.", 406)
    return best


def _media_ranges(header: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.lower().split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = float(value) if _QUALITY.match(value.strip()) else -1.0
        if name and weight >= 0:
            ranges[name] = max(weight, ranges.get(name, 0.0))
    return ranges
