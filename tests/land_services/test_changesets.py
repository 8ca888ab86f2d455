"""Change sets through JSON and back: the same, whatever is in them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

from land_services.changesets import ChangeSetError, digest, from_json, is_same_change, to_json
from land_services.domain import (
    AcquireLand,
    AmendBoundary,
    Arc,
    AttachSource,
    BoundaryCorner,
    BoundarySide,
    CarryRestriction,
    ChangeSet,
    CreateSpatialUnit,
    CreateTitle,
    EndTitle,
    PendDeed,
    ReleaseLand,
    RetireSpatialUnit,
    Rules,
    ShowLand,
    TakenRestriction,
    TitleShare,
    TransferRight,
)
from land_services.rules import load_rules
from land_services.services.subdivision import plan
from tests.budget import budget
from tests.fabric import FILED_ON, block, halves, inputs

MM = st.integers(-20_000_000_000, 20_000_000_000)
TEXT = st.text(max_size=20)
UID = st.uuids().map(str)
FLOAT = st.floats(allow_nan=False, allow_infinity=False, width=64)
POINT = st.tuples(FLOAT, FLOAT)
AREA = st.none() | st.decimals(0, 10**9, places=2, allow_nan=False)
FACE = st.sampled_from(["N", "E", "S", "W"])


@st.composite
def boxes(draw: st.DrawFn, hole: bool = True) -> Polygon:
    x, y, w, h = draw(MM), draw(MM), draw(st.integers(10, 10**6)), draw(st.integers(10, 10**6))

    def ring(x0: int, y0: int, x1: int, y1: int) -> list[tuple[float, float]]:
        return [(a / 1000, b / 1000) for a, b in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]

    holes = [ring(x + 2, y + 2, x + w - 2, y + h - 2)] if hole and draw(st.booleans()) else []
    return Polygon(ring(x, y, x + w, y + h), holes)


AREAS = boxes() | st.lists(boxes(), min_size=1, max_size=3).map(MultiPolygon)
ARCS = st.none() | st.builds(Arc, POINT, FLOAT, st.sampled_from(["cw", "ccw"]), FLOAT)
SIDES = st.lists(st.builds(BoundarySide, FACE, POINT, POINT, FLOAT, ARCS, TEXT, TEXT, st.booleans()), max_size=3).map(
    tuple
)
CORNERS = st.lists(
    st.builds(BoundaryCorner, TEXT, FLOAT, FLOAT, st.none() | FLOAT, st.none() | FLOAT, TEXT), max_size=3
).map(tuple)
UIDS = st.lists(UID, max_size=3).map(tuple)
ID = st.integers(1)
IDS = st.lists(ID, max_size=3).map(tuple)
SHARES = st.lists(
    st.builds(TitleShare, ID, st.sampled_from(["ownership", "usufruct"]), st.fractions(0, 1)), max_size=3
).map(tuple)
OPERATIONS = st.one_of(
    st.builds(RetireSpatialUnit, UID, st.integers(1)),
    st.builds(
        CreateSpatialUnit,
        UID,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        boxes(),
        UIDS,
        AREA,
        AREA,
        SIDES,
        CORNERS,
        st.none() | st.integers(0, 999),
        AREA,
    ),
    st.builds(AmendBoundary, UID, st.integers(1), AREAS, AREA, AREA, SIDES, CORNERS, st.booleans()),
    st.builds(AcquireLand, boxes(), TEXT, TEXT),
    st.builds(ReleaseLand, boxes(), TEXT, TEXT),
    st.builds(TransferRight, st.integers(1), UIDS, UIDS),
    st.builds(
        CreateTitle, UID, IDS, UIDS, SHARES, IDS, st.lists(st.builds(TakenRestriction, ID, UID | st.none())).map(tuple)
    ),
    st.builds(EndTitle, ID),
    st.builds(PendDeed, ID),
    st.builds(CarryRestriction, ID, UIDS),
    st.builds(AttachSource, TEXT, TEXT, TEXT, UIDS),
    st.builds(ShowLand, UID, TEXT, boxes(), st.decimals(0, 10**9, places=2, allow_nan=False), TEXT),
)
CHANGE_SETS = st.builds(ChangeSet, TEXT, st.lists(OPERATIONS, max_size=6).map(tuple))


def same_ring_order(one: ChangeSet, other: ChangeSet) -> bool:
    """Shapely's == ignores nothing, but says nothing of types: compare the text of every geometry too."""
    return [repr(op) for op in one.operations] == [repr(op) for op in other.operations]


