"""Hours, days and exceptions in memory, against commits of other connections and other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection, transaction
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from layers.locator import opening
from layers.locator.hours import Status
from layers.locator.models import (
    EmergencyEntry,
    EmergencyList,
    Holiday,
    PlaceClosure,
    PlaceHours,
    PrayerPause,
    PrayerTime,
    RamadanPeriod,
)
from tests import databases
from tests.layers.locator.calendars import at

committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
FRIDAY = "2026-11-27"
X, Y = 410_000.0, 2_925_000.0
PLACE = """
INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, opening_hours, ramadan_hours,
                          prayer_pause, phone, geom)
VALUES (%s, clock_timestamp(), '', '', 'food', %s, %s, %s, '', ST_SetSRID(ST_MakePoint(410000, 2925000), %s))
RETURNING hours_key"""


@pytest.fixture
def other() -> Iterator[Any]:
    """Another connection, as the application's role, each statement a transaction of its own."""
    mine = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    made = psycopg2.connect(**{name: mine[name] for name in names if mine.get(name)})
    made.autocommit = True
    yield made
    made.close()


def _place(hours: str, ramadan: str = "", pause: str = "", by: Any = None) -> int:
    with (by or connection).cursor() as cursor:
        cursor.execute(PLACE, [str(uuid.uuid4()), hours, ramadan, pause, settings.STORAGE_SRID])
        return int(cursor.fetchone()[0])


def _status(key: int, moment: str) -> str:
    state = opening.states([key], at(moment))[key]
    assert (key in opening.open_keys(at(moment))) == (state.status is Status.OPEN)
    return f"{state.status} {state.reason}".strip()


@committed
def test_each_commit_of_another_connection_is_seen_at_once(other: Any) -> None:
    noon = f"{FRIDAY} 12:00"
    first = _place("08:00-22:00; PH off", by=other)
    assert _status(first, noon) == "open"
    second = _place("08:00-22:00; PH off", ramadan="20:00-02:00", pause="yes", by=other)
    assert _status(second, noon) == "open"
    with other.cursor() as cursor:
        cursor.execute(
            'INSERT INTO layers_holiday ("on", name_ar, name_en, is_confirmed, source) VALUES (%s, %s, %s, true, %s)',
            [FRIDAY, "عطلة", "holiday", ""],
        )
        assert _status(first, noon) == "closed holiday"
        cursor.execute("UPDATE layers_holiday SET \"on\" = '2026-11-28'")
        assert _status(first, noon) == "open"
        assert _status(first, "2026-11-28 12:00") == "closed holiday"
        cursor.execute("UPDATE layers_holiday SET is_confirmed = false")
        assert _status(first, "2026-11-28 12:00") == "unknown holiday"
        cursor.execute("DELETE FROM layers_holiday")
        assert _status(first, "2026-11-28 12:00") == "open"
        cursor.execute(
            "INSERT INTO layers_ramadanperiod (year_ah, first_on, last_on, source)"
            " VALUES (1448, '2026-11-20', '2026-12-19', '')"
        )
        assert _status(second, noon) == "closed ramadan"
        cursor.execute("DELETE FROM layers_ramadanperiod")
        cursor.execute(
            "INSERT INTO layers_prayertime (\"on\", prayer, at, source) VALUES (%s, 'dhuhr', '11:40', '')", [FRIDAY]
        )
        assert _status(second, noon) == "open"
        cursor.execute("INSERT INTO layers_prayerpause (prayer, begins_min, lasts_min, valid_from, source)"
                       " VALUES ('dhuhr', 0, 30, '2020-01-01', '')")  # fmt: skip
        assert _status(second, noon) == "closed prayer"
        assert _status(first, noon) == "open"


@committed
def test_ramadan_is_that_of_umm_al_qura_until_another_is_given() -> None:
    key = _place("08:00-22:00", ramadan="20:00-02:00")
    assert _status(key, "2026-02-18 12:00") == "closed ramadan"
    RamadanPeriod.objects.create(year_ah=1447, first_on=date(2026, 2, 19), last_on=date(2026, 3, 19))
    assert _status(key, "2026-02-18 12:00") == "open"
    assert _status(key, "2026-02-19 12:00") == "closed ramadan"
    assert _status(key, "2027-02-10 12:00") == "closed ramadan"  # other years keep theirs


