"""Peers of the benchmark: other servers of the field, each in an environment of its own that nothing else uses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections

from gisportal.settings import env

from .servers import WORKERS, Server, running

__all__ = ["PEERS", "PeerMissing", "peer_table", "pygeoapi", "tipg", "titiler"]

PEERS: Final = {
    "tipg": ("tipg==1.6.1", "uvicorn==0.54.0"),
    "titiler": ("titiler.application==2.4.0", "uvicorn==0.54.0"),
    "pygeoapi": ("pygeoapi==0.21.0", "geoalchemy2", "psycopg2-binary", "gunicorn==27.0.1"),
}
TABLE: Final = "peer_parcels"
COLUMNS: Final = "uid, plan_no, block_no, parcel_no, land_use, official_area_m2, surveyed_area_m2, calculated_area_m2"


class PeerMissing(Exception):
    """A peer could not be installed; the report says so and goes on."""


def _environment(name: str) -> Path:
    """Return the folder of a peer's environment, made where it is missing or of other versions."""
    home = Path(settings.BASE_DIR) / ".local" / "bench" / name
    stamp = home / "installed"
    wanted = "\n".join(PEERS[name])
    if stamp.exists() and stamp.read_text() == wanted:
        return home
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, capture_output=True)  # noqa: S603
        pip = [str(home / "bin" / "pip"), "install", "--quiet", *PEERS[name]]
        subprocess.run(pip, check=True, capture_output=True, text=True)  # noqa: S603  names and versions written above
    except subprocess.CalledProcessError as error:
        raise PeerMissing(f"{name} could not be installed: {str(error.stderr)[-300:]}") from error
    stamp.write_text(wanted)
    return home


def peer_table(using: str) -> None:
    """Give the peers what they need: one plain table of the current parcels, with a key and an index.

    They get the data in the best shape for them: no history to leave out, one geometry, fresh statistics.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [TABLE])
        if cursor.fetchone()[0] is not None:
            return
        cursor.execute(
            f"CREATE TABLE {TABLE} AS SELECT id, {COLUMNS}, geom FROM layers_parcel"  # noqa: S608  constants above
            " WHERE end_lifespan_version IS NULL ORDER BY id"
        )
        cursor.execute(f"ALTER TABLE {TABLE} ADD PRIMARY KEY (id)")
        cursor.execute(f"CREATE INDEX ON {TABLE} USING gist (geom)")
        cursor.execute(f"GRANT SELECT ON {TABLE} TO PUBLIC")
        cursor.execute(f"ANALYZE {TABLE}")


@contextmanager
def tipg(address: str) -> Iterator[Server]:
    """Run tipg on the peers' table; tiles at ``/collections/public.peer_parcels/tiles/WebMercatorQuad/{z}/{x}/{y}``."""
    home = _environment("tipg")
    environment = {
        **_plain(),
        "DATABASE_URL": address,
        "DB_MAX_CONN_SIZE": "8",
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_DB_TABLES": f'["public.{TABLE}"]',
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["public"]',
        "TIPG_CATALOG_TTL": "36000",
    }
    command = [str(home / "bin" / "uvicorn"), "tipg.main:app", "--workers", str(WORKERS), "--log-level", "warning"]
    with running([*command, "--port", "{port}"], environment, "/healthz") as server:
        yield server


@contextmanager
def titiler() -> Iterator[Server]:
    """Run titiler; tiles at ``/cog/tiles/WebMercatorQuad/{z}/{x}/{y}.webp?url=…``."""
    home = _environment("titiler")
    environment = {**_plain(), "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_CACHEMAX": "200"}
    command = [str(home / "bin" / "uvicorn"), "titiler.application.main:app", "--workers", str(WORKERS)]
    with running([*command, "--log-level", "warning", "--port", "{port}"], environment, "/healthz") as server:
        yield server


@contextmanager
def pygeoapi(using: str, folder: Path) -> Iterator[Server]:
    """Run pygeoapi on the peers' table; items at ``/collections/parcels/items``. ``folder`` keeps its configuration."""
    home = _environment("pygeoapi")
    config, document = folder / "pygeoapi.json", folder / "openapi.json"
    config.write_text(json.dumps(_pygeoapi_config(using)), encoding="utf-8")  # JSON is YAML
    environment = {**_plain(), "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}
    make = [str(home / "bin" / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(document)]
    subprocess.run(make, check=True, capture_output=True, env=environment)  # noqa: S603  written above
    command = [str(home / "bin" / "gunicorn"), "pygeoapi.flask_app:APP", "--workers", str(WORKERS), "--threads", "8"]
    with running([*command, "--bind", "127.0.0.1:{port}"], environment, "/conformance?f=json") as server:
        yield server


def _plain() -> dict[str, str]:
    """Return an environment without any of our settings."""
    return {name: env.values[name] for name in ("PATH", "HOME", "LANG") if name in env.values}


def _pygeoapi_config(using: str) -> dict[str, Any]:
    database = connections[using].settings_dict
    text = {"en": "parcels"}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": database["HOST"],
            "port": int(database["PORT"] or 5432),
            "dbname": database["NAME"],
            "user": database["USER"],
            "password": database["PASSWORD"],
            "search_path": ["public"],
        },
        "id_field": "id",
        "table": TABLE,
        "geom_field": "geom",
        "storage_crs": f"http://www.opengis.net/def/crs/EPSG/0/{settings.STORAGE_SRID}",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 5000},
            "url": "http://127.0.0.1:5000",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": 100, "max_items": 10000},
            "map": {"url": "http://127.0.0.1/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text,
                "description": text,
                "keywords": {"en": ["parcels"]},
                "keywords_type": "theme",
                "terms_of_service": "none",
                "url": "http://127.0.0.1",
            },
            "license": {"name": "none", "url": "http://127.0.0.1"},
            "provider": {"name": "none", "url": "http://127.0.0.1"},
            "contact": {"name": "none"},
        },
        "resources": {
            "parcels": {
                "type": "collection",
                "title": text,
                "description": text,
                "keywords": {"en": ["parcels"]},
                "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                "providers": [provider],
            }
        },
    }
