"""The database of places all over the earth: made once a run, open in the modules that ask for ``places``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.layers.locator.world import World, attached, world_made


@pytest.fixture(scope="session")
def whole_world(django_db_setup: None, real_data: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), world_made(real_data) as made:
        yield made


@pytest.fixture(scope="module")
def places(whole_world: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), attached(whole_world):
        yield whole_world
