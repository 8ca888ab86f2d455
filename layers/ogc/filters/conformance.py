"""What the filters promise, by the URIs of the conformance classes; each has its tests."""

from __future__ import annotations

from typing import Final

__all__ = ["CONFORMANCE"]

_FEATURES: Final = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
_CQL2: Final = "http://www.opengis.net/spec/cql2/1.0/conf"

CONFORMANCE: Final = (
    f"{_FEATURES}/queryables",
    f"{_FEATURES}/queryables-query-parameters",
    f"{_FEATURES}/filter",
    f"{_FEATURES}/features-filter",
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/case-insensitive-comparison",
    f"{_CQL2}/accent-insensitive-comparison",
    f"{_CQL2}/basic-spatial-functions",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/spatial-functions",
    f"{_CQL2}/temporal-functions",
    f"{_CQL2}/property-property",
    f"{_CQL2}/arithmetic",
)
"""Not promised: ``array-functions`` (no property is a list) and ``functions`` (there are none of our own)."""
