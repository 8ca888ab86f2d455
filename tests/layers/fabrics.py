"""Databases of other municipalities: each with its own ``STORAGE_SRID``, made, migrated and used by processes of its
own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings

from tests import databases

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class FabricDatabase:
    """A migrated database in one coordinate system, and how to work in it from outside."""

    srid: int
    database: databases.Database

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.database.environment(),
            "STORAGE_SRID": str(self.srid),
            "DJANGO_SETTINGS_MODULE": "gisportal.settings",
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` in this database; the caller looks at the return code."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Return what a query says, as the owner."""
        session = psycopg2.connect(self.database.owner_url)
        try:
            with session, session.cursor() as cursor:
                cursor.execute(sql, params or None)
                return list(cursor.fetchall())
        finally:
            session.close()

    def value(self, sql: str, *params: Any) -> Any:
        return self.rows(sql, *params)[0][0]


@contextmanager
def fabric_database(srid: int) -> Iterator[FabricDatabase]:
    """Make a migrated database whose storage CRS is ``srid``, and drop it at the end."""
    made = FabricDatabase(srid, databases.make(_migrated(srid)))
    try:
        yield made
    finally:
        databases.drop(made.database.name)


def _migrated(srid: int) -> str:
    """Return the template of a storage CRS, migrated as the owner once in a run."""

    def migrate() -> None:
        made = FabricDatabase(srid, databases.database(str(settings.DATABASES["owner"]["NAME"])))
        done = made.manage("migrate", "--database=owner", "--verbosity=0", "--no-input")
        assert done.returncode == 0, done.stderr

    return databases.template(f"srid{srid}", databases.TEMPLATE, migrate)
