"""LandXML parcels: units, curves, point references, rings, bad XML."""

from __future__ import annotations

import math

import pytest

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.measure import part_area_m2
from tests.land_services.surveys.samples import landxml, numbers, parcel, read, rules

SQUARE = ((413000.0, 2925000.0), (413020.0, 2925000.0), (413020.0, 2925030.0), (413000.0, 2925030.0))


def refused(data: bytes, crs: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(SurveyUnreadable) as caught:
        read(data, "a.xml", crs)
    return [(f.rule, f.variant) for f in caught.value.findings]


def test_northing_comes_before_easting() -> None:
    plan = read(landxml(parcel("1", *SQUARE)), "a.xml")
    assert plan.parts[0].geometry.bounds == (413000, 2925000, 413020, 2925030)
    assert (plan.crs, plan.unit, numbers(plan.parts)) == ("", "m", ["1"])


@pytest.mark.parametrize(
    ("linear", "unit", "metres"),
    [("foot", "ft", 0.3048), ("USSurveyFoot", "us-ft", 1200 / 3937), ("inch", "in", 0.0254), ("mile", "mi", 1609.344)],
)
def test_each_imperial_unit_is_its_own(linear: str, unit: str, metres: float) -> None:
    units = f'Imperial linearUnit="{linear}" areaUnit="squareFoot"'
    plan = read(landxml(parcel("1", (0, 0), (1000, 0), (1000, 1000), (0, 1000)), units), "a.xml")
    assert plan.unit == unit and plan.parts[0].geometry.area == pytest.approx((1000 * metres) ** 2, rel=1e-12)


@pytest.mark.parametrize(
    ("linear", "area", "stated", "m2"),
    [
        ("foot", "squareFoot", 43560, 4046.8564224),
        ("foot", "acre", 1, 4046.8564224),
        ("USSurveyFoot", "acre", 1, 4046.872609874252),
        ("foot", "hectare", 1, 10000),
    ],
)
def test_stated_areas_are_converted(linear: str, area: str, stated: float, m2: float) -> None:
    units = f'Imperial linearUnit="{linear}" areaUnit="{area}"'
    plan = read(landxml(parcel("1", (0, 0), (209, 0), (209, 209), (0, 209), area=str(stated)), units), "a.xml")
    assert plan.parts[0].stated_area_m2 == pytest.approx(m2, rel=1e-12)


def test_a_stated_area_that_is_not_the_drawn_one_is_warned_of() -> None:
    plan = read(landxml(parcel("1", *SQUARE, area="612")), "a.xml")
    assert ("SRV-23", "") in rules(plan) and plan.parts[0].stated_area_m2 == 612


def curve(rotation: str, extra: str = "<Center>0 10</Center>") -> bytes:
    return landxml(
        f'<Parcel name="1"><CoordGeom><Curve rot="{rotation}" radius="10"><Start>0 0</Start>{extra}<End>0 20</End>'
        "</Curve><Line><Start>0 20</Start><End>-30 20</End></Line><Line><Start>-30 20</Start><End>-30 0</End></Line>"
        "<Line><Start>-30 0</Start><End>0 0</End></Line></CoordGeom></Parcel>"
    )


def test_rotation_says_to_which_side_an_arc_bends() -> None:
    outward = read(curve("cw"), "a.xml").parts[0]
    inward = read(curve("ccw"), "a.xml").parts[0]
    assert part_area_m2(outward) == pytest.approx(600 + 50 * math.pi)
    assert part_area_m2(inward) == pytest.approx(600 - 50 * math.pi)
    assert outward.sides[0].arc is not None and outward.sides[0].arc.sense == "cw"


def test_faulty_curves_are_refused_with_a_reason() -> None:
    assert refused(curve("left")) == [("SRV-22", "no_rotation")]
    assert refused(curve("cw", "<Center>0 11</Center>")) == [("SRV-22", "centre")]
    assert refused(curve("cw", "<Center>0 nan</Center>")) == [("SRV-07", "infinite")]
    assert refused(curve("cw", "").replace(b'radius="10"', b'radius="9"')) == [("SRV-22", "no_circle")]


def test_points_are_found_by_reference_and_number_the_sides() -> None:
    points = "".join(f'<CgPoint name="B{i}">{n} {e}</CgPoint>' for i, (e, n) in enumerate(SQUARE))
    lines = "".join(f'<Line><Start pntRef="B{i}"/><End pntRef="B{(i + 1) % 4}"/></Line>' for i in range(4))
    body = f'<Parcel name="1"><CoordGeom>{lines}</CoordGeom></Parcel>'
    plan = read(landxml(body, head=f"<CgPoints>{points}</CgPoints>"), "a.xml")
    assert [s.start_point for s in plan.parts[0].sides] == ["B0", "B1", "B2", "B3"]
    assert refused(landxml(body))[0] == ("SRV-05", "point_reference")


def test_an_irregular_line_keeps_its_points() -> None:
    body = (
        '<Parcel name="1"><CoordGeom><IrregularLine><Start>0 0</Start><End>0 20</End>'
        "<PntList2D>0 0 -1 5 1 10 0 20</PntList2D></IrregularLine><Line><Start>0 20</Start><End>30 10</End></Line>"
        "<Line><Start>30 10</Start><End>0 0</End></Line></CoordGeom></Parcel>"
    )
    assert len(read(landxml(body), "a.xml").parts[0].sides) == 5


def test_a_ring_that_does_not_close_is_refused_and_a_small_gap_closed() -> None:
    assert refused(landxml(parcel("1", *SQUARE, close=False)))[0] == ("SRV-08", "open_by")
    nearly = (*SQUARE, (413000.0, 2925000.004))
    plan = read(landxml(parcel("1", *nearly, close=False)), "a.xml")
    assert ("SRV-19", "closed") in rules(plan)


def test_a_spiral_is_refused_by_name() -> None:
    spiral = "<Spiral><Start>0 0</Start><PI>1 1</PI><End>0 20</End></Spiral>"
    body = f'<Parcel name="1"><CoordGeom>{spiral}</CoordGeom></Parcel>'
    assert refused(landxml(body)) == [("SRV-22", "spiral")]


def test_the_code_of_the_coordinate_system_is_read_and_a_mere_name_is_not_enough() -> None:
    body = parcel("1", *SQUARE)
    assert read(landxml(body, head='<CoordinateSystem epsgCode="32639"/>'), "a.xml").crs == "EPSG:32639"
    plan = read(landxml(body, head='<CoordinateSystem name="Ain el Abd zone 39"/>'), "a.xml")
    assert plan.crs == "" and ("SRV-11", "only_named") in rules(plan)


def test_a_ring_inside_a_parcel_is_its_hole() -> None:
    inner = ((413005.0, 2925005.0), (413010.0, 2925005.0), (413010.0, 2925010.0), (413005.0, 2925010.0))
    second = parcel("x", *inner).partition("<CoordGeom>")[2].partition("</CoordGeom>")[0]
    body = parcel("1", *SQUARE).replace("</Parcel>", f"<CoordGeom>{second}</CoordGeom></Parcel>")
    (part,) = read(landxml(body), "a.xml").parts
    assert len(part.geometry.interiors) == 1 and part_area_m2(part) == pytest.approx(575)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE LandXML [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><LandXML>&j;</LandXML>"
)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (BOMB.encode(), "SRV-25"),
        (BOMB.encode("utf-16"), "SRV-25"),
        (b'<!DOCTYPE LandXML SYSTEM "http://192.0.2.1/x.dtd"><LandXML/>', "SRV-25"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><LandXML>&e;</LandXML>',
            "SRV-25",
        ),
        (b"<LandXML>" + b" " * 5000 + b"<!DOCTYPE x>", "SRV-25"),
        (b"<LandXML><Parcels>", "SRV-05"),
        (b"<LandXML/>", "SRV-10"),
        (b"<?xml version='1.0' encoding='utf-8'?><LandXML name='\xd3\xdf'/>", "SRV-06"),
        (b"<?xml version='1.0' encoding='no-such'?><LandXML/>", "SRV-06"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "SRV-02"),
        (b"<kml xmlns='http://www.opengis.net/kml/2.2'/>", "SRV-02"),
        (b"<html></html>", "SRV-02"),
        (b"<LandXML>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</LandXML>", "SRV-05"),
    ],
)
def test_bad_xml_is_refused(data: bytes, rule: str) -> None:
    assert refused(data)[0][0] == rule


def test_xinclude_and_processing_instructions_do_nothing() -> None:
    body = parcel("1", *SQUARE) + '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><?php x?>'
    assert numbers(read(landxml(body), "a.xml").parts) == ["1"]
