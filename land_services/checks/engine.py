"""Run the checks of a service: all of them, always, and none of them raises."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from shapely.errors import ShapelyError

from land_services.domain import Check, Facts, Finding, LandService, Rules
from land_services.findings import is_fit
from land_services.geometry.errors import GeometryError

__all__ = ["NotFit", "in_order", "is_fit", "run_checks"]

log = logging.getLogger(__name__)

SEVERITIES: Final = {"error": 0, "warning": 1, "info": 2}


class NotFit(ValueError):
    """A change that cannot be planned: the checks, which come first, say why."""


def run_checks(service: LandService, inputs: Any, facts: Facts, rules: Rules) -> tuple[Finding, ...]:
    """Return every finding of every check of the service, errors first, then by rule.

    A check that lacks what it needs (no parcel, a broken drawing) yields nothing: another check has said so. Geometry
    so broken that a computation fails becomes the finding ``LND-90``, an error, which names the check: a case is never
    fit because a check could not be made.
    """
    findings: list[Finding] = []
    for check in service.checks:
        findings.extend(_run(check, inputs, facts, rules))
    return in_order(findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings ordered by severity, then rule; those of one rule stay in the order found."""
    return tuple(sorted(findings, key=lambda finding: (SEVERITIES[finding.severity], finding.rule)))


def _run(check: Check, inputs: Any, facts: Facts, rules: Rules) -> list[Finding]:
    found: list[Finding] = []
    try:
        for finding in check(inputs, facts, rules):
            found.append(finding)
    except (GeometryError, ShapelyError, ArithmeticError) as error:
        name = check.__name__.removeprefix("check_")
        log.warning("check %s could not be made", name, exc_info=True)
        where = getattr(error, "where", None)
        found.append(
            Finding(
                "LND-90", "error", {"check": name, "reason": str(error)}, source=rules.source("LND-90"), where=where
            )
        )
    return found
