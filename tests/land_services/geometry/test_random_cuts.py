"""Random cuts of random and real parcels: exact, no new fault of the coverage, or refused with a named error.

The full number is for the soak; the counts by kind are printed (``pytest -s``).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon

from land_services.geometry.balance import add_chains, chain
from land_services.geometry.coverage import Fault, coverage_faults, new_faults
from land_services.geometry.errors import CutMissesParcel, CutTouchesOnly, GeometryError
from land_services.geometry.measure import area_mm2_twice, width_m
from land_services.geometry.split import SplitResult, split_by_lines
from land_services.precision import COVERAGE_WIDTH_M, GRID_M
from tests.budget import budget

from .parcels import cases

CUTS = budget(800, 10_000)
WIDE_M = 0.1


def geos_alarms(polygons: Sequence[Polygon]) -> list[LineString]:
    """Return the edges that GEOS calls invalid."""
    return [line for line in shapely.coverage_invalid_edges(list(polygons), gap_width=COVERAGE_WIDTH_M) if line.length]


def pieces_by_shapely(parent: Polygon, cut: LineString) -> list[Polygon]:
    """Return what shapely, without any grid, makes of a cut: the oracle."""
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union(parent.boundary, cut))]))
    return [face for face in faces if parent.contains(face.point_on_surface())]


def assert_exact(parent: Polygon, neighbours: Sequence[Polygon], cut: LineString, result: SplitResult) -> None:
    """Check a split by means of its own: integers, shapely's areas, the coverage of parts and neighbours."""
    assert sum(area_mm2_twice(part) for part in result.parts) == area_mm2_twice(result.noded_parent)
    assert add_chains(chain(part) for part in result.parts) == chain(result.noded_parent)
    assert result.noded_parent.hausdorff_distance(parent) < GRID_M
    assert all(part.is_valid and part.is_simple for part in result.parts)
    after = [*result.parts, *(result.amended.get(i, land) for i, land in enumerate(neighbours))]
    faults: list[Fault] = new_faults([parent, *neighbours], after)
    assert not faults, faults
    assert_same_pieces(result.parts, pieces_by_shapely(parent, cut), reach_m2(parent, cut))


def reach_m2(parent: Polygon, cut: LineString) -> float:
    """Return how much land rounding and leading a cut through corners may move from one part to another."""
    return (parent.length + cut.intersection(parent).length) * 2 * COVERAGE_WIDTH_M


def assert_same_pieces(parts: Sequence[Polygon], oracle: Sequence[Polygon], reach: float) -> None:
    """Check that every part is land of one piece of the oracle, and every piece the land of its parts.

    A cut that passes a corner nearer than a coverage can hold goes through the corner, so a piece of the oracle may
    be several parts; but only where nothing wider than that joins them.
    """
    shared = shapely.area(shapely.intersection(np.array(parts)[:, None], np.array(oracle)[None, :]))
    assert np.all(shapely.area(parts) - shared.max(axis=1) <= reach)
    home = shared.argmax(axis=1)
    for index, piece in enumerate(oracle):
        own = np.flatnonzero(home == index)
        assert abs(piece.area - sum(parts[i].area for i in own)) <= reach
        if len(own) > 1:
            cores = shapely.get_parts(piece.buffer(-COVERAGE_WIDTH_M / 2 - GRID_M, join_style="mitre"))
            for core in cores:
                inside = shapely.area(shapely.intersection(core, [parts[i] for i in own]))
                assert inside.max() >= core.area - reach / 2, "the kernel cut where the line does not run"
                assert np.sort(inside)[:-1].sum() <= core.length * 2 * GRID_M


@pytest.mark.parametrize("source", ["random", "epinay", "cambridge"])
def test_random_cuts_leave_no_new_fault_or_are_refused_by_name(
    source: str, record_property: Callable[[str, object], None]
) -> None:
    kinds: Counter[str] = Counter()
    alarms, seconds = 0, 0.0
    for parent, neighbours, cut in cases(source, CUTS // 3 + 1, seed=20260722):
        start = time.perf_counter()
        try:
            result = split_by_lines(parent, [cut], neighbours)
        except GeometryError as error:
            seconds += time.perf_counter() - start
            kinds[error.kind] += 1
            if not isinstance(error, CutMissesParcel):
                assert error.where is not None
            if not isinstance(error, CutMissesParcel | CutTouchesOnly):
                widths = [width_m(piece) for piece in pieces_by_shapely(parent, cut)]
                assert min(widths) <= WIDE_M, (error, parent.wkt, cut.wkt)
            else:
                assert (
                    len(pieces_by_shapely(parent, cut)) <= 1
                    or min(width_m(piece) for piece in pieces_by_shapely(parent, cut)) <= 2 * GRID_M
                )
            continue
        seconds += time.perf_counter() - start
        kinds["split"] += 1
        assert_exact(parent, neighbours, cut, result)
        alarms += bool(geos_alarms(result.parts)) and not coverage_faults(result.parts)
    record_property("counts", dict(kinds))
    spent = f"{seconds / sum(kinds.values()) * 1000:.1f} ms each, disproved GEOS alarms {alarms}"
    sys.stdout.write(f"\n{source}: {dict(kinds)}, {spent}\n")
    assert kinds["split"] > 0.6 * sum(kinds.values())
