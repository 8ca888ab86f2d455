"""Any plan of any large city is a coverage: plans drawn here and there, without the plans around them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import shapely
from shapely.geometry import Polygon

from gisportal.sample.chance import chance
from gisportal.sample.fabric import PlanLand, draw
from gisportal.sample.lattice import Lattice
from tests.budget import budget
from tests.gisportal.sample.cities import area2, polygon

SEEDS = (1448, 5, 77, 2026)
PLANS = budget(60, 3000) // len(SEEDS)

LEAN_PLANS = (16, 32, 62, 236, 242, 267, 618, 624, 813, 1087, 1990, 2754)
"""Plans of ``generate(1_000_000, 1448)`` that once were faulty: streets that spread beyond the plan's side on arcs,
lots across the strip beside a leaning side, steps of lots that added up along an arc, halves a finger from a corner.
"""


def city_of_a_million(seed: int) -> Lattice:
    return Lattice(1_000_000, seed, 32639)


def is_on_arcs(seed: int, i: int, j: int) -> bool:
    """As ``draw`` decides: one plan in five lies on arcs, and those are the tight ones."""
    return chance(seed, "plan", i, j).random() < 0.22


def some_plans(seed: int) -> Iterator[PlanLand]:
    """Plans at random; every other one on arcs."""
    lattice, rng = city_of_a_million(seed), Random(seed)
    for k in range(PLANS):
        i, j = rng.randrange(lattice.columns), rng.randrange(lattice.rows)
        while k % 2 and not is_on_arcs(seed, i, j):
            i, j = rng.randrange(lattice.columns), rng.randrange(lattice.rows)
        yield draw(lattice, i, j, j * lattice.columns + i)


def assert_is_a_coverage(land: PlanLand, lattice: Lattice) -> None:
    lots = [lot for lot in land.lots if lot.kind != "alley"]  # an alley is a street, too
    outlines = [lot.rings for lot in lots]
    outlines += [area for street in land.streets for area in street.right_of_way]
    pieces = list(map(polygon, outlines))
    assert all(shapely.is_valid(pieces))
    assert shapely.coverage_is_valid(pieces, gap_width=0.01)
    assert sum(map(area2, outlines)) == area2(land.outline)
    assert shapely.minimum_clearance(pieces).min() > 0.05
    assert Polygon(lattice.mesh_corners(*land.mesh)).buffer(0.002).covers(polygon(land.outline))
    parts = [polygon(outline) for outline in land.blocks], [polygon(outline) for _, outline in land.zones]
    for group in parts:
        assert all(shapely.is_valid(group))
        assert shapely.coverage_is_valid(group, gap_width=0.01)
    slivers = [lot.tag for lot, piece in zip(lots, pieces, strict=False) if piece.buffer(-2.0).is_empty]
    assert set(slivers) <= {"remnant", "room"}


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_of_a_large_city_are_coverages(seed: int) -> None:
    lattice, on_arcs = city_of_a_million(seed), 0
    for land in some_plans(seed):
        assert_is_a_coverage(land, lattice)
        on_arcs += land.is_curved
    assert on_arcs > PLANS / 3


@pytest.mark.parametrize("index", LEAN_PLANS)
def test_plans_that_once_overlapped_do_not(index: int) -> None:
    lattice = city_of_a_million(1448)
    assert_is_a_coverage(draw(lattice, index % lattice.columns, index // lattice.columns, index), lattice)
