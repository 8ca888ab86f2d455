"""What a side of a parcel adjoins: a street with its width, another parcel, or land that is not in the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from land_services.domain import StreetFact
from land_services.precision import COVERAGE_WIDTH_M

__all__ = ["MAX_LENGTH", "adjoining_text", "street_label"]

MAX_LENGTH: Final = 200
"""The longest description that the survey decision prints, in characters."""

SHORTEST_M: Final = 0.05
AND_AR: Final = "، "
AND_EN: Final = ", "


def adjoining_text(
    side: LineString,
    parcels: Sequence[tuple[str, BaseGeometry]],
    streets: Sequence[StreetFact],
    tolerance_m: float = COVERAGE_WIDTH_M,
) -> tuple[str, str]:
    """Return what adjoins a side, in Arabic and English, in the order met from the side's start.

    Parameters
    ----------
    side : LineString
        The side, metres in the storage CRS.
    parcels : sequence of (number, geometry)
        The parcels around it, its own not among them.
    streets : sequence of StreetFact
        Streets around it; one without a right of way counts where its centreline passes at half its width.
    tolerance_m : float
        How far from the side a neighbour's boundary may run and still be the same boundary.
    """
    met: list[tuple[float, str, str]] = []
    for number, geometry in parcels:
        for place in _contact(side, geometry, tolerance_m):
            met.append((place, f"قطعة رقم {number}", f"Parcel {number}"))
    for street in streets:
        for place in _street_contact(side, street, tolerance_m):
            met.append((place, *street_label(street)))
    met.sort(key=lambda item: item[0])
    words = list(dict.fromkeys((ar, en) for _, ar, en in met))
    if not words:
        return ("أرض خارج السجل", "Land outside the register")
    return _shortened([ar for ar, _ in words], AND_AR), _shortened([en for _, en in words], AND_EN)


def _contact(side: LineString, geometry: BaseGeometry, tolerance_m: float) -> Iterable[float]:
    """Yield where along the side the geometry begins to adjoin it, if it does so over some length."""
    if geometry.distance(side) > tolerance_m:
        return
    shared = side.intersection(geometry.buffer(tolerance_m * 1.5))
    if shared.length >= max(SHORTEST_M, 4 * tolerance_m) or shared.length >= 0.6 * side.length:
        yield (
            side.project(shared.interpolate(0.5, normalized=True))
            if shared.geom_type == "LineString"
            else (side.project(shared.representative_point()))
        )


def _street_contact(side: LineString, street: StreetFact, tolerance_m: float) -> Iterable[float]:
    if street.right_of_way is not None:
        yield from _contact(side, street.right_of_way, tolerance_m)
    elif street.centreline is not None:
        middle = side.interpolate(0.5, normalized=True)
        if abs(street.centreline.distance(middle) - street.width_m / 2) <= max(1.0, 0.1 * street.width_m):
            yield side.length / 2


def street_label(street: StreetFact) -> tuple[str, str]:
    """Return a street with its width as a boundary description says it, in Arabic and English."""
    width = f"{street.width_m:.2f}".rstrip("0").rstrip(".")
    kind_ar, kind_en = ("ممر", "Walkway") if street.road_class == "alley" else ("شارع", "Street")
    ar, en = street.name_ar or street.name_en, street.name_en or street.name_ar
    return (
        f"{kind_ar} عرض {width} م" + (f" ({ar})" if ar else ""),
        f"{kind_en} {width} m wide" + (f" ({en})" if en else ""),
    )


def _shortened(words: Sequence[str], joint: str) -> str:
    """Return the words joined; as many as the print has room for, then an ellipsis."""
    text = joint.join(words)
    if len(text) <= MAX_LENGTH:
        return text
    kept: list[str] = []
    for word in words:
        if len(joint.join([*kept, word])) > MAX_LENGTH - 2:
            break
        kept.append(word)
    return joint.join(kept)[: MAX_LENGTH - 2].rstrip() + " …"
