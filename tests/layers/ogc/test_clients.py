"""Standard clients read a running server without a manual: GDAL's OAPIF driver and OWSLib."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from django.conf import settings
from owslib.ogcapi.features import Features

from layers.crs import transform
from layers.models import Parcel, Place
from layers.ogc import extents
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def served(committed_sample: Callable[[str], Sample], live_server: Any) -> str:
    """The address of the API on a real server."""
    committed_sample("land")
    extents.forget()
    return f"{live_server.url}/ogc"


def test_gdal_reads_a_running_server(served: str) -> None:
    """One server for all that the driver does: each begins with a database of its own otherwise."""
    _gdal_finds_every_collection(served)
    _gdal_reads_every_parcel_over_many_pages(served)
    _gdal_reads_fields_in_their_own_types(served)
    _gdal_asks_for_a_box(served)
    _gdal_counts_without_reading(served)
    _gdal_sends_its_conditions_to_the_server(served)


def test_owslib_reads_a_running_server(served: str) -> None:
    _owslib_reads_everything(served)
    _owslib_asks_by_box_moment_and_filter(served)


def _gdal(do: str, served: str, **options: Any) -> Any:
    asked = json.dumps({"do": do, "address": served, **options})
    command = [sys.executable, "-m", "tests.layers.ogc.gdal_reader"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=100, cwd=settings.BASE_DIR)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _stored(queryset: Any) -> dict[str, shapely.Geometry]:
    rows = queryset.filter(end_lifespan_version=None)
    return {str(row.uid): shapely.from_wkb(bytes(row.geom.wkb)) for row in rows}


def _gdal_finds_every_collection(served: str) -> None:
    found = set(_gdal("layers", served))
    assert found >= {"parcels", "plans", "blocks", "districts", "streets", "zoning", "places"}


def _gdal_reads_every_parcel_over_many_pages(served: str) -> None:
    """In the storage CRS to the millimetre, in CRS84 to a centimetre, page by page along the next links."""
    stored = _stored(Parcel.objects)
    for crs, tolerance in (("EPSG:32639", 0.0011), ("OGC:CRS84", 2e-7)):
        found = _gdal("read", served, layer="parcels", CRS=crs, PAGE_SIZE="61")
        assert crs.partition(":")[2] in found["crs"]
        read = dict(zip(found["fields"]["uid"], map(shapely.from_wkb, found["geometries"]), strict=True))
        assert read.keys() == stored.keys()
        for uid, geometry in stored.items():
            wanted = geometry if crs == "EPSG:32639" else transform(geometry, 32639, 4326)
            assert read[uid].hausdorff_distance(wanted) <= tolerance, uid


def _gdal_reads_fields_in_their_own_types(served: str) -> None:
    found = _gdal("read", served, layer="parcels")
    fields = found["fields"]
    parcel = Parcel.objects.get(uid=fields["uid"][0], end_lifespan_version=None)
    assert found["types"]["official_area_m2"] == "f" and found["types"]["begin_lifespan_version"] == "M"
    assert float(fields["official_area_m2"][0]) == pytest.approx(float(parcel.official_area_m2 or 0))
    assert fields["parcel_no"][0] == parcel.parcel_no


def _gdal_asks_for_a_box(served: str) -> None:
    stored = _stored(Parcel.objects)
    west, south, east, north = shapely.union_all(list(stored.values())).bounds
    box = (west, south, west + (east - west) / 3, south + (north - south) / 3)
    found = _gdal("read", served, layer="parcels", CRS="EPSG:32639", bbox=box, PAGE_SIZE="20")
    wanted = {uid for uid, outline in stored.items() if outline.intersects(shapely.box(*box))}
    assert set(found["fields"]["uid"]) == wanted and 0 < len(wanted) < len(stored)


def _gdal_counts_without_reading(served: str) -> None:
    assert _gdal("count", served, layer="parcels") == Parcel.objects.filter(end_lifespan_version=None).count()


def _gdal_sends_its_conditions_to_the_server(served: str) -> None:
    place = Place.objects.filter(end_lifespan_version=None).first()
    assert place is not None
    found = _gdal("read", served, layer="places", where=f"category = '{place.category}'")
    wanted = Place.objects.filter(end_lifespan_version=None, category=place.category).count()
    assert len(found["geometries"]) == wanted


def _owslib_reads_everything(served: str) -> None:
    api = Features(f"{served}/", headers={"Accept-Language": "en"})
    assert api.conformance()["conformsTo"]
    assert api.api()["openapi"].startswith("3.0")
    assert set(api.feature_collections()) >= {"parcels", "streets", "places"}
    for name in api.collections()["collections"]:
        one = api.collection(name["id"])
        assert one["id"] == name["id"]
        assert api.collection_queryables(name["id"])["properties"]
        page = api.collection_items(name["id"], limit=3)
        assert page["numberReturned"] == len(page["features"])
        for feature in page["features"]:
            assert api.collection_item(name["id"], feature["id"])["properties"] == feature["properties"]


def _owslib_asks_by_box_moment_and_filter(served: str) -> None:
    api = Features(f"{served}/")
    box = api.collection("parcels")["extent"]["spatial"]["bbox"][0]
    everything = Parcel.objects.filter(end_lifespan_version=None).count()
    assert api.collection_items("parcels", bbox=box, limit=1000)["numberReturned"] == everything
    assert api.collection_items("parcels", datetime_="2000-01-01T00:00:00Z")["numberReturned"] == 0
    parks = api.collection_items("parcels", filter="land_use = 'park'", limit=1000)
    assert parks["numberReturned"] == Parcel.objects.filter(end_lifespan_version=None, land_use="park").count() > 0
