"""The features that the API finds are those that the ORM and shapely find, for any box and any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from layers.models import Parcel, Place
from tests.budget import budget
from tests.layers.ogc.asking import CRS84, EPSG, Api

pytestmark = pytest.mark.django_db
_RELAXED = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}

SYSTEMS = {CRS84: 4326, f"{EPSG}3857": 3857, f"{EPSG}32639": 32639, f"{EPSG}9359": 9359, f"{EPSG}20439": 20439}
NEAR_M = 0.02
"""A feature that misses the box, or the box's side, by less than this may be told or not: a degree has 7 decimals."""


def _by_shapely(box: tuple[float, float, float, float], srid: int) -> tuple[set[str], set[str]]:
    """Return what must be found, and what may be: a box in another system, carried point by point along its sides."""
    ring = shapely.segmentize(shapely.box(*box), max(box[2] - box[0], box[3] - box[1]) / 200)
    transformer = Transformer.from_crs(srid, 32639, always_xy=True)
    area = shapely.transform(ring, lambda xy: _carried(transformer, xy))
    uids, outlines = _stored()
    found = [set(uids[shapely.intersects(outlines, area.buffer(by))]) for by in (-NEAR_M, NEAR_M)]
    return found[0], found[1]


def _stored() -> tuple[Any, Any]:
    rows = Parcel.objects.filter(end_lifespan_version=None)
    return np.array([str(row.uid) for row in rows]), np.array([shapely.from_wkb(bytes(r.geom.wkb)) for r in rows])


def _carried(transformer: Transformer, xy: Any) -> Any:
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


@settings(max_examples=budget(10, 1000), **_RELAXED)
@given(data=st.data())
def test_any_box_in_any_system_finds_what_shapely_finds(api: Api, data: st.DataObject) -> None:
    uri = data.draw(st.sampled_from(sorted(SYSTEMS)))
    bounds = _bounds(uri, api)
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    part = st.floats(-0.2, 1.2)
    xs = sorted(bounds[0] + width * data.draw(part) for _ in range(2))
    ys = sorted(bounds[1] + height * data.draw(part) for _ in range(2))
    box = (xs[0], ys[0], xs[1], ys[1])
    assume(box[2] - box[0] > width / 1e4 and box[3] - box[1] > height / 1e4)  # of no width: test_part_2_crs
    found = set(api.items(bbox=",".join(map(repr, box)), limit=1000, **{"bbox-crs": uri}).ids)
    sure, perhaps = _by_shapely(box, SYSTEMS[uri])
    assert sure <= found <= perhaps


def _bounds(uri: str, api: Api) -> tuple[float, float, float, float]:
    shapes = [shapely.geometry.shape(f["geometry"]) for f in api.items(limit=1000, crs=uri).json["features"]]
    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    return west, south, east, north


# Time ---------------------------------------------------------------------------------------------------------------

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def versions(api: Api) -> Iterator[list[Place]]:
    """Twelve places in versions that begin, end and follow one another on the same few days."""
    rows = []
    for n in range(12):
        day = n % 3
        for version in range(n % 4 + 1):
            last = version == n % 4 and n % 2 == 0
            rows.append(
                Place(
                    uid=f"00000000-0000-4000-8000-{n:012d}",
                    name_en=f"oracle {n}/{version}",
                    category="park",
                    geom="SRID=32639;POINT(410000 2923000)",
                    begin_lifespan_version=BEGIN + timedelta(days=day),
                    end_lifespan_version=None if last else BEGIN + timedelta(days=day + 2),
                )
            )
            day += 2 if version % 2 else 3  # some follow at once, some after a day without
    Place.objects.bulk_create(rows)
    yield rows


_DAYS = st.integers(-2, 14)
_SLIPS = st.sampled_from([-1, 0, 1])


def _moment(days: int, slip: int) -> datetime:
    return BEGIN + timedelta(days=days, microseconds=slip)


def _text(moment: datetime | None) -> str:
    return ".." if moment is None else moment.isoformat().replace("+00:00", "Z")


@settings(max_examples=budget(15, 1000), **_RELAXED)
@given(days=_DAYS, slip=_SLIPS, limit=st.integers(1, 30))
def test_any_moment_finds_the_versions_in_force(
    api: Api, versions: list[Place], days: int, slip: int, limit: int
) -> None:
    at = _moment(days, slip)
    wanted = [
        row.name_en
        for row in versions
        if row.begin_lifespan_version <= at and (row.end_lifespan_version is None or at < row.end_lifespan_version)
    ]
    assert _found(api, _text(at), limit) == sorted(wanted)


@settings(max_examples=budget(15, 1000), **_RELAXED)
@given(ends=st.tuples(*[st.none() | st.tuples(_DAYS, _SLIPS)] * 2), limit=st.integers(1, 30))
def test_any_interval_finds_the_versions_that_meet_it(
    api: Api, versions: list[Place], ends: tuple[tuple[int, int] | None, tuple[int, int] | None], limit: int
) -> None:
    first, last = (None if end is None else _moment(*end) for end in ends)
    if first is not None and last is not None and first > last:
        first, last = last, first
    wanted = [
        row.name_en
        for row in versions
        if (last is None or row.begin_lifespan_version <= last)
        and (first is None or row.end_lifespan_version is None or row.end_lifespan_version > first)
    ]
    assert _found(api, f"{_text(first)}/{_text(last)}", limit) == sorted(wanted)


def _found(api: Api, moment: str, limit: int) -> list[str]:
    told = api.walk("places", datetime=moment, limit=limit, filter="name_en LIKE 'oracle%'", properties="name_en")
    return sorted(feature["properties"]["name_en"] for feature in told)
