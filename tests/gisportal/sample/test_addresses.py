"""Addresses lie at doors on the street they name, numbered along it, and each names one door; measured with shapely."""

from __future__ import annotations

from collections import defaultdict

import pytest
import shapely
from shapely.geometry import LineString, Point

from gisportal.sample.city import City
from gisportal.sample.names import district_name
from gisportal.sample.rows import AddressRow
from tests.budget import budget
from tests.gisportal.sample.cities import city, parcels_by_uid, polygon

SEEDS = range(1, budget(3, 40))


@pytest.fixture(params=SEEDS)
def sample(request: pytest.FixtureRequest) -> City:
    return city(1700, request.param)


def door(address: AddressRow) -> Point:
    return Point(address.point[0] / 1000, address.point[1] / 1000)


def test_every_built_lot_on_a_street_has_one_address(sample: City) -> None:
    addressed = [a.parcel for a in sample.addresses]
    assert len(set(addressed)) == len(addressed)
    built = {p.uid for p in sample.parcels if p.building_area_m2 is not None}
    assert set(addressed) <= built
    streets = shapely.STRtree([polygon(area) for street in sample.streets for area in street.right_of_way])
    by_uid = parcels_by_uid(1700, sample.seed)
    for uid in built - set(addressed):
        shape = polygon(by_uid[uid].rings)
        touched = streets.geometries[streets.query(shape)]
        assert sum(shape.exterior.intersection(street.exterior).length for street in touched) < 0.5


def test_a_door_lies_in_its_lot_near_the_street_it_names(sample: City) -> None:
    by_uid = parcels_by_uid(1700, sample.seed)
    land: dict[tuple[str, str], list[shapely.Geometry]] = defaultdict(list)
    for street in sample.streets:
        land[street.name_ar, street.name_en] += [polygon(area) for area in street.right_of_way]
    for address in sample.addresses:
        lot = polygon(by_uid[address.parcel].rings)
        assert lot.contains(door(address)), address
        assert min(door(address).distance(area) for area in land[address.street_ar, address.street_en]) < 2.01


def test_a_lot_has_its_door_on_the_street_it_fronts_longest(sample: City) -> None:
    by_uid = parcels_by_uid(1700, sample.seed)
    named = [(s.name_ar, polygon(area)) for s in sample.streets for area in s.right_of_way]
    tree = shapely.STRtree([shape for _, shape in named])
    for address in list(sample.addresses)[:: budget(7, 1)]:
        shape = polygon(by_uid[address.parcel].rings)
        fronts: dict[str, float] = defaultdict(float)
        for k in tree.query(shape):
            fronts[named[k][0]] += shape.exterior.intersection(named[k][1].exterior).length
        assert fronts[address.street_ar] > max(fronts.values()) - 0.01, address


def test_a_number_and_a_postcode_name_one_door() -> None:
    addresses = list(city(5000, 8).addresses)
    assert len({(a.building_no, a.postcode) for a in addresses}) == len(addresses) > 2500
    assert len({a.short_address for a in addresses}) == len(addresses)
    assert len({a.id for a in addresses}) == len(addresses)


def test_numbers_are_written_as_a_national_address_and_are_nobodys(sample: City) -> None:
    for a in sample.addresses:
        assert a.building_no.isdigit() and len(a.building_no) == 4
        assert a.additional_no.isdigit() and len(a.additional_no) == 4
        assert a.postcode.isdigit() and len(a.postcode) == 5 and a.postcode.startswith("9")
        assert a.short_address[:4].isalpha() and a.short_address.isascii() and a.short_address.startswith("Z")
        assert a.short_address.endswith(a.building_no)


def test_the_district_is_the_one_the_door_lies_in(sample: City) -> None:
    districts = {d.name_ar: polygon(d.outline) for d in sample.districts}
    for a in sample.addresses:
        assert districts[a.district_ar].contains(door(a))
    assert {(a.district_ar, a.district_en) for a in sample.addresses} <= {district_name(k) for k in range(9)}


def test_numbers_grow_along_a_straight_street_odd_on_its_left(sample: City) -> None:
    """
        1     3     5
    ----------------------> the direction in which numbers grow
        2     4     6
    """
    streets = {s.name_ar: s for s in sample.streets if s.plan is not None and not s.is_closed}
    by_street: dict[str, list[AddressRow]] = defaultdict(list)
    for address in sample.addresses:
        if address.street_ar in streets:
            by_street[address.street_ar].append(address)
    checked = 0
    for name, group in by_street.items():
        pieces = streets[name].centrelines
        axis = LineString([pieces[0][0], pieces[-1][-1]])
        if max(LineString(piece).hausdorff_distance(axis) for piece in [sum(pieces, ())]) > 5_000:
            continue  # an arc: left and right are told by the lots' edges, not by this chord
        for parity in (1, 0):
            side = [a for a in group if int(a.building_no) % 2 == parity]
            along = [axis.project(Point(a.point)) for a in sorted(side, key=lambda a: a.building_no)]
            assert along == sorted(along)
            (x0, y0), (x1, y1) = axis.coords
            left = [(x1 - x0) * (a.point[1] - y0) - (y1 - y0) * (a.point[0] - x0) > 0 for a in side]
            assert all(is_left == (parity == 1) for is_left in left)
            checked += len(side)
    assert checked > 100
