"""What the register holds after the sample is loaded: agents, estates, and every side of the curved lots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import shapely
from django.db import connection
from pytest_django import DjangoDbBlocker

from gisportal.sample.boundary import boundaries
from gisportal.sample.city import City, generate
from gisportal.sample.days import FIRST_ON, LAST_ON, holidays
from gisportal.sample.load import PLACE_VALUES, SampleExists, load_city
from gisportal.sample.load_days import PRAYERS_SOURCE
from gisportal.sample.skies import prayer_times
from land_services.domain import BoundaryCorner, BoundarySide
from land_services.register.load_boundaries import BoundariesRefused, BoundaryRow, load_boundaries
from land_services.register.models import BAUnitParcel, Defect, Party, RegisterEntry, Right
from layers import events
from layers.access import PUBLIC, STAFF, Scope
from layers.catalog.reading import count_features, read_features
from layers.locator.models import Holiday, PlaceClosure, PrayerPause, PrayerTime
from layers.models import Address, BoundaryLine, BoundaryPoint, Parcel, Place, Street
from layers.registry import LAYERS
from tests import databases

PARCELS, SEED = 700, 1448
RIYADH = ZoneInfo("Asia/Riyadh")
TOLD: list[events.LandTouched] = []
"""What the loading of the module's city announced."""

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[City]:
    """The city in this process's database; tests of the module roll back."""
    city = generate(PARCELS, SEED)
    name = databases.worker_name()
    before = events._before.copy()
    events.before_commit(TOLD.append)
    with django_db_blocker.unblock():
        databases.renew(name)
        report, situations = load_city(city, progress=lambda *_: None)
    events._before[:] = before
    assert (report.read, report.written, report.defective) == (PARCELS, PARCELS, 0)
    assert situations == city.situations
    yield city
    with django_db_blocker.unblock():
        databases.renew(name)


def owners(uid: UUID) -> list[Party]:
    unit = BAUnitParcel.objects.get(parcel_uid=uid).ba_unit_id
    return [right.party for right in Right.objects.filter(ba_unit=unit).select_related("party")]


def test_it_loads_without_a_defect(loaded: City) -> None:
    assert Parcel.objects.count() == PARCELS
    assert Defect.objects.count() == 0


def counted(code: str, scope: Scope = PUBLIC) -> int:
    return count_features(LAYERS[code], scope)


def test_every_layer_of_the_map_is_there(loaded: City) -> None:
    written = {
        "parcels": loaded.parcels,
        "plans": loaded.plans,
        "blocks": loaded.blocks,
        "districts": loaded.districts,
        "streets": loaded.streets,
        "zoning": loaded.zones,
        "growth_phases": loaded.growth_phases,
        "prohibited_zones": loaded.prohibited_zones,
        "places": loaded.places,
        "addresses": loaded.addresses,
        "open_cases": (),
    }
    assert written.keys() == LAYERS.keys()
    assert {code: counted(code) for code in LAYERS} == {code: len(list(rows)) for code, rows in written.items()}


def test_addresses_lie_at_their_doors_with_all_their_words(loaded: City) -> None:
    by_short = {a.short_address: a for a in loaded.addresses}
    found = list(Address.objects.filter(end_lifespan_version=None))
    assert len(found) == len(by_short) > 300
    for row in found:
        drawn = by_short[row.short_address]
        words = (row.building_no, row.additional_no, row.street_ar, row.street_en, row.district_ar, row.district_en)
        assert (*words, row.postcode) == drawn[1:8]
        assert row.geom.coords == (drawn.point[0] / 1000, drawn.point[1] / 1000)


def test_places_and_streets_come_with_all_that_was_drawn(loaded: City) -> None:
    drawn = {p.source_ref: p for p in loaded.places}
    rows = list(Place.objects.filter(end_lifespan_version=None))
    assert len(rows) == len(drawn) > 30
    for row in rows:
        place = drawn[row.source_ref]
        for name in PLACE_VALUES:
            assert getattr(row, name) == getattr(place, name), name
    ways = Counter((s.name_en, s.direction, s.users, s.barrier) for s in loaded.streets)
    assert ways == Counter(Street.objects.values_list("name_en", "direction", "users", "barrier"))


def test_days_prayers_pauses_and_a_closure_are_loaded_and_say_their_source(loaded: City) -> None:
    assert set(Holiday.objects.values_list("on", flat=True)) == {row.on for row in holidays()}
    assert Holiday.objects.filter(is_confirmed=False, source__contains="Umm al-Qura").count() > 20
    times = PrayerTime.objects.filter(on="2027-02-14").values_list("prayer", "at")
    assert dict(times) == {r.prayer: r.at for r in prayer_times(date(2027, 2, 14), date(2027, 2, 14), 39, RIYADH)}
    assert PrayerTime.objects.count() == 5 * (LAST_ON - FIRST_ON).days + 5
    assert set(PrayerTime.objects.values_list("source", flat=True)) == {PRAYERS_SOURCE}
    assert PrayerPause.objects.filter(valid_from=FIRST_ON, valid_to=None).count() == 6
    closure = PlaceClosure.objects.get()
    assert Place.objects.get(uid=closure.place_uid).kind == "convenience"
    assert (closure.ends_at, closure.called_off_at) == (None, None) and closure.reason_ar


