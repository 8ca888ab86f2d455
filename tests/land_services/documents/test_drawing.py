"""The drawing: scale, arcs, and labels that neither collide nor leave the frame."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box
from shapely.strtree import STRtree

from land_services.documents import model as m
from land_services.documents.drawing import Drawing, View, draw, drawn_sides, fit_views
from land_services.documents.frame import SCALES, Frame, fit_frame, side_line, side_path
from land_services.documents.inset import inset
from land_services.documents.subdivision_drawing import sheet_views
from land_services.domain import Arc, BoundaryCorner, BoundarySide
from tests.budget import budget

from . import samples

A4 = (185.4, 106.0)


def drawn(parcels: tuple[m.DrawnParcel, ...], size: tuple[float, float] = A4) -> Drawing:
    return draw(View(samples.drawing(parcels), parcels), fit_views(parcels, *size))


def comb(teeth: int) -> Polygon:
    """Return a comb: ``teeth`` thin lots side by side would be cut from it; here it is one concave lot."""
    points = [(0.0, 0.0)]
    for tooth in range(teeth):
        points += [(tooth * 4.0, 12.0), (tooth * 4.0 + 2, 12.0), (tooth * 4.0 + 2, 3.0), (tooth * 4.0 + 4, 3.0)]
    return samples.shifted(*points, (teeth * 4.0, 0.0))


def with_hole() -> m.DrawnParcel:
    outer = samples.rectangle(0, 0, 40, 40)
    polygon = Polygon(outer.exterior.coords, [samples.rectangle(15, 15, 25, 25).exterior.coords])
    return m.DrawnParcel("7", polygon, Decimal("1500.00"), samples.sides_of(outer), samples.corners_of(outer))


def with_arc(sense: str = "cw", radius: float = 15.0) -> m.DrawnParcel:
    """A lot whose north side is a half circle of 15 m radius, bulging outwards (clockwise) or inwards."""
    x0, y0 = samples.ORIGIN
    start, end = (x0, y0 + 30), (x0 + 30, y0 + 30)
    arc = Arc((x0 + 15, y0 + 30), radius, sense, math.pi * radius)  # type: ignore[arg-type]
    curve = BoundarySide("N", start, end, arc.length_m, arc)
    line = list(side_line(curve, 0.0005).coords)
    polygon = Polygon([*line, (x0 + 30, y0), (x0, y0)])
    straight = [((x0 + 30, y0 + 30), (x0 + 30, y0), "E"), ((x0 + 30, y0), (x0, y0), "S"), ((x0, y0), start, "W")]
    sides = (curve, *(BoundarySide(f, a, b, math.dist(a, b)) for a, b, f in straight))  # type: ignore[arg-type]
    corners = tuple(BoundaryCorner(str(i), *s.start) for i, s in enumerate(sides, 1))
    return m.DrawnParcel("8", polygon, Decimal(f"{polygon.area:.2f}"), sides, corners)


def forty_parts() -> tuple[m.DrawnParcel, ...]:
    lots = []
    for i in range(40):
        x, y = (i % 20) * 10.0, (i // 20) * 25.0
        lots.append(samples.drawn(f"{i + 1}/208", samples.rectangle(x, y, x + 10, y + 25), 1 + 4 * i))
    return tuple(lots)


ODD_LOTS: dict[str, Callable[[], tuple[m.DrawnParcel, ...]]] = {
    "a tiny lot": lambda: (samples.drawn("1", samples.rectangle(0, 0, 5, 5)),),
    "a sliver": lambda: (samples.drawn("1", samples.rectangle(0, 0, 200, 0.4)),),
    "a concave lot": lambda: (samples.drawn("1/208", comb(6)),),
    "a very concave lot": lambda: (samples.drawn("1/208", comb(30)),),
    "a lot with a hole": lambda: (with_hole(),),
    "an arc outwards": lambda: (with_arc("cw"),),
    "an arc inwards": lambda: (with_arc("ccw"),),
    "forty parts": forty_parts,
    "a layout of 2 km": lambda: (samples.drawn("1", samples.rectangle(0, 0, 2000, 1200)),),
    "a province of 60 km": lambda: (samples.drawn("1", samples.rectangle(0, 0, 6000, 4000)),),
    "a number of 60 letters": lambda: (samples.drawn("قطعة رقم طويل جدا " * 3, samples.rectangle(0, 0, 20, 30)),),
}


def assert_tidy(drawing: Drawing) -> None:
    """Fail where a label leaves the frame or covers another."""
    paper = drawing.frame.paper()
    outlines = [(label, label.outline()) for label in drawing.labels]
    for label, outline in outlines:
        assert paper.contains(outline), label
    boxes = [outline for _, outline in outlines]
    for i, j in STRtree(boxes).query(boxes, predicate="intersects").T:
        assert i == j or boxes[i].intersection(boxes[j]).area < 0.01, (outlines[i][0], outlines[j][0])


@pytest.mark.parametrize("name", ODD_LOTS)
def test_labels_neither_collide_nor_leave_the_frame(name: str) -> None:
    assert_tidy(drawn(ODD_LOTS[name]()))


def test_every_length_is_printed_or_named_as_left_to_the_table() -> None:
    for make in ODD_LOTS.values():
        parcels = make()
        drawing = drawn(parcels)
        printed = sum(label.kind == "side" for label in drawing.labels)
        keys = {(frozenset([s.start, s.end]), round(s.length_m, 2)) for parcel in parcels for s in drawn_sides(parcel)}
        assert printed + len(drawing.unlabelled_sides) == len(keys)


def test_an_ordinary_lot_has_every_label() -> None:
    drawing = drawn((samples.drawn("1/208", samples.rectangle(20, 0, 30, 30)),))
    texts = [line.text for label in drawing.labels for line in label.lines]
    assert drawing.unlabelled_sides == ()
    assert drawing.crowded_parcels == ()
    assert texts.count("10.00") == 2
    assert texts.count("30.00") == 2
    assert {"1", "2", "3", "4", "1/208", "300.00 م²", "206", "209", "305"} <= set(texts)
    assert any("شارع النخيل" in text for text in texts)


def test_lengths_stand_outside_the_lot() -> None:
    lot = samples.drawn("1/208", samples.rectangle(20, 0, 30, 30))
    drawing = drawn((lot,))
    x0, y0 = drawing.frame.mm(lot.geometry.bounds[:2])
    x1, y1 = drawing.frame.mm(lot.geometry.bounds[2:])
    inside = box(x0, y1, x1, y0)
    for label in drawing.labels:
        if label.kind in ("side", "corner"):
            assert not inside.contains(label.outline().centroid), label


def test_text_reads_from_below_or_from_the_right() -> None:
    for make in ODD_LOTS.values():
        assert all(-90 <= label.angle <= 90 for label in drawn(make()).labels)


@given(st.floats(0, 359), st.floats(3, 400), st.floats(3, 400))
@settings(max_examples=budget(15, 500), deadline=None)
def test_a_turned_lot_is_as_tidy(turn: float, width: float, depth: float) -> None:
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    ring = [(0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)]
    polygon = samples.shifted(*[(x * c - y * s, x * s + y * c) for x, y in ring])
    drawing = drawn((samples.drawn("1/208", polygon),))
    assert_tidy(drawing)
    assert drawing.crowded_parcels == ()


@given(st.floats(1, 50_000), st.floats(1, 50_000))
@settings(max_examples=budget(100, 5_000))
def test_the_scale_is_the_largest_standard_one_that_fits(width: float, height: float) -> None:
    land = box(0, 0, width, height)
    try:
        frame = fit_frame([land], *A4, 11.0)
    except ValueError:
        assert max(width / (A4[0] - 22), height / (A4[1] - 22)) * 1000 > SCALES[-1]
        return
    assert frame.scale in SCALES
    assert frame.ground().contains(land)
    smaller = [scale for scale in SCALES if scale < frame.scale]
    if smaller:
        assert width * 1000 / smaller[-1] > A4[0] - 22 or height * 1000 / smaller[-1] > A4[1] - 22


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_frame([Polygon()], *A4, 5)


@pytest.mark.parametrize(("sense", "sweep"), [("cw", "1"), ("ccw", "0")])
def test_an_arc_is_a_true_arc_on_paper(sense: str, sweep: str) -> None:
    parcel = with_arc(sense)
    frame = fit_views((parcel,), *A4)
    path = side_path(parcel.sides[0], frame)
    radius = 15_000 / frame.scale
    found = re.fullmatch(r"M[\d. -]+A([\d.]+) ([\d.]+) 0 (\d) (\d) [\d. -]+", path)
    assert found is not None
    assert math.isclose(float(found[1]), radius, abs_tol=1e-3)
    assert found[4] == sweep
    assert path in drawn((parcel,)).svg


def test_an_arc_of_more_than_half_a_turn_takes_the_long_way() -> None:
    arc = Arc((0.0, 0.0), 10.0, "ccw", 10.0 * math.pi * 1.5)
    side = BoundarySide("N", (10.0, 0.0), (0.0, -10.0), arc.length_m, arc)
    frame = Frame(100, 100, 500, (0.0, 0.0))
    assert " 0 1 0 " in side_path(side, frame)
    assert math.isclose(side_line(side, 0.0001).length, arc.length_m, rel_tol=1e-4)


def test_new_boundaries_are_bold_and_the_parent_is_dashed() -> None:
    views = sheet_views(samples.subdivision().drawing)
    assert views.before is not None
    assert views.before.frame == views.after.frame
    assert 'stroke-dasharray="2.4 1.1"' not in views.before.svg
    assert views.after.svg.count('stroke-dasharray="2.4 1.1"') == 6
    assert views.after.svg.count('stroke="#0b5d4b" stroke-width="0.65"') == 1


def test_no_text_of_the_data_reaches_the_svg() -> None:
    lot = samples.drawn("<script>1", samples.rectangle(0, 0, 20, 30))
    drawing = drawn((lot,))
    assert "script" not in drawing.svg
    assert "<text" not in drawing.svg


def test_the_inset_shows_what_is_known_around() -> None:
    model = samples.drawing()
    shown = inset(model, 44, 40)
    assert shown is not None
    assert shown.frame.ground().contains(model.context_outline)
    alone = m.DrawingModel(model.crs, model.crs_name, model.after)
    assert inset(alone, 44, 40) is None
