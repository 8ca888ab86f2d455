"""One database for the tests of a file, emptied between them, and processes of their own on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests import databases
from tests.tiles.cache.actor import Actor
from tests.tiles.cache.board import settle
from tiles.cache.place import forget_places


@pytest.fixture(scope="module")
def own_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[databases.Database]:
    """Point both aliases at a database of this file: tests that commit need not have a new one each."""
    with django_db_blocker.unblock():
        before = str(settings.DATABASES["default"]["NAME"])
        own = databases.make()
        databases.point_at(own.name)
        yield own
        databases.point_at(before)
        databases.drop(own.name)
        shutil.rmtree(databases.tile_folder(), ignore_errors=True)


@pytest.fixture
def board(own_database: databases.Database) -> None:
    """Give the test an empty board, and a cache that has just begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE layers_place SET end_lifespan_version = clock_timestamp() WHERE end_lifespan_version IS NULL"
        )
    shutil.rmtree(databases.tile_folder(), ignore_errors=True)
    forget_places()
    settle()


@pytest.fixture(scope="module")
def crew(own_database: databases.Database) -> Iterator[Callable[[int], list[Actor]]]:
    """Return a function that gives N living actors (all, for 0); starting one takes longer than most tests."""
    living: list[Actor] = []

    def take(count: int) -> list[Actor]:
        living[:] = [actor for actor in living if actor.process.poll() is None]
        started = [stack.enter_context(Actor(own_database.environment())) for _ in range(count - len(living))]
        for actor in started:
            assert actor.answer() == "ready"
        living.extend(started)
        return living[:count] if count else living

    with ExitStack() as stack:
        yield take


@pytest.fixture
def actors(crew: Callable[[int], list[Actor]], board: None) -> Iterator[Callable[[int], list[Actor]]]:
    """The same for one test; none keeps a transaction of it."""
    yield crew
    for actor in crew(0):
        actor.reset()
