"""Fixtures that every test may use; the databases of tests are explained in ``tests/databases.py``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from layers.locator import counts
from tests import databases
from tests.browser import chromium, site
from tests.budget import SOAK

# Named here once: a second copy of the browser's fixture would start a second Playwright in the same thread.
__all__ = ["chromium", "site"]


# The everyday run tries the same examples every time, so that a change alone can turn it red; the soak seeks new ones.
# Set here, before a test's module asks for the defaults.
hypothesis.settings.register_profile(
    "everyday", derandomize=True, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("soak", print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("soak" if SOAK else "everyday")


def pytest_configure(config: pytest.Config) -> None:
    databases.begin_run()
    # A broker of the clone is shared by all processes; tests that need one start their own.
    os.environ["REDIS_URL"] = settings.REDIS_URL = settings.NOTICES_WAKE = ""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the databases of the run when its first process ends."""
    if os.environ.get(databases.RUN) == str(os.getpid()):
        databases.end_run()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this process its clone of the migrated base; the aliases keep their roles."""
    name = databases.worker_name()
    with django_db_blocker.unblock():
        for alias in connections:
            # Django would find out by creating a table, which the application's role may not.
            connections[alias].features.supports_transactions = True
        databases.renew(name)
        databases.point_at(name)
    settings.TILES_CACHE_DIR = databases.tile_folder()
    # For the processes that tests start.
    os.environ["TILES_CACHE_DIR"] = str(settings.TILES_CACHE_DIR)
    settings.TILES_OUTLINE_BLOCKS = 200  # no process beside the tests does it for them
    os.environ["TILES_OUTLINE_BLOCKS"] = "200"
    yield
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()


@pytest.fixture(autouse=True)
def counts_stay_in_their_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A timer that writes counts would write into the next test, or into a database that is gone."""
    buffer = counts._Buffer()
    monkeypatch.setattr(counts, "_buffer", buffer)
    monkeypatch.setattr(counts, "FLUSH_S", 3600.0)
    yield
    buffer.take()


def _renew_instead_of_flush(case: TransactionTestCase) -> None:
    databases.renew(databases.worker_name())
    # A new database has a new cache; the old one's takes room only.
    shutil.rmtree(databases.tile_folder(), ignore_errors=True)


TransactionTestCase._fixture_teardown = _renew_instead_of_flush


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real survey files and fabrics, or skip: they are not part of the repository."""
    folder = os.environ.get("GISPORTAL_REAL_DATA", "")
    if not folder:
        pytest.skip("GISPORTAL_REAL_DATA is not set")
    return Path(folder)
