"""A database of places all over the earth: real ones of three countries, some of them once more over the districts of
Dammam, and made-up ones where it is hard: at the antimeridian, near the poles, several at one point.

It is stored in World Mercator, which has a place for all of them but the poles themselves.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg2
import shapely
from django.db import connections
from numpy.typing import NDArray
from psycopg2.extras import execute_values
from pyproj import Geod
from pytest import MonkeyPatch

from layers.catalog.places import CATEGORIES
from tests.layers.fabrics import FabricDatabase, fabric_database

SRID = 3395
ALIAS = "world"
GEOD = Geod(ellps="WGS84")
TO_DAMMAM = (50.1 - 46.7, 26.42 - 24.7)
HOURS = (
    "24/7",
    "",
    "Sa-Th 08:00-23:00; Fr 16:00-23:00",
    "Sa-Th 06:00-12:00,13:00-24:00",
    "22:00-04:00",
    "sometimes, ask",
    "Mo-Fr 09:00-17:00; PH off",
)


@dataclass
class World:
    """The places and districts of the database, and the brute force over them."""

    made: FabricDatabase
    rows: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    districts: dict[uuid.UUID, Any] = field(default_factory=dict)

    def read(self) -> None:
        """Read back what the database holds, so that nothing is compared with what it was made from."""
        names = "uid category kind wheelchair opening_hours ramadan_hours prayer_pause lon lat x y".split()
        found = self.made.rows(
            "SELECT uid::text, category, kind, wheelchair, opening_hours, ramadan_hours, prayer_pause,"
            " ST_X(geog::geometry), ST_Y(geog::geometry), ST_X(geom), ST_Y(geom)"
            " FROM layers_place WHERE end_lifespan_version IS NULL ORDER BY uid"
        )
        self.rows = {uuid.UUID(row[0]): dict(zip(names, row, strict=True)) for row in found}
        self.uids = list(self.rows)
        self.lon = np.array([row["lon"] for row in self.rows.values()])
        self.lat = np.array([row["lat"] for row in self.rows.values()])
        self.points = shapely.points([(row["x"], row["y"]) for row in self.rows.values()])
        self.districts = {
            uuid.UUID(uid): shapely.from_wkb(bytes(geom))
            for uid, geom in self.made.rows("SELECT uid::text, ST_AsBinary(geom) FROM layers_district")
        }

    def column(self, name: str) -> NDArray[Any]:
        return np.array([row[name] for row in self.rows.values()])

    def distances(self, lon: float, lat: float) -> NDArray[np.float64]:
        n = len(self.lon)
        _, _, metres = GEOD.inv(np.full(n, lon), np.full(n, lat), self.lon, self.lat)
        return np.asarray(metres)

    def inside(self, district: uuid.UUID) -> NDArray[np.bool_]:
        shape = self.districts[district]
        shapely.prepare(shape)
        return np.asarray(shapely.intersects(shape, self.points))

    def assert_nearest(
        self,
        found: list[tuple[float, uuid.UUID]],
        position: tuple[float, float],
        limit: int,
        chosen: NDArray[np.bool_],
        skipped: int = 0,
    ) -> None:
        """Hold an answer against every place there is: the same places in the same order, ties by uid.

        Two places whose distances differ by less than a micrometre may change places: both are computed.
        """
        metres = self.distances(*position)
        order = np.sort(metres[chosen])[skipped : skipped + limit]
        told = np.array([m for m, _ in found])
        assert len(found) == len(order)
        np.testing.assert_allclose(told, order, rtol=0, atol=1e-6)
        at = {uid: i for i, uid in enumerate(self.uids)}
        indices = [at[uid] for _, uid in found]
        assert len(set(indices)) == len(indices)
        assert chosen[indices].all()
        np.testing.assert_allclose(metres[indices], told, rtol=0, atol=1e-6)
        assert found == sorted(found)

    def positions(self, chance: random.Random, count: int) -> Iterator[tuple[float, float]]:
        """Yield positions: among places, on places, anywhere, at the edges of the world, opposite to places."""
        for n in range(count):
            i = chance.randrange(len(self.lon))
            lon, lat = float(self.lon[i]), float(self.lat[i])
            match n % 8:
                case 0 | 1 | 2:
                    near = chance.choice((1e-4, 0.01, 0.3))
                    yield _wrapped(lon + chance.gauss(0, near), lat + chance.gauss(0, near))
                case 3:
                    yield lon, lat
                case 4:
                    yield chance.uniform(-180, 180), chance.uniform(-90, 90)
                case 5:
                    yield chance.choice((-180.0, 180.0, 179.9999999, -179.9999)), chance.uniform(-90, 90)
                case 6:
                    yield chance.uniform(-180, 180), chance.choice((90.0, -90.0, 89.99999, -89.9))
                case _:
                    yield _wrapped(lon + 180 + chance.gauss(0, 0.2), -lat + chance.gauss(0, 0.2))


def _wrapped(lon: float, lat: float) -> tuple[float, float]:
    return (lon + 180) % 360 - 180, min(90.0, max(-90.0, lat))


@contextmanager
def world_made(real_data: Path) -> Iterator[World]:
    """Make the database, and drop it at the end."""
    with fabric_database(SRID) as made:
        _fill(made, real_data)
        one = World(made)
        one.read()
        yield one


@contextmanager
def attached(one: World) -> Iterator[None]:
    """Open the database under the alias ``world``, in its own storage CRS."""
    with MonkeyPatch.context() as patch:
        kept = {**connections.databases["default"], "NAME": one.made.database.name}
        patch.setitem(connections.databases, ALIAS, kept)
        patch.setattr("django.conf.settings.STORAGE_SRID", SRID)
        try:
            yield
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]


def _fill(made: FabricDatabase, real_data: Path) -> None:
    chance = random.Random(11)
    rows = [_place(chance, lon, lat, name, kind) for lon, lat, name, kind in _places(chance, real_data)]
    districts = geopandas.read_file(real_data / "admin/sa_eastern_districts.gpkg")
    session = psycopg2.connect(made.database.owner_url)
    with session, session.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind, wheelchair,"
            " opening_hours, phone, geom) VALUES %s",
            rows,
            template="(%s, now(), %s, %s, %s, %s, %s, %s, '',"
            f" ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4326), {SRID}))",
            page_size=1000,
        )
        execute_values(
            cursor,
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " VALUES %s",
            [
                (str(uuid.UUID(int=n + 1)), ar or "", en or "", str(n), city or "", shapely.to_wkb(shape))
                for n, (ar, en, city, shape) in enumerate(
                    zip(
                        districts.district_ar, districts.district_en, districts.city_ar, districts.geometry, strict=True
                    )
                )
            ],
            template="(%s, now(), %s, %s, %s, %s,"
            f" ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Transform(ST_GeomFromWKB(%s, 4326), {SRID})), 3)))",
        )
        # Rows that ended are no answer to anything.
        cursor.execute("UPDATE layers_place SET end_lifespan_version = now() + interval '1 s' WHERE id %% 29 = 0", ())
        cursor.execute("ANALYZE layers_place")
    session.close()


def _places(chance: random.Random, real_data: Path) -> Iterator[tuple[float, float, str, str]]:
    riyadh = geopandas.read_file(real_data / "poi/riyadh_osm_poi.gpkg").fillna({"name_ar": "", "subtype": ""})
    portugal = geopandas.read_file(real_data / "poi/poi_portugal.gpkg").fillna({"name": "", "fclass": ""})
    for shape, name, kind in zip(riyadh.geometry, riyadh.name_ar, riyadh.subtype, strict=True):
        yield shape.x, shape.y, name, kind
        if chance.random() < 0.5:
            yield shape.x + TO_DAMMAM[0], shape.y + TO_DAMMAM[1], name, kind
    for shape, name, kind in zip(portugal.geometry, portugal.name, portugal.fclass, strict=True):
        yield shape.x, shape.y, name, kind
    for _ in range(200):
        yield chance.choice((-1, 1)) * (180 - chance.expovariate(5)), chance.uniform(-80, 80), "", "edge"
        yield chance.uniform(-180, 180), chance.choice((-1, 1)) * (90 - max(1e-6, chance.expovariate(1))), "", "ice"
    for _ in range(40):  # heaps of places at one point
        lon, lat = chance.uniform(49.9, 50.2), chance.uniform(26.3, 26.5)
        for _ in range(chance.randint(2, 30)):
            yield lon, lat, "", "heap"


def _place(chance: random.Random, lon: float, lat: float, name: str, kind: str) -> tuple[Any, ...]:
    # The same sort of place is of one category, the sorts as uneven as they are in the files.
    category = CATEGORIES[sum(kind.encode()) % len(CATEGORIES)]
    uid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    wheelchair = chance.choice(("", "", "yes", "limited", "no"))
    return uid, name, "", category, kind, wheelchair, chance.choice(HOURS), lon, lat
