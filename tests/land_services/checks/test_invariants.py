"""What holds for every change set: kept over random cuts, and noticed when broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon
from shapely.ops import split

from land_services.changesets import from_json, to_json
from land_services.checks.engine import NotFit, is_fit, run_checks
from land_services.checks.invariants import InvariantBroken, assert_invariants, broken_invariants
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    CreateSpatialUnit,
    Facts,
    ReleaseLand,
    RetireSpatialUnit,
    RightFact,
    TransferRight,
)
from land_services.geometry.measure import area_mm2_twice
from land_services.services.subdivision import SERVICE, plan
from tests.budget import budget
from tests.fabric import at, block, inputs, rectangle, rules

BLOCK = block()
FACTS = BLOCK.facts("2")
ANYTHING = rules(min_lot_area_m2=0.0, min_frontage_m=0.0, min_width_m=0.0, street_access_required=False)
ALONG = st.floats(0, 140)


def on_outline(distance: float) -> tuple[float, float]:
    """Return the point of lot 2's outline at a distance from its south-west corner."""
    point = rectangle(30, 0, 60, 40).exterior.interpolate(distance)
    return (point.x, point.y)


def cut(shapes: list[Polygon], line: LineString) -> list[Polygon]:
    return [piece for shape in shapes for piece in split(shape, line).geoms if isinstance(piece, Polygon)]


@given(cuts=st.lists(st.tuples(ALONG, ALONG), min_size=1, max_size=4))
@example(cuts=[(0.0, 96.12083046807109), (85.0, 138.75), (0.0, 96.12083046807109)])  # a part as narrow as the tolerance
@settings(max_examples=budget(80, 10_000), deadline=None)
def test_random_cuts_of_a_lot_keep_every_invariant_or_are_refused_by_name(cuts: list[tuple[float, float]]) -> None:
    shapes = [rectangle(30, 0, 60, 40)]
    for start, end in cuts:
        line = LineString([on_outline(start), on_outline(end)])
        assume(line.length > 1)
        shapes = cut(shapes, shapely.affinity.scale(line, 1.01, 1.01))
    assume(len(shapes) > 1)
    filed = inputs(BLOCK, *((str(number), shape) for number, shape in enumerate(shapes, 1)))
    findings = run_checks(SERVICE, filed, FACTS, ANYTHING)
    thin = any(shape.buffer(-0.05).is_empty for shape in shapes)
    if not is_fit(findings):
        short = any(finding.rule == "LND-25" for finding in findings)
        assert thin or short, [(f.rule, f.variant, dict(f.params)) for f in findings]
        return
    changes = plan(filed, FACTS, ANYTHING)
    assert_invariants(changes, FACTS)
    assert from_json(to_json(changes)) == changes
    created = changes.of(CreateSpatialUnit)
    noded = sum(area_mm2_twice(unit.geometry) for unit in created)
    amended = sum(area_mm2_twice(op.geometry) for op in changes.of(AmendBoundary))
    before = {lot.uid: area_mm2_twice(lot.geometry) for lot in BLOCK.lots.values()}
    moved = noded + amended - before[BLOCK.lots["2"].uid] - sum(before[op.uid] for op in changes.of(AmendBoundary))
    assert moved == 0, "what a rounded vertex gives the neighbour it takes from the parts"
    assert sum(unit.surveyed_area_m2 for unit in created) == Decimal("1200.00")


def test_what_cannot_be_planned_is_refused_and_not_planned_wrongly() -> None:
    with pytest.raises(NotFit):
        plan(inputs(BLOCK, ("1", rectangle(30, 0, 40, 40)), ("2", rectangle(50, 0, 60, 40))), FACTS, ANYTHING)


GOOD = plan(inputs(BLOCK), FACTS, rules())


def without(kind: type[Any]) -> ChangeSet:
    return replace(GOOD, operations=tuple(op for op in GOOD.operations if not isinstance(op, kind)))


def with_unit(**changes: Any) -> ChangeSet:
    operations = list(GOOD.operations)
    index = next(i for i, op in enumerate(operations) if isinstance(op, CreateSpatialUnit))
    operations[index] = replace(operations[index], **changes)
    return replace(GOOD, operations=tuple(operations))


def plus(operation: Any) -> ChangeSet:
    return replace(GOOD, operations=(*GOOD.operations, operation))


def stale() -> ChangeSet:
    retire = RetireSpatialUnit(BLOCK.lots["2"].uid, 999)
    return replace(GOOD, operations=(retire, *without(RetireSpatialUnit).operations))


BROKEN: dict[str, tuple[Callable[[], ChangeSet], str]] = {
    "a part a millimetre wider": (lambda: with_unit(geometry=rectangle(30, 0, 45.001, 40)), "does not balance"),
    "a part too short": (lambda: with_unit(geometry=rectangle(30, 0, 45, 39)), "does not balance"),
    "nothing retired": (lambda: without(RetireSpatialUnit), "does not balance"),
    "the neighbour not amended": (lambda: without(AmendBoundary), "new faults"),
    "no source": (lambda: without(AttachSource), "has no source"),
    "the title left behind": (lambda: without(TransferRight), "keeps a retired parcel"),
    "another version": (stale, "touched at version 999"),
    "a parcel out of sight": (lambda: plus(RetireSpatialUnit("elsewhere", 1)), "not listed"),
    "a neighbour retired": (
        lambda: plus(RetireSpatialUnit(BLOCK.lots["3"].uid, BLOCK.lots["3"].version)), "not asked for",
    ),
    "a unit that exists": (lambda: with_unit(uid=BLOCK.lots["3"].uid), "created although it exists"),
    "a parent that lives on": (lambda: with_unit(parents=(BLOCK.lots["3"].uid,)), "parent that is not retired"),
    "areas that do not sum": (lambda: with_unit(surveyed_area_m2=Decimal("600.01")), "do not sum"),
    "land released twice": (lambda: plus(ReleaseLand(rectangle(30, 0, 31, 1), "street", "s")), "does not balance"),
    "land released without a source": (
        lambda: plus(ReleaseLand(rectangle(30, 0, 31, 1), "street", "")), "without a source",
    ),
    "a title passed to strangers": (lambda: plus(TransferRight(1, ("a",), ("b",))), "does not touch"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_change_set_is_noticed(fault: str) -> None:
    make, words = BROKEN[fault]
    with pytest.raises(InvariantBroken, match=words):
        assert_invariants(make(), FACTS)


def test_shares_that_do_not_sum_are_noticed() -> None:
    title = replace(BLOCK.titles["2"], rights=(RightFact(1, "ownership", 1, Fraction(2, 3)),))
    facts: Facts = replace(FACTS, titles=(title,))
    assert "sum to 2/3" in "; ".join(broken_invariants(GOOD, facts))


def test_the_good_change_set_breaks_nothing() -> None:
    assert broken_invariants(GOOD, FACTS) == ()
    assert at(45, 40) == (411_045.0, 2_923_040.0)
