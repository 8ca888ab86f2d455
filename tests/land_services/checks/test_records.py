"""The boundary as the register keeps it: true arcs, faces, corners with the surveyor's numbers and coordinates."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from shapely.geometry import Polygon

from land_services.checks.engine import is_fit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import CreateSpatialUnit, SurveyPart, SurveyPoint, SurveySide
from land_services.geometry.arcs import arc_through, densify
from land_services.services.subdivision import SERVICE, plan
from tests.fabric import at, block, halves, inputs, rules, survey

BLOCK = block()
FACTS = BLOCK.facts("2")


def arc_parts() -> tuple[SurveyPart, SurveyPart]:
    """Return lot 2 cut by an arc from street to back that bows 2 m to the east.

    ::

        +-----(--+
        |  1   \\ |
        |      | 2
        |  1   / |
        +-----(--+
    """
    start, middle, end = at(45, 0), at(47, 20), at(45, 40)
    arc = arc_through(start, middle, end)
    chords = [tuple(point) for point in densify(arc, start, end)]
    back = replace(arc, sense="cw" if arc.sense == "ccw" else "ccw")
    one = Polygon([at(30, 0), *chords, at(30, 40)])
    two = Polygon([at(60, 0), at(60, 40), *chords[::-1]])
    return (
        SurveyPart("1", one, (side(at(30, 0), start), SurveySide(start, end, arc), side(end, at(30, 40)))),
        SurveyPart("2", two, (SurveySide(end, start, back), side(start, at(60, 0)))),
    )


def side(start: tuple[float, float], end: tuple[float, float]) -> SurveySide:
    return SurveySide(start, end)


def test_a_true_arc_is_kept_as_one_side_in_both_parts_with_its_own_length() -> None:
    filed = inputs(BLOCK, survey=survey(parts=arc_parts()))
    assert is_fit(run_checks(SERVICE, filed, FACTS, rules()))
    changes = plan(filed, FACTS, rules())
    assert_invariants(changes, FACTS)
    radius = (20**2 + 2**2) / (2 * 2)
    length = 2 * radius * math.asin(20 / radius)
    for unit in changes.of(CreateSpatialUnit):
        arcs = [one for one in unit.sides if one.arc is not None]
        assert len(arcs) == 1 and len(unit.sides) == 4
        assert arcs[0].arc is not None and arcs[0].arc.radius_m == pytest.approx(radius, abs=0.01)
        assert arcs[0].length_m == pytest.approx(length, abs=0.002)


def test_the_two_parts_go_round_the_same_arc_in_opposite_senses() -> None:
    changes = plan(inputs(BLOCK, survey=survey(parts=arc_parts())), FACTS, rules())
    senses = [s.arc.sense for unit in changes.of(CreateSpatialUnit) for s in unit.sides if s.arc is not None]
    assert sorted(senses) == ["ccw", "cw"]


def test_an_arc_that_the_registered_outline_does_not_have_is_not_claimed() -> None:
    one, two = halves()
    bowed = arc_through(at(30, 40), at(29.95, 20), at(30, 0))
    part = SurveyPart("1", one[1], (SurveySide(at(30, 40), at(30, 0), bowed),))
    changes = plan(inputs(BLOCK, survey=survey(parts=(part, SurveyPart("2", two[1])))), FACTS, rules())
    assert all(s.arc is None for unit in changes.of(CreateSpatialUnit) for s in unit.sides)


def test_a_surveyors_point_numbers_are_the_corners_numbers_in_every_part() -> None:
    points = tuple(
        SurveyPoint(number, *at(x, y))
        for number, x, y in (("P101", 30, 0), ("P102", 45, 0), ("P103", 60, 0), ("1", 45, 40))
    )
    changes = plan(inputs(BLOCK, survey=survey(*halves(), points=points)), FACTS, rules())
    given = {(c.x, c.y): c.number for unit in changes.of(CreateSpatialUnit) for c in unit.corners}
    assert (given[at(30, 0)], given[at(45, 0)], given[at(60, 0)], given[at(45, 40)]) == ("P101", "P102", "P103", "1")
    assert len(set(given.values())) == len(given) == 6


def test_one_number_on_two_corners_is_given_once_and_the_other_corner_gets_a_free_one() -> None:
    points = tuple(SurveyPoint("7", *at(x, y)) for x, y in ((30, 0), (45, 0)))
    changes = plan(inputs(BLOCK, survey=survey(*halves(), points=points)), FACTS, rules())
    given = {(c.x, c.y): c.number for unit in changes.of(CreateSpatialUnit) for c in unit.corners}
    assert len(set(given.values())) == 6


def test_sides_lie_end_to_end_and_their_lengths_sum_to_the_outline() -> None:
    for unit in plan(inputs(BLOCK), FACTS, rules()).of(CreateSpatialUnit):
        for one, following in zip(unit.sides, (*unit.sides[1:], unit.sides[0]), strict=True):
            assert one.end == following.start
        assert sum(s.length_m for s in unit.sides) == pytest.approx(unit.geometry.exterior.length)
