"""The demonstration's survey: the proper drawing divides the lot exactly, the first attempt has the faults it names."""

from __future__ import annotations

from itertools import pairwise

import pytest
import shapely

from gisportal.sample.city import generate
from gisportal.sample.survey import Drawing, demo_subdivision
from tests.budget import budget
from tests.gisportal.sample.cities import area2, city, polygon

SEEDS = range(1, budget(4, 60))


def shapes(drawing: Drawing) -> list[shapely.Polygon]:
    return [polygon((part.ring,)) for part in drawing.parts]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_proper_drawing_tiles_the_lot(seed: int) -> None:
    survey = demo_subdivision(city(1700, seed))
    parts, lot = shapes(survey.proper), polygon(survey.parcel.rings)
    assert [p.number for p in survey.proper.parts] == ["1", "2", "3", "4"]
    assert set(survey.proper.outer) == set(survey.parcel.rings[0])
    assert shapely.coverage_is_valid(parts, gap_width=0.01)
    assert all(p.is_valid and abs(p.area - 450.0) < 0.1 for p in parts)
    union = shapely.coverage_union_all(parts)
    assert union.hausdorff_distance(lot) < 0.001
    assert set(survey.parcel.rings[0]) <= {p for part in survey.proper.parts for p in part.ring}
    for part in survey.proper.parts:
        assert abs(float(part.area_m2) - area2((part.ring,)) / 2e6) <= 0.005 + 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_each_part_has_15_metres_on_the_street(seed: int) -> None:
    sample = city(1700, seed)
    survey = demo_subdivision(sample)
    streets = [polygon(a) for s in sample.streets if s.width_m >= 20 for a in s.right_of_way]
    for part in shapes(survey.proper):
        contact = max(part.exterior.intersection(street.exterior.buffer(0.002)).length for street in streets)
        assert abs(contact - 15.0) < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_attempt_has_the_three_faults_it_names(seed: int) -> None:
    survey = demo_subdivision(city(1700, seed))
    first, second, third, fourth = shapes(survey.first_attempt)
    lot = polygon(survey.parcel.rings)
    sides = [shapely.LineString(side).length for side in pairwise(first.exterior.coords)]
    assert min(abs(length - 9.41) for length in sides) < 0.002
    outside = second.difference(lot)
    assert abs(outside.area - 19.795 * 0.16) < 0.05
    deepest = max(lot.distance(shapely.Point(c)) for c in second.exterior.coords)
    assert abs(deepest - 0.16) < 0.002
    behind = [p for p in city(1700, seed).parcels if polygon(p.rings).intersection(second).area > 0.3]
    assert len(behind) >= 2
    assert abs(fourth.area - 165.0) < 0.1
    assert all(s.is_valid for s in (first, second, third, fourth))
    assert len(survey.faults) == 3
    assert third.intersection(fourth).area < 0.05


def test_a_city_too_small_for_the_lot_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="clean_wide"):
        demo_subdivision(generate(3, 1))
