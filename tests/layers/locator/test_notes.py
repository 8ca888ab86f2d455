"""Old notes of changes are taken away, and no process misses a change by that: in threads, and in the worst orders."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections

from layers.locator import opening
from layers.locator.changes import version
from layers.locator.models import HoursChange, LayerChange
from tests.layers.locator.test_network_store import add
from tests.layers.locator.test_opening import _place

committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Connect = Callable[[], Any]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a maker of connections as the application's role; a statement is a transaction unless told otherwise."""
    mine = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with ExitStack() as stack:

        def made() -> Any:
            one = psycopg2.connect(**{name: mine[name] for name in names if mine.get(name)})
            one.autocommit = True
            stack.callback(one.close)
            return one

        yield made


def prune(kept: int = 0) -> int:
    """Take old notes away, as the database itself does now and then."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT layers_prune_notes(%s)", [kept])
        return int(cursor.fetchone()[0])


def wait_for_others() -> None:
    """Wait until nobody in the cluster is in a transaction as old as the notes: tests beside this one may be."""
    until = time.monotonic() + 240
    while time.monotonic() < until:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > greatest(
                       (SELECT max(xact) FROM layers_hourschange), (SELECT max(xact) FROM layers_layerchange))"""
            )
            if cursor.fetchone()[0] is not False:
                return
        time.sleep(0.2)
    pytest.fail("a transaction of another test has run for four minutes")


def holiday(day: int, by: Any = None) -> None:
    with (by or connection).cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_holiday (\"on\", name_ar, name_en, is_confirmed, source) VALUES (%s, '', '', true, '')",
            [date(2026, 1, 1 + day)],
        )


def known_holidays() -> set[date]:
    return set(opening.look().calendar.holidays)


@committed
def test_what_has_ended_goes_and_one_note_stands_for_it() -> None:
    for day in range(5):
        holiday(day)
    for n in range(4):
        _place(f"0{n}:00-12:00")
    add(connection, (0, 0), (100, 0))
    before = {row.what: row.xact for row in HoursChange.objects.order_by("xact")}

    wait_for_others()
    prune()

    assert {row.what: row.xact for row in HoursChange.objects.all()} == before
    assert HoursChange.objects.count() == len(before) and LayerChange.objects.count() == 2
    assert prune(kept=1000) == 0


@committed
def test_a_process_that_has_not_asked_for_long_reads_anew() -> None:
    opening.look()
    streets = version(("streets",))
    places = version(("places",))
    holiday(1)
    key = _place("08:00-09:00")
    prune()
    assert date(2026, 1, 2) in known_holidays()
    assert key in opening.look().hours
    assert version(("streets",), streets) is streets
    assert version(("places",), places) is not places


@committed
def test_the_note_of_one_that_ended_late_is_not_lost_behind_one_that_was_seen(connect: Connect) -> None:
    """A begins before B; B is seen, then A ends; both notes are old when they go. That of B is known, that of A not."""
    late = connect()
    late.autocommit = False
    holiday(1, late)
    streets = version(("streets",))
    holiday(2)
    assert known_holidays() == {date(2026, 1, 3)}
    assert prune() == 0 or known_holidays() == {date(2026, 1, 3)}  # of transactions that run, and later ones, none goes
    late.commit()
    prune()
    assert known_holidays() == {date(2026, 1, 2), date(2026, 1, 3)}
    assert version(("streets",), streets) is streets


@committed
def test_no_note_of_a_running_transaction_or_a_later_one_goes(connect: Connect) -> None:
    prune()
    late = connect()
    late.autocommit = False
    holiday(1, late)
    holiday(2)
    kept = list(HoursChange.objects.filter(what="days").values_list("id", flat=True))
    prune()
    assert list(HoursChange.objects.filter(what="days").values_list("id", flat=True)) == kept
    late.rollback()


@committed
def test_the_database_does_it_itself_every_thousandth_note(connect: Connect) -> None:
    with connect().cursor() as cursor:
        for n in range(1200):
            cursor.execute("UPDATE layers_holiday SET source = %s WHERE false", [str(n)])
        last = max(HoursChange.objects.values_list("id", flat=True))
        for _ in range(2000 - last % 1000):
            cursor.execute("UPDATE layers_holiday SET source = '' WHERE false")
    assert HoursChange.objects.count() < 2010
    assert known_holidays() == set()


@committed
def test_who_reads_the_state_of_its_begin_can_still_write(connect: Connect) -> None:
    """Somebody takes notes away after a transaction that repeats its reads has begun; it then would take the same."""
    for day in range(3):
        holiday(day)
    slow = connections["owner"]
    with slow.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM layers_hourschange")
        before = cursor.fetchone()
        with psycopg2.connect(**_owner()) as other, other.cursor() as pruning:
            pruning.execute("SELECT layers_prune_notes(0)")
        cursor.execute("SELECT layers_prune_notes(0)")
        assert cursor.fetchone() == (0,) and before is not None
        cursor.execute("COMMIT")


def _owner() -> dict[str, Any]:
    mine = connections["owner"].get_connection_params()
    return {name: mine[name] for name in ("host", "port", "user", "password", "dbname") if mine.get(name)}


@committed
def test_readers_writers_and_pruning_at_once_miss_nothing(connect: Connect) -> None:
    """Writers commit in another order than they began, some late; whatever is committed, a look after it shows."""
    done = threading.Event()
    told: list[int] = []
    faults: list[object] = []
    known: set[date] = set()
    guard = threading.Lock()

    def write(first: int) -> None:
        chance = random.Random(first)
        mine = connect()
        mine.autocommit = False
        for day in range(first, first + 12):
            holiday(day, mine)
            done.wait(chance.random() * 0.02)
            mine.commit()
            with guard:
                known.add(date.fromordinal(date(2026, 1, 1).toordinal() + day))

    def read() -> None:
        chance = random.Random(id(threading.current_thread()))
        try:
            while not done.is_set():
                with guard:
                    wanted = set(known)
                if missing := wanted - known_holidays():
                    faults.append(missing)
                done.wait(chance.random() * 0.02)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    def take_away() -> None:
        try:
            with psycopg2.connect(**_owner()) as mine:
                mine.autocommit = True
                while not done.is_set():
                    with mine.cursor() as cursor:
                        cursor.execute("SELECT layers_prune_notes(0)")
                        told.append(int(cursor.fetchone()[0]))  # type: ignore[index]
        except Exception as error:
            faults.append(error)

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 12)]
    others = [threading.Thread(target=each) for each in (read, read, read, take_away, take_away)]
    for thread in (*others, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert not faults
    wait_for_others()
    assert sum(told) + prune() > 10
    assert known_holidays() == known and len(known) == 24
