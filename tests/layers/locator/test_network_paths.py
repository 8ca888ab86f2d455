"""Minutes along streets, against networkx on a graph of its own, and by what must hold of any distance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from layers.locator.network import paths
from layers.locator.network.graph import Graph, Mode, Streets, build_graph
from layers.locator.network.paths import minutes_between, minutes_to_nearest
from layers.locator.network.speeds import CAR_KMH, SNAP_LIMIT_M
from tests.budget import budget
from tests.layers.locator.street_oracle import Oracle, positions, random_streets, real_streets, sample_streets

REAL = os.environ.get("GISPORTAL_REAL_DATA", "")
needs_files = pytest.mark.skipif(not REAL, reason="GISPORTAL_REAL_DATA is not set")
EXACT: dict[str, Any] = {"rtol": 1e-7, "atol": 1e-5}  # vertices are one within a millimetre


def streets_of(*rows: tuple[str, ...]) -> Streets:
    """Return streets from (WKT, class, direction, users, barrier), the last ones as usual where left out."""
    usual = ("", "local", "both", "all", "")
    full = [(*row, *usual[len(row) :]) for row in rows]
    columns = [np.array(column, dtype=object) for column in list(zip(*full, strict=True))[1:]]
    return Streets(np.atleast_1d(shapely.from_wkt([row[0] for row in full])), *columns)


def walk(graph: Graph, a: tuple[float, float], b: tuple[float, float], mode: Mode = Mode.FOOT) -> float:
    """Return the metres on foot, or the minutes by car, from a to b."""
    [minutes] = minutes_between(graph.net(mode), np.array(a), np.array([b]))
    return round(float(minutes) * (75 if mode is Mode.FOOT else 1), 6)


# What a street says ------------------------------------------------------------------------------------------------


def test_streets_that_share_an_end_meet() -> None:
    """::

    0 ---- 100 ---- 200
    """
    graph = build_graph(streets_of(("LINESTRING (0 0, 100 0)",), ("LINESTRING (100 0, 200 0)",)))

    assert walk(graph, (10, 0), (150, 0)) == 140
    assert walk(graph, (10, 5), (150, 7)) == 140 + 5 + 7


def test_streets_meet_at_a_vertex_both_have_and_only_there() -> None:
    """One crossing has a vertex in both lines; at the bridge they cross without."""
    crossing = build_graph(streets_of(("LINESTRING (0 0, 50 0, 100 0)",), ("LINESTRING (50 -50, 50 0, 50 50)",)))
    bridge = build_graph(streets_of(("LINESTRING (0 0, 100 0)",), ("LINESTRING (50 -50, 50 50)",)))

    assert walk(crossing, (0, 0), (50, 50)) == 100
    assert walk(bridge, (0, 0), (50, 50)) == np.inf


@pytest.mark.parametrize("gap", [0.0, 0.0004, 0.0009, -0.004, 0.009])
def test_an_end_that_lies_on_another_street_meets_it(gap: float) -> None:
    graph = build_graph(streets_of(("LINESTRING (0 0, 100 0)",), (f"LINESTRING (50 {gap}, 50 80)",)))

    assert walk(graph, (0, 0), (50, 80)) == pytest.approx(130, abs=0.02)


@pytest.mark.parametrize("gap", [0.0004, 0.0006, 0.004, 0.009])
@pytest.mark.parametrize("x", [100.0, 100.0005, 99.9995])
def test_ends_that_nearly_meet_are_one(gap: float, x: float) -> None:
    graph = build_graph(streets_of((f"LINESTRING (0 0, {x} 0)",), (f"LINESTRING ({x + gap} 0, 200 0)",)))

    assert walk(graph, (0, 0), (200, 0)) == pytest.approx(200, abs=0.02)


def test_ends_a_step_apart_do_not_meet() -> None:
    graph = build_graph(streets_of(("LINESTRING (0 0, 100 0)",), ("LINESTRING (100.5 0, 200 0)",)))

    assert walk(graph, (0, 0), (200, 0)) == np.inf


def test_a_car_goes_with_the_direction_and_people_both_ways() -> None:
    """::

    0 --->--- 100      a ring road of two ways leads back
    |          |
    +----------+
    """
    rows = (
        ("LINESTRING (0 0, 100 0)", "local", "forward"),
        ("LINESTRING (100 0, 100 -100, 0 -100, 0 0)", "local"),
    )
    graph = build_graph(streets_of(*rows))
    speed = CAR_KMH["local"] * 1000 / 60

    assert walk(graph, (20, 0), (80, 0), Mode.CAR) == pytest.approx(60 / speed)
    assert walk(graph, (80, 0), (20, 0), Mode.CAR) == pytest.approx((20 + 300 + 20) / speed)
    assert walk(graph, (80, 0), (20, 0)) == 60
    assert walk(graph, (0, 0), (0, -100), Mode.CAR) == pytest.approx(100 / speed)


def test_backward_is_forward_of_the_line_turned_round() -> None:
    one = build_graph(streets_of(("LINESTRING (0 0, 100 0)", "local", "backward")))
    other = build_graph(streets_of(("LINESTRING (100 0, 0 0)", "local", "forward")))

    assert walk(one, (80, 0), (20, 0), Mode.CAR) == walk(other, (80, 0), (20, 0), Mode.CAR) < 1
    assert walk(one, (20, 0), (80, 0), Mode.CAR) == walk(other, (20, 0), (80, 0), Mode.CAR) == np.inf


@pytest.mark.parametrize(
    ("users", "barrier", "foot", "car"),
    [
        ("all", "", True, True),
        ("all", "bollard", True, False),
        ("all", "gate", True, False),
        ("all", "wall", False, False),
        ("foot", "", True, False),
        ("car", "", False, True),
        ("car", "wall", False, False),
    ],
)
def test_who_passes(users: str, barrier: str, foot: bool, car: bool) -> None:
    middle = ("LINESTRING (100 0, 200 0)", "local", "both", users, barrier)
    graph = build_graph(streets_of(("LINESTRING (0 0, 100 0)",), middle, ("LINESTRING (200 0, 300 0)",)))

    assert np.isfinite(walk(graph, (10, 0), (290, 0))) == foot
    assert np.isfinite(walk(graph, (10, 0), (290, 0), Mode.CAR)) == car


def test_of_two_streets_between_the_same_ends_the_shorter_counts() -> None:
    graph = build_graph(streets_of(("LINESTRING (0 0, 50 80, 100 0)",), ("LINESTRING (0 0, 100 0)",)))

    assert walk(graph, (0, 0), (100, 0)) == 100


def test_a_door_on_a_street_closed_to_cars_is_driven_to_on_the_next_one() -> None:
    alley = ("LINESTRING (0 0, 0 80)", "alley", "both", "foot")
    graph = build_graph(streets_of(("LINESTRING (-100 0, 100 0)",), alley))

    minutes = walk(graph, (-50, 0), (0, 60), Mode.CAR)

    assert minutes == pytest.approx(50 / (25_000 / 60) + 60 / 75)


# What is no street or no place --------------------------------------------------------------------------------------


def test_without_streets_nothing_is_reached() -> None:
    graph = build_graph(Streets(*(np.empty(0, dtype=object) for _ in range(5))))

    for mode in Mode:
        net = graph.net(mode)
        assert np.isinf(minutes_between(net, np.zeros(2), np.zeros((3, 2)))).all()
        assert np.isinf(minutes_to_nearest(net, np.zeros((3, 2)), np.zeros((1, 2)))).all()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_lines_that_are_none_are_left_out() -> None:
    rows = ("LINESTRING EMPTY", "MULTILINESTRING EMPTY", "LINESTRING (5 5, 5 5)", "LINESTRING Z (0 0 7, 100 0 9)")
    streets = streets_of(*((wkt,) for wkt in rows))
    streets.lines[0] = shapely.from_wkt("LINESTRING (0 NaN, 1 1)")
    streets.lines[1] = shapely.LineString([(0, 0), (1e300, 1)])

    graph = build_graph(streets)

    assert len(graph.net(Mode.FOOT).u) == 1
    assert walk(graph, (0, 0), (100, 0)) == 100


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_a_position_that_is_no_place_is_not_reached(bad: float) -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 100 0)",))).net(Mode.FOOT)

    assert np.isinf(minutes_between(net, np.array([bad, 0.0]), np.array([[50.0, 0]]))).all()
    assert minutes_between(net, np.zeros(2), np.array([[bad, 0.0], [75.0, 0]])).tolist() == [np.inf, 1.0]


def test_a_position_far_from_all_streets_is_not_reached() -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 100 0)",))).net(Mode.FOOT)
    targets = np.array([[50, SNAP_LIMIT_M - 0.1], [50, SNAP_LIMIT_M + 0.1]])

    assert np.isfinite(minutes_between(net, np.zeros(2), targets)).tolist() == [True, False]


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 100 0)",))).net(Mode.FOOT)

    with pytest.raises(ValueError, match="limit"):
        minutes_between(net, np.zeros(2), np.zeros((1, 2)), limit_min=limit)


# Against networkx ---------------------------------------------------------------------------------------------------


def assert_agrees(streets: Streets, pairs: int, seed: int) -> None:
    graph = build_graph(streets)
    starts, stops = positions(streets, pairs, seed), positions(streets, pairs, seed + 1)
    near = positions(streets, pairs, seed + 2, 5.0)
    stops[::5] = starts[::5] + (near[::5] - near[::5].round(-1))  # short ways, many of them on one edge
    for mode in Mode:
        oracle, net = Oracle(streets, mode), graph.net(mode)
        expected = np.array([oracle.minutes(a, b) for a, b in zip(starts, stops, strict=True)])
        found = np.array([minutes_between(net, a, b[None])[0] for a, b in zip(starts, stops, strict=True)])
        back = np.array([minutes_between(net, b, a[None], reverse=True)[0] for a, b in zip(starts, stops, strict=True)])

        np.testing.assert_allclose(found, expected, **EXACT)
        np.testing.assert_allclose(back, expected, **EXACT)
        assert np.isfinite(expected).any()


@pytest.mark.parametrize("seed", range(budget(6, 60)))
def test_minutes_agree_with_networkx_on_crooked_grids(seed: int) -> None:
    assert_agrees(random_streets(seed), 40, seed)


def test_minutes_agree_with_networkx_in_the_sample_city() -> None:
    assert_agrees(sample_streets(), budget(40, 1000), 5)


@needs_files
@pytest.mark.parametrize(
    ("file", "layer", "pairs"),
    [
        ("parcels/bubenec_streets_buildings.gpkg", "streets", budget(60, 1000)),
        ("parcels/cambridge_ma/street_centerlines.gpkg", None, budget(25, 1000)),
    ],
)
def test_minutes_agree_with_networkx_on_real_streets(file: str, layer: str | None, pairs: int) -> None:
    assert_agrees(real_streets(Path(REAL) / file, layer, 3), pairs, 4)


@pytest.mark.parametrize("mode", Mode)
def test_the_nearest_of_many_is_the_least_of_each(mode: Mode) -> None:
    """One search for all homes, against one search for each place."""
    for seed in range(budget(4, 40)):
        streets = random_streets(seed)
        net = build_graph(streets).net(mode)
        homes, places = positions(streets, 150, seed + 9), positions(streets, 12, seed + 3)
        places[3:5] = homes[3:5]
        places[5] = places[6]
        each = np.array([minutes_between(net, place, homes, reverse=True) for place in places])

        for limit in (None, 3.0, 0.0):
            found = minutes_to_nearest(net, homes, places, limit_min=limit)
            least = each.min(axis=0)
            cut = np.where(least <= (np.inf if limit is None else limit), least, np.inf)
            np.testing.assert_allclose(found, cut, rtol=1e-9, atol=1e-9)


# What holds of any distance -----------------------------------------------------------------------------------------


def table(net: object, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([minutes_between(net, point, points) for point in points])  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(budget(4, 40)))
def test_ways_are_a_distance(seed: int) -> None:
    streets = random_streets(100 + seed)
    graph = build_graph(streets)
    points = positions(streets, 40, seed)
    foot, car = (table(graph.net(mode), points) for mode in Mode)
    off = graph.net(Mode.FOOT).snap(points).off_m / 75

    np.testing.assert_allclose(foot, foot.T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.diag(foot), 2 * off, atol=1e-9)
    for ways in (foot, car):
        through = (ways[:, :, None] + ways[None, :, :]).min(axis=1)
        assert (ways <= through + 1e-9).all()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("detour", [0.0, 0.2, 1.0, 2.0])
def test_looking_near_first_finds_the_same(mode: Mode, detour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(budget(3, 30)):
        streets = random_streets(seed)
        net = build_graph(streets).net(mode)
        points = positions(streets, 60, seed)
        points[7] = (np.nan, 0)
        with monkeypatch.context() as patch:
            full = [minutes_between(net, point, points) for point in points[:10]]
            cut = [minutes_between(net, point, points, limit_min=4, reverse=True) for point in points[:10]]
            patch.setattr(paths, "SMALL", 0)
            patch.setattr(paths, "DETOUR", detour)
            patch.setattr(paths, "SPARE_M", 10.0)
            near = [minutes_between(net, point, points) for point in points[:10]]
            few = [minutes_between(net, points[0], points[k : k + 1])[0] for k in range(60)]
            near_cut = [minutes_between(net, point, points, limit_min=4, reverse=True) for point in points[:10]]

        np.testing.assert_allclose(near, full, rtol=1e-12)
        np.testing.assert_allclose(few, full[0], rtol=1e-12)
        np.testing.assert_allclose(near_cut, cut, rtol=1e-12)


@pytest.mark.parametrize("mode", Mode)
def test_a_limit_leaves_out_what_is_farther_and_nothing_else(mode: Mode) -> None:
    streets = random_streets(7)
    net = build_graph(streets).net(mode)
    points = positions(streets, 300, 1)
    full = minutes_between(net, points[1], points)

    for limit in (0.0, 0.5, 1.0, 2.7, 8.0):
        found = minutes_between(net, points[1], points, limit_min=limit)
        np.testing.assert_array_equal(found, np.where(full <= limit, full, np.inf))


def test_a_street_more_never_makes_a_walk_longer() -> None:
    for seed in range(budget(3, 30)):
        streets = random_streets(seed)
        points = positions(streets, 60, seed, 0.0)  # on streets: where one snaps to does not change
        fewer = Streets(*(column[::2] for column in vars(streets).values()))
        net, less = build_graph(streets).net(Mode.FOOT), build_graph(fewer).net(Mode.FOOT)
        on_both = less.snap(points).off_m < 1e-9
        points = points[on_both & (net.snap(points).off_m < 1e-9)]

        for point in points[:20]:
            assert (minutes_between(net, point, points) <= minutes_between(less, point, points) + 1e-9).all()
