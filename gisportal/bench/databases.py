"""Databases of the benchmark: the sample city in each size, made once and kept until what makes it changes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2 import sql

from gisportal.settings import env

__all__ = [
    "BenchDatabase",
    "Spent",
    "address",
    "attached",
    "drop_databases",
    "environment",
    "prepare",
    "prepare_places",
]

TEMPLATE = "template_gisportal"
PREFIX = "bench_"
SEED = 1448
MAKERS = ("gisportal/sample", "land_services/register", "layers", "land_services/precision.py")
"""What a loaded database depends on: where a file of these changes, the databases are made again."""
PLACE_MAKERS = ("gisportal/bench/places.sql", "layers/models.py", "layers/locator/models.py", "layers/sql")
PLACES_SQL = Path(__file__).with_name("places.sql")


class Spent:
    """Seconds and peak memory of a child process."""

    def __init__(self, seconds: float, peak_mib: float, output: str) -> None:
        self.seconds, self.peak_mib, self.output = seconds, peak_mib, output


class BenchDatabase:
    """One database of the benchmark and how to work on it."""

    def __init__(self, name: str, size: int, loaded: Spent | None) -> None:
        self.name, self.size, self.loaded = name, size, loaded

    def run(self, *command: str, accepted: tuple[int, ...] = (0,)) -> Spent:
        """Run ``manage.py`` on it in a process of its own."""
        return run_child([sys.executable, "manage.py", *command], environment(self.name), accepted)


def run_child(command: list[str], environment: Mapping[str, str], accepted: tuple[int, ...] = (0,)) -> Spent:
    """Run a command to its end; return what it took. CalledProcessError where it ends with another code."""
    started = time.perf_counter()
    with TemporaryFile("w+") as said, TemporaryFile("w+") as errors:
        child = subprocess.Popen(  # noqa: S603  our own command
            command, cwd=settings.BASE_DIR, env=dict(environment), stdin=subprocess.DEVNULL, stdout=said, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)  # as Popen.wait() would, with the memory it took
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        for file in (said, errors):
            file.seek(0)
        output = said.read()
        if child.returncode not in accepted:
            raise subprocess.CalledProcessError(child.returncode, command, output, errors.read())
    return Spent(seconds, usage.ru_maxrss / 1024, output)


def version(makers: tuple[str, ...] | None = None) -> str:
    """Return the hash of what makes a database: eight hexadecimal digits."""
    digest = hashlib.sha256()
    for maker in makers or MAKERS:
        path = Path(settings.BASE_DIR) / maker
        files = [path] if path.is_file() else sorted([*path.rglob("*.py"), *path.rglob("*.sql")])
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def prepare(size: int, *, fresh: bool = False) -> BenchDatabase:
    """Return the database of a size, loaded; ``loaded`` says what the loading took where it was made now."""
    name = f"{PREFIX}{size}_{version()}"
    with _owner_session() as session:
        kept = name in _names(session)
        if kept and not fresh:
            return BenchDatabase(name, size, None)
        for old in _names(session):  # other versions of this size serve nobody any more
            if old.startswith(f"{PREFIX}{size}_"):
                _execute(session, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=old)
        unfinished = f"{name}_new"
        _execute(session, "CREATE DATABASE {name} TEMPLATE {template}", name=unfinished, template=TEMPLATE)
    run_child([sys.executable, "manage.py", "migrate", "--database=owner", "--verbosity=0"], environment(unfinished))
    load = ["make_sample", f"--parcels={size}", f"--seed={SEED}"]
    loaded = run_child([sys.executable, "manage.py", *load], environment(unfinished))
    with _owner_session() as session:
        _execute(session, "ALTER DATABASE {name} RENAME TO {to}", name=unfinished, to=name)
    return BenchDatabase(name, size, loaded)


def prepare_places(count: int, *, fresh: bool = False) -> BenchDatabase:
    """Return a database of so many places alone, made by SQL: what grows is the number of places, not the city."""
    name = f"{PREFIX}places_{count}_{version(PLACE_MAKERS)}"
    with _owner_session() as session:
        if name in _names(session) and not fresh:
            return BenchDatabase(name, count, None)
        for old in _names(session):
            if old.startswith(f"{PREFIX}places_{count}_"):
                _execute(session, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=old)
        unfinished = f"{name}_new"
        _execute(session, "CREATE DATABASE {name} TEMPLATE {template}", name=unfinished, template=TEMPLATE)
    run_child([sys.executable, "manage.py", "migrate", "--database=owner", "--verbosity=0"], environment(unfinished))
    filling = psycopg2.connect(address("owner", unfinished))
    with filling, filling.cursor() as cursor:
        cursor.execute(PLACES_SQL.read_text(encoding="utf-8"), {"count": count, "srid": settings.STORAGE_SRID})
    filling.autocommit = True
    with filling.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE layers_place")
    filling.close()
    with _owner_session() as session:
        _execute(session, "ALTER DATABASE {name} RENAME TO {to}", name=unfinished, to=name)
    return BenchDatabase(name, count, None)


def drop_databases() -> list[str]:
    """Drop every database of the benchmark; return their names."""
    with _owner_session() as session:
        names = sorted(name for name in _names(session) if name.startswith(PREFIX))
        for name in names:
            _execute(session, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)
    return names


@contextmanager
def attached(database: BenchDatabase, *, owner: bool = False) -> Iterator[str]:
    """Give a database an alias of its own in this process, as the application's role or the owner's."""
    alias = f"bench_{database.size}{'_owner' if owner else ''}"
    role = "owner" if owner else "default"
    connections.databases[alias] = {**connections.databases[role], "NAME": database.name}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def environment(name: str) -> dict[str, str]:
    """Return the variables for a process of ours that works on a database."""
    return env.with_values(DATABASE_URL=address("default", name), DATABASE_OWNER_URL=address("owner", name))


def address(alias: str, name: str) -> str:
    """Return the address of a database for the role of an alias."""
    chosen: dict[str, Any] = settings.DATABASES[alias]
    user, word = quote(str(chosen["USER"]), safe=""), quote(str(chosen["PASSWORD"]), safe="")
    host, port = str(chosen["HOST"]), str(chosen["PORT"] or 5432)
    if host.startswith("/") or not host:
        return f"postgresql:///{name}?user={user}&password={word}&host={quote(host, safe='')}&port={port}"
    return f"postgresql://{user}:{word}@{host}:{port}/{name}"


@contextmanager
def _owner_session() -> Iterator[Any]:
    session = psycopg2.connect(address("owner", str(settings.DATABASES["owner"]["NAME"])))
    session.autocommit = True
    try:
        yield session
    finally:
        session.close()


def _names(session: Any) -> set[str]:
    with session.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {str(row[0]) for row in cursor.fetchall()}


def _execute(session: Any, statement: str, **names: str) -> None:
    with session.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))
