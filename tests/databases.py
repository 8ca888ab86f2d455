"""Databases for tests: cloned by the owner role from one migrated base, used as the application's role.

Django's own way cannot serve here: the application's role may neither create a database nor TRUNCATE, and the register
refuses both anyway. So the base is migrated once a run, every process works in a clone of it, and a test that commits
gets a new clone instead of a flush.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
import psycopg2.errors
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

RUN = "GISPORTAL_TEST_RUN"
TEMPLATE = "template_gisportal"
BASE_LOCK = 7_153_001
TEMPLATE_LOCK = 7_153_002


@dataclass(frozen=True)
class Database:
    """One database of a test, with its addresses for both roles (for processes of their own)."""

    name: str
    app_url: str
    owner_url: str

    def environment(self) -> dict[str, str]:
        """Return the variables that make ``manage.py`` use this database."""
        return {"DATABASE_URL": self.app_url, "DATABASE_OWNER_URL": self.owner_url}


def begin_run() -> None:
    """Name this run after its first process; workers inherit the name. Databases of runs that died are dropped."""
    if RUN not in os.environ:
        os.environ[RUN] = str(os.getpid())


def _prefix() -> str:
    return f"test_{os.environ[RUN]}_"


def worker_name() -> str:
    return _prefix() + os.environ.get("PYTEST_XDIST_WORKER", "main")


def _address(alias: str, name: str) -> str:
    chosen = settings.DATABASES[alias]
    user, word = quote(str(chosen["USER"]), safe=""), quote(str(chosen["PASSWORD"]), safe="")
    host, port = str(chosen["HOST"]), str(chosen["PORT"] or 5432)
    if host.startswith("/") or not host:
        return f"postgresql:///{name}?user={user}&password={word}&host={quote(host, safe='')}&port={port}"
    return f"postgresql://{user}:{word}@{host}:{port}/{name}"


def database(name: str) -> Database:
    return Database(name, _address("default", name), _address("owner", name))


# The name that settings gave before any test changed it: the owner's way in.
_MAINTENANCE: list[str] = []


@contextmanager
def _owner_session() -> Iterator[Connection]:
    if not _MAINTENANCE:
        _MAINTENANCE.append(str(settings.DATABASES["owner"]["NAME"]))
    session = psycopg2.connect(_address("owner", _MAINTENANCE[0]))
    session.autocommit = True
    try:
        yield session
    finally:
        session.close()


def _names(session: Connection) -> set[str]:
    with session.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {str(row[0]) for row in cursor.fetchall()}


def _execute(session: Connection, statement: str, **names: str) -> None:
    with session.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))


def _clone(session: Connection, name: str, template: str) -> None:
    app = str(settings.DATABASES["default"]["USER"])
    _drop(session, name)
    _execute(session, "CREATE DATABASE {name} TEMPLATE {template}", name=name, template=template)
    _execute(session, "REVOKE ALL ON DATABASE {name} FROM PUBLIC", name=name)
    _execute(session, "GRANT CONNECT ON DATABASE {name} TO {app}", name=name, app=app)


def _drop(session: Connection, name: str) -> None:
    """Drop a database, whoever is connected.

    FORCE is refused while the server's own autovacuum is at work there; the plain statement sends it away and waits.
    """
    for _ in range(10):
        try:
            _execute(session, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)
            return
        except psycopg2.errors.InsufficientPrivilege:
            with suppress(psycopg2.errors.ObjectInUse):
                _execute(session, "DROP DATABASE IF EXISTS {name}", name=name)
    _execute(session, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop_dead_runs(session: Connection) -> None:
    for name in _names(session):
        match = re.match(r"test_(\d+)_", name)
        if match and not _alive(int(match[1])):
            try:
                # Without FORCE: on a server that others use too, a database in use is somebody's.
                _execute(session, "DROP DATABASE IF EXISTS {name}", name=name)
            except psycopg2.Error:
                continue


def point_at(name: str) -> None:
    """Let both aliases of this process use the named database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def base() -> str:
    """Return the name of the migrated base of this run, made by whichever process comes first."""
    name = _prefix() + "base"
    with _owner_session() as session:
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [BASE_LOCK])
        if name in _names(session):
            return name
        _drop_dead_runs(session)
        unfinished = name + "_new"
        _clone(session, unfinished, TEMPLATE)
        before = str(settings.DATABASES["default"]["NAME"])
        point_at(unfinished)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        point_at(before)
        _execute(session, "ALTER DATABASE {old} RENAME TO {new}", old=unfinished, new=name)
    return name


def renew(name: str, source: str | None = None) -> None:
    """Give this process a fresh clone of the base, or of another template, under the same name."""
    for alias in connections:
        connections[alias].close()
    with _owner_session() as session:
        _clone(session, name, source or base())


def template(label: str, source: str, build: Callable[[], None]) -> str:
    """Return the name of a database that ``build`` filled once in this run, for tests to clone.

    Whoever comes first fills it while the others wait. ``source`` is the database that it begins with.
    """
    name = f"{_prefix()}{label}"
    with _owner_session() as session:
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if name in _names(session):
            return name
        unfinished = f"{name}_new"
        _clone(session, unfinished, source)
        before = str(settings.DATABASES["default"]["NAME"])
        point_at(unfinished)
        try:
            build()
        finally:
            point_at(before)
        _execute(session, "ALTER DATABASE {old} RENAME TO {new}", old=unfinished, new=name)
    return name


def run_folder() -> Path:
    """Return a folder that all processes of this run share; it goes with the run."""
    folder = Path(tempfile.gettempdir()) / f"gisportal-{_prefix()}files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tile_folder() -> Path:
    """Return where this process and those it starts keep tiles; each database has its own folder there."""
    return run_folder() / f"tiles-{worker_name()}"


def make(source: str | None = None) -> Database:
    """Make one more database: a clone of the base, or of another template."""
    name = f"{_prefix()}x{secrets.token_hex(4)}"
    with _owner_session() as session:
        _clone(session, name, source or base())
    return database(name)


def drop(name: str) -> None:
    with _owner_session() as session:
        _drop(session, name)


def end_run() -> None:
    """Drop every database of this run; a run of pure tests has none, and perhaps no server either."""
    shutil.rmtree(run_folder(), ignore_errors=True)
    with suppress(psycopg2.OperationalError), _owner_session() as session:
        for name in _names(session):
            if name.startswith(_prefix()):
                _drop(session, name)
