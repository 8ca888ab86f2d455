"""How many homes are near a service, by brute force: nearest places by networkx, districts by shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from layers.locator.coverage_measure import clusters, count_within, district_of, shares_within, walking_minutes
from layers.locator.network.graph import Mode, Streets, build_graph
from tests.budget import budget
from tests.layers.locator.street_oracle import Oracle, positions, random_streets, sample_streets


def assert_agrees(streets: Streets, homes: int, places: int, seed: int) -> None:
    net = build_graph(streets).net(Mode.FOOT)
    oracle = Oracle(streets, Mode.FOOT)
    here, there = positions(streets, homes, seed), positions(streets, places, seed + 1)
    there[0] = here[0]

    expected = np.array([min(oracle.minutes(home, place) for place in there) for home in here])

    np.testing.assert_allclose(walking_minutes(net, here, there), expected, rtol=1e-7, atol=1e-5)
    np.testing.assert_allclose(walking_minutes(net, net.snap(here), there), expected, rtol=1e-7, atol=1e-5)
    for share, limit in zip(shares_within(net, here, there, (1.0, 2.0, 4.0)), (1.0, 2.0, 4.0), strict=True):
        assert share == (expected <= limit).mean()


@pytest.mark.parametrize("seed", range(budget(3, 40)))
def test_each_home_has_the_nearest_place_that_networkx_finds(seed: int) -> None:
    assert_agrees(random_streets(seed), 40, 5, seed)


def test_it_agrees_in_the_sample_city() -> None:
    assert_agrees(sample_streets(), budget(12, 200), 4, 3)


def test_without_places_nobody_is_near_and_without_homes_there_is_no_share() -> None:
    net = build_graph(random_streets(1)).net(Mode.FOOT)
    homes = positions(random_streets(1), 10, 1)

    assert shares_within(net, homes, np.empty((0, 2))) == (0.0, 0.0, 0.0)
    assert np.isnan(shares_within(net, np.empty((0, 2)), homes)).all()


def test_a_place_more_never_lowers_a_share() -> None:
    streets = random_streets(2)
    net = build_graph(streets).net(Mode.FOOT)
    homes, places = positions(streets, 200, 4), positions(streets, 12, 5)
    shares = np.array([shares_within(net, homes, places[:n]) for n in range(13)])

    assert (np.diff(shares, axis=0) >= 0).all()
    assert (np.diff(shares, axis=1) >= 0).all()
    assert shares[-1, 0] > shares[0, 0]


def test_homes_are_counted_in_the_district_they_are_in() -> None:
    """::

    +----+----+   two districts, an overlapping third, an empty one; homes on a border and outside
    | 0  | 1  |
    +----+----+
    """
    shapes = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(5, 5, 15, 15), shapely.MultiPolygon()]
    xy = np.random.default_rng(3).uniform(-3, 23, (500, 2))
    xy[:3] = (10, 5), (20, 10), (0, 0)

    found = district_of(xy, shapes)

    for point, number in zip(map(shapely.Point, xy), found, strict=True):
        assert number == next((at for at, shape in enumerate(shapes) if shape.intersects(point)), 4)
    minutes = np.random.default_rng(4).uniform(0, 20, 500)
    counts = count_within(minutes, found, 4)
    assert counts.shape == (5, 3)
    for number in range(5):
        for at, limit in enumerate((5, 10, 15)):
            assert counts[number, at] == sum(minutes[found == number] <= limit)
    assert district_of(np.empty((0, 2)), shapes).shape == (0,)


def test_homes_near_each_other_are_one_cluster_of_their_district() -> None:
    """::

    ooo......ooooo    two heaps 1 km apart; one home of another district among the second
    """
    rng = np.random.default_rng(1)
    heap = rng.uniform(0, 200, (30, 2))
    other = rng.uniform(0, 200, (50, 2)) + np.array([1500, 0])
    xy = np.concatenate([heap, other])
    district = np.zeros(80, dtype=np.int64)
    district[79] = 1

    found = clusters(xy, district)

    assert [(one.homes, one.district) for one in found] == [(49, 0), (30, 0), (1, 1)]
    assert [one.x > 1000 for one in found] == [True, False, True]
    for one in found:
        assert (one.x, one.y) in set(map(tuple, xy))
    assert clusters(np.empty((0, 2)), np.empty(0, dtype=np.int64)) == []


@pytest.mark.parametrize("seed", range(budget(5, 100)))
def test_clusters_are_the_components_of_neighbouring_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-3000, 3000, (150, 2))
    district = rng.integers(0, 2, 150)

    groups: list[set[int]] = [{home} for home in range(150)]
    cell = np.floor(xy / 250)
    for a in range(150):
        for b in range(a):
            if district[a] == district[b] and (np.abs(cell[a] - cell[b]) <= 1).all():
                one, other = (next(group for group in groups if home in group) for home in (a, b))
                if one is not other:
                    groups.remove(other)
                    one |= other

    assert sorted(one.homes for one in clusters(xy, district)) == sorted(map(len, groups))
