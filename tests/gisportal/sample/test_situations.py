"""Every situation is what it claims, measured with shapely and looked up in the papers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
import shapely
from shapely.geometry import LineString, Polygon

from gisportal.sample.city import ALL_SITUATIONS_PARCELS, City, generate
from gisportal.sample.rows import DeedRow, ParcelRow, PartyRow, RestrictionRow, RightRow, Situation
from tests.budget import budget
from tests.gisportal.sample.cities import city, parcels_by_uid, polygon

SEEDS = range(1, budget(4, 60))
CODES = set(
    "clean_wide corner_lot curved_lot seized mortgaged deed_3_percent deed_30_percent no_deed heirs_big_denominators "
    "company_owner alley_only narrow_lot l_shaped flag duplex_two_units back_to_back remnant closed_alley "
    "old_paper_deed several_parcels lettered_number triangle lot_with_hole prohibited_zone no_plan_number void_deed "
    "represented".split()
)


@dataclass
class Case:
    situation: Situation
    parcel: ParcelRow
    shape: Polygon
    parcels: tuple
    rights: list[RightRow]
    owners: list[PartyRow]
    deeds: list[DeedRow]
    restrictions: list[RestrictionRow]


def case(sample: City, code: str) -> Case:
    situation = sample.situation(code)
    parcel = parcels_by_uid(sample.count, sample.seed)[situation.uid]
    title = next(t for t in sample.titles if situation.uid in t.parcels)
    rights = [r for r in sample.rights if r.title == title.id]
    return Case(
        situation,
        parcel,
        polygon(parcel.rings),
        title.parcels,
        rights,
        [p for p in sample.parties if p.id in {r.party for r in rights}],
        [d for d in sample.deeds if d.title == title.id],
        [r for r in sample.restrictions if r.title == title.id],
    )


def frontages(sample: City, shape: Polygon, closed: bool = False) -> list[tuple[float, float]]:
    """(length of contact, width) for each street that a lot touches along an edge; ``closed``: only closed alleys."""
    found = []
    for street in sample.streets:
        if closed != street.is_closed:
            continue
        contact = sum(shape.exterior.intersection(polygon(a).exterior).length for a in street.right_of_way)
        if contact > 0.01:
            found.append((contact, street.width_m))
    return found


@pytest.fixture(params=SEEDS)
def sample(request: pytest.FixtureRequest) -> City:
    return city(1700, request.param)


def test_a_city_of_the_promised_size_has_every_situation() -> None:
    for seed in range(1, budget(7, 200)):
        found = generate(ALL_SITUATIONS_PARCELS, seed).situations
        assert {s.code for s in found} == CODES, seed


def test_a_situation_names_its_parcel(sample: City) -> None:
    for s in sample.situations:
        parcel = parcels_by_uid(sample.count, sample.seed)[s.uid]
        assert (parcel.plan_no, parcel.block_no, parcel.parcel_no) == (s.plan_no, s.block_no, s.parcel_no)
        assert set(s.related) <= set(parcels_by_uid(sample.count, sample.seed))


def test_papers_are_clean_where_the_shape_is_the_case(sample: City) -> None:
    for code in ("clean_wide", "corner_lot", "curved_lot", "l_shaped", "narrow_lot", "alley_only", "back_to_back"):
        found = case(sample, code)
        assert [r.share_num for r in found.rights] == [1]
        assert found.owners[0].kind == "person"
        assert not found.restrictions
        assert len(found.deeds) == 1
        assert found.deeds[0].is_valid
        assert found.deeds[0].kind == "electronic"
        assert abs(float(found.deeds[0].area_m2 or 0) - found.shape.area) < 0.02
        assert found.parcel.official_area_m2 == found.parcel.surveyed_area_m2 == found.deeds[0].area_m2


def test_the_clean_lot_is_wide_on_a_wide_street(sample: City) -> None:
    found = case(sample, "clean_wide")
    ((contact, width),) = frontages(sample, found.shape)
    assert width >= 20.0
    assert abs(contact - 60.0) < 0.01
    assert abs(found.shape.area - 1800.0) < 0.5
    assert found.parcel.land_use == "residential"
    assert found.parcel.building_area_m2 is None
    zones = [z for z in sample.zones if polygon(z.outline).contains(found.shape)]
    assert [z.code for z in zones] == ["R1"]
    assert not any(polygon(z.outline).intersects(found.shape) for z in sample.prohibited_zones)


def test_the_corner_lot_has_its_cut(sample: City) -> None:
    found = case(sample, "corner_lot")
    assert len(frontages(sample, found.shape)) >= 2
    hull = found.shape.minimum_rotated_rectangle
    assert abs(hull.area - found.shape.area - 4.5) < 0.6


def test_the_curved_lot_follows_its_arcs_and_is_fan_shaped(sample: City) -> None:
    found = case(sample, "curved_lot")
    assert len(found.parcel.arcs) == 2
    lengths = []
    for arc in found.parcel.arcs:
        ring = found.parcel.rings[0][:-1]
        start = ring.index(arc.start)
        turned = [*ring[start:], *ring[:start]]
        run = turned[: turned.index(arc.end) + 1]
        assert len(run) > 3
        for x, y in run:
            radius = ((x - arc.centre[0]) ** 2 + (y - arc.centre[1]) ** 2) ** 0.5
            assert abs(radius - arc.radius_mm) < 2
        for (ax, ay), (bx, by) in pairwise(run):
            middle = (((ax + bx) / 2 - arc.centre[0]) ** 2 + ((ay + by) / 2 - arc.centre[1]) ** 2) ** 0.5
            assert arc.radius_mm - middle < 6
        lengths.append(LineString(run).length / 1000)
        outside = Polygon([*run, arc.centre]).area * 2 / 1e6
        assert outside > 0
        first, second = run[0], run[1]
        cross = (first[0] - arc.centre[0]) * (second[1] - arc.centre[1])
        cross -= (first[1] - arc.centre[1]) * (second[0] - arc.centre[0])
        assert ("ccw" if cross > 0 else "cw") == arc.sense
    assert abs(lengths[0] - lengths[1]) > 0.2


@pytest.mark.parametrize(("code", "kind"), [("seized", "seizure"), ("mortgaged", "mortgage")])
def test_restrictions(sample: City, code: str, kind: str) -> None:
    assert [r.kind for r in case(sample, code).restrictions] == [kind]


@pytest.mark.parametrize(("code", "share"), [("deed_3_percent", 0.03), ("deed_30_percent", 0.30)])
def test_deed_areas_that_differ(sample: City, code: str, share: float) -> None:
    found = case(sample, code)
    assert abs(1 - float(found.deeds[0].area_m2 or 0) / found.shape.area - share) < 0.0002
    assert found.parcel.official_area_m2 == found.deeds[0].area_m2


def test_papers(sample: City) -> None:
    assert case(sample, "no_deed").deeds == []
    assert case(sample, "no_deed").parcel.official_area_m2 is None
    assert [d.is_valid for d in case(sample, "void_deed").deeds] == [False]
    assert [p.kind for p in case(sample, "company_owner").owners] == ["company"]
    old = case(sample, "old_paper_deed").deeds[0]
    assert old.kind == "paper"
    assert "سنة ١٣" in old.hijri_date
    year = int("".join(c for c in old.hijri_date if c.isdigit()))
    assert 1300 < year < 1343
    owner = case(sample, "represented").owners[0]
    assert any(p.agent_of == owner.id for p in sample.parties)


def test_heirs(sample: City) -> None:
    found = case(sample, "heirs_big_denominators")
    assert max(r.share_den for r in found.rights) >= 1_000_000
    assert sum(Fraction(r.share_num, r.share_den) for r in found.rights) == 1
    (group,) = {p.member_of for p in found.owners}
    assert next(p.kind for p in sample.parties if p.id == group) == "group"


def test_several_parcels_of_one_deed_are_neighbours(sample: City) -> None:
    found = case(sample, "several_parcels")
    assert len(found.parcels) == 2
    a, b = (polygon(parcels_by_uid(sample.count, sample.seed)[uid].rings) for uid in found.parcels)
    assert a.intersection(b).length > 10
    assert abs(float(found.deeds[0].area_m2 or 0) - a.area - b.area) < 0.03


def test_alleys(sample: City) -> None:
    alone = case(sample, "alley_only")
    assert frontages(sample, alone.shape) == []
    ((contact, width),) = frontages(sample, alone.shape, closed=True)
    assert (width, contact > 5) == (6.0, True)
    first = case(sample, "closed_alley")
    lots = [first.shape] + [
        polygon(parcels_by_uid(sample.count, sample.seed)[u].rings) for u in first.situation.related
    ]
    assert len(lots) == 4
    street = next(s for s in sample.streets if s.id == first.situation.street)
    assert street.is_closed
    assert street.road_class == "alley"
    alley = polygon(street.right_of_way[0])
    assert all(lot.intersection(alley).length > 5 for lot in lots)
    assert abs(alley.minimum_rotated_rectangle.area - alley.area) < 0.1


def test_shapes(sample: City) -> None:
    assert abs(max(c for c, _ in frontages(sample, case(sample, "narrow_lot").shape)) - 8.5) < 0.3
    for code, front in (("l_shaped", 18.0), ("flag", 5.0)):
        shape = case(sample, code).shape
        assert shape.convex_hull.area > shape.area * 1.1
        assert abs(sum(c for c, _ in frontages(sample, shape)) - front) < 0.01
    assert len(case(sample, "triangle").shape.simplify(0.01).exterior.coords) <= 6
    triangle = case(sample, "triangle").shape
    assert triangle.area < triangle.minimum_rotated_rectangle.area * 0.6
    hole = case(sample, "lot_with_hole")
    assert len(hole.shape.interiors) == 1
    room = Polygon(hole.shape.interiors[0])
    inside = [p for p in sample.parcels if p.land_use == "utility" and polygon(p.rings).equals(room)]
    assert len(inside) == 1


def test_duplex_and_lettered_numbers(sample: City) -> None:
    duplex = case(sample, "duplex_two_units").parcel
    assert (duplex.land_use, duplex.unit_count) == ("duplex", 2)
    assert duplex.building_area_m2 is not None
    half = case(sample, "lettered_number")
    (other,) = (parcels_by_uid(sample.count, sample.seed)[u] for u in half.situation.related)
    assert half.parcel.parcel_no.replace("أ", "ب") == other.parcel_no
    assert half.shape.intersection(polygon(other.rings)).length > 10


def test_back_to_back_lots_have_each_others_corners(sample: City) -> None:
    """
    +---+----+---+
    |   | b  |   |     the corner between the upper lots is a vertex of a's back
    +---+--+-+---+
    """
    found = case(sample, "back_to_back")
    behind = [parcels_by_uid(sample.count, sample.seed)[u] for u in found.situation.related]
    assert len(behind) >= 2
    mine = set(found.parcel.rings[0])
    straight = found.shape.simplify(0.005)
    corners = {(round(x * 1000), round(y * 1000)) for x, y in straight.exterior.coords}
    shared = mine & set(behind[0].rings[0]) & set(behind[1].rings[0])
    assert shared
    assert shared - corners
    for parcel in behind:
        assert found.shape.intersection(polygon(parcel.rings)).length > 1.0


def test_the_remnant_is_thin_public_land_beside_the_lots(sample: City) -> None:
    found = case(sample, "remnant")
    strip = next(p for p in sample.public_land if p.id == found.situation.public_land)
    shape = polygon(strip.rings)
    assert strip.kind == "remnant"
    assert shape.buffer(-1.6).is_empty
    for uid in (found.situation.uid, *found.situation.related):
        lot = polygon(parcels_by_uid(sample.count, sample.seed)[uid].rings)
        assert shape.intersection(lot).length > 20
        assert shape.intersection(lot).area == 0
        assert shapely.union(shape, lot).geom_type == "Polygon"


def test_places_in_zones_and_plans(sample: City) -> None:
    band = next(z for z in sample.prohibited_zones if z.code == "PIPELINE")
    assert polygon(band.outline).intersection(case(sample, "prohibited_zone").shape).area > 1
    assert case(sample, "no_plan_number").parcel.plan_no == "بدون"
