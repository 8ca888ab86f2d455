"""Geometry that broke other programs: the kernel answers, or refuses by a named error; it never falls over."""

from __future__ import annotations

import gzip
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyogrio import read_dataframe
from shapely.geometry import LineString, MultiPolygon, Polygon

from land_services.geometry.areas_split import split_equal
from land_services.geometry.coverage import coverage_faults
from land_services.geometry.drawn import split_by_parts
from land_services.geometry.errors import GeometryError
from land_services.geometry.measure import area_mm2_twice, width_m
from land_services.geometry.merge import merge
from land_services.geometry.sides import sides
from land_services.geometry.snap import to_grid
from land_services.geometry.split import split_by_lines
from land_services.precision import overlap_limit_m2
from tests.budget import budget

Land = Polygon | MultiPolygon
MOST_VERTICES = budget(400, 1500)
PER_FILE = budget(3, 12)
SECONDS = budget(25, 600)


def answer(call: Callable[[], Any]) -> str:
    """Return "result" or the name of the kernel's refusal; any other exception is a failure of the test."""
    try:
        call()
    except GeometryError as refused:
        return refused.kind
    return "result"


def attempts(land: Any) -> Iterator[Callable[[], Any]]:
    """Everything that a service may ask of one parcel."""
    west, south, east, north = land.bounds
    middle = (west + east) / 2, (south + north) / 2
    across = LineString([(west - 1, middle[1]), (east + 1, middle[1])])
    corner = shapely.get_coordinates(land)[0]
    yield lambda: split_by_lines(land, [across])
    yield lambda: split_by_lines(land, [across, LineString([corner, (east, north)])])
    yield lambda: split_equal(land, 2, 0)
    yield lambda: width_m(land)
    yield lambda: area_mm2_twice(land)
    yield lambda: sides(land)
    yield lambda: coverage_faults([land, shapely.box(west, south, east, north)])
    if not land.is_valid:
        yield lambda: split_by_parts(land, [land])
        yield lambda: merge([land, shapely.box(east, south, east + 10, north)])
        return
    halves = [shapely.intersection(land, shapely.box(west, south, east, middle[1]))]
    halves.append(shapely.difference(land, halves[0]))
    yield lambda: split_by_parts(land, [p for half in halves for p in shapely.get_parts(half)])
    yield lambda: merge([land, shapely.box(east, south, east + 10, north)])


def outlines(path: Path) -> Iterator[Land]:
    """Yield the polygons of a test file of JTS or GEOS: WKT or hexadecimal WKB between ``a`` and ``b`` tags."""
    for text in re.findall(r"<[ab]>\s*(.*?)\s*</[ab]>", path.read_text(errors="replace"), re.DOTALL):
        plain = " ".join(text.split())
        try:
            whole = shapely.from_wkb(plain) if re.fullmatch(r"[0-9A-Fa-f ]+", plain) else shapely.from_wkt(plain)
        except shapely.errors.ShapelyError:
            continue  # cases that are no geometry by intention
        for part in shapely.get_parts(whole):
            if isinstance(part, Polygon) and not part.is_empty and len(shapely.get_coordinates(part)) < MOST_VERTICES:
                yield part


def hard_files(real_data: Path) -> list[Path]:
    return sorted((real_data / "hard_geometry").glob("*s*/**/*.xml"))


@pytest.mark.filterwarnings("error::RuntimeWarning")  # an overflow is a wrong answer, not a result
def test_the_cases_of_jts_and_geos_end_in_a_result_or_a_named_error(real_data: Path) -> None:
    seen: Counter[str] = Counter()
    files = hard_files(real_data)
    assert len(files) > 40
    # In turns, the first outline of each file, then the second: a slow machine drops the last turns, not whole files.
    turns = itertools.zip_longest(*(itertools.islice(outlines(path), PER_FILE) for path in files))
    end = time.monotonic() + SECONDS
    for turn in turns:
        for land in filter(None, turn):
            if time.monotonic() > end:
                break
            fitted: list[Land] = []
            seen[answer(lambda: fitted.append(to_grid(land)))] += 1  # noqa: B023  called at once
            # Outlines that the register would refuse are asked about too: the refusal must have a name.
            for attempt in attempts(fitted[0] if fitted else land):
                seen[answer(attempt)] += 1

    assert seen["result"] > 300, seen
    assert seen["InvalidOutline"] + seen["NotOnGrid"] > 0, seen


def test_a_ring_that_touches_itself_is_handled(real_data: Path) -> None:
    text = gzip.decompress((real_data / "hard_geometry/interlis-valid-ogc-valid-geometry.txt.gz").read_bytes())
    land = shapely.from_wkt(text.decode().strip())
    seen: Counter[str] = Counter()
    for part in (land, *shapely.get_parts(land)):
        fitted: list[Land] = []
        seen[answer(lambda: fitted.append(to_grid(part)))] += 1  # noqa: B023  called at once
        for attempt in attempts(fitted[0]) if fitted else ():
            seen[answer(attempt)] += 1

    assert seen["result"] > 4, seen


def layer(real_data: Path, file: str, name: str) -> list[Land]:
    frame = read_dataframe(real_data / "hard_geometry/ladm_col" / file, layer=name)
    return [part for whole in frame.geometry for part in shapely.get_parts(whole)]


def overlapping(land: list[Land]) -> set[tuple[int, int]]:
    """Pairs that share more land than rounding explains, by looking at every pair."""
    pairs = set()
    for (i, a), (j, b) in itertools.combinations(enumerate(land), 2):
        common = shapely.intersection(a, b)
        if common.area > overlap_limit_m2(common.length / 2):
            pairs.add((i, j))
    return pairs


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("geometry_utils.gpkg", "overlapping_polygons"),
        *(("topology_cases.gpkg", f"polygon_case{n}") for n in range(1, 8)),
    ],
)
def test_every_overlap_of_the_cadastral_cases_is_found_with_its_place(real_data: Path, file: str, name: str) -> None:
    land = [to_grid(outline) for outline in layer(real_data, file, name) if outline.is_valid]

    faults = coverage_faults(land)

    found = {fault.members: fault.where for fault in faults if fault.kind == "overlap"}
    assert set(found) == overlapping(land)
    for (i, j), where in found.items():
        assert shapely.symmetric_difference(where, shapely.intersection(land[i], land[j])).area < 1e-9


def test_an_invalid_outline_of_the_cases_is_named(real_data: Path) -> None:
    frame = read_dataframe(real_data / "hard_geometry/ladm_col/geometry_utils.gpkg", layer="overlapping_polygons")
    broken = [whole for whole in frame.geometry if not whole.is_valid]

    assert broken
    assert {fault.kind for fault in coverage_faults(broken)} == {"invalid"}
    assert answer(lambda: split_by_lines(broken[0], [LineString([(0, 0), (1, 1)])])) in ("InvalidOutline", "NotOnGrid")
