"""Where the cache lies, when the database behind the address changes under many threads at once."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tiles.cache import place


class Connection:
    """As much of a connection as the check of a new one looks at."""

    alias = "default"

    def __init__(self, identities: Iterator[int]) -> None:
        self.identities = identities

    @contextmanager
    def cursor(self) -> Iterator[Connection]:
        yield self

    def execute(self, sql: str) -> None:
        assert sql == place._IDENTITY

    def fetchone(self) -> tuple[int]:
        number = next(self.identities)
        time.sleep(0.001)  # as long as a database takes to answer: the others come in between
        return (number,)


def test_threads_that_find_other_databases_behind_the_address_never_trip_over_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TILES_CACHE_DIR, settings.TILES_CACHE_MB = tmp_path, 8
    monkeypatch.setattr(place, "folder_of", lambda number: tmp_path / f"{number}-1-1")
    monkeypatch.setattr(place, "_places", {})
    assert place._open_folder(place._address(), tmp_path / "0-1-1") is not None
    identities = itertools.cycle(range(3))

    def connect(_: int) -> None:
        place._check_identity(Connection(identities))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(connect, range(400)))
    found = place._places[place._address()]
    assert found.folder.name in {"0-1-1", "1-1-1", "2-1-1"} and found.folder.is_dir()


def test_a_folder_that_cannot_be_used_is_not_looked_for_in_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TILES_CACHE_DIR, settings.TILES_CACHE_MB = tmp_path, 8
    monkeypatch.setattr(place, "_places", {})
    monkeypatch.setattr(place, "_failed", {})
    assert place._open_folder(place._address(), tmp_path / "0-1-1") is not None
    (tmp_path / "1-1-1").write_text("a file stands where the folder should be")
    assert place._open_folder(place._address(), tmp_path / "1-1-1") is None
    assert place._address() not in place._places
