"""The one error that survey reading raises."""

from __future__ import annotations

from collections.abc import Iterable

from land_services.domain import Finding


class SurveyUnreadable(Exception):
    """No plan can be made of the file. ``findings`` say what is wrong, where in the file, and what to do: all at once.

    ``crs`` is the CRS of the findings' ``where`` (``EPSG:n``, ``local`` or "" where none was named).
    """

    def __init__(self, findings: Iterable[Finding], *, crs: str = "") -> None:
        self.findings = tuple(findings)
        self.crs = crs
        super().__init__("; ".join(f"{f.rule} {f.variant}".strip() for f in self.findings))


def refusal(rule: str, variant: str = "", **params: object) -> SurveyUnreadable:
    """Return a refusal with one error finding."""
    return SurveyUnreadable((Finding(rule=rule, severity="error", variant=variant, params=params),))
