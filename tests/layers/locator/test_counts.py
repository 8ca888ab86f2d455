"""Searches and visits are counted by day, hour, category and district, whoever counts at the same time, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from django.db import connections
from django.test import Client

from layers.locator import counts
from layers.locator.positions import Position
from tests import databases

ROOT = Path(__file__).resolve().parents[3]
DISTRICT = UUID(int=77)
INSIDE, OUTSIDE, FAR = Position(50.05, 26.4), Position(50.5, 26.4), Position(-130.0, -26.0)
AT = datetime(2026, 3, 1, 21, 30, tzinfo=UTC)  # half past midnight of the second in Riyadh


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_buffer", counts._Buffer())
    monkeypatch.setattr(counts, "FLUSH_S", 3600.0)


@pytest.fixture
def district(db: None) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " VALUES (%s, now(), 'الحي', '', '', '',"
            " ST_Multi(ST_Transform(ST_MakeEnvelope(50.0, 26.3, 50.1, 26.6, 4326), 32639)))",
            [DISTRICT],
        )


def searches() -> dict[tuple[Any, ...], int]:
    with connections["default"].cursor() as cursor:
        cursor.execute('SELECT "on"::text, hour, category, district_uid, searches FROM layers_searchcount')
        return {tuple(row[:4]): row[4] for row in cursor.fetchall()}


def visits() -> dict[tuple[str, str], int]:
    with connections["default"].cursor() as cursor:
        cursor.execute('SELECT "on"::text, page, visits FROM layers_pagevisit')
        return {(day, page): n for day, page, n in cursor.fetchall()}


def test_a_search_is_counted_by_category_district_day_and_hour_of_the_municipality(district: None) -> None:
    for at in (INSIDE, INSIDE, OUTSIDE, FAR, None):
        counts.count_search(["food", "health", "food"], at, at=AT)
    counts.count_search([], INSIDE, at=AT)
    assert searches() == {}
    counts.flush()

    day = ("2026-03-02", 0)
    assert searches() == {
        (*day, "food", DISTRICT): 2,
        (*day, "health", DISTRICT): 2,
        (*day, "food", None): 3,
        (*day, "health", None): 3,
        (*day, "", DISTRICT): 1,
    }


def test_counts_add_to_what_is_there(district: None) -> None:
    for _ in range(3):
        counts.count_search(["food"], INSIDE, at=AT)
        counts.count_search(["food"], OUTSIDE, at=AT)
        counts.count_visit("nearby", at=AT)
        counts.flush()

    assert sorted(searches().values()) == [3, 3]
    assert visits() == {("2026-03-02", "nearby"): 3}


def test_an_address_is_not_the_name_of_a_page() -> None:
    for page in ("", "/ar/nearby/?lat=26.43", "nearby?q=x", "a" * 100, "ن"):
        with pytest.raises(ValueError, match="name of its address"):
            counts.count_visit(page)


def test_what_cannot_be_written_is_kept(district: None, monkeypatch: pytest.MonkeyPatch) -> None:
    counts.count_visit("nearby", at=AT)

    def fail(*_: object) -> None:
        raise psycopg2.OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(counts, "_write", fail)
        counts.flush()
    counts.count_visit("nearby", at=AT)
    counts.flush()

    assert visits() == {("2026-03-02", "nearby"): 2}


def test_memory_is_bounded_while_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_MOST_KEYS", 50)
    for n in range(200):
        counts.count_search([f"c{n}"], INSIDE, at=AT)

    assert len(counts._buffer.searches) <= 51


def test_nothing_of_who_asked_is_kept(district: None) -> None:
    counts.count_search(["food"], Position(50.123456789, 26.987654321), at=AT)

    (key,) = counts._buffer.searches
    assert key[3:] == (50.123, 26.988)


@pytest.mark.django_db
def test_a_search_of_the_api_is_counted(client: Client, district: None) -> None:
    client.get("/api/v1/nearby?lon=50.05&lat=26.4&category=food&kind=pharmacy")
    client.get("/api/v1/nearby?lon=x&lat=26.4&category=food")
    counts.flush()

    assert {(key[2], key[3]): n for key, n in searches().items()} == {("food", DISTRICT): 1, ("health", DISTRICT): 1}


def test_threads_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(counts, "_write", lambda s, v, using: written.append(sum(v.values())))

    def work() -> None:
        for n in range(300):
            counts.count_visit("nearby", at=AT)
            if n % 50 == 0:
                counts.flush()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.flush()

    assert sum(written) == 2400


PROCESS = """
import os, sys, time
import django
django.setup()
from datetime import UTC, datetime
from layers.locator import counts
counts.FLUSH_S = 0.2
at = datetime(2026, 3, 1, 21, 30, tzinfo=UTC)
for _ in range(40):
    counts.count_visit("before_fork", at=at)
child = os.fork()
name = "child" if child == 0 else "parent"
for n in range(60):
    counts.count_visit(name, at=at)
    counts.count_visit("both", at=at)
    time.sleep(0.005)
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.django_db(transaction=True)
def test_forked_processes_count_what_is_theirs_once_and_write_at_their_end() -> None:
    """Three processes, each forked once, write the same rows at the same time."""
    database = databases.database(databases.worker_name())
    environment = {**os.environ, **database.environment(), "DJANGO_SETTINGS_MODULE": "gisportal.settings"}
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS], cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 3, said

    found = {page: n for (_, page), n in visits().items()}
    assert found == {"before_fork": 120, "child": 180, "parent": 180, "both": 360}
