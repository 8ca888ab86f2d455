"""One database and one media folder for the tests of a file; each test has imagery of its own name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from gisportal.accounts.models import RoleGrant, User
from tests import databases
from tiles.cache.place import forget_places
from tiles.raster.importing import Options, Outcome, import_files


@pytest.fixture(scope="module")
def own_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[databases.Database]:
    """Point both aliases at a database of this file, and MEDIA_ROOT at a folder of its own."""
    with django_db_blocker.unblock():
        before = str(settings.DATABASES["default"]["NAME"])
        own = databases.make()
        databases.point_at(own.name)
        forget_places()
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
            yield own
        databases.point_at(before)
        databases.drop(own.name)
        shutil.rmtree(databases.tile_folder(), ignore_errors=True)
        forget_places()


@pytest.fixture
def load(own_database: databases.Database) -> Callable[..., Outcome]:
    """Return a function that imports files as the command does: ``load("name", path, kind="terrain")``."""

    def run(name: str, *paths: Path, **options: Any) -> Outcome:
        return import_files(name, paths, Options(**options), progress=lambda *_: None)

    return run


@pytest.fixture
def web(own_database: databases.Database) -> Client:
    """A client that nobody has signed in."""
    return Client()


@pytest.fixture
def planner_web(own_database: databases.Database) -> Client:
    """A client of one of the municipality's staff."""
    user, _ = User.objects.get_or_create(login="planner", defaults={"name_ar": "مخطط", "name_en": "Planner"})
    RoleGrant.objects.get_or_create(user=user, role="planner")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def resident_web(own_database: databases.Database) -> Client:
    """A client of somebody with an account and no part in the municipality."""
    user, _ = User.objects.get_or_create(login="resident", defaults={"name_ar": "مقيم", "name_en": "Resident"})
    RoleGrant.objects.get_or_create(user=user, role="resident")
    client = Client()
    client.force_login(user)
    return client
