"""DXF drawings: polylines, loops, texts, layers, blocks, code pages, units."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.limits import Limits
from land_services.surveys.measure import part_area_m2
from land_services.surveys.pipeline import read_bytes
from tests.land_services.surveys.samples import E0, N0, QUARTER, corners, dxf, numbers, read, rules

CRS = "EPSG:32639"


def lot(space: Any, x: float, y: float, w: float, h: float, layer: str = "PARTS", text: str = "", **more: Any) -> None:
    ring = corners((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    space.add_lwpolyline(ring, format="xyb", close=True, dxfattribs={"layer": layer, **more})
    if text:
        space.add_text(text, height=1, dxfattribs={"layer": "NUMBERS", "insert": (E0 + x + w / 2, N0 + y + h / 2)})


def line(space: Any, *points: tuple[float, float], layer: str = "LINES") -> None:
    for a, b in itertools.pairwise(points):
        space.add_line((E0 + a[0], N0 + a[1]), (E0 + b[0], N0 + b[1]), dxfattribs={"layer": layer})


def test_the_layer_outer_marks_the_boundary_and_texts_number_the_parts() -> None:
    def draw(space: Any, _: Any) -> None:
        lot(space, 0, 0, 20, 30, text="١")
        lot(space, 20, 0, 20, 30, text="٢")
        lot(space, 0, 0, 40, 30, layer="outer")

    plan = read(dxf(draw), "a.dxf", CRS)
    assert numbers(plan.parts) == ["1", "2"] and plan.outer is not None and plan.remarks == ()
    assert plan.outer.geometry.area == pytest.approx(1200)


def test_the_layer_building_marks_buildings_with_their_own_lines_and_texts() -> None:
    """Walls of separate lines, and a text inside the house, are none of the parts'."""

    def draw(space: Any, _: Any) -> None:
        lot(space, 0, 0, 20, 30, text="1")
        lot(space, 20, 0, 20, 30, text="2")
        line(space, (5, 5), (35, 5), (35, 20), (5, 20), (5, 5), layer="Buildings")
        space.add_text("villa 7", height=1, dxfattribs={"layer": "BUILDING", "insert": (E0 + 12, N0 + 8)})

    plan = read(dxf(draw), "a.dxf", CRS)
    assert numbers(plan.parts) == ["1", "2"]
    assert [building.geometry.area for building in plan.buildings] == [pytest.approx(450)]
    assert {remark.rule for remark in plan.remarks} == {"SRV-19", "SRV-28"}


def test_without_a_crs_the_plan_says_so() -> None:
    plan = read(dxf(lambda s, _: lot(s, 0, 0, 20, 30, text="1")), "a.dxf")
    assert plan.crs == "" and plan.unit == "m"


def test_bulges_are_true_arcs_in_both_senses() -> None:
    def draw(space: Any, _: Any) -> None:
        space.add_lwpolyline(corners((0, 0, 1), (20, 0, -QUARTER), (20, 20)), format="xyb", close=True)

    part = read(dxf(draw), "a.dxf", CRS).parts[0]
    half, quarter = part.sides[0].arc, part.sides[1].arc
    assert half is not None and (half.sense, half.radius_m) == ("ccw", pytest.approx(10))
    assert half.length_m == pytest.approx(10 * math.pi)
    assert quarter is not None and quarter.sense == "cw" and quarter.radius_m == pytest.approx(math.sqrt(200))
    segment = 200 * (math.pi / 2 - 1) / 2
    assert part_area_m2(part) == pytest.approx(200 + 50 * math.pi - segment, abs=1e-6)
    assert abs(part_area_m2(part) - part.geometry.area) < 0.0005 * (10 * math.pi + 23)


def test_a_polyline_drawn_from_below_is_mirrored_with_its_arcs() -> None:
    def draw(space: Any, _: Any) -> None:
        ring = [(-x, y, b) for x, y, b in corners((0, 0, QUARTER), (20, 0), (20, 30), (0, 30))]
        space.add_lwpolyline(ring, format="xyb", close=True, dxfattribs={"extrusion": (0, 0, -1)})

    part = read(dxf(draw), "a.dxf", CRS).parts[0]
    assert part.geometry.bounds[0] == pytest.approx(E0) and part.sides[0].arc is not None
    assert part.sides[0].arc.sense == "cw"
    assert part_area_m2(part) == pytest.approx(600 - 200 * (math.pi / 2 - 1) / 2, abs=1e-6)


def test_lines_and_arcs_join_into_the_faces_of_their_network() -> None:
    r"""A row of three lots drawn as shared lines; the middle line ends on the long ones, the corner is an arc.

    ::

        +-----+-----+----.
        |     |     |     )
        +-----+-----+----'
    """

    def draw(space: Any, _: Any) -> None:
        line(space, (50, 0), (0, 0), (0, 30), (50, 30))
        line(space, (20, 0), (20, 30))
        line(space, (40, 0.0004), (40, 29.9996))
        space.add_arc((E0 + 50, N0 + 15), 15, 270, 90)

    plan = read(dxf(draw), "a.dxf", CRS)
    areas = sorted(part_area_m2(p) for p in plan.parts)
    assert areas == pytest.approx([600, 600, 300 + math.pi * 225 / 2], abs=0.02)
    assert ("SRV-19", "loops") in rules(plan)


