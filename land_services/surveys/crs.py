"""Which CRS and unit a survey file is in: what the file says, what the person says, and what follows from both.

pyproj takes a quarter of a second to import, so the codes that files of this region carry are known here by rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from land_services.surveys.raw import Notes, RawPlan
from land_services.surveys.units import FOOT_M, METRES, NAMEABLE, US_FOOT_M

LEGACY: Final[dict[str, str]] = {
    **{f"EPSG:{code}": "Ain el Abd 1970" for code in (4204, 2318, *range(20436, 20441), 20499)},
    **{f"EPSG:{code}": "Nahrwan 1967" for code in (4270, 27037, 27038, 27039, 27040)},
}
"""Datums of the region that were given up: their coordinates lie metres to hundreds of metres beside today's."""

_CODE = re.compile(r"^\s*(?:urn:(?:x-)?ogc:def:crs:EPSG:[\d.]*:|EPSG::?)?(\d{4,6})\s*$", re.IGNORECASE)
_WGS84 = re.compile(r"(?:CRS:?84|OGC:1\.3:CRS84|CRS84h?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class CrsFacts:
    """``code`` is ``EPSG:n``; ``unit`` a key of ``METRES`` (``deg`` for a geographic CRS)."""

    code: str
    unit: str


def epsg_code(name: str) -> str:
    """Return ``EPSG:n`` for the ways a CRS is written; "" where the text names none.

    Examples
    --------
    >>> epsg_code("urn:ogc:def:crs:EPSG::32639"), epsg_code("epsg:2154"), epsg_code("32639"), epsg_code("x")
    ('EPSG:32639', 'EPSG:2154', 'EPSG:32639', '')
    >>> epsg_code("EPSG:12345032639"), epsg_code("32639::32639"), epsg_code("urn:ogc:def:crs:EPSG:6.9:32639")
    ('', '', 'EPSG:32639')
    >>> epsg_code("urn:ogc:def:crs:OGC:1.3:CRS84"), epsg_code("http://www.opengis.net/def/crs/EPSG/0/9359")
    ('EPSG:4326', 'EPSG:9359')
    """
    text = name.strip()
    if _WGS84.search(text):
        return "EPSG:4326"
    url = re.fullmatch(r"https?://www\.opengis\.net/(?:def/crs/EPSG/[\d.]+/|gml/srs/epsg\.xml#)(\d{4,6})", text)
    found = url or _CODE.match(text)
    return f"EPSG:{int(found.group(1))}" if found else ""


def facts_of(code: str) -> CrsFacts | None:
    """Return the unit of an EPSG code; None where there is no such horizontal CRS."""
    number = int(code.removeprefix("EPSG:"))
    if number == 4326 or number == 9333:
        return CrsFacts(code, "deg")
    if 32601 <= number <= 32660 or 32701 <= number <= 32760 or 9356 <= number <= 9360 or 20436 <= number <= 20440:
        return CrsFacts(code, "m")
    return _from_pyproj(code)


def _from_pyproj(text: str) -> CrsFacts | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None
    if crs.is_compound and crs.sub_crs_list:
        crs = crs.sub_crs_list[0]
    if not (crs.is_projected or (crs.is_geographic and len(crs.axis_info) == 2)):
        return None
    epsg = crs.to_epsg(min_confidence=70) or _looser_epsg(crs)
    unit = "deg" if crs.is_geographic else _unit_of(crs.axis_info[0].unit_conversion_factor)
    if epsg is None or not unit:
        return None
    return CrsFacts(f"EPSG:{epsg}", unit)


def _looser_epsg(crs: object) -> int | None:
    found = crs.to_epsg(min_confidence=25)  # type: ignore[attr-defined]
    return int(found) if found else None


def _unit_of(metres: float) -> str:
    for unit in ("m", "ft", "us-ft", "km"):
        if abs(METRES[unit] - metres) < 1e-10 * metres:
            return unit
    return ""


def facts_of_wkt(wkt: str) -> CrsFacts | None:
    """Return what a WKT definition is, identified with an EPSG code; None where PROJ does not know it."""
    return _from_pyproj(wkt) if len(wkt) < 100_000 else None


def settle(raw: RawPlan, named_crs: str | None, named_unit: str | None, notes: Notes) -> tuple[str, str]:
    """Return the CRS and the unit that the file's coordinates are in, and note every doubt.

    What a person names goes before what the file says. The CRS stays "" where neither names one.
    """
    if named_unit is not None and named_unit not in NAMEABLE:
        notes.error("SRV-12", "named", unit=named_unit, allowed=", ".join(NAMEABLE))
        named_unit = None
    stated = _stated(raw, notes)
    crs = stated.code if stated else ""
    facts = stated
    if named_crs:
        crs, facts = _named(named_crs, None if raw.crs_is_default else stated, notes)
    if crs in LEGACY:
        notes.add("info", "SRV-20", crs=crs, datum=LEGACY[crs])
    return crs, _settle_unit(raw, crs, facts, named_unit, notes)


def _stated(raw: RawPlan, notes: Notes) -> CrsFacts | None:
    if raw.crs:
        facts = facts_of(raw.crs)
        if facts is None:
            notes.add("warning", "SRV-11", "file_unknown", crs=raw.crs)
        return facts
    if raw.crs_wkt:
        facts = facts_of_wkt(raw.crs_wkt)
        if facts is None:
            notes.add("warning", "SRV-11", "file_unknown", crs=raw.crs_wkt[:80])
        return facts
    return None


def _named(name: str, stated: CrsFacts | None, notes: Notes) -> tuple[str, CrsFacts | None]:
    if name.strip().lower() == "local":
        if stated is not None:
            notes.add("warning", "SRV-21", stated=stated.code, named="local")
        return "local", None
    code = epsg_code(name)
    facts = facts_of(code) if code else None
    if facts is None:
        notes.error("SRV-11", "named_unknown", crs=name[:80])
        return "", None
    if stated is not None and stated.code != facts.code:
        notes.add("warning", "SRV-21", stated=stated.code, named=facts.code)
    return facts.code, facts


def _settle_unit(raw: RawPlan, crs: str, facts: CrsFacts | None, named: str | None, notes: Notes) -> str:
    if facts is not None and facts.unit == "deg":
        if named or raw.unit not in ("", "deg"):
            notes.add("warning", "SRV-12", "degrees", crs=crs, unit=named or raw.unit)
        return "deg"
    if named:
        if raw.unit and raw.unit != named:
            notes.add("warning", "SRV-12", "differs", stated=raw.unit, named=named)
        return named
    if raw.unit and raw.unit != "deg":
        return raw.unit
    if facts is not None:
        if raw.format in ("dxf", "landxml", "csv"):
            notes.add("info", "SRV-12", "from_crs", unit=facts.unit, crs=crs)
        return facts.unit
    if crs == "local":
        if raw.format in ("dxf", "csv"):
            notes.error("SRV-12", "missing")
        return "m"
    if not notes.has_errors:
        notes.add("warning", "SRV-12", "assumed")
    return "m"


def metres_per_unit(unit: str) -> float:
    """Return metres per unit of the file; 1 for degrees, which stay degrees."""
    return METRES[unit]


__all__ = ["FOOT_M", "LEGACY", "US_FOOT_M", "CrsFacts", "epsg_code", "facts_of", "metres_per_unit", "settle"]
