"""Small scales of the sample city: nothing is lost, and a change shows before its outlines are made again and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from land_services.cases import acts
from layers import events
from layers.access import PUBLIC
from layers.editing import change_feature
from layers.events import LandTouched
from layers.registry import LAYERS
from tests.sample import Sample, committed_sample
from tests.tiles.mvt import read_tile
from tests.tiles.test_vector_tiles import overlaps_and_gaps
from tiles.generalise import blocks, changes
from tiles.generalise.run import generalise
from tiles.grid import WEB_MERCATOR, storage_grid
from tiles.management.commands import generalise as watching
from tiles.sources import postgis
from tiles.sources.postgis import PostgisSource

__all__ = ["committed_sample"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

Put = Callable[[str], Sample]
ZOOMS = range(6, 14)
PARCELS = PostgisSource(LAYERS["parcels"], PUBLIC)
TABLES = {
    "tiles_group": "zoom, plan_no, area, block_no, cell, parcels, ST_AsBinary(geom_3857)",
    "tiles_dissolvedblock": "plan_no, area, block_no, cell, parcels, ST_AsBinary(geom_3857)",
    "tiles_simplifiedshape": "layer, zoom, row_id, ST_AsBinary(geom_3857)",
    "tiles_staleblock": "plan_no, area, block_no, cell",
}


def sql(text: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return list(cursor.fetchall()) if cursor.description else []


def derived() -> dict[str, set[tuple[Any, ...]]]:
    """Return everything that is derived, without the numbers of rows."""
    found = {}
    for table, columns in TABLES.items():
        rows = sql(f"SELECT {columns} FROM {table}")
        found[table] = {tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows}
    return found


def parcels_now() -> int:
    return int(sql("SELECT count(*) FROM layers_parcel WHERE end_lifespan_version IS NULL")[0][0])


def counts_by_zoom(grid: Any = WEB_MERCATOR) -> dict[int, int]:
    """Return the sum of the counts of all features of each zoom, each feature once."""
    column = "geom_3857" if grid is WEB_MERCATOR else "geom"
    extent = sql(f"SELECT ST_AsBinary(ST_Extent({column})::geometry) FROM layers_parcel")[0][0]
    land = shapely.from_wkb(bytes(extent))
    found = {}
    for z in ZOOMS:
        features = {}
        for x, y in grid.tiles_touched(land, z, 1 / 64):
            raw = PARCELS.tile(grid, z, x, y)
            for feature in read_tile(raw)["parcels"].features if raw else ():
                # A group that was not there when outlines were made has no number yet: its words tell it apart.
                key = (feature.properties["plan_no"], feature.properties.get("block_no"))
                features[key] = feature.properties["parcels"]
                assert shapely.is_valid(feature.geometry)
        found[z] = sum(features.values())
    return found


def outlines_by_zoom() -> dict[int, list[tuple[Any, ...]]]:
    """Return what tiles draw of each zoom, without the counts."""
    extent = sql("SELECT ST_AsBinary(ST_Extent(geom_3857)::geometry) FROM layers_parcel")[0][0]
    land = shapely.from_wkb(bytes(extent))
    return {
        z: sorted(
            (x, y, f.properties["plan_no"], f.properties.get("block_no", ""), f.geometry.wkt)
            for x, y in WEB_MERCATOR.tiles_touched(land, z, 1 / 64)
            if (raw := PARCELS.tile(WEB_MERCATOR, z, x, y))
            for f in read_tile(raw)["parcels"].features
        )
        for z in ZOOMS
    }


def subdivide(sample: Sample) -> None:
    """Divide the lot of the demonstration, by the desk that people use."""
    case = sample.reviewed(sample.submitted())
    acts.approve(case, viewer=sample.viewer("mayor"))


@pytest.fixture
def nobody_outlines_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a crash between commit and outlines."""
    handlers = [h for h in events._after if h is not changes.outline_again]
    monkeypatch.setattr(events, "_after", handlers)


def test_the_counts_of_every_zoom_add_up_to_the_parcels(committed_sample: Put) -> None:
    committed_sample("land")
    everything = dict.fromkeys(ZOOMS, parcels_now())
    assert counts_by_zoom() == everything  # boxes, or outlines that the loading itself has left
    generalise(LAYERS["parcels"])
    assert sql("SELECT count(*) FROM tiles_staleblock") == [(0,)]
    assert counts_by_zoom() == everything
    assert counts_by_zoom(storage_grid(32639)) == everything


def test_after_a_subdivision_low_zooms_are_right_at_once_and_equal_a_full_run(committed_sample: Put) -> None:
    sample = committed_sample("land")
    call_command("generalise")
    before = parcels_now()
    subdivide(sample)
    after = parcels_now()
    assert after > before
    assert sql("SELECT count(*) FROM tiles_staleblock") == [(0,)]
    assert counts_by_zoom() == dict.fromkeys(ZOOMS, after)
    worked_in = derived()
    call_command("generalise")
    assert derived() == worked_in


