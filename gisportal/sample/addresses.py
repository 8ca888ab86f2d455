"""Addresses of built lots: at the door, numbered along the street, odd numbers on its left.

Nothing in them is anybody's: short addresses begin with Z and postcodes with 9. A plan takes its building numbers from
a range of its own in its district, so that building number and postcode name one door.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import floor
from typing import NamedTuple

from gisportal.sample.exact import hypot_of
from gisportal.sample.fabric import PlanLand
from gisportal.sample.lattice import DISTRICT_PLANS
from gisportal.sample.names import Name, boundary_name, district_name
from gisportal.sample.rows import AddressRow, ParcelRow, Point, PolygonMm, StreetRow

__all__ = ["addresses_of"]

PLAN_NUMBERS = 990
"""Building numbers that a plan may give: nine plans of a district fit between 1000 and 9999."""

DOOR_MM = (2_000, 1_000, 400, 100)
"""How far behind the middle of the frontage the door lies: as far as the lot is deep enough."""

Edge = tuple[Point, Point]


class _Road(NamedTuple):
    """A street as a lot sees it: its name and the direction in which its numbers grow."""

    name: Name
    dx: int
    dy: int


class _Front(NamedTuple):
    """A built lot on its street: how far along, on which side, where the door is."""

    along: int
    is_left: bool
    door: Point
    parcel: ParcelRow


def addresses_of(
    land: PlanLand, streets: list[StreetRow], rows: dict[int, ParcelRow], district: int, first_id: int
) -> Iterator[AddressRow]:
    """Yield the addresses of a plan's built lots that front a street, street by street.

    Parameters
    ----------
    land : PlanLand
        The plan.
    streets : list of StreetRow
        Its own streets with their names, in the order of ``land.streets``.
    rows : dict
        The parcel of each lot by the lot's position.
    district : int
        Number of its district.
    first_id : int
        The first address's ``id``.
    """
    roads, owners = _roads(land, streets)
    fronts: dict[int, list[_Front]] = {}
    for k, parcel in rows.items():
        if parcel.building_area_m2 is not None:
            found = _front(land.lots[k].rings, parcel, roads, owners)
            if found is not None:
                fronts.setdefault(found[0], []).append(found[1])
    column, row = (place % DISTRICT_PLANS for place in land.mesh)
    free = 1001 + PLAN_NUMBERS * (column + DISTRICT_PLANS * row)
    for road, built in sorted(fronts.items()):
        given = {True: free, False: free + 1}
        for front in sorted(built, key=lambda f: (f.along, f.door)):
            number, given[front.is_left] = given[front.is_left], given[front.is_left] + 2
            yield _address(first_id, number, roads[road].name, district, front)
            first_id += 1
        free = max(given[True], given[False] - 1)


def _roads(land: PlanLand, streets: list[StreetRow]) -> tuple[list[_Road], dict[Edge, int]]:
    """Return the plan's streets and the boundary roads around it, and which of them each edge of land lies on."""
    roads: list[_Road] = []
    owners: dict[Edge, int] = {}
    for street in streets:
        (x0, y0), (x1, y1) = street.centrelines[0][0], street.centrelines[-1][-1]
        for area in street.right_of_way:
            for ring in area:
                owners.update((_edge(a, b), len(roads)) for a, b in itertools.pairwise(ring))
        roads.append(_Road((street.name_ar, street.name_en), x1 - x0, y1 - y0))
    i, j = land.mesh
    for side, line in zip(land.sides, (f"v{j}", f"u{i + 1}", f"v{j + 1}", f"u{i}"), strict=True):
        owners.update((_edge(a, b), len(roads)) for a, b in itertools.pairwise(side))
        # Sides run around the plan; a road's numbers grow eastwards or northwards for the plans on both its sides.
        sign = 1 if len(roads) - len(streets) < 2 else -1
        dx, dy = side[-1][0] - side[0][0], side[-1][1] - side[0][1]
        roads.append(_Road(boundary_name(line), sign * dx, sign * dy))
    return roads, owners


def _edge(a: Point, b: Point) -> Edge:
    return (a, b) if a < b else (b, a)


def _front(
    rings: PolygonMm, parcel: ParcelRow, roads: list[_Road], owners: dict[Edge, int]
) -> tuple[int, _Front] | None:
    """Return the street that a lot fronts longest and the lot's place on it; None where it fronts none."""
    sides: dict[int, list[Edge]] = {}
    for a, b in itertools.pairwise(rings[0]):
        road = owners.get(_edge(a, b))
        if road is not None:
            sides.setdefault(road, []).append((a, b))
    if not sides:
        return None
    lengths = {road: sum(_length(edge) for edge in edges) for road, edges in sides.items()}
    road = max(sorted(sides), key=lambda r: lengths[r])
    half, at = lengths[road] / 2, 0.0
    for a, b in sides[road]:
        at += _length((a, b))
        if at >= half:
            break
    door = _door(a, b, rings)
    if door is None:
        return None
    dx, dy = roads[road].dx, roads[road].dy
    # The outline runs counter-clockwise: an edge in the road's direction has its lot, and so the lot lies, on the left.
    is_left = (b[0] - a[0]) * dx + (b[1] - a[1]) * dy > 0
    return road, _Front(door[0] * dx + door[1] * dy, is_left, door, parcel)


def _length(edge: Edge) -> float:
    (ax, ay), (bx, by) = edge
    return hypot_of(float(bx - ax), float(by - ay))


def _door(a: Point, b: Point, rings: PolygonMm) -> Point | None:
    length = _length((a, b))
    for depth in DOOR_MM:
        x = (a[0] + b[0]) / 2 - (b[1] - a[1]) / length * depth
        y = (a[1] + b[1]) / 2 + (b[0] - a[0]) / length * depth
        point = floor(x + 0.5), floor(y + 0.5)
        if _is_inside(point, rings):
            return point
    return None


def _is_inside(point: Point, rings: PolygonMm) -> bool:
    """Return whether a ray to the east crosses the rings an odd number of times; in whole numbers."""
    x, y = point
    inside = False
    for ring in rings:
        for (ax, ay), (bx, by) in itertools.pairwise(ring):
            if (ay > y) != (by > y):
                across = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
                inside ^= (across > 0) == (by > ay)
    return inside


def _address(number: int, building: int, street: Name, district: int, front: _Front) -> AddressRow:
    letters = "".join(chr(ord("A") + district // 26**k % 26) for k in (2, 1, 0))
    return AddressRow(
        number,
        f"{building:04d}",
        f"{1000 + (building * 37 + district * 101) % 9000}",
        *street,
        *district_name(district),
        f"9{1001 + district:04d}",
        f"Z{letters}{building:04d}",
        front.door,
        front.parcel.uid,
    )
