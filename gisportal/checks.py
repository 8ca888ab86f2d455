"""System checks: what a wrong installation says at start."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import Error as DatabaseError
from django.db import connections

__all__ = ["check_database", "check_psycopg3_is_absent"]

COLUMNS = "SELECT DISTINCT srid FROM geometry_columns WHERE f_table_name = %s AND srid <> 0"
OWNED = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_get_userbyid(c.relowner) = current_user"""


@register()
def check_psycopg3_is_absent(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Django prefers psycopg 3 wherever it can be imported: installing it would move the whole ORM silently."""
    if importlib.util.find_spec("psycopg") is None:
        return []
    return [Error("psycopg 3 is installed; the database driver would change by itself", id="gisportal.E001")]


@register("database")
def check_database(
    app_configs: Sequence[Any] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report a database without PostGIS, geometry columns of another SRID, and an application role that owns tables."""
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
    cursor.execute(COLUMNS, ["layers_parcel"])
    others = sorted(row[0] for row in cursor.fetchall() if row[0] != settings.STORAGE_SRID)
    if others:
        text = f"STORAGE_SRID is {settings.STORAGE_SRID}, but the geometry columns hold {', '.join(map(str, others))}"
        hint = "STORAGE_SRID is fixed at the first migration: set it back, or begin with an empty database."
        faults.append(Error(text, hint=hint, id="gisportal.E004"))
    cursor.execute(OWNED)
    owned = cursor.fetchone()[0]
    if owned:
        text = f"the application's role owns {owned} tables, so the register's guards do not bind it"
        hint = "Migrate as the owner: manage.py migrate --database=owner, DATABASE_OWNER_URL naming another role."
        found = Warning if settings.DEBUG else Error
        faults.append(found(text, hint=hint, id="gisportal.E005"))
    return faults
