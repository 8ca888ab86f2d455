"""Units of length that survey files state, and what they are in metres."""

from __future__ import annotations

from typing import Final

US_FOOT_M: Final = 1200 / 3937
FOOT_M: Final = 0.3048

METRES: Final[dict[str, float]] = {
    "m": 1.0,
    "ft": FOOT_M,
    "us-ft": US_FOOT_M,
    "mm": 0.001,
    "cm": 0.01,
    "dm": 0.1,
    "km": 1000.0,
    "in": 0.0254,
    "yd": 0.9144,
    "mi": 1609.344,
    "us-in": US_FOOT_M / 12,
    "us-yd": US_FOOT_M * 3,
    "us-mi": US_FOOT_M * 5280,
    "deg": 1.0,
}
"""Metres per unit. Degrees stay degrees: their factor is 1."""

NAMEABLE: Final = ("m", "ft", "us-ft")
"""What a person may name with ``--unit``."""

DXF_INSUNITS: Final[dict[int, str]] = {
    1: "in",
    2: "ft",
    3: "mi",
    4: "mm",
    5: "cm",
    6: "m",
    7: "km",
    10: "yd",
    14: "dm",
    21: "us-ft",
    22: "us-in",
    23: "us-yd",
    24: "us-mi",
}

LANDXML_LINEAR: Final[dict[str, str]] = {
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "kilometer": "km",
    "foot": "ft",
    "ussurveyfoot": "us-ft",
    "inch": "in",
    "mile": "mi",
}


def landxml_area_factor(area_unit: str, linear_unit: str) -> float | None:
    """Return m2 per area unit of a LandXML file; None where the unit is unknown.

    ``squareFoot`` is the square of the file's own foot: with ``linearUnit="USSurveyFoot"`` it is the US survey foot.
    """
    us = linear_unit.startswith("us-")
    foot = US_FOOT_M if us else FOOT_M
    return {
        "squaremeter": 1.0,
        "squaremillimeter": 1e-6,
        "squarecentimeter": 1e-4,
        "squarekilometer": 1e6,
        "hectare": 1e4,
        "squarefoot": foot * foot,
        "squareinch": (foot / 12) ** 2,
        "squaremiles": (foot * 5280) ** 2,
        "squaremile": (foot * 5280) ** 2,
        "acre": 43_560 * foot * foot,
    }.get(area_unit.lower())
