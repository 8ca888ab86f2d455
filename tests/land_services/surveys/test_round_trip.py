"""A plan written in a format reads back equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from land_services.domain import SurveyPlan
from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.measure import part_area_m2, part_from_corners
from land_services.surveys.reader import read_survey
from land_services.surveys.write_dxf import write_subdivision_dxf
from land_services.surveys.write_files import write_geojson, write_gpkg, write_landxml
from tests.land_services.surveys.samples import corners, curved_plan, numbers, read_path, straight_plan

FORMATS = ("plan.dxf", "plan.geojson", "plan.gpkg", "plan.xml")


def write(folder: Path, name: str, plan: SurveyPlan) -> Path:
    path = folder / name
    if name.endswith(".dxf"):
        marks = {"excluded": plan.excluded, "room": plan.rooms, "corner_cut": plan.corner_cuts}
        write_subdivision_dxf(path, plan.parts, plan.outer, buildings=plan.buildings, marks=marks)
    else:
        {"geojson": write_geojson, "gpkg": write_gpkg, "xml": write_landxml}[name.rpartition(".")[2]](path, plan)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_a_plan_of_straight_lots_comes_back_equal(tmp_path: Path, name: str) -> None:
    plan = straight_plan()
    found = read_path(write(tmp_path, name, plan), "EPSG:32639")
    assert numbers(found.parts) == ["1", "2"]
    assert found.crs == "EPSG:32639" and found.unit == "m"
    for mine, theirs in zip((*plan.parts, plan.outer), (*found.parts, found.outer), strict=True):
        assert theirs.geometry.equals_exact(mine.geometry, 1e-9)
        assert [(s.start, s.end) for s in theirs.sides] == [(s.start, s.end) for s in mine.sides]


@pytest.mark.parametrize("name", FORMATS)
def test_buildings_come_back_beside_the_parts_and_are_counted(tmp_path: Path, name: str) -> None:
    house = part_from_corners("", corners((10, 5), (30, 5), (30, 20), (10, 20)))
    plan = replace(straight_plan(), buildings=(house,))
    found = read_path(write(tmp_path, name, plan), "EPSG:32639")
    assert numbers(found.parts) == ["1", "2"]
    assert [b.geometry.equals_exact(house.geometry, 1e-9) for b in found.buildings] == [True]
    assert [(r.rule, r.severity, r.params["count"]) for r in found.remarks if r.rule == "SRV-28"] == [
        ("SRV-28", "info", 1)
    ]
    assert found.outer is not None


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_survey_decision_shows_comes_back_by_its_role(tmp_path: Path, name: str) -> None:
    excluded, room, cut = (
        part_from_corners("", corners(*points))
        for points in (
            ((0, 0), (5, 0), (5, 9), (0, 9)),
            ((10, 5), (12, 5), (12, 7), (10, 7)),
            ((0, 30), (3, 30), (0, 27)),
        )
    )
    plan = replace(straight_plan(), excluded=(excluded,), rooms=(room, room), corner_cuts=(cut,))
    path = write(tmp_path, name, plan)
    found = read_path(path, "EPSG:32639")
    assert read_survey(path, crs="EPSG:32639") == found
    assert numbers(found.parts) == ["1", "2"]
    for mine, theirs in ((plan.excluded, found.excluded), (plan.corner_cuts, found.corner_cuts)):
        assert [one.geometry.equals_exact(other.geometry, 1e-9) for one, other in zip(mine, theirs, strict=True)]
    assert [one.geometry.equals_exact(room.geometry, 1e-9) for one in found.rooms] == [True, True]
    counted = [(r.variant, dict(r.params)) for r in found.remarks if r.rule == "SRV-28"]
    assert counted == [("shown", {"excluded": 1, "room": 2, "corner_cut": 1})]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_shows_land_and_draws_none_is_refused(tmp_path: Path, name: str) -> None:
    room = part_from_corners("", corners((10, 5), (30, 5), (30, 20), (10, 20)))
    path = write(tmp_path, name, replace(straight_plan(), parts=(), outer=None, rooms=(room,)))
    with pytest.raises(SurveyUnreadable) as refused:
        read_path(path, "EPSG:32639")
    assert [(f.rule, f.variant) for f in refused.value.findings if f.severity == "error"] == [("SRV-10", "shown_only")]


def test_a_landxml_parcel_may_say_in_desc_what_it_is(tmp_path: Path) -> None:
    room = part_from_corners("", corners((10, 5), (12, 5), (12, 7), (10, 7)))
    path = write(tmp_path, "plan.xml", replace(straight_plan(), rooms=(room,)))
    path.write_text(path.read_text(encoding="utf-8").replace('role="room"', 'desc="Room"'), encoding="utf-8")
    assert len(read_path(path, "EPSG:32639").rooms) == 1


@pytest.mark.parametrize("name", ("plan.geojson", "plan.gpkg", "plan.xml"))
def test_the_unit_count_of_a_part_comes_back_where_the_format_has_attributes(tmp_path: Path, name: str) -> None:
    plan = straight_plan()
    plan = replace(plan, parts=tuple(replace(part, attributes={"unit_count": 2}) for part in plan.parts))
    found = read_path(write(tmp_path, name, plan), "EPSG:32639")
    assert [str(part.attributes["unit_count"]) for part in found.parts] == ["2", "2"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_buildings_alone_is_refused(tmp_path: Path, name: str) -> None:
    house = part_from_corners("", corners((10, 5), (30, 5), (30, 20), (10, 20)))
    path = write(tmp_path, name, replace(straight_plan(), parts=(), outer=None, buildings=(house, house)))
    with pytest.raises(SurveyUnreadable) as refused:
        read_path(path, "EPSG:32639")
    errors = [f for f in refused.value.findings if f.severity == "error"]
    assert [(f.rule, f.variant, f.params["count"]) for f in errors] == [("SRV-10", "buildings_only", 2)]


@pytest.mark.parametrize("name", ("plan.dxf", "plan.gpkg", "plan.xml"))
def test_true_arcs_survive_where_the_format_has_them(tmp_path: Path, name: str) -> None:
    plan = curved_plan()
    found = read_path(write(tmp_path, name, plan), "EPSG:32639")
    assert numbers(found.parts) == ["1", "2"], "Arabic digits are read as digits"
    for mine, theirs in zip((*plan.parts, plan.outer), (*found.parts, found.outer), strict=True):
        assert part_area_m2(theirs) == pytest.approx(part_area_m2(mine), abs=1e-6)
        for side, again in zip(mine.sides, theirs.sides, strict=True):
            assert (side.arc is None) == (again.arc is None)
            if side.arc is not None and again.arc is not None:
                assert again.arc.radius_m == pytest.approx(side.arc.radius_m, abs=1e-6)
                assert again.arc.centre == pytest.approx(side.arc.centre, abs=1e-6)
                assert again.arc.sense == side.arc.sense
                assert again.arc.length_m == pytest.approx(side.arc.length_m, abs=1e-6)


@pytest.mark.parametrize("unit", ("m", "ft", "us-ft"))
def test_landxml_comes_back_in_metres_from_each_unit(tmp_path: Path, unit: str) -> None:
    plan = curved_plan()
    path = tmp_path / "plan.xml"
    write_landxml(path, plan, unit)
    found = read_path(path)
    assert found.unit == unit
    assert [part_area_m2(p) for p in found.parts] == pytest.approx([part_area_m2(p) for p in plan.parts], abs=1e-5)
    assert found.parts[0].sides[0].start == pytest.approx(plan.parts[0].sides[0].start, abs=1e-6)
    assert found.parts[0].stated_area_m2 == pytest.approx(600.0, abs=1e-6)


@pytest.mark.parametrize("name", ("plan.geojson", "plan.gpkg", "plan.xml"))
def test_point_numbers_are_attached_to_the_sides_they_stand_at(tmp_path: Path, name: str) -> None:
    found = read_path(write(tmp_path, name, curved_plan()))
    assert [s.start_point for s in found.parts[0].sides] == ["P1", "P2", "", "P4"]
    assert [p.number for p in found.points] == ["P1", "P2", "P4"]


def test_neighbours_that_share_an_arc_get_the_same_chords(tmp_path: Path) -> None:
    plan = curved_plan()
    path = write(tmp_path, "plan.dxf", plan)
    found = read_path(path, "EPSG:32639")
    assert found.outer is not None
    shared = set(found.parts[1].geometry.exterior.coords)
    assert shared - set(found.outer.geometry.exterior.coords) == {(413020.0, 2925000.0), (413020.0, 2925030.0)}


@pytest.mark.parametrize("name", FORMATS)
def test_the_sandbox_gives_the_same_plan_as_the_plain_reading(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, curved_plan())
    assert read_survey(path, crs="EPSG:32639") == read_path(path, "EPSG:32639")


@pytest.mark.parametrize("version", ("R2000", "R2007", "R2018"))
def test_every_dxf_version_keeps_arabic_numbers(tmp_path: Path, version: str) -> None:
    plan = straight_plan()
    path = tmp_path / "plan.dxf"
    write_subdivision_dxf(path, plan.parts, plan.outer, [("شارع ١٠ م", 413050.0, 2925000.0)], version=version)
    found = read_path(path, "EPSG:32639")
    assert "شارع 10 م" in [label[0] for label in found.labels]