def test_before_outlines_are_made_again_the_changed_blocks_are_drawn_from_their_parcels(
    committed_sample: Put, nobody_outlines_again: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = committed_sample("land")
    call_command("generalise")
    subdivide(sample)
    assert sql("SELECT count(*) FROM tiles_staleblock")[0][0] >= 1
    now = dict.fromkeys(ZOOMS, parcels_now())
    assert counts_by_zoom() == now
    assert counts_by_zoom(storage_grid(32639)) == now
    monkeypatch.setattr(postgis, "STALE_LIMIT", 0)  # as after the loading of a city: boxes, and the same counts
    assert counts_by_zoom() == now
    call_command("generalise", "--changed")
    assert sql("SELECT count(*) FROM tiles_staleblock") == [(0,)]
    assert counts_by_zoom() == now


def test_a_division_inside_a_block_leaves_its_outline_and_is_counted_at_once(
    committed_sample: Put, nobody_outlines_again: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = committed_sample("land")
    call_command("generalise")
    before, outlines = parcels_now(), outlines_by_zoom()
    subdivide(sample)
    marks = sql("SELECT bool_and(keeps_outline), sum(delta) FROM tiles_staleblock")
    assert marks == [(True, parcels_now() - before)] and parcels_now() > before
    assert counts_by_zoom() == dict.fromkeys(ZOOMS, parcels_now())
    assert outlines_by_zoom() == outlines
    # Plans are not looked at again for it: that takes half a minute in a large city.
    monkeypatch.setattr(blocks, "_work_in_plans", lambda session, changed: pytest.fail(f"{changed} drawn again"))
    call_command("generalise", "--changed")
    assert counts_by_zoom() == dict.fromkeys(ZOOMS, parcels_now())
    assert outlines_by_zoom() == outlines


LOT = "POLYGON ((0 0, 20 0, 20 9, 0 9, 0 0))"
HALVES = ["POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0))", "POLYGON ((9 0, 20 0, 20 9, 9 9, 9 0))"]


@pytest.mark.parametrize(
    ("ended", "begun", "same"),
    [
        ([LOT], HALVES, True),
        (HALVES, [LOT], True),
        ([LOT], ["POLYGON ((0 0, 9 0.001, 20 0, 20 9, 0 9, 0 0))"], True),
        ([LOT], ["POLYGON ((0 0, 20 0, 20 9, 0.1 9, 0 0))"], False),
        ([LOT], HALVES[:1], False),
        ([LOT], None, False),
        (None, [LOT], False),
    ],
)
def test_the_same_land_is_told_from_other_land(ended: list[str] | None, begun: list[str] | None, same: bool) -> None:
    assert sql("SELECT tiles_same_land(%s::geometry[], %s::geometry[])", [ended, begun]) == [(same,)]


def test_an_approval_does_not_wait_for_outlines_and_the_process_beside_makes_them(
    committed_sample: Put, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TILES_OUTLINE_BLOCKS = 0
    sample = committed_sample("land")
    call_command("generalise")
    subdivide(sample)
    assert sql("SELECT count(*) FROM tiles_staleblock")[0][0] >= 1, "left to the process beside"
    assert counts_by_zoom() == dict.fromkeys(ZOOMS, parcels_now())
    looks = iter(range(2))

    def moment(seconds: float) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt  # as when it is ended

    monkeypatch.setattr(watching.time, "sleep", moment)
    call_command("generalise", "--watch")
    assert sql("SELECT count(*) FROM tiles_staleblock") == [(0,)]
    worked_in = derived()
    call_command("generalise")
    assert derived() == worked_in


def test_a_change_that_is_rolled_back_leaves_no_mark(committed_sample: Put) -> None:
    committed_sample("land")
    call_command("generalise")
    uid, land = sql("SELECT uid, ST_AsBinary(geom) FROM layers_parcel LIMIT 1")[0]
    before = derived()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.announce(LandTouched(frozenset({"parcels"}), (str(uid),), shapely.from_wkb(bytes(land))))
        assert sql("SELECT count(*) FROM tiles_staleblock")[0][0] == 1
        raise ZeroDivisionError
    assert derived() == before


@pytest.mark.parametrize("damage", range(3))
def test_outlines_of_touched_blocks_are_the_same_as_those_of_a_full_run(committed_sample: Put, damage: int) -> None:
    """Whatever stands there of a block that is marked, and of its plan, is replaced by what a full run makes."""
    committed_sample("land")
    call_command("generalise")
    whole = derived()
    random = np.random.default_rng(damage)
    keys = sql("SELECT plan_no, area, block_no, cell FROM tiles_dissolvedblock ORDER BY 1, 2, 3, 4")
    for i in random.choice(len(keys), 3, replace=False):
        plan = keys[i][:2]
        sql("DELETE FROM tiles_dissolvedblock WHERE (plan_no, area, block_no, cell) = (%s, %s, %s, %s)", keys[i])
        sql("UPDATE tiles_group SET parcels = 7 WHERE (plan_no, area, block_no, cell) = (%s, %s, %s, %s)", keys[i])
        sql("UPDATE tiles_group SET parcels = 9 WHERE (plan_no, area, block_no) = (%s, %s, '')", plan)
        sql("INSERT INTO tiles_staleblock (plan_no, area, block_no, cell) VALUES (%s, %s, %s, %s)", keys[i])
    sql("INSERT INTO tiles_staleblock (plan_no, area, block_no, cell) VALUES ('gone', '', '9', '')")
    assert derived() != whole
    changes.work_in_stale("default")
    assert derived() == whole


@pytest.mark.parametrize("code", ["zoning", "districts", "plans", "streets"])
def test_an_edited_feature_is_drawn_as_it_is_now_and_outlined_as_in_a_full_run(
    committed_sample: Put, code: str
) -> None:
    committed_sample("land")
    call_command("generalise")
    layer = LAYERS[code]
    row = sql(
        f"SELECT uid, id, ST_AsBinary(geom), begin_lifespan_version FROM {layer.table}"
        f" WHERE end_lifespan_version IS NULL{''.join(f' AND {k} = %s' for k in layer.fixed)} ORDER BY id LIMIT 1",
        list(layer.fixed.values()),
    )[0]
    shape = shapely.from_wkb(bytes(row[2]))
    moved = shapely.affinity.scale(shape, 0.7, 0.7)
    moved = shapely.transform(moved, lambda at: np.round(at, 3))
    change_feature(layer, row[0], {}, moved, expected=row[3], acting_user_id=None)
    worked_in = derived()
    call_command("generalise")
    assert derived() == worked_in
    number = sql(f"SELECT id FROM {layer.table} WHERE uid = %s AND end_lifespan_version IS NULL", [row[0]])[0][0]
    assert number != row[1]
    at = shapely.from_wkb(bytes(sql(f"SELECT ST_AsBinary(geom_3857) FROM {layer.table} WHERE id = %s", [number])[0][0]))
    for z in range(layer.min_zoom, layer.detail_zoom):
        raw = PostgisSource(layer, PUBLIC).tile(
            WEB_MERCATOR, z, *WEB_MERCATOR.tile_at(z, *at.representative_point().coords[0])
        )
        assert number in {f.id for f in read_tile(raw)[code].features}
        assert row[1] not in {f.id for f in read_tile(raw)[code].features}


def test_the_application_may_write_derived_tables_but_not_drop_them(committed_sample: Put) -> None:
    committed_sample("land")
    sql("DELETE FROM tiles_group")
    with pytest.raises(Exception, match=r"must be owner|permission denied"), transaction.atomic():
        sql("TRUNCATE tiles_group")
    call_command("generalise", "parcels")
    assert sql("SELECT sum(parcels) FROM tiles_group WHERE zoom = 6")[0][0] == parcels_now()


def test_new_outlines_reach_tiles_that_were_drawn_before_them_and_no_others(
    committed_sample: Put, nobody_outlines_again: None
) -> None:
    sample = committed_sample("land")
    call_command("generalise")
    subdivide(sample)
    lot = sql(
        "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Centroid(geom_3857) p FROM layers_parcel WHERE uid = %s) s",
        [sample.uid],
    )[0]
    client = Client()

    def ask(z: int) -> tuple[str, bytes]:
        x, y = WEB_MERCATOR.tile_at(z, *lot)
        answer = client.get(f"/tiles/parcels/{z}/{x}/{y}.mvt")
        return answer["Server-Timing"], answer.content

    kept = {z: ask(z)[1] for z in (11, 13, 16)}
    assert all(ask(z) == ("cache;desc=hit", kept[z]) for z in kept)
    call_command("generalise", "--changed")
    for z in (11, 13):
        said, body = ask(z)
        assert said == "cache;desc=miss"
        assert body == PARCELS.tile(WEB_MERCATOR, z, *WEB_MERCATOR.tile_at(z, *lot))
    assert ask(16) == ("cache;desc=hit", kept[16])


@pytest.mark.parametrize("code", ["parcels", "blocks", "zoning", "districts"])
def test_neighbours_overlap_by_no_more_than_a_cell_at_any_zoom(committed_sample: Put, code: str) -> None:
    committed_sample("land")
    call_command("generalise", code)
    source = PostgisSource(LAYERS[code], PUBLIC)
    land = shapely.box(*(source.bounds() or (0, 0, 0, 0)))
    for z in range(source.zooms.first, 14):
        for x, y in list(WEB_MERCATOR.tiles_touched(land, z))[:4]:
            raw = source.tile(WEB_MERCATOR, z, x, y)
            shapes = [f.geometry for f in read_tile(raw)[code].features] if raw else []
            assert all(shape.is_valid for shape in shapes)
            assert not shapes or overlaps_and_gaps(shapes)[0] <= 1.0
