"""Where the cache of a database lies: a folder named after what the database is, not after how it is called.

A database that was made again, or restored to an earlier moment, is another one and begins with an empty folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created

from tiles.cache.index import Index
from tiles.cache.journal import Journal
from tiles.cache.store import Store

__all__ = ["Place", "fault", "folder_of", "forget_places", "here", "remove_others"]

log = logging.getLogger(__name__)

_RETRY_S: Final = 5.0

_IDENTITY = """SELECT c.system_identifier, d.oid::bigint, k.timeline_id
FROM pg_control_system() c, pg_control_checkpoint() k, pg_database d WHERE d.datname = current_database()"""


@dataclass(frozen=True)
class Place:
    """The cache of one database."""

    folder: Path
    index: Index
    store: Store


def folder_of(system: int, oid: int, timeline: int) -> Path:
    """Return the folder of a database, of one timeline of one cluster."""
    return Path(settings.TILES_CACHE_DIR) / f"{system}-{oid}-{timeline}"


_Address = tuple[Any, Any, Any, Any, Any]
_places: dict[_Address, Place] = {}
_failed: dict[_Address, float] = {}
_opening = threading.Lock()


def _address() -> _Address:
    database = settings.DATABASES["default"]
    return database["NAME"], database["HOST"], database["PORT"], settings.TILES_CACHE_DIR, settings.TILES_CACHE_MB


def here() -> Place | None:
    """Return the cache of the default database; None where it is switched off, or its folder cannot be used."""
    address = _address()
    place = _places.get(address)
    return place if place is not None else _open(address)


def _open(address: _Address) -> Place | None:
    if not settings.TILES_CACHE_MB or time.monotonic() - _failed.get(address, -_RETRY_S) < _RETRY_S:
        return None
    with connections["default"].cursor() as cursor:
        cursor.execute(_IDENTITY)
        folder = folder_of(*cursor.fetchone())
    return _open_folder(address, folder)


def _open_folder(address: _Address, folder: Path) -> Place | None:
    with _opening:
        place = _places.get(address)
        if place is not None and place.folder == folder:
            return place
        try:
            index = Index(Journal(folder))
            index.look()
            store = Store(folder / "tiles", settings.TILES_CACHE_MB << 20, _release())
        except OSError as error:
            _failed[address] = time.monotonic()
            _places.pop(address, None)
            log.error("the tile cache in %s cannot be used, so tiles are made each time: %s", folder, error)
            return None
        # Other threads may find another database behind the address at the same moment: what was made here is returned.
        place = _places[address] = Place(folder, index, store)
        return place


@cache
def _release() -> str:
    """Return a name of the code that draws tiles and says what is in them."""
    found = hashlib.blake2b(digest_size=8)
    for package in ("tiles", "layers"):
        root = Path(settings.BASE_DIR) / package
        for path in sorted(path for path in root.rglob("*") if path.suffix in {".py", ".sql"}):
            found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def fault() -> str:
    """Return why tiles cannot be kept, in words for the person on call; empty where they can, or are not to be."""
    if not settings.TILES_CACHE_MB:
        return ""
    folder = Path(settings.TILES_CACHE_DIR)
    probe = folder / f".probe-{os.getpid()}-{threading.get_ident()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        return f"the folder of the tile cache, {folder}, cannot be written: {error.strerror or error}"
    return ""


def remove_others(place: Place) -> list[Path]:
    """Remove the folders of databases of the same cluster that are no more, and of earlier timelines."""
    system, oid, timeline = place.folder.name.split("-")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT oid::bigint FROM pg_database")
        living = {str(row[0]) for row in cursor.fetchall()}
    removed = []
    for folder in place.folder.parent.glob(f"{system}-*-*"):
        _, other, at = folder.name.split("-")
        if other not in living or (other == oid and at != timeline):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed


def forget_places() -> None:
    """Forget what this process holds in memory: a lock may have been held when it was forked off."""
    global _opening
    _opening = threading.Lock()
    _places.clear()
    _failed.clear()


os.register_at_fork(after_in_child=forget_places)


def _check_identity(connection: Any, **kwargs: Any) -> None:
    """A new connection may lead to another database than the last one: restored, or promoted."""
    if connection.alias != "default" or not _places:
        return
    address = _address()
    place = _places.get(address)
    if place is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITY)
        folder = folder_of(*cursor.fetchone())
    if folder != place.folder:
        _open_folder(address, folder)


connection_created.connect(_check_identity, dispatch_uid="tiles.cache.place")
