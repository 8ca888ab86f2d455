"""Liveness and readiness. Readiness names what is missing, in words for the person on call."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from gisportal.checks import srid_fault
from tiles.cache.place import fault as tiles_fault

__all__ = ["healthz", "missing", "readyz"]


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _postgis() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
        row = cursor.fetchone()
    return "" if row and row[0] else "the extension postgis is not in the database"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} migrations wait, the first is {waiting[0][0]}" if waiting else ""


def _storage() -> str:
    return srid_fault()


def _seal() -> str:
    """The sealer chains audit rows within seconds; a row that waits longer means that it does not run."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(epoch FROM clock_timestamp() - min(a.at))::int FROM layers_auditrow a
               WHERE a.xact >= (SELECT xact FROM layers_audithorizon)
                 AND NOT EXISTS (SELECT FROM layers_auditseal s WHERE s.row_id = a.id)"""
        )
        row = cursor.fetchone()
    waited_s = row[0] if row else None
    if waited_s is None or waited_s <= settings.SEAL_LATE_S:
        return ""
    return f"the oldest audit row has waited {waited_s} s to be sealed; is seal_audit running?"


PROBES: dict[str, Callable[[], str]] = {
    "database": _database,
    "postgis": _postgis,
    "storage": _storage,
    "migrations": _migrations,
    "sealer": _seal,
    "tiles": tiles_fault,
}


def missing() -> dict[str, str]:
    """Return what keeps the site from serving, by name; empty when ready. Without a database the rest is not asked."""
    found: dict[str, str] = {}
    for name, probe in PROBES.items():
        try:
            words = probe()
        except Error:
            found[name] = "the database does not answer" if name == "database" else "cannot be read"
            return found
        if words:
            found[name] = words
    return found


@csrf_exempt
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@csrf_exempt
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    found = missing()
    return JsonResponse({"status": "missing" if found else "ok", "missing": found}, status=503 if found else 200)
