"""Document models from a change set and the facts it was planned on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from shapely.geometry import Polygon

from land_services.documents import model as m
from land_services.documents.build import CaseFile, decision, letter, result_units, subdivision_drawing
from land_services.documents.build_parts import area_lines, face_lines, land_use_text, owner_lines
from land_services.documents.decision import decision_html
from land_services.domain import (
    Arc,
    BoundaryCorner,
    BoundarySide,
    ChangeSet,
    CreateSpatialUnit,
    DeedFact,
    Facts,
    ParcelFact,
    ReleaseLand,
    RetireSpatialUnit,
    RightFact,
    StreetFact,
    TitleFact,
    ZoneFact,
)
from land_services.rules import authorities, load_pack
from tests.fabric import block

from . import samples


def parcel(uid: str, number: str, geometry: Polygon) -> ParcelFact:
    area = Decimal(f"{geometry.area:.2f}")
    return ParcelFact(
        1, uid, "414", "7", number, "residential", geometry, samples.ISSUED, area, area, geometry.area, "النخيل"
    )


def created(number: str, x0: float, x1: float, first: int) -> CreateSpatialUnit:
    geometry = samples.rectangle(x0, 0, x1, 30)
    area = Decimal(f"{geometry.area:.2f}")
    sides = tuple(
        replace(s, adjoining_ar=f"{s.face} عرض 15 م", adjoining_en=s.face) for s in samples.sides_of(geometry)
    )
    corners = samples.corners_of(geometry, first)
    return CreateSpatialUnit(
        f"uid-{number}", "414", "7", number, "residential", geometry, ("parent",), area, area, sides, corners
    )


def case() -> CaseFile:
    title = TitleFact(
        5,
        "title",
        ("parent",),
        (RightFact(1, "ownership", 11, Fraction(1, 3)), RightFact(2, "ownership", 12, Fraction(2, 3))),
        (DeedFact(9, "330105001234", "1431/04/01", "كتابة العدل", "electronic", Decimal("600"), True, True),),
    )
    stranger = replace(title, id=6, parcel_uids=("other",), rights=(RightFact(3, "ownership", 13, Fraction(1)),))
    facts = Facts(
        at=samples.ISSUED,
        parcels=(parcel("parent", "208", samples.rectangle(20, 0, 40, 30)),),
        neighbours=(parcel("n1", "206", samples.rectangle(0, 0, 20, 30)),),
        streets=(
            StreetFact(1, "شارع النخيل", "Al Nakheel", 15.0, "local", samples.rectangle(-60, -15, 120, 0)),
            StreetFact(2, "شارع بعيد", "Far", 20.0, "local", samples.rectangle(-60, 100, 120, 120)),
        ),
        zones=(
            ZoneFact(1, "R1", "zoning", "سكني", "Residential", samples.rectangle(-100, -100, 200, 200)),
            ZoneFact(2, "1450", "growth_phase", "مرحلة 1450", "Phase 1450", samples.rectangle(-100, -100, 200, 200)),
            ZoneFact(3, "V", "prohibited", "وادي", "Valley", samples.rectangle(20, 28, 30, 35)),
        ),
        titles=(title, stranger),
        storage_srid=32639,
    )
    change = ChangeSet(
        "subdivision",
        (RetireSpatialUnit("parent", 1), created("1/208", 20, 30, 1), created("2/208", 30, 40, 5)),
    )
    owner = m.OwnerLine(m.Text("عبدالله", "Abdullah"), Fraction(0))
    return CaseFile(
        reference="SUB-1448-000123",
        issued_at=samples.ISSUED,
        base_url="https://gis.example.gov",
        authority=samples.AUTHORITY,
        crs="EPSG:32639",
        facts=facts,
        change_set=change,
        owners={11: owner},
        sign_offs=samples.SIGN_OFFS,
    )


def test_each_new_parcel_gets_its_decision() -> None:
    first, second = (decision(case(), unit, f"D{i}", "CODE") for i, unit in enumerate(result_units(case())))
    assert first.parcel.parcel_no == "1/208"
    assert first.parcel.parents == ("208",)
    assert first.drawing.crs_name.ar == "WGS 84 / UTM zone 39N"
    assert {n.number for n in first.drawing.neighbours} == {"2/208", "206"}
    assert [f.length_m for f in second.faces] == [Decimal(v) for v in ("10.00", "10.00", "30.00", "30.00")]
    assert first.deeds[0].parcels == ("208",)
    assert first.planning.zone.en == "Residential R1"
    assert [name.en for name, _ in first.planning.streets] == ["Al Nakheel"]
    assert "1/208" in decision_html(first)


def test_only_the_owners_of_the_land_are_named_and_with_their_shares() -> None:
    lines = owner_lines(case().facts, {"parent"}, case().owners)
    assert [(line.name.ar, line.share) for line in lines] == [("—", Fraction(2, 3)), ("عبدالله", Fraction(1, 3))]
    assert sum(line.share for line in lines) == 1
    assert not any(line.parcels for line in lines)


def test_owners_of_several_titles_stand_with_their_land_and_the_same_owners_once() -> None:
    fabric = block()
    facts = fabric.facts("2", "3")
    both = {parcel.uid for parcel in facts.parcels}
    assert [(line.share, line.parcels) for line in owner_lines(facts, both, {})] == [
        (Fraction(2, 3), ()), (Fraction(1, 3), ()),
    ]  # fmt: skip
    alone = replace(fabric.titles["3"], rights=(RightFact(9, "ownership", 2, Fraction(1)),))
    facts = replace(facts, titles=(fabric.titles["2"], alone))
    assert [(line.share, line.parcels) for line in owner_lines(facts, both, {})] == [
        (Fraction(2, 3), ("2",)), (Fraction(1, 3), ("2",)), (Fraction(1), ("3",)),
    ]  # fmt: skip


def test_prohibited_land_is_excluded_from_the_net_area_and_said() -> None:
    unit = result_units(case())[0]
    areas = area_lines(unit, case().facts, ())
    assert (areas.measured_m2, areas.excluded_m2, areas.net_m2) == (
        Decimal("300.00"),
        Decimal("20.00"),
        Decimal("280.00"),
    )
    said = decision(case(), unit, "D", "C").planning.sentences
    assert any("Valley" in s.en and "20.00" in s.en for s in said)
    assert any("Phase 1450" in s.en for s in said)


def test_a_corner_cut_is_shown_at_its_corner_and_not_subtracted_twice() -> None:
    unit = result_units(case())[0]
    cut = samples.shifted((17, 0), (20, 0), (20, 3))
    areas = area_lines(unit, case().facts, (ReleaseLand(cut, "corner_cut", "s"), ReleaseLand(cut, "street", "s")))
    assert areas.corner_cuts_m2 == {"SW": Decimal("4.50")}
    assert areas.net_m2 == Decimal("280.00")


def test_the_total_of_a_face_is_the_sum_of_its_printed_sides() -> None:
    """Three sides of 3.333 m print as 3.33 each and 9.99 together, not 10.00."""
    points = [(0.0, 0.0), (3.333, 0.1), (6.666, 0.0), (9.999, 0.1)]
    sides = [BoundarySide("N", a, b, 3.333) for a, b in pairwise(points)]
    north = face_lines(sides, [BoundaryCorner("1", 0.0, 0.0)])[0]
    assert north.length_m == Decimal("9.99")
    assert north.segments[0].from_corner == "1"
    assert north.segments[0].to_corner == "؟"


def test_an_arc_states_its_radius_and_its_true_length() -> None:
    side = BoundarySide("E", (0.0, 0.0), (2.0, 0.0), 3.14159, Arc((1.0, 0.0), 1.0, "cw", 3.14159))
    east = face_lines([side], [])[2]
    assert east.segments[0].radius_m == Decimal("1.00")
    assert east.length_m == Decimal("3.14")


def test_sheet_and_letter_hold_parents_and_parts() -> None:
    sheet, text = subdivision_drawing(case(), "S", "C"), letter(case(), "L", "C")
    assert [p.parcel.parcel_no for p in sheet.parents] == ["208"]
    assert [p.parcel.parcel_no for p in text.parts] == ["1/208", "2/208"]
    assert sheet.drawing.before[0].sides
    assert text.deeds[0].pending
    assert "2" in text.attachments[0].en
    assert m.data_sha256(sheet) != m.data_sha256(text)


def test_every_land_use_that_rules_name_has_words() -> None:
    entries = [entry for authority in authorities() for entry in load_pack(authority).entries]
    named = {code for entry in entries if entry.key == "allowed_land_uses" for code in entry.value}
    assert {"villa", "duplex"} <= named
    assert not [code for code in named if land_use_text(code).en in ("", code)]
