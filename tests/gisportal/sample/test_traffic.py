"""Who may use the sample's streets: by car every one of them is reached and left, and no lot is behind a wall."""

from __future__ import annotations

from collections import Counter

import networkx
import pytest

from gisportal.sample.rows import LineMm
from tests.budget import budget
from tests.gisportal.sample.cities import city

CITIES = [(1700, seed) for seed in range(1, budget(4, 40))] + [(5000, 8)]


@pytest.mark.parametrize(("parcels", "seed"), CITIES)
def test_a_car_comes_from_every_street_to_every_other(parcels: int, seed: int) -> None:
    roads = networkx.DiGraph()
    for street in city(parcels, seed).streets:
        if street.users == "foot" or street.barrier:
            continue
        for piece in street.centrelines:
            if street.direction != "backward":
                roads.add_edge(piece[0], piece[-1])
            if street.direction != "forward":
                roads.add_edge(piece[-1], piece[0])
    assert networkx.is_strongly_connected(roads)


@pytest.mark.parametrize(("parcels", "seed"), CITIES)
def test_who_walks_reaches_every_street_but_those_behind_a_wall(parcels: int, seed: int) -> None:
    ways = networkx.Graph()
    walled: list[LineMm] = []
    for street in city(parcels, seed).streets:
        assert street.users != "car"
        if street.barrier == "wall":
            walled += street.centrelines
        else:
            ways.add_edges_from((piece[0], piece[-1]) for piece in street.centrelines)
    assert networkx.is_connected(ways)
    assert all(piece[0] in ways and piece[-1] in ways for piece in walled)


def test_arterials_that_run_north_come_in_pairs_of_opposite_ways() -> None:
    for parcels, seed in CITIES:
        ways: dict[str, set[str]] = {}
        for street in city(parcels, seed).streets:
            if street.road_class == "arterial":
                ways.setdefault(street.name_en, set()).add(street.direction)
        assert all(len(found) == 1 for found in ways.values())
        counted = Counter(next(iter(found)) for found in ways.values())
        assert counted["forward"] == counted["backward"] >= (1 if parcels > 1000 else 0)


def test_no_lot_is_behind_a_wall_or_bars_alone() -> None:
    sample = city(5000, 8)
    free, barred = set(), set()
    for street in sample.streets:
        for outline in street.right_of_way:
            edges = {(b, a) for a, b in zip(outline[0], outline[0][1:], strict=False)}
            (barred if street.barrier == "wall" else free).update(edges)
    on_wall = 0
    for parcel in sample.parcels:
        edges = set(zip(parcel.rings[0], parcel.rings[0][1:], strict=False))
        on_wall += bool(edges & barred)
        assert edges & free or parcel.land_use == "utility"
    assert on_wall > 0


def test_a_city_has_every_sort_of_street() -> None:
    streets = list(city(5000, 8).streets)
    assert {s.barrier for s in streets} == {"", "bollard", "gate", "wall"}
    assert {s.direction for s in streets} == {"both", "forward", "backward"}
    assert {s.users for s in streets} == {"all", "foot"}
    for street in streets:
        assert not street.is_closed or street.users == "foot"
    plain = sum((s.direction, s.users, s.barrier) == ("both", "all", "") for s in streets)
    assert plain > len(streets) * 0.7