def test_open_lines_are_reported_with_their_handles() -> None:
    def draw(space: Any, _: Any) -> None:
        lot(space, 0, 0, 20, 30, text="1")
        line(space, (60, 0), (80, 0), (80, 10))
        space.add_lwpolyline(corners((90, 0), (95, 5), (99, 0)), format="xyb")

    plan = read(dxf(draw), "a.dxf", CRS)
    left = [r for r in plan.remarks if r.rule == "SRV-17"]
    assert len(plan.parts) == 1 and len(left) == 3 and all(r.severity == "warning" for r in left)
    assert all(" on layer " in r.params["place"] for r in left)


def test_a_nearly_closed_polyline_is_closed_with_a_warning() -> None:
    def draw(space: Any, _: Any) -> None:
        space.add_lwpolyline(corners((0, 0), (20, 0), (20, 30), (0, 30), (0, 0.005)), format="xyb")

    plan = read(dxf(draw), "a.dxf", CRS)
    assert len(plan.parts) == 1 and ("SRV-19", "closed") in rules(plan)


def test_a_self_crossing_polyline_is_refused_with_handle_and_place() -> None:
    def draw(space: Any, _: Any) -> None:
        lot(space, 100, 0, 20, 30, text="1")
        space.add_lwpolyline(corners((0, 0), (20, 30), (20, 0), (0, 30)), format="xyb", close=True)

    with pytest.raises(SurveyUnreadable) as caught:
        read(dxf(draw), "a.dxf", CRS)
    (finding,) = caught.value.findings
    assert finding.rule == "SRV-09" and "LWPOLYLINE" in finding.params["place"]
    assert finding.where is not None and (finding.where.x, finding.where.y) == (E0 + 10, N0 + 15)
    assert caught.value.crs == CRS


def test_of_several_texts_the_layer_with_one_in_every_part_gives_the_number() -> None:
    def draw(space: Any, _: Any) -> None:
        for i, x in enumerate((0, 20)):
            lot(space, x, 0, 20, 30, text=str(i + 1))
            for text, y, layer in (("600.00 م²", 5, "AREAS"), ("30.00", 20, "DIMS"), ("20.00", 1, "DIMS")):
                insert = (E0 + x + 5, N0 + y)
                space.add_text(text, height=1, dxfattribs={"layer": layer, "insert": insert})

    assert numbers(read(dxf(draw), "a.dxf", CRS).parts) == ["1", "2"]


def test_measures_are_not_numbers_and_two_candidates_are_reported() -> None:
    def draw(space: Any, _: Any) -> None:
        lot(space, 0, 0, 20, 30)
        lot(space, 20, 0, 20, 30)
        for text, x in (("7", 5), ("612.5", 8), ("A", 25), ("B", 28)):
            space.add_text(text, height=1, dxfattribs={"layer": "T", "insert": (E0 + x, N0 + 10)})

    plan = read(dxf(draw), "a.dxf", CRS)
    assert numbers(plan.parts) == ["7", ""]
    assert next(r for r in plan.remarks if r.rule == "SRV-15").params["texts"] == "A, B"


def test_mtext_loses_its_formatting() -> None:
    def draw(space: Any, _: Any) -> None:
        lot(space, 0, 0, 20, 30)
        mtext = r"{\fArial|b0|i0|c178;\H2x;\C1;١٢}\P600.00 م²"
        space.add_mtext(mtext, dxfattribs={"insert": (E0 + 10, N0 + 10)})

    assert numbers(read(dxf(draw), "a.dxf", CRS).parts) == ["12"]


@pytest.mark.parametrize("version", ("R12", "R2000", "R2004", "R2007", "R2018"))
def test_arabic_text_is_read_from_every_version(version: str) -> None:
    def draw(space: Any, drawing: Any) -> None:
        drawing.encoding = "cp1256"
        ring = [(x, y) for x, y, _ in corners((0, 0), (20, 0), (20, 30), (0, 30))]
        space.add_polyline2d(ring, close=True)
        space.add_text("قطعة ٧", height=1, dxfattribs={"insert": (E0 + 10, N0 + 10)})

    assert numbers(read(dxf(draw, version), "a.dxf", CRS, "m").parts) == ["قطعة 7"]


def test_a_wrong_code_page_is_reported_not_guessed() -> None:
    def draw(space: Any, drawing: Any) -> None:
        drawing.encoding = "cp1256"
        lot(space, 0, 0, 20, 30, text="قطعة")

    data = dxf(draw, "R2000")
    western = data.replace(b"ANSI_1256", b"ANSI_1252")
    assert western != data and ("SRV-06", "text") in rules(read(western, "a.dxf", CRS))
    chinese = data.replace(b"ANSI_1256", b"ANSI_936 ")
    assert {r for r, _ in rules(read(chinese, "a.dxf", CRS))} & {"SRV-06"}


