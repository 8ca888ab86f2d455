"""The line of facts under a finding: what was found and what the rule asks, in the words and units of its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gisportal.numbers import comparable_texts, unit_text

__all__ = ["facts_of"]

RECORDED = frozenset({"DED-06", "DUP-01", "LND-26", "LND-35", "SUB-11"})
"""Rules that compare with what is on record or stated: no limit."""
MISSED = frozenset({"DUP-08", "SVD-06"})
"""Rules whose warnings and notes tell of a minimum that was missed; those of all others tell of a maximum."""
IN_MILLIMETRES = frozenset({"SVD-07"})


def facts_of(finding: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """Return label, text and unit of what was measured and what is required; what is empty is left out."""
    given = [_in_its_unit(finding, finding.get(name)) for name in ("measured", "required")]
    texts = comparable_texts(*((one or {}).get("value") for one in given))
    labels = _labels(finding, given[0], given[1])
    return [
        {"label": label, "text": text, "unit": unit_text(str(one["unit"]), language)}
        for one, text, label in zip(given, texts, labels, strict=True)
        if one
    ]


def _in_its_unit(finding: Mapping[str, Any], one: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not one or one.get("value") in (None, ""):
        return None
    if finding["rule"] in IN_MILLIMETRES and one["unit"] == "m":
        return {"value": float(Decimal(str(one["value"])) * 1000), "unit": "mm"}
    return one


def _labels(
    finding: Mapping[str, Any], measured: Mapping[str, Any] | None, required: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Return what the two values are called: words are given and expected, counts and measures keep a limit."""
    units = {one["unit"] for one in (measured, required) if one}
    if units == {""}:
        return pgettext("finding", "Given"), pgettext("finding", "Expected")
    first = _("Measured")
    if units == {"1"}:
        first = pgettext("finding", "Instruments") if finding["rule"] == "SVD-06" else pgettext("finding", "Number")
    return first, _limit(finding, measured, required)


def _limit(finding: Mapping[str, Any], measured: Mapping[str, Any] | None, required: Mapping[str, Any] | None) -> str:
    if finding["rule"] in RECORDED:
        return pgettext("finding", "On record")
    if not measured or not required or measured["value"] == required["value"]:
        return _("Required")
    is_less = isinstance(measured["value"], int | float) and measured["value"] < required["value"]
    if is_less and (finding["severity"] == "error" or finding["rule"] in MISSED or _is_too_fine(finding)):
        return pgettext("finding", "At least")
    return pgettext("finding", "At most")


def _is_too_fine(finding: Mapping[str, Any]) -> bool:
    """Return whether an accuracy is stated that no survey reaches: a warning of a minimum."""
    return finding["rule"] in IN_MILLIMETRES and finding["severity"] == "warning"
