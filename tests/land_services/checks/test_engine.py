"""The engine: every check runs, nothing raises, and what could not be checked is never fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.errors import GEOSException
from shapely.geometry import Point, Polygon

from land_services.checks.engine import in_order, is_fit, run_checks
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, Finding, Rules
from land_services.geometry.errors import PartTooThin
from land_services.services.subdivision import SERVICE
from tests.budget import budget
from tests.fabric import at, block, halves, inputs, rules

BLOCK = block()


def fails_in_geometry(inputs: Any, facts: Facts, rules: Rules) -> Iterable[Finding]:
    yield Finding("SUB-09", "warning")
    raise PartTooThin("too thin", Point(1, 1))


def fails_in_geos(inputs: Any, facts: Facts, rules: Rules) -> Iterable[Finding]:
    raise GEOSException("side location conflict")


def says_one_thing(inputs: Any, facts: Facts, rules: Rules) -> Iterable[Finding]:
    yield Finding("SUB-01", "error")


def has_a_bug(inputs: Any, facts: Facts, rules: Rules) -> Iterable[Finding]:
    raise AttributeError("a bug of ours")


def run(*checks: Any) -> tuple[Finding, ...]:
    return run_checks(replace(SERVICE, checks=checks), inputs(BLOCK), BLOCK.facts("2"), rules())


def test_a_check_that_fails_in_geometry_becomes_a_finding_and_the_others_still_run() -> None:
    found = run(fails_in_geometry, fails_in_geos, says_one_thing)
    assert [f.rule for f in found] == ["LND-90", "LND-90", "SUB-01", "SUB-09"]
    assert not is_fit(found)
    assert found[0].params["check"] == "fails_in_geometry" and found[0].where == Point(1, 1)


def test_a_bug_of_ours_is_not_dressed_as_a_fault_of_the_file() -> None:
    with pytest.raises(AttributeError):
        run(has_a_bug)


def test_findings_are_ordered_by_severity_then_rule_and_keep_their_order_within() -> None:
    found = in_order(
        [
            Finding("B", "info"),
            Finding("B", "error", {"n": 1}),
            Finding("A", "warning"),
            Finding("B", "error", {"n": 2}),
        ]
    )
    assert [(f.severity, f.rule, f.params.get("n")) for f in found] == [
        ("error", "B", 1), ("error", "B", 2), ("warning", "A", None), ("info", "B", None),
    ]  # fmt: skip


def test_work_is_remembered_for_the_same_values_only() -> None:
    calls: list[int] = []

    @once_per_run
    def work(one: list[int], other: list[int]) -> int:
        calls.append(1)
        return sum(one) + sum(other)

    a, b, same_as_a = [1], [2], [1]
    assert (work(a, b), work(a, b), work(same_as_a, b)) == (3, 3, 3)
    assert len(calls) == 2


COORDINATE = st.sampled_from([0.0, 30.0, 45.0, 60.0, 40.0, 45.0005, 45.02, -3.0, 1e6]) | st.floats(25, 65, width=32)
RINGS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=0, max_size=8)


@given(rings=st.lists(RINGS, min_size=0, max_size=4), outer=st.none() | RINGS)
@settings(max_examples=budget(150, 20_000), deadline=None)
def test_no_drawing_however_broken_makes_the_checks_raise(
    rings: list[list[tuple[float, float]]], outer: list[tuple[float, float]] | None
) -> None:
    given = inputs(BLOCK)
    parts = tuple(replace(given.survey.parts[0], number=str(i), geometry=polygon(ring)) for i, ring in enumerate(rings))
    around = None if outer is None else replace(given.survey.parts[0], number="", geometry=polygon(outer))
    drawn = replace(given, survey=replace(given.survey, parts=parts, outer=around))
    for finding in run_checks(SERVICE, drawn, BLOCK.facts("2"), rules()):
        assert finding.source is not None
        assert finding.where is None or not finding.where.is_empty


def polygon(ring: list[tuple[float, float]]) -> Polygon:
    return Polygon([at(x, y) for x, y in ring]) if len(ring) >= 3 else Polygon()


NOISE = st.floats(-0.04, 0.04)


@given(noise=st.lists(NOISE, min_size=16, max_size=16), cut=st.floats(41.0, 49.0))
@settings(max_examples=budget(80, 5000), deadline=None)
def test_a_drawing_within_the_tolerance_is_fit_wherever_its_corners_lie(noise: list[float], cut: float) -> None:
    steps = iter(noise)

    parts = []
    for number, shape in halves(cut):
        coords = shapely.get_coordinates(shape)
        coords[:-1] += [[next(steps), next(steps)] for _ in range(4)]
        coords[-1] = coords[0]
        parts.append((number, Polygon(coords)))
    found = run_checks(SERVICE, inputs(BLOCK, *parts), BLOCK.facts("2"), rules())
    assert is_fit(found), [(f.rule, f.variant, dict(f.params)) for f in found]