@pytest.mark.parametrize(("units", "unit", "factor"), [(2, "ft", 0.3048), (21, "us-ft", 1200 / 3937), (4, "mm", 0.001)])
def test_the_header_unit_is_converted(units: int, unit: str, factor: float) -> None:
    def draw(space: Any, _: Any) -> None:
        space.add_lwpolyline([(0, 0), (1e5, 0), (1e5, 1e5), (0, 1e5)], close=True)

    plan = read(dxf(draw, units=units), "a.dxf", "local")
    assert plan.unit == unit and plan.crs == "local"
    assert plan.parts[0].geometry.area == pytest.approx((1e5 * factor) ** 2)


def test_a_unit_that_nobody_names_is_asked_for() -> None:
    data = dxf(lambda s, _: lot(s, 0, 0, 20, 30, text="1"), units=0)
    with pytest.raises(SurveyUnreadable) as caught:
        read(data, "a.dxf", "local")
    assert [(f.rule, f.variant) for f in caught.value.findings] == [("SRV-12", "missing")]
    assert read(data, "a.dxf", "local", "ft").parts[0].geometry.area == pytest.approx(600 * 0.3048**2)
    assert ("SRV-12", "from_crs") in rules(read(data, "a.dxf", CRS))
    assert ("SRV-12", "assumed") in rules(read(data, "a.dxf"))


def test_a_template_in_millimetres_is_warned_of_and_the_named_unit_wins() -> None:
    data = dxf(lambda s, _: lot(s, 0, 0, 20, 30, text="1"), units=4)
    assert ("SRV-26", "") in rules(read(data, "a.dxf", CRS))
    plan = read(data, "a.dxf", CRS, "m")
    assert plan.parts[0].geometry.area == pytest.approx(600) and ("SRV-12", "differs") in rules(plan)


def test_blocks_are_exploded_and_their_attributes_are_texts() -> None:
    def draw(space: Any, drawing: Any) -> None:
        block = drawing.blocks.new("LOT")
        block.add_lwpolyline([(0, 0), (20, 0), (20, 30), (0, 30)], close=True)
        block.add_attdef("NO", (5, 5))
        for i in range(2):
            space.add_blockref("LOT", (E0 + 20 * i, N0)).add_auto_attribs({"NO": str(i + 1)})

    plan = read(dxf(draw), "a.dxf", CRS)
    assert numbers(plan.parts) == ["1", "2"] and ("SRV-17", "blocks") in rules(plan)


def test_blocks_within_blocks_without_end_are_stopped() -> None:
    def draw(space: Any, drawing: Any) -> None:
        for i in range(12):
            block = drawing.blocks.new(f"B{i}")
            for _ in range(10):
                if i:
                    block.add_blockref(f"B{i - 1}", (0, 0))
                else:
                    block.add_line((0, 0), (1, 1))
        space.add_blockref("B11", (0, 0))

    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(dxf(draw), "a.dxf", CRS, None, Limits(entities=20_000))
    assert caught.value.findings[0].rule == "SRV-04"


def test_hidden_layers_paper_and_foreign_entities_are_counted() -> None:
    def draw(space: Any, drawing: Any) -> None:
        lot(space, 0, 0, 20, 30, text="1")
        drawing.layers.add("OLD").off()
        lot(space, 50, 0, 20, 30, layer="OLD")
        space.add_circle((E0, N0), 1)
        space.add_point((E0, N0))
        drawing.layout("Layout1").add_line((0, 0), (1, 1))

    plan = read(dxf(draw), "a.dxf", CRS)
    assert len(plan.parts) == 1
    assert {("SRV-17", "hidden"), ("SRV-17", "entity"), ("SRV-17", "paper")} <= rules(plan)


def test_a_truncated_drawing_is_refused_with_its_last_line() -> None:
    data = dxf(lambda s, _: lot(s, 0, 0, 20, 30, text="1"))
    for share in (0.1, 0.5, 0.9, 0.999):
        with pytest.raises(SurveyUnreadable) as caught:
            read(data[: int(len(data) * share)], "a.dxf", CRS)
        assert caught.value.findings[0].rule in ("SRV-05", "SRV-02")


def test_infinite_coordinates_are_refused() -> None:
    data = dxf(lambda s, _: lot(s, 0, 0, 20, 30, text="1")).replace(b"413020.0", b"1e400")
    with pytest.raises(SurveyUnreadable) as caught:
        read(data, "a.dxf", CRS)
    assert caught.value.findings[0].rule in ("SRV-07", "SRV-05")


def test_a_drawing_of_too_many_entities_is_refused_before_it_is_parsed() -> None:
    def draw(space: Any, _: Any) -> None:
        for i in range(300):
            space.add_point((i, i))

    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(dxf(draw), "a.dxf", CRS, None, Limits(entities=200))
    assert [(f.rule, f.variant) for f in caught.value.findings] == [("SRV-04", "entities")]
