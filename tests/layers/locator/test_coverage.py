"""Coverage of the database: who counts as a home, what is told, kept as long as nothing changes, and exported."""

from __future__ import annotations

import csv
import io
import json
import uuid
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from django.conf import settings
from django.db import connection
from shapely.affinity import translate

from land_services.register.apply import apply_change_set
from land_services.register.load import load_fabric
from layers.files.staging import StagedParcel
from layers.locator import coverage_city as module
from layers.locator.coverage import coverage, gaps, what_if
from layers.locator.coverage_export import coverage_csv, coverage_frame, coverage_geojson, coverage_map, gaps_geojson
from layers.locator.network.graph import Mode, Streets
from tests.land_services.register.land import LOTS, X0, Y0, at, load_lots, query, split_lot_2, staged
from tests.layers.locator.test_network_store import X, Y, add

committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def write(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def place(x: float, y: float, category: str = "health", kind: str = "") -> None:
    write(
        "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind, opening_hours, phone,"
        " geom) VALUES (gen_random_uuid(), clock_timestamp(), '', '', %s, %s, '', '',"
        " ST_SetSRID(ST_MakePoint(%s, %s), %s))",
        category, kind, X + x, Y + y, settings.STORAGE_SRID,
    )  # fmt: skip


def address(x: float, y: float) -> None:
    write(
        "INSERT INTO layers_address (uid, begin_lifespan_version, building_no, additional_no, street_ar, street_en,"
        " district_ar, district_en, postcode, short_address, geom) VALUES (gen_random_uuid(), clock_timestamp(), '1',"
        " '', '', '', '', '', '', '', ST_SetSRID(ST_MakePoint(%s, %s), %s))",
        X + x, Y + y, settings.STORAGE_SRID,
    )  # fmt: skip


def district(name: str, x0: float, y0: float, x1: float, y1: float) -> uuid.UUID:
    uid = uuid.uuid4()
    write(
        "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
        " VALUES (%s, clock_timestamp(), %s, %s, '', '', ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, %s)))",
        str(uid), name, name, X + x0, Y + y0, X + x1, Y + y1, settings.STORAGE_SRID,
    )  # fmt: skip
    return uid


@pytest.fixture
def city() -> dict[str, uuid.UUID]:
    """A street of 3 km with a clinic at its west end; homes every 100 m; two districts and land outside both.

    ::

        C--h--h--h--h--h--h--h--h--h--h--h--h--h--h--h
        |      west      |      east      |  outside
        0              1 km             2 km       3 km
    """
    add(connection, (0, 0), (3000, 0))
    place(0, 0, "health", "clinic")
    for n in range(30):
        address(50 + 100 * n, 0)
    return {"west": district("غرب", 0, -50, 1000, 50), "east": district("=east", 1000.001, -50, 2000, 50)}


@committed
def test_shares_by_district_are_those_of_the_street(city: dict[str, uuid.UUID]) -> None:
    """In 5 minutes one walks 375 m, in 10 750 m, in 15 1125 m: 4, 8 and 11 homes."""
    told = coverage(["health"])

    assert (told.homes_from, told.homes, told.off_streets, told.places) == ("addresses", 30, 0, (1,))
    assert [(one.uid, one.homes) for one in told.districts] == [(city["west"], 10), (city["east"], 10), (None, 10)]
    assert told.within is not None
    assert told.within.tolist() == [[[4, 8, 10], [0, 0, 1], [0, 0, 0]]]
    assert told.share("health", 15, city["west"]) == 1.0
    assert told.share("health", 10) == 8 / 30
    assert told.share("health", 15, None) == 0.0


@committed
def test_a_kind_is_a_service_of_its_own(city: dict[str, uuid.UUID]) -> None:
    place(500, 0, "health", "pharmacy")

    assert coverage(["health", "clinic", "pharmacy", "fuel"]).places == (2, 1, 1, 0)
    assert [coverage(["clinic", "fuel"]).share(code, 5) for code in ("clinic", "fuel")] == [4 / 30, 0.0]
    for question in (lambda: coverage(["nothing"]), lambda: gaps("nothing"), lambda: what_if("nothing", [])):
        with pytest.raises(KeyError, match="nothing"):
            question()


@committed
def test_gaps_are_told_with_their_place_and_homes(city: dict[str, uuid.UUID]) -> None:
    found = gaps("health")

    assert [(gap.district.uid, gap.homes, gap.is_whole_district) for gap in found] == [
        (None, 10, True),
        (city["east"], 9, False),
    ]
    assert found[1].x - X == pytest.approx(1550)
    assert {gap.homes for gap in gaps("health", limit_min=5)} == {6, 10}
    assert [gap.homes for gap in gaps("health", least_homes=10)] == [10]
    with pytest.raises(ValueError, match="limit"):
        gaps("health", limit_min=float("nan"))


@committed
def test_what_if_is_what_would_be(city: dict[str, uuid.UUID]) -> None:
    """The figures with a clinic that does not stand there yet, and those when it does."""
    told = what_if("health", [(X + 2000, Y), (X + 9000, Y)])

    assert told.off_streets == (1,)
    assert told.gained is not None and told.gained.sum(axis=0).tolist() == [8, 16, 19]
    assert coverage(["health"]).within is not None
    place(2000, 0)
    after = coverage(["health"])
    np.testing.assert_array_equal(after.within, told.after.within)
    nothing = what_if("health", np.empty((0, 2))).gained
    assert nothing is not None and not nothing.any()
    assert what_if("health", [(float("nan"), 0.0)]).off_streets == (0,)


@committed
def test_what_was_computed_is_kept_until_something_changes(
    city: dict[str, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    coverage()
    made: list[int] = []

    class Counted(module.City):
        def __init__(self, *args: Any) -> None:
            made.append(1)
            super().__init__(*args)

    monkeypatch.setattr(module, "City", Counted)
    coverage(), gaps("health"), what_if("health", [(X, Y)])
    assert not made

    changes = [
        lambda: place(2500, 0),
        lambda: address(2510, 0),
        lambda: add(connection, (3000, 0), (3100, 0)),
        lambda: district("outer", 2000.001, -50, 3000, 50),
    ]
    for number, change in enumerate(changes, 1):
        change()
        told = coverage(["health"])
        assert len(made) == number
    assert told.districts[-1].homes == 0
    assert told.places == (2,)
    assert told.homes == 31


@committed
def test_a_place_more_leaves_what_it_does_not_touch(
    city: dict[str, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Homes, their streets and districts are not read again, and other services not computed again."""
    coverage(["health", "fuel"]), gaps("fuel")
    asked: list[int] = []
    real = module.walking_minutes

    def counted(net: Any, at: Any, places: Any) -> Any:
        asked.append(len(places))
        return real(net, at, places)

    monkeypatch.setattr(module, "walking_minutes", counted)
    for name in ("_homes", "_zones"):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("read again"))

    place(2500, 0)
    assert coverage(["health", "fuel"]).places == (2, 0)
    gaps("fuel")
    assert asked == [2]
    place(2600, 0, "fuel")
    assert coverage(["health", "fuel"]).share("fuel", 5) == 8 / 30
    assert asked == [2, 1]


@committed
def test_by_car_it_follows_the_ways_of_cars(city: dict[str, uuid.UUID]) -> None:
    """The street is local: 25 km/h, 3 km in 7.2 minutes; against its direction no car goes."""
    told = coverage(["health"], mode=Mode.CAR)
    assert told.within is not None and told.within[0].sum(axis=0).tolist() == [21, 30, 30]
    assert coverage(["health"]).share("health", 15) == 11 / 30
    write("UPDATE layers_street SET end_lifespan_version = clock_timestamp()")
    add(connection, (0, 0), (3000, 0), direction="forward")
    assert coverage(["health"], mode=Mode.CAR).share("health", 15) == 0.0
    assert coverage(["health"]).share("health", 15) == 11 / 30
    assert what_if("health", [(X + 3000, Y)], mode=Mode.CAR).after.share("health", 15) == 1.0


@committed
def test_a_layout_is_measured_with_its_homes_places_and_streets(city: dict[str, uuid.UUID]) -> None:
    """::

    C--------west--------+------- the street
                         |  a street of the layout, 600 m, with a clinic at its far end
                         h h h
    """
    homes = [(X + 1000, Y - 300 - 100 * n) for n in range(3)]
    lines = shapely.from_wkt([f"LINESTRING ({X + 1000} {Y}, {X + 1000} {Y - 600})"])
    new = Streets(lines, *np.array([["local"], ["both"], ["all"], [""]], dtype=object))

    alone = what_if("health", homes=homes)
    told = what_if("health", [(X + 1000, Y - 600)], homes=homes, streets=new)

    assert np.isinf(alone.home_minutes).all() and alone.after.off_streets == 3
    assert (alone.before.homes, alone.after.homes) == (30, 33)
    np.testing.assert_allclose(told.home_minutes, [4.0, 8 / 3, 4 / 3])
    assert told.after.within is not None
    assert told.after.districts[-1].homes == 13
    assert told.after.share("health", 5, None) == 3 / 13
    assert told.gained is not None and told.gained[0].tolist() == [0, 2, 0]  # of the west: 600 m and 150 more

    add(connection, (1000, 0), (1000, -600))
    place(1000, -600)
    for n in range(3):
        address(1000, -300 - 100 * n)
    np.testing.assert_array_equal(coverage(["health"]).within, told.after.within)


@committed
def test_without_streets_nobody_knows_the_minutes() -> None:
    place(0, 0)
    address(5, 0)
    uid = district("a", -10, -10, 10, 10)

    told = coverage(["health"])

    assert told.within is None
    assert (told.homes, told.share("health", 5), told.share("health", 5, uid)) == (1, None, None)
    assert gaps("health") == []
    assert what_if("health", [(X, Y)]).gained is None
    assert json.loads(coverage_geojson(told))["features"][0]["properties"]["health_share_5_min"] is None
    assert [row["within_15_min"] for row in csv.DictReader(io.StringIO(coverage_csv(told)))] == ["", "", ""]


@committed
def test_an_empty_city_has_no_homes() -> None:
    add(connection, (0, 0), (100, 0))

    told = coverage()

    assert (told.homes_from, told.homes, told.share("health", 5)) == ("none", 0, None)
    assert gaps("health") == []
    assert coverage_frame(told).homes.tolist() == [0] * 2 * len(told.services)
    assert json.loads(coverage_geojson(told))["features"] == []


@committed
def test_a_parcel_that_is_divided_is_seen() -> None:
    add(connection, (X0 - X, Y0 - 5 - Y), (X0 + 100 - X, Y0 - 5 - Y))
    load_lots()
    assert coverage(["health"]).homes == 6

    change = {"reference": "SUB-1448-000001", "acting_user_id": 7, "recheck": lambda facts: ()}
    apply_change_set(split_lot_2(), query=query("2"), **change)  # type: ignore[arg-type]

    assert coverage(["health"]).homes == 7


@committed
def test_the_table_and_the_map_say_the_same(city: dict[str, uuid.UUID]) -> None:
    told = coverage(["health", "fuel"])

    rows = list(csv.DictReader(io.StringIO(coverage_csv(told).removeprefix("\ufeff"))))
    frame, features = coverage_map(told), json.loads(coverage_geojson(told))["features"]

    assert len(rows) == 2 * (1 + 3)
    assert (rows[0]["district"], rows[0]["homes"], rows[0]["within_15_min"]) == ("whole", "30", "11")
    assert (rows[1]["district_ar"], rows[1]["share_10_min"]) == ("غرب", "0.8")
    assert rows[2]["district_en"] == "'=east"  # no formula
    assert (rows[3]["district"], rows[3]["district_en"]) == ("", "Outside all districts")
    assert frame.health_share_15_min.tolist() == [1.0, 0.1]
    assert [feature["properties"]["health_within_15_min"] for feature in features] == [10, 1]
    assert [feature["id"] for feature in features] == [str(city["west"]), str(city["east"])]
    west = shapely.geometry.shape(features[0]["geometry"])
    assert 45 < west.bounds[0] < 55 and 24 < west.bounds[1] < 29
    assert frame.crs.to_epsg() == 4326
    [outside, east] = json.loads(gaps_geojson(gaps("health")))["features"]
    assert outside["properties"]["district"] is None
    assert west.bounds[2] < east["geometry"]["coordinates"][0] < west.bounds[2] + 0.01


def load(rows: list[StagedParcel]) -> None:
    load_fabric([rows], source={"name": "made for a test", "sha256": "0" * 64})


USES = {"1": "residential", "2": " Villa ", "3": "سكني", "4": "commercial", "5": "", "6": "mosque"}


@committed
def test_without_addresses_homes_are_residential_parcels() -> None:
    """::

    | other other other |
    | home  home  home  |   lots of 20 m x 30 m
    =====================   the street, with a clinic at its west end
    """
    street = [(x - X, Y0 - 5 - Y) for x in (X0 - 100, X0 + 3000)]
    add(connection, *street)
    place(*street[0])
    load([replace(staged(n, name, at(LOTS[name])), land_use=use) for n, (name, use) in enumerate(USES.items(), 1)])

    told = coverage(["health"])
    assert (told.homes_from, told.homes, told.share("health", 5)) == ("parcels", 3, 1.0)

    load([staged(1, "far", at(translate(LOTS["1"], 2000, 0)))])
    told = coverage(["health"])
    assert (told.homes, told.share("health", 15)) == (4, 0.75)

    address(X0 - X, Y0 - Y)
    assert (coverage(["health"]).homes_from, coverage(["health"]).homes) == ("addresses", 1)
