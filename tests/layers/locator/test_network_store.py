"""The graph in memory, against commits of other connections; many threads; no streets."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg2
import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from layers.locator.network import store
from layers.locator.network.graph import Graph, Streets, build_graph
from layers.locator.network.store import Mode, has_streets, minutes_from, minutes_to, reachable_area

committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
X, Y = 410_000.0, 2_925_000.0
HERE = (X, Y)


@pytest.fixture
def other() -> Iterator[Any]:
    """Another connection, as the application's role, each statement a transaction of its own."""
    mine = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    made = psycopg2.connect(**{name: mine[name] for name in names if mine.get(name)})
    made.autocommit = True
    yield made
    made.close()


def add(by: Any, *ends: tuple[float, float], users: str = "all", direction: str = "both") -> uuid.UUID:
    """Lay a street along positions that are given from ``HERE``."""
    uid = uuid.uuid4()
    points = ", ".join(f"{X + x} {Y + y}" for x, y in ends)
    with by.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_street (uid, begin_lifespan_version, name_ar, name_en, road_class, users, direction,"
            " geom) VALUES (%s, clock_timestamp(), '', '', 'local', %s, %s, ST_GeomFromText(%s, %s))",
            (str(uid), users, direction, f"MULTILINESTRING (({points}))", settings.STORAGE_SRID),
        )
    return uid


def end(by: Any, uid: uuid.UUID) -> None:
    with by.cursor() as cursor:
        cursor.execute(
            "UPDATE layers_street SET end_lifespan_version = clock_timestamp() WHERE uid = %s AND"
            " end_lifespan_version IS NULL",
            (str(uid),),
        )


def count_graphs(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """Return a list that every graph that is made from now on is put into."""
    made: list[Graph] = []

    def build(streets: Streets) -> Graph:
        made.append(build_graph(streets))
        return made[-1]

    monkeypatch.setattr(store, "build_graph", build)
    return made


def walk(x: float, y: float = 0.0) -> float:
    """Return the metres on foot from ``HERE`` to a position given from it."""
    return float(np.round(minutes_to(HERE, [(X + x, Y + y)], Mode.FOOT)[0] * 75, 6))


@committed
def test_without_streets_minutes_are_not_known() -> None:
    assert not has_streets(Mode.FOOT)
    assert minutes_to(HERE, [(X, Y), (X + 5, Y)], Mode.FOOT).tolist() == [np.inf, np.inf]
    assert minutes_to(HERE, [], Mode.CAR).shape == (0,)
    assert [area.is_empty for area in reachable_area(HERE, (5, 10), Mode.CAR)] == [True, True]


@committed
def test_the_first_answer_after_a_commit_knows_of_it(other: Any) -> None:
    add(other, (0, 0), (100, 0))
    assert walk(90) == 90

    detour = add(other, (0, 0), (0, 50), (300, 50), (300, 0))
    assert walk(300) == 400

    shortcut = add(other, (100, 0), (300, 0))
    assert walk(300) == 300

    end(other, shortcut)
    assert walk(300) == 400
    end(other, detour)
    assert walk(300) == 300  # across open ground from the end of the first street


@committed
def test_what_is_not_committed_is_not_known_to_others_and_leaves_nothing_behind(other: Any) -> None:
    add(other, (0, 0), (100, 0))
    assert walk(100, 0) == 100
    other.autocommit = False
    add(other, (100, 0), (100, 800))

    assert walk(100, 800) == np.inf
    other.commit()
    assert walk(100, 800) == 900

    with transaction.atomic():
        add(connection, (100, 800), (900, 800))
        assert walk(900, 800) == 1700  # this transaction sees its own
        transaction.set_rollback(True)
    assert walk(900, 800) == np.inf


@committed
def test_a_long_transaction_beside_neither_hides_a_change_nor_makes_the_graph_again(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = psycopg2.connect(other.dsn, password=connection.get_connection_params().get("password"))
    with late:
        add(late, (0, 0), (0, 900))  # its number is lower than those of the next ones, it ends after them
        add(other, (0, 0), (100, 0))
        assert (walk(100), walk(0, 900)) == (100, np.inf)
        made = count_graphs(monkeypatch)
        for _ in range(5):
            assert walk(100) == 100
        assert not made
        add(other, (100, 0), (200, 0))
        assert walk(200) == 200
        assert len(made) == 1
    late.close()
    assert walk(0, 900) == 900
    assert len(made) == 2


@committed
def test_a_question_costs_one_round_trip(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    add(connection, (0, 0), (100, 0))
    walk(50)

    with django_assert_num_queries(1):
        walk(60)
    with django_assert_num_queries(1):
        reachable_area(HERE, (5, 10), Mode.FOOT)


@committed
def test_other_layers_do_not_make_the_graph_again(other: Any) -> None:
    add(other, (0, 0), (100, 0))
    graph = store.street_graph()
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category,"
            " opening_hours, phone, geom) VALUES"
            " (gen_random_uuid(), clock_timestamp(), '', '', 'food', '', '',"
            " ST_SetSRID(ST_MakePoint(410000, 2925000), %s))",
            (settings.STORAGE_SRID,),
        )

    assert store.street_graph() is graph


@committed
def test_many_threads_make_one_graph(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    add(other, (0, 0), (100, 0))
    walk(50)
    add(other, (100, 0), (200, 0))
    made = count_graphs(monkeypatch)
    together = threading.Barrier(6)

    def ask(_: int) -> float:
        together.wait()
        try:
            return walk(200)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [200] * 6
    assert len(made) == 1


@committed
def test_by_car_it_matters_which_way() -> None:
    add(connection, (0, 0), (500, 0), direction="forward")
    add(connection, (0, 100), (500, 100), users="foot")

    assert np.isfinite(minutes_to(HERE, [(X + 500, Y)], Mode.CAR)).all()
    assert np.isinf(minutes_from([(X + 500, Y)], HERE, Mode.CAR)).all()
    assert np.isfinite(minutes_from([(X, Y)], (X + 500, Y), Mode.CAR)).all()
    assert has_streets(Mode.CAR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT layer FROM layers_layerchange")
        assert cursor.fetchall() == [("streets",)]


@committed
@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO layers_layerchange (layer, xact) VALUES ('streets', 1)", "DELETE FROM layers_layerchange"],
)
def test_only_the_database_writes_what_has_changed(other: Any, statement: str) -> None:
    with other.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)
