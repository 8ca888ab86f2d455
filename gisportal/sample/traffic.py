"""Who may use a street of the made-up municipality, and which way."""

from __future__ import annotations

from dataclasses import replace

from gisportal.sample.fabric import Street
from gisportal.sample.lattice import DISTRICT_PLANS

__all__ = ["Traffic", "parts_of"]

Traffic = tuple[str, str, str]
"""Direction of cars, users, barrier."""

PLAIN: Traffic = ("both", "all", "")
ALLEYS: tuple[Traffic, ...] = (("both", "foot", ""), ("both", "foot", "bollard"), ("both", "foot", "gate"))
SHORT: dict[int, Traffic] = {
    0: ("both", "all", "wall"),
    1: ("both", "all", "gate"),
    2: ("both", "all", "bollard"),
    3: ("both", "foot", ""),
    4: ("forward", "all", ""),
    5: ("backward", "all", ""),
}
"""One cross street in twenty has each of these on one of its pieces; nobody passes a wall."""


def parts_of(number: int, street: Street, columns: int) -> list[tuple[Street, Traffic]]:
    """Return a street with direction, users and barrier; a cross street of which one piece is barred, in two parts.

    Arterials that run north come in pairs, one for each direction; one without a partner goes both ways, and so do all
    roads that run east: whatever is on a one-way road can be reached and left. Closed alleys are for walkers. A cross
    street runs between others, and no lot lies on it alone: one of its pieces may be barred.

    Parameters
    ----------
    number : int
        The street's number, from which its part of chance follows.
    street : Street
        With its class and its line.
    columns : int
        Meshes of the lattice from west to east.
    """
    if street.is_closed:
        return [(street, ALLEYS[number % len(ALLEYS)])]
    if street.line.startswith("u") and street.road_class == "arterial":
        rank = int(street.line[1:]) // DISTRICT_PLANS
        last = columns // DISTRICT_PLANS
        if rank == last and last % 2 == 0:
            return [(street, PLAIN)]
        return [(street, ("backward" if rank % 2 else "forward", "all", ""))]
    mixed = number * 2_654_435_761 >> 16
    barred = SHORT.get(mixed % 20)
    if barred is None or street.road_class != "local" or not _is_cross_street(street):
        return [(street, PLAIN)]
    lines, areas = street.centrelines, street.right_of_way
    k = mixed // 20 % len(lines)
    piece = replace(street, centrelines=(lines[k],), right_of_way=(areas[k],))
    if len(lines) == 1:
        return [(piece, barred)]
    rest = replace(street, centrelines=lines[:k] + lines[k + 1 :], right_of_way=areas[:k] + areas[k + 1 :])
    return [(rest, PLAIN), (piece, barred)]


def _is_cross_street(street: Street) -> bool:
    """Return whether a street has a right of way for each of its pieces: those that run east have one for all."""
    return not street.line and len(street.centrelines) == len(street.right_of_way)