@given(changes=CHANGE_SETS)
@settings(max_examples=budget(120, 5000), deadline=None)
def test_any_change_set_comes_back_the_same(changes: ChangeSet) -> None:
    text = json.dumps(to_json(changes), allow_nan=False)
    back = from_json(json.loads(text))
    assert back == changes
    assert same_ring_order(back, changes)
    assert digest(back) == digest(changes)


def test_a_planned_subdivision_comes_back_the_same() -> None:
    fabric = block()
    changes = plan(inputs(fabric), fabric.facts("2"), load_rules("eastern_province", FILED_ON))
    text = json.dumps(to_json(changes), ensure_ascii=False)
    assert from_json(json.loads(text)) == changes
    assert "شارع" in text


@given(changes=CHANGE_SETS, other=CHANGE_SETS)
@settings(max_examples=budget(50, 2000), deadline=None)
def test_two_change_sets_have_one_digest_only_if_they_are_the_same(changes: ChangeSet, other: ChangeSet) -> None:
    assert (digest(changes) == digest(other)) == (changes == other)


def test_decimals_keep_their_places() -> None:
    unit = CreateSpatialUnit("u", "", "", "1", "", Polygon([(0, 0), (1, 0), (1, 1)]), (), Decimal("600.10"))
    back = from_json(to_json(ChangeSet("x", (unit,)))).operations[0]
    assert str(back.official_area_m2) == "600.10"


def test_a_field_that_came_later_is_written_only_where_it_says_something() -> None:
    outline = Polygon([(0, 0), (1, 0), (1, 1)])
    for units in (None, 3):
        changes = ChangeSet("x", (AmendBoundary("u", 1, outline, unit_count=units),))
        (row,) = to_json(changes)["operations"]
        assert row.get("unit_count") == units and ("unit_count" in row) == (units is not None)
        assert from_json(to_json(changes)) == changes


def test_a_coordinate_off_the_grid_is_refused_and_not_rounded() -> None:
    shape = Polygon([(0, 0), (1.0005, 0), (1, 1)])
    with pytest.raises(ChangeSetError, match="not on the millimetre grid"):
        to_json(ChangeSet("x", (AcquireLand(shape, "r", "s"),)))


@pytest.mark.parametrize(
    "row",
    [
        {"op": "explode"},
        {"op": "retire", "uid": "u"},
        {"op": "retire", "uid": "u", "version": 1, "password": "x"},
        {"op": "acquire", "geometry": {"type": "Point", "mm": []}, "reason": "r", "source": "s"},
        {"op": "attach"},
        {},
    ],
)
def test_json_that_is_no_change_set_is_refused_naming_the_operation(row: dict[str, object]) -> None:
    good = {"op": "retire", "uid": "u", "version": 1}
    with pytest.raises(ChangeSetError, match="operation 1"):
        from_json({"version": 1, "service": "x", "operations": [good, row]})


def test_another_version_of_the_form_is_refused() -> None:
    with pytest.raises(ChangeSetError, match="version"):
        from_json({"version": 2, "service": "x", "operations": []})


def test_the_same_change_on_later_versions_is_the_same_and_another_outline_is_not() -> None:
    fabric = block()
    one = plan(inputs(fabric), fabric.facts("2"), rules_of_the_day())
    later = {number: replace(lot, version=lot.version + 100) for number, lot in fabric.lots.items()}
    moved = replace(fabric, lots=later)
    again = plan(inputs(moved), moved.facts("2"), rules_of_the_day())
    assert one != again
    assert is_same_change(one, again)
    other = plan(inputs(fabric, *halves(44.0)), fabric.facts("2"), rules_of_the_day())
    assert not is_same_change(one, other)


def rules_of_the_day() -> Rules:
    return load_rules("eastern_province", FILED_ON)
