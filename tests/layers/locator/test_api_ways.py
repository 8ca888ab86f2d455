"""The API along streets: minutes to places, what can be reached, and what can be reached before it closes."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import shapely
from django.db import connections
from django.test import Client
from shapely.geometry import shape

from layers.locator import counts
from layers.locator.hours import Status
from layers.locator.network.store import Mode, minutes_to
from layers.locator.opening import look
from layers.locator.positions import Position
from layers.locator.search import NearbyQuery, nearby
from layers.locator.where import stored
from tests.budget import budget

pytestmark = pytest.mark.django_db

HERE = (50.1, 26.43)
AT = "lon=50.1&lat=26.43"
HOURS = ("24/7", "Mo-Su 08:00-20:10", "Mo-Su 08:00-20:30", "Mo-Su 20:05-22:00", "")
EVENING = datetime.fromisoformat("2026-03-03T20:00:00+03:00")


@pytest.fixture(autouse=True)
def quiet(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_PER_MINUTE = 0
    monkeypatch.setattr(counts, "_buffer", counts._Buffer())
    monkeypatch.setattr(counts, "FLUSH_S", 3600.0)


@pytest.fixture
def city() -> dict[UUID, tuple[float, float, int]]:
    """Streets every 200 m over 4 km, an island without a way to it, and places beside them."""
    x0, y0 = stored(Position(*HERE)) or (0.0, 0.0)
    chance = random.Random(9)
    places = {}
    with connections["default"].cursor() as cursor:
        lines = []
        for i in range(21):
            for k in range(20):
                a, b, c = x0 - 2000 + 200 * i, y0 - 2000 + 200 * k, y0 - 1800 + 200 * k
                lines.append(f"MULTILINESTRING(({a} {b}, {a} {c}))")
                a, b, c = y0 - 2000 + 200 * i, x0 - 2000 + 200 * k, x0 - 1800 + 200 * k
                lines.append(f"MULTILINESTRING(({b} {a}, {c} {a}))")
        lines.append(f"MULTILINESTRING(({x0 + 9000} {y0}, {x0 + 9200} {y0}))")
        cursor.execute(
            "INSERT INTO layers_street (uid, begin_lifespan_version, name_ar, name_en, road_class, geom)"
            " SELECT gen_random_uuid(), now(), '', '', 'local', ST_GeomFromText(line, 32639) FROM unnest(%s) line",
            [lines],
        )
        for n in range(80):
            uid = UUID(int=chance.getrandbits(128), version=4)
            x, y = x0 + 200 * chance.randint(-9, 9) + chance.uniform(-20, 20), y0 + chance.uniform(-1900, 1900)
            if n % 16 == 0:
                x, y = x0 + 9100, y0 + n
            cursor.execute(
                "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, opening_hours,"
                " phone, geom) VALUES (%s, now(), '', '', 'food', %s, '', ST_SetSRID(ST_Point(%s, %s), 32639))"
                " RETURNING hours_key",
                [uid, HOURS[n % len(HOURS)], x, y],
            )
            places[uid] = (x, y, cursor.fetchone()[0])
    return places


def ask(client: Client, path: str, status: int = 200) -> Any:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status, response.content[:400]
    return response.json()


def walked(places: dict[UUID, tuple[float, float, int]], mode: Mode = Mode.FOOT) -> dict[UUID, float]:
    found = minutes_to(stored(Position(*HERE)) or (0, 0), [(x, y) for x, y, _ in places.values()], mode)
    return dict(zip(places, map(float, found), strict=True))


@pytest.mark.parametrize("mode", list(Mode))
def test_minutes_are_those_along_the_streets_and_unreachable_is_an_answer(
    mode: Mode, client: Client, city: Any
) -> None:
    minutes = walked(city, mode)
    found = ask(client, f"nearby?{AT}&mode={mode}&limit=100")["features"]

    assert len(found) == 80
    for feature in found:
        said, true = feature["properties"], minutes[UUID(feature["id"])]
        assert said["is_reachable"] is math.isfinite(true)
        assert said["minutes"] == (pytest.approx(true, abs=0.051) if math.isfinite(true) else None)
    assert not all(f["properties"]["is_reachable"] for f in found)


def test_what_can_be_reached_before_it_closes_is_found_as_by_asking_every_place(client: Client, city: Any) -> None:
    minutes, opening = walked(city), look()
    expected = set()
    for uid, (_, _, key) in city.items():
        state = opening.state(key, EVENING)
        if state.status is Status.OPEN and math.isfinite(minutes[uid]):
            arrives = EVENING + timedelta(minutes=minutes[uid])
            if state.until is None or arrives < state.until:
                expected.add(uid)

    seen = nearby(NearbyQuery(*HERE, limit=3, open_at=EVENING, before_closing=True))
    while more := nearby(NearbyQuery(*HERE, limit=3, open_at=EVENING, before_closing=True, after=seen[-1].key)):
        seen += more

    assert {one.uid for one in seen} == expected
    assert len(seen) == len(expected)
    assert [one.key for one in seen] == sorted(one.key for one in seen)
    assert 5 < len(expected) < 60
    said = ask(client, f"nearby?{AT}&before_closing=yes&open_at=2026-03-03T20:00:00%2B03:00&limit=100")
    assert {UUID(f["id"]) for f in said["features"]} == expected


def test_nothing_is_reached_where_no_way_leads(client: Client, city: Any) -> None:
    for at in ("lon=0&lat=0", "lon=180&lat=90"):
        found = ask(client, f"nearby?{at}&mode=foot&limit=5")["features"]
        assert [f["properties"]["is_reachable"] for f in found] == [False] * 5
        assert ask(client, f"nearby?{at}&before_closing=yes")["features"] == []
        areas = ask(client, f"reachable?{at}")["features"]
        assert [a["geometry"]["coordinates"] for a in areas] == [[], [], []]


def test_without_any_street_nobody_knows_the_minutes(client: Client, city: Any) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE layers_street SET end_lifespan_version = clock_timestamp() + interval '1 s'")

    found = ask(client, f"nearby?{AT}&mode=foot")["features"]
    assert len(found) == 10
    assert not any({"minutes", "is_reachable"} & f["properties"].keys() for f in found)


def test_areas_hold_what_is_reached_in_their_minutes(client: Client, city: Any) -> None:
    minutes = walked(city)
    found = ask(client, f"reachable?{AT}&minutes=15,5,10")["features"]

    assert [f["properties"] for f in found] == [{"minutes": float(m), "mode": "foot"} for m in (5, 10, 15)]
    areas: list[Any] = [shape(f["geometry"]) for f in found]
    assert all(area.is_valid and area.geom_type == "MultiPolygon" for area in areas)
    assert areas[0].area < areas[1].area < areas[2].area
    assert all(ring.is_ccw for area in areas for part in area.geoms for ring in [part.exterior])
    for limit, area in zip((5, 10, 15), areas, strict=True):
        for feature in ask(client, f"nearby?{AT}&limit=100")["features"]:
            point, true = shapely.Point(feature["geometry"]["coordinates"]), minutes[UUID(feature["id"])]
            # An outline is drawn around streets, with some room for what stands beside them.
            if true < limit * 0.85:
                assert area.contains(point), (limit, true)
            if true > limit * 1.3 + 2:
                assert not area.contains(point), (limit, true)


def test_the_way_to_one_place(client: Client, city: Any) -> None:
    minutes = walked(city, Mode.CAR)
    for uid in list(city)[:17]:
        said = ask(client, f"reachable?{AT}&to={uid}&mode=car")
        assert said["to"] == str(uid)
        assert said["is_reachable"] is math.isfinite(minutes[uid])
        if said["is_reachable"]:
            assert said["minutes"] == pytest.approx(minutes[uid], abs=0.051)
    assert ask(client, f"reachable?{AT}&to={UUID(int=5)}", 404)["status"] == 404


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *((f"minutes={bad}", "minutes") for bad in ("0", "61", "-1", "x", "", "nan", "5,,6", "1,2,3,4,5,6", "٥")),
        ("mode=bicycle", "mode"),
        ("to=x", "to"),
        ("to=%00", "to"),
        ("limit=5", "limit"),
    ],
)
def test_what_cannot_be_meant_is_refused(query: str, parameter: str, client: Client) -> None:
    assert ask(client, f"reachable?{AT}&{query}", 400)["parameter"] == parameter


def test_random_questions_are_answered(client: Client, city: Any) -> None:
    chance = random.Random(4)
    for _ in range(budget(20, 1_000)):
        lon, lat = HERE[0] + chance.gauss(0, 0.03), HERE[1] + chance.gauss(0, 0.03)
        areas = ask(client, f"reachable?lon={lon:.6f}&lat={lat:.6f}&mode={chance.choice(list(Mode))}")["features"]
        assert len(areas) == 3