def test_staff_read_the_remarks_on_a_prohibited_zone_and_nobody_else(loaded: City) -> None:
    for scope, is_told in ((STAFF, True), (PUBLIC, False)):
        rows = [row for batch in read_features(LAYERS["prohibited_zones"], scope) for row in batch.values]
        assert any("تحت التسوية" in str(value) for row in rows for value in row) == is_told
        assert len(rows) == 2


def test_the_whole_map_is_told_to_have_changed(loaded: City) -> None:
    """Every layer of the load is announced before the commit, with land around all of its rows."""
    layers = [layer for touched in TOLD for layer in touched.layers]
    assert sorted(layers) == sorted(LAYERS.keys() - {"open_cases"})
    (around,) = [touched.geometry for touched in TOLD if "addresses" in touched.layers]
    doors = [row.point for row in (*loaded.addresses, *loaded.places)]
    assert all(around.contains(shapely.Point(x / 1000, y / 1000)) for x, y in doors)


def test_a_second_loading_is_refused(loaded: City) -> None:
    with pytest.raises(SampleExists):
        load_city(generate(5, 1), progress=lambda *_: None)


def test_an_owner_names_the_agent_who_acts_for_him(loaded: City) -> None:
    (owner,) = owners(loaded.situation("represented").uid)
    assert owner.represented_by is not None
    assert owner.represented_by.kind == "person"
    assert owner.representation.startswith("وكالة شرعية ")
    assert Party.objects.filter(represented_by__isnull=False).count() == sum(
        p.agent_of is not None for p in loaded.parties
    )


def test_every_heir_names_the_estate(loaded: City) -> None:
    heirs = owners(loaded.situation("heirs_big_denominators").uid)
    (words,) = {heir.representation for heir in heirs}
    assert words.startswith("من ورثة ")
    assert Party.objects.filter(representation__startswith="من ورثة ").count() == sum(
        p.member_of is not None for p in loaded.parties
    )


def test_curved_lots_have_all_their_sides_on_record(loaded: City) -> None:
    lines: dict[UUID, list[BoundaryLine]] = {}
    for line in BoundaryLine.objects.select_related("parcel").order_by("parcel_id", "sequence"):
        lines.setdefault(line.parcel.uid, []).append(line)
    expected = {row.uid: row for chunk in loaded.chunks() for row in boundaries(chunk.parcels)}
    assert set(lines) == set(expected) == {p.uid for p in loaded.parcels if p.arcs}
    assert len(expected) > 50
    for uid, row in expected.items():
        assert [line.sequence for line in lines[uid]] == list(range(1, len(row.sides) + 1))
        for line, side in zip(lines[uid], row.sides, strict=True):
            assert (line.geom.coords[0], line.geom.coords[-1]) == (side.start, side.end)
            assert (line.face, float(line.length_m)) == (side.face, round(side.length_m, 3))
            assert (line.radius_m is None) == (side.arc is None)
            if side.arc is not None:
                assert (float(line.radius_m), line.centre.coords, line.sense) == (
                    side.arc.radius_m,
                    side.arc.centre,
                    side.arc.sense,
                )


def test_corners_are_vertices_of_their_lot(loaded: City) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE ST_Intersects(b.geom, ST_Points(p.geom))),
                 count(DISTINCT (b.parcel_id, b.sequence)), count(DISTINCT b.parcel_id)
               FROM layers_boundarypoint b JOIN layers_parcel p ON p.id = b.parcel_id"""
        )
        points, on_vertices, distinct, parcels = cursor.fetchone()
    assert points == on_vertices == distinct == BoundaryLine.objects.count()
    assert parcels == sum(bool(p.arcs) for p in loaded.parcels)
    assert BoundaryPoint.objects.filter(number="").count() == 0


def test_the_curved_lot_of_the_situations_has_two_arcs(loaded: City) -> None:
    uid = loaded.situation("curved_lot").uid
    assert BoundaryLine.objects.filter(parcel__uid=uid, radius_m__isnull=False).count() == 2


def side_of(uid: UUID) -> BoundaryRow:
    side = BoundarySide("N", (0.0, 0.0), (1.0, 0.0), 1.0)
    return BoundaryRow(uid, (side,), (BoundaryCorner("1", 0.0, 0.0),))


def test_sides_of_parcels_that_have_some_or_are_not_of_the_loading_are_refused(loaded: City) -> None:
    entry = RegisterEntry.objects.filter(service="load").order_by("id")[0].pk
    curved = next(p.uid for p in loaded.parcels if p.arcs)
    straight = next(p.uid for p in loaded.parcels if not p.arcs)
    for uid, of in ((curved, entry), (UUID(int=7), entry), (straight, entry + 1)):
        with pytest.raises(BoundariesRefused):
            load_boundaries([side_of(uid)], entry_id=of)
    assert load_boundaries([side_of(straight)], entry_id=entry) == {
        "layers_boundaryline": 1,
        "layers_boundarypoint": 1,
    }
