"""Streets have the width they state, share vertices with the lots, and meet at nodes."""

from __future__ import annotations

from statistics import median

import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon

from gisportal.sample.rows import LineMm, StreetRow
from tests.budget import budget
from tests.gisportal.sample.cities import city, polygon

SEEDS = range(1, budget(3, 30))


def line(points: LineMm) -> LineString:
    return LineString([(x / 1000, y / 1000) for x, y in points])


def widths(street: StreetRow) -> list[float]:
    """Lengths of cross sections of the right of way, at places spread over the middle lines."""
    area = MultiPolygon([polygon(p) for p in street.right_of_way])
    found = []
    for piece in map(line, street.centrelines):
        for k in range(1, 10):
            a, b = piece.interpolate(k / 10, normalized=True), piece.interpolate(k / 10 + 1e-6, normalized=True)
            dx, dy = (b.x - a.x) / a.distance(b) * 45, (b.y - a.y) / a.distance(b) * 45
            section = LineString([(a.x - dy, a.y + dx), (a.x + dy, a.y - dx)]).intersection(area)
            parts = [s for s in getattr(section, "geoms", [section]) if s.distance(a) < 0.01]
            if parts and area.contains(a):
                found.append(parts[0].length)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_measured_width_is_the_stated_width(seed: int) -> None:
    classes = set()
    for street in city(1700, seed).streets:
        found = widths(street)
        classes.add(street.road_class)
        assert found, street
        assert abs(median(found) - street.width_m) < 0.02, street.name_en
        exact = sum(abs(width - street.width_m) < 0.02 for width in found)
        assert exact > 0.6 * len(found)  # the others lie in crossings, where corner cuts widen the street
    assert classes == {"arterial", "collector", "local", "alley"}


def test_widths_span_6_to_60_metres() -> None:
    found = {street.width_m for seed in SEEDS for street in city(1700, seed).streets}
    assert min(found) == 6.0
    assert max(found) == 60.0
    assert len(found) > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_middle_lines_meet_only_at_their_ends(seed: int) -> None:
    pieces = [line(piece) for street in city(1700, seed).streets for piece in street.centrelines]
    assert all(piece.is_simple and piece.length > 0.001 for piece in pieces)
    tree = shapely.STRtree(pieces)
    ends = [{p.coords[0], p.coords[-1]} for p in pieces]
    left, right = tree.query(pieces, predicate="intersects")
    for a, b in zip(left, right, strict=True):
        if a < b:
            met = pieces[a].intersection(pieces[b])
            points = {p.coords[0] for p in getattr(met, "geoms", [met])}
            assert points <= ends[a] & ends[b]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_street_network_is_one_piece(seed: int) -> None:
    joined = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while joined.setdefault(node, node) != node:
            node = joined[node]
        return node

    for street in city(1700, seed).streets:
        for piece in street.centrelines:
            joined[root(piece[0])] = root(piece[-1])
    assert len({root(node) for node in list(joined)}) == 1


def test_every_lot_but_those_on_alleys_and_rooms_touches_a_street_along_an_edge() -> None:
    sample = city()
    open_edges, alley_edges = set(), set()
    for street in sample.streets:
        for outline in street.right_of_way:
            for a, b in zip(outline[0], outline[0][1:], strict=False):
                (alley_edges if street.is_closed else open_edges).add((b, a))
    on_alley = 0
    for parcel in sample.parcels:
        edges = set(zip(parcel.rings[0], parcel.rings[0][1:], strict=False))
        if not edges & open_edges:
            on_alley += bool(edges & alley_edges)
            assert edges & alley_edges or parcel.land_use == "utility"
    assert on_alley >= 2


def test_names_do_not_repeat_and_come_in_both_languages() -> None:
    by_name: dict[str, list[StreetRow]] = {}
    for street in city().streets:
        if street.plan is not None:
            by_name.setdefault(street.name_ar, []).append(street)
    for rows in by_name.values():  # a street of which one piece is barred is two rows
        assert len(rows) == 1 or [bool(r.barrier or r.users == "foot" or r.direction != "both") for r in rows] == [
            False,
            True,
        ]
    for street in city().streets:
        assert street.name_ar.split()[0] in {"شارع", "طريق", "ممر"}
        assert street.name_en.isascii()
