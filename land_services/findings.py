"""From findings to what people and other systems read: messages in two languages, places in WGS 84.

The shapes are those of the public face: ``check_survey --json`` and the API's checks print exactly this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from land_services.domain import Finding, Quantity, RuleSource, SurveyPlan
from land_services.messages import message

__all__ = ["finding_json", "is_fit", "report_json", "to_json", "unreadable_json"]

ToWgs84 = Callable[[BaseGeometry], BaseGeometry]
WGS84_DECIMALS = 8
STORAGE_DECIMALS = 3


def is_fit(findings: Iterable[Finding]) -> bool:
    """Return True if nothing stands against filing: warnings and remarks may be there, errors may not."""
    return all(finding.severity != "error" for finding in findings)


def to_json(findings: Iterable[Finding], *, to_wgs84: ToWgs84) -> list[dict[str, Any]]:
    """Return the findings as JSON values, in the order given.

    Parameters
    ----------
    findings : iterable of Finding
        Places (``where``) in the storage CRS.
    to_wgs84 : callable
        Gives a geometry of the storage CRS in longitude and latitude; no CRS is known here.
    """
    return [finding_json(finding, to_wgs84=to_wgs84) for finding in findings]


def finding_json(finding: Finding, *, to_wgs84: ToWgs84) -> dict[str, Any]:
    """Return one finding as JSON values: every key is always there, null where the finding has nothing to say."""
    where = finding.where if finding.where is not None and not finding.where.is_empty else None
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": {"ar": message(finding, "ar"), "en": message(finding, "en")},
        "measured": _quantity(finding.measured),
        "required": _quantity(finding.required),
        "source": _source(finding.source),
        "parcels": list(finding.parcels),
        "where": None if where is None else _geometry(to_wgs84(where), WGS84_DECIMALS),
        "where_storage": None if where is None else _geometry(where, STORAGE_DECIMALS),
    }


def report_json(plan: SurveyPlan, findings: Iterable[Finding], *, to_wgs84: ToWgs84) -> dict[str, Any]:
    """Return the answer of a check: fit or not, what the file holds as it says itself, and every finding."""
    listed = tuple(findings)
    return {
        "fit": is_fit(listed),
        "plan": {"parts": len(plan.parts), "crs": plan.crs, "unit": plan.unit},
        "findings": to_json(listed, to_wgs84=to_wgs84),
    }


def unreadable_json(findings: Iterable[Finding], *, to_wgs84: ToWgs84 = lambda geometry: geometry) -> dict[str, Any]:
    """Return the answer where no plan could be read at all."""
    return {"fit": False, "plan": None, "findings": to_json(findings, to_wgs84=to_wgs84)}


def _quantity(quantity: Quantity | None) -> dict[str, Any] | None:
    if quantity is None:
        return None
    value = quantity.value
    return {"value": round(value, 6) if isinstance(value, float) else value, "unit": quantity.unit}


def _source(source: RuleSource | None) -> dict[str, str] | None:
    if source is None:
        return None
    title = f"{source.title_ar} | {source.title}" if source.title_ar else source.title
    return {"title": title, "date": source.date, "confidence": source.confidence}


def _geometry(geometry: BaseGeometry, decimals: int) -> dict[str, Any]:
    return _rounded(mapping(geometry), decimals)


def _rounded(value: Any, decimals: int) -> Any:
    if isinstance(value, float):
        return round(value, decimals)
    if isinstance(value, dict):
        return {key: _rounded(item, decimals) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item, decimals) for item in value]
    return value
