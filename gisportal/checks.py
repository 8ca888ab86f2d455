"""System checks: what a wrong installation says at start."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connections

from land_services.catalogue import CatalogueError, load_catalogue
from land_services.registry import SERVICES

__all__ = [
    "catalogue_faults",
    "check_catalogue",
    "check_database",
    "check_psycopg3_is_absent",
    "check_storage_srid",
    "refuse_broken_catalogue",
    "refuse_other_srid",
    "srid_fault",
]

MADE_WITH = """SELECT postgis_typmod_srid(atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass('public.layers_parcel') AND attname = 'geom' AND NOT attisdropped"""
OWNED = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_get_userbyid(c.relowner) = current_user"""


@register()
def check_psycopg3_is_absent(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Django prefers psycopg 3 wherever it can be imported: installing it would move the whole ORM silently."""
    if importlib.util.find_spec("psycopg") is None:
        return []
    return [Error("psycopg 3 is installed; the database driver would change by itself", id="gisportal.E001")]


def srid_fault(connection: Any = None) -> str:
    """Return what is wrong where the database was made with another SRID than ``STORAGE_SRID`` says; "" where nothing.

    Raises
    ------
    django.db.Error
        If the database does not answer, or has no PostGIS.
    """
    with (connection or connections["default"]).cursor() as cursor:
        cursor.execute(MADE_WITH)
        row = cursor.fetchone()
    if row is None or row[0] == settings.STORAGE_SRID:
        return ""
    return (
        f"the database was made with SRID {row[0]}, the setting says {settings.STORAGE_SRID};"
        f" set STORAGE_SRID={row[0]}, or give DATABASE_URL an empty database, migrate it and load the land again"
    )


def refuse_other_srid() -> None:
    """Stop a server that would answer every question about land with an error. A database that is down stops nothing.

    Raises
    ------
    ImproperlyConfigured
        If the database was made with another SRID.
    """
    connection = connections["default"].copy()  # one of its own: a server may fork its workers after this
    try:
        fault = srid_fault(connection)
    except DatabaseError:
        return
    finally:
        connection.close()
    if fault:
        raise ImproperlyConfigured(fault)


def catalogue_faults() -> list[str]:
    """Return everything that is wrong with the service cards, each with file and line."""
    try:
        cards = load_catalogue()
    except CatalogueError as error:
        return [str(fault.args[0]) for fault in error.faults]
    without_card = [code for code in SERVICES if code not in cards or not cards[code].register]
    without_code = [c.code for c in cards.values() if c.register and c.status == "open" and c.code not in SERVICES]
    return [
        *(
            f"{code}.toml:1: register: land_services/services/{code}.py needs a card that says true"
            for code in without_card
        ),
        *(
            f"{code}.toml:1: register: true needs land_services/services/{code}.py, or status planned"
            for code in without_code
        ),
    ]


@register()
def check_catalogue(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Stop every command where a service card cannot be used, naming each fault with file and line."""
    hint = "Check cards alone: python -m land_services.catalogue [FOLDER ...]"
    return [Error(fault, hint=hint, id="gisportal.E006") for fault in catalogue_faults()]


def refuse_broken_catalogue() -> None:
    """Stop a server that would lack services. What it reads here, every worker has read.

    Raises
    ------
    ImproperlyConfigured
        With every fault, each with file and line.
    """
    faults = catalogue_faults()
    if faults:
        raise ImproperlyConfigured("service cards cannot be used:\n" + "\n".join(faults))


@register()
def check_storage_srid(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Stop every command on a database of another SRID, with words rather than an error from within the database."""
    try:
        fault = srid_fault(connections["owner" if databases and "default" not in databases else "default"])
    except DatabaseError:
        return []  # a command that needs the database will say so itself
    return [Error(fault, id="gisportal.E004")] if fault else []


@register("database")
def check_database(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report a database without PostGIS, and an application role that owns tables."""
    if "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            return _database_faults(cursor)
    except DatabaseError as error:
        return [Error(f"the database cannot be asked: {str(error).splitlines()[0]}", id="gisportal.E002")]


def _database_faults(cursor: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    if not cursor.fetchone()[0]:
        hint = "As a superuser of the cluster: CREATE EXTENSION postgis"
        return [Error("the extension postgis is not in the database", hint=hint, id="gisportal.E003")]
    cursor.execute(OWNED)
    owned = cursor.fetchone()[0]
    if owned:
        text = f"the application's role owns {owned} tables, so the register's guards do not bind it"
        hint = "Migrate as the owner: manage.py migrate --database=owner, DATABASE_OWNER_URL naming another role."
        found = Warning if settings.DEBUG else Error
        faults.append(found(text, hint=hint, id="gisportal.E005"))
    return faults
