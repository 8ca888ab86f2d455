"""Questions for places with hours: against brute force, in peace, with closures and in an emergency."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg2
import pytest
import shapely

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.hours import HoursText, Status, state_at
from layers.locator.opening import look
from layers.locator.search import NearbyQuery, answer, district_at, nearby
from tests.budget import budget
from tests.layers.locator.world import ALIAS, World

pytestmark = pytest.mark.usefixtures("django_db_setup")

BEGIN = datetime(2026, 2, 16, tzinfo=UTC)  # the days before and after the first of Ramadan


def moments(chance: random.Random) -> datetime:
    return BEGIN + timedelta(minutes=chance.randrange(6 * 24 * 60))


def open_then(places: World, at: datetime) -> np.ndarray[Any, Any]:
    """Return which places are open, each by itself: closed for a time, on a list, held by one, or as usual."""
    opening = look(ALIAS)
    standing = opening.exceptions(at)
    keys = dict(places.made.rows("SELECT uid::text, hours_key FROM layers_place WHERE end_lifespan_version IS NULL"))
    held = np.zeros(len(places.uids), bool)
    for emergency in standing.emergencies:
        inside = shapely.intersects(emergency.area, places.points)
        held |= inside & np.isin(places.column("category"), sorted(emergency.categories))

    def is_open(n: int, uid: UUID) -> bool:
        if uid in standing.closures:
            return False
        listed = standing.hours_by_uid.get(uid)
        if listed is not None and listed.strip():
            return state_at(HoursText(listed), at, opening.calendar).status is Status.OPEN
        if listed is None and held[n]:
            return False
        return opening.state(keys[str(uid)], at).status is Status.OPEN

    return np.array([is_open(n, uid) for n, uid in enumerate(places.uids)])


def compare(places: World, chance: random.Random, count: int) -> None:
    category, kind, wheelchair = (places.column(n) for n in ("category", "kind", "wheelchair"))
    kinds = sorted(set(kind) & KINDS.keys())
    for n, position in enumerate(places.positions(chance, count)):
        if n % 25 == 0:
            at = moments(chance)
            is_open = open_then(places, at)
        query: dict[str, Any] = {"limit": chance.choice((1, 10, 50))}
        mask = is_open.copy()
        if chance.random() < 0.7:
            query["categories"] = tuple(chance.sample(sorted(CATEGORIES), chance.choice((1, 2))))
            mask &= np.isin(category, query["categories"])
        if chance.random() < 0.3:
            query["wheelchair"] = True
            mask &= wheelchair == "yes"
        if chance.random() < 0.3:
            district = chance.choice(list(places.districts))
            side = chance.choice(("within", "beyond"))
            query[side] = district
            mask &= places.inside(district) == (side == "within")
        if "categories" not in query and kinds and chance.random() < 0.3:
            query["kinds"] = tuple(chance.sample(kinds, min(2, len(kinds))))
            mask &= np.isin(kind, query["kinds"]) & np.isin(category, [KINDS[k].category for k in query["kinds"]])
        found = nearby(NearbyQuery(*position, open_at=at, **query), using=ALIAS)
        places.assert_nearest([one.key for one in found], position, query["limit"], mask)
        assert all(one.state is not None and one.state.status is Status.OPEN for one in found)


def test_what_is_open_is_found_as_by_asking_every_place(places: World) -> None:
    compare(places, random.Random(21), budget(60, 10_000))


def test_closures_and_emergency_lists_hold_in_searches(places: World) -> None:
    chance = random.Random(22)
    close(places, chance)
    try:
        compare(places, chance, budget(50, 10_000))
    finally:
        call_off(places)


def close(places: World, chance: random.Random) -> None:
    """Close a tenth of the places for some days, and declare three emergencies over Riyadh and Dammam."""
    session = psycopg2.connect(places.made.database.owner_url)
    with session, session.cursor() as cursor:
        for uid in chance.sample(places.uids, len(places.uids) // 10):
            begins = moments(chance)
            ends = chance.choice((None, begins + timedelta(hours=chance.randint(1, 60))))
            cursor.execute(
                "INSERT INTO layers_placeclosure (place_uid, begins_at, ends_at, reason_ar, reason_en)"
                " VALUES (%s, %s, %s, '', '')",
                [str(uid), begins, ends],
            )
        for west, east, categories in (
            (46.5, 46.9, ["food", "health"]),
            (46.6, 50.2, ["food", "fuel"]),
            (-180, 180, ["gas"]),
        ):
            cursor.execute(
                "INSERT INTO layers_emergencylist (title_ar, title_en, note_ar, note_en, categories, area, begins_at,"
                " ends_at) VALUES ('', '', '', '', %s, ST_Multi(ST_Transform(ST_MakeEnvelope(%s, -80, %s, 80, 4326),"
                " 3395)), %s, %s) RETURNING id",
                [categories, west, east, BEGIN + timedelta(days=chance.uniform(0, 2)), BEGIN + timedelta(days=4)],
            )
            listed = cursor.fetchone()[0]
            inside = [u for u in places.uids if places.rows[u]["category"] in categories]
            for uid in chance.sample(inside, len(inside) // 4):
                hours = chance.choice(("", "", "24/7", "08:00-12:00", "off"))
                cursor.execute(
                    "INSERT INTO layers_emergencyentry (emergency_id, place_uid, opening_hours) VALUES (%s, %s, %s)",
                    [listed, str(uid), hours],
                )
    session.close()


def call_off(places: World) -> None:
    session = psycopg2.connect(places.made.database.owner_url)
    with session, session.cursor() as cursor:
        cursor.execute("UPDATE layers_placeclosure SET called_off_at = begins_at")
        cursor.execute("UPDATE layers_emergencylist SET switched_off_at = begins_at")
    session.close()


# Single properties --------------------------------------------------------------------------------------------------


def test_a_place_is_told_with_all_that_is_known_of_it(places: World) -> None:
    found = nearby(NearbyQuery(50.1, 26.42, limit=20, with_district=True), using=ALIAS)

    assert any(one.name_ar for one in found)
    assert any(one.district_ar for one in found)
    for one in found:
        row = places.rows[one.uid]
        assert (one.category, one.kind, one.wheelchair) == (row["category"], row["kind"], row["wheelchair"])
        assert (one.lon, one.lat) == pytest.approx((row["lon"], row["lat"]), abs=1e-7)
        assert one.minutes is None
        assert one.state is not None
        if one.district:
            i = places.uids.index(one.uid)
            assert places.inside(one.district)[i]


def test_the_state_is_for_the_moment_that_is_named(places: World) -> None:
    night, noon = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (0, 9))
    query = NearbyQuery(46.7, 24.7, limit=50)

    by_night = {one.uid: one.state for one in nearby(query, at=night, using=ALIAS)}
    by_day = {one.uid: one.state for one in nearby(query, at=noon, using=ALIAS)}

    assert by_night.keys() == by_day.keys()
    assert by_night != by_day


def test_nobody_is_asked_for_hours_that_nobody_wants(places: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.locator.search.look", lambda using: pytest.fail("hours were read"))

    seen = answer(NearbyQuery(46.7, 24.7, tell_open=False), using=ALIAS).seen
    assert {one.state for one in seen} == {None}


def test_the_district_of_a_position_is_the_one_that_holds_it(places: World) -> None:
    chance = random.Random(5)
    with_places = [u for u in places.uids if 49.5 < places.rows[u]["lon"] < 50.5]
    for uid in chance.sample(with_places, budget(20, 1_000)):
        row = places.rows[uid]
        point = places.points[places.uids.index(uid)]
        holding = {d for d in places.districts if places.districts[d].intersects(point)}
        found = district_at(row["lon"], row["lat"], using=ALIAS)
        assert found is None if not holding else found is not None and found.uid in holding
    for position in ((180.0, 90.0), (-180.0, -90.0), (0.0, 0.0), (50.1, -26.4)):
        assert district_at(*position, using=ALIAS) is None


@pytest.mark.parametrize(
    "bad",
    [{"limit": 0}, {"limit": 101}, {"categories": ("x",)}, {"kinds": ("x",)}, {"lon": float("nan")}, {"lat": 91.0}],
)
def test_a_question_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        NearbyQuery(**{"lon": 50.0, "lat": 26.0, **bad})


def test_keys_of_pages_are_of_places(places: World) -> None:
    page = answer(NearbyQuery(46.7, 24.7, limit=5), using=ALIAS)
    again = answer(NearbyQuery(46.7, 24.7, limit=5, after=page.following), using=ALIAS)

    assert page.following is not None
    assert isinstance(page.following[1], UUID)
    assert page.seen[-1].near.key < again.seen[0].near.key