@committed
def test_a_transaction_that_ends_late_is_seen_when_it_does(other: Any) -> None:
    """Its number is lower than that of one which was seen before."""
    other.autocommit = False
    late = _place("06:00-12:00", by=other)
    early = _place("07:00-12:00")
    assert _status(early, f"{FRIDAY} 10:00") == "open"
    assert _status(late, f"{FRIDAY} 10:00") == "unknown"
    other.commit()
    assert _status(late, f"{FRIDAY} 10:00") == "open"


@committed
def test_what_is_given_up_is_forgotten() -> None:
    key = _place("08:00-22:00; PH off")
    uid = uuid.uuid4()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Holiday.objects.create(on=date(2026, 11, 27), name_ar="عطلة", name_en="holiday")
        PlaceClosure.objects.create(place_uid=uid, begins_at=at(f"{FRIDAY} 00:00"))
        assert _status(key, f"{FRIDAY} 12:00") == "closed holiday"
        assert opening.exceptions(at(f"{FRIDAY} 12:00")).closed_uids == {uid}
        raise ZeroDivisionError
    assert _status(key, f"{FRIDAY} 12:00") == "open"
    assert not opening.exceptions(at(f"{FRIDAY} 12:00"))


@committed
def test_nothing_is_read_anew_while_nothing_changes(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = _place("08:00-22:00")
    first = opening.look()
    with django_assert_num_queries(3):
        assert opening.look() is first
        assert opening.open_keys(at(f"{FRIDAY} 10:00")) is opening.open_keys(at(f"{FRIDAY} 11:00"))
    _place("08:00-22:00")  # the same hours again
    assert opening.look() is first
    Holiday.objects.create(on=date(2026, 1, 1), name_ar="عطلة", name_en="holiday")
    after = opening.look()
    assert after is not first
    assert after.shards is first.shards
    assert after.rows is first.rows
    assert after.state(key, at(f"{FRIDAY} 10:00")).status is Status.OPEN


@committed
def test_another_time_zone_of_the_settings_holds_at_once() -> None:
    key = _place("08:00-22:00")
    assert _status(key, f"{FRIDAY} 08:30") == "open"
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert _status(key, f"{FRIDAY} 08:30") == "closed"  # at 06:30 there
        assert _status(key, f"{FRIDAY} 23:30") == "open"
    assert _status(key, f"{FRIDAY} 08:30") == "open"


@committed
def test_many_single_additions_stay_few_shards() -> None:
    keys = [_place(f"08:{n:02}-22:00") for n in range(30) if opening.look()]
    seen = opening.look()
    assert len(seen.shards) <= 12
    assert sorted(key for shard in seen.shards for key, _ in shard.rows) == sorted(seen.hours)
    assert seen.open_keys(at(f"{FRIDAY} 08:10")) == set(keys[:11])


@committed
def test_the_keys_are_those_of_the_places() -> None:
    keys = {_place("24/7"), _place(""), _place("24/7", pause="yes"), _place("24/7", ramadan="off")}
    assert len(keys) == 4
    assert set(PlaceHours.objects.values_list("key", flat=True)) == keys == set(opening.look().hours)
    assert opening.states(keys | {1}, at(f"{FRIDAY} 10:00"))[1].status is Status.UNKNOWN


def _square(size: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((X - size, Y - size, X + size, Y + size)), srid=settings.STORAGE_SRID)


@committed
def test_closures_and_lists_hold_for_places_until_they_are_called_off(other: Any) -> None:
    key, uid, listed = _place("08:00-22:00"), uuid.uuid4(), uuid.uuid4()
    noon = at(f"{FRIDAY} 12:00")

    def told(of: uuid.UUID = uid, category: str = "food", moment: datetime = noon) -> str:
        state = opening.state_of(of, key, category, (X, Y), moment)
        until = state.until.strftime("%d %H:%M") if state.until else "-"
        return f"{state.status} {until} {state.reason}".strip()

    assert told() == "open 27 22:00"
    closure = PlaceClosure.objects.create(place_uid=uid, begins_at=noon, ends_at=noon + timedelta(hours=1))
    assert told() == "closed 27 13:00 closure"
    assert told(moment=at(f"{FRIDAY} 11:00")) == "open 27 12:00"
    with other.cursor() as cursor:
        cursor.execute(
            "UPDATE layers_placeclosure SET called_off_at = begins_at + interval '5 minutes' WHERE id = %s",
            [closure.pk],
        )
    assert told() == "closed 27 12:05 closure"
    list_ = EmergencyList.objects.create(
        title_ar="منع تجول", title_en="Curfew", categories=["food"], area=_square(100),
        begins_at=at(f"{FRIDAY} 10:00"), ends_at=at("2026-11-28 10:00"),
    )  # fmt: skip
    EmergencyEntry.objects.create(emergency=list_, place_uid=listed, opening_hours="09:00-15:00")
    assert told(uuid.uuid4()) == "closed 28 10:00 emergency"
    assert told(uuid.uuid4(), "health") == "open 27 22:00"
    assert told(listed) == "open 27 15:00 emergency"
    standing = opening.exceptions(noon)
    assert [e.title_ar for e in standing.emergencies] == ["منع تجول"]
    assert standing.hours_by_uid == {listed: "09:00-15:00"}
    with other.cursor() as cursor:
        cursor.execute("UPDATE layers_emergencylist SET switched_off_at = %s", [at(f"{FRIDAY} 11:00")])
    assert told(listed) == "open 27 22:00"
    assert opening.state_of(listed, key, "food", (X, Y), at(f"{FRIDAY} 10:30")).reason == "emergency"


@committed
def test_it_is_told_whether_hours_last() -> None:
    key = _place("08:00-16:00", pause="yes")
    PrayerTime.objects.create(on=date(2026, 11, 27), prayer="dhuhr", at="11:35")
    PrayerPause.objects.create(prayer="jumuah", begins_min=0, lasts_min=60, valid_from=date(2020, 1, 1))
    assert opening.open_between(key, at(f"{FRIDAY} 15:52"), at(f"{FRIDAY} 16:00"))
    assert not opening.open_between(key, at(f"{FRIDAY} 15:52"), at(f"{FRIDAY} 16:01"))
    assert not opening.open_between(key, at(f"{FRIDAY} 11:00"), at(f"{FRIDAY} 12:00"))
    assert not opening.open_between(key, at(f"{FRIDAY} 12:00"), at(f"{FRIDAY} 12:01"))


@committed
def test_threads_that_read_while_another_writes_see_every_commit(other: Any) -> None:
    """Whoever looks after a commit finds its hours; eight threads share what is kept."""
    done = threading.Event()
    faults: list[object] = []
    committed_keys: list[int] = []

    def read() -> None:
        try:
            while not done.is_set():
                known = list(committed_keys)
                hours = opening.look().hours
                if missing := [key for key in known if key not in hours]:
                    faults.append(missing)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for n in range(40):
        committed_keys.append(_place(f"09:{n:02}-17:00", by=other))
    done.set()
    for reader in readers:
        reader.join()
    assert not faults


PROCESS = """
import json, sys
from datetime import datetime
import django
django.setup()
from layers.locator import opening
for line in sys.stdin:
    key, moment = json.loads(line)
    moment = datetime.fromisoformat(moment)
    print(json.dumps([opening.states([key], moment)[key].status, key in opening.open_keys(moment)]), flush=True)
"""


@committed
def test_other_processes_see_each_commit_at_once() -> None:
    name = str(connection.settings_dict["NAME"])
    addresses = (databases._address(alias, name) for alias in ("default", "owner"))
    environment = {**os.environ, **databases.Database(name, *addresses).environment()}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(settings.BASE_DIR),
            env={**environment, "DJANGO_SETTINGS_MODULE": "gisportal.settings"},
        )
        for _ in range(2)
    ]

    def ask(key: int, moment: str) -> list[Any]:
        answers = []
        for process in processes:
            assert process.stdin is not None and process.stdout is not None
            print(json.dumps([key, at(moment).isoformat()]), file=process.stdin, flush=True)
            answers.append(json.loads(process.stdout.readline()))
        assert answers[0] == answers[1]
        return list(answers[0])

    try:
        for n in range(10):
            key = _place(f"10:{n:02}-18:00; PH off")
            assert ask(key, f"{FRIDAY} 12:00") == ["open", True]
        day = Holiday.objects.create(on=date(2026, 11, 27), name_ar="عطلة", name_en="holiday")
        assert ask(key, f"{FRIDAY} 12:00") == ["closed", False]
        day.delete()
        assert ask(key, f"{FRIDAY} 12:00") == ["open", True]
    finally:
        for process in processes:
            process.stdin.close()  # type: ignore[union-attr]
            process.wait(timeout=60)


@pytest.mark.django_db
def test_the_application_cannot_feign_a_change() -> None:
    for statement in (
        "INSERT INTO layers_hourschange (what, xact) VALUES ('days', 1)",
        "DELETE FROM layers_hourschange",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
