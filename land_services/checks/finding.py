"""Make a finding: the source comes from the rules, so that none is without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shapely.geometry.base import BaseGeometry

from land_services.domain import Finding, Quantity, Rules, Severity

__all__ = ["both", "found", "square_metres"]


def found(
    rules: Rules,
    rule: str,
    severity: Severity = "error",
    *,
    variant: str = "",
    key: str = "",
    zone: str | None = None,
    measured: tuple[float | int | str, str] | None = None,
    required: tuple[float | int | str, str] | None = None,
    parcels: Iterable[str] = (),
    where: BaseGeometry | None = None,
    **params: Any,
) -> Finding:
    """Return a finding of ``rule``; its source is that of the rule value ``key``, or else the basis of the check."""
    return Finding(
        rule=rule,
        severity=severity,
        params=params,
        variant=variant,
        measured=None if measured is None else Quantity(*measured),
        required=None if required is None else Quantity(*required),
        source=rules.source(key or rule, zone),
        parcels=tuple(parcels),
        where=where,
    )


def both(ar: str, en: str) -> dict[str, str]:
    """Return a word for a message in both languages; where one is missing the other stands in."""
    return {"ar": ar or en, "en": en or ar}


def square_metres(value: float) -> tuple[float, str]:
    """Return an area as a measured value, to 0.01 m2."""
    return (round(value, 2), "m2")
