"""The two commands: files into the database and out again, all of it or nothing."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from django.core.management import CommandError, call_command
from django.db import connections
from shapely import LineString, MultiPolygon, Point

from layers import events
from layers.files.importing import prepare, staged_parcels
from layers.registry import LAYERS
from tests.layers.files.making import STORAGE, frame, gpkg, square

# Loading is the owner's, and what only loads is rolled back; what is read back by another connection must be committed.
pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

LOTS = [square(0, 0), square(20, 0), square(40, 0), MultiPolygon([square(0, 60), square(60, 60)])]
COLUMNS = {
    "plan_no": ["ش د 12", "ش د 12", "ش د 12", "1/2"],
    "block_no": ["٣", "3أ", "", None],
    "parcel_no": ["1", "2/1", "٣", "4"],
    "land_use": ["سكني", "سكني", "تجاري", None],
    "official_area_m2": [400.0, 399.99, None, 800.5],
    "surveyed_area_m2": [400.01, None, 400.0, 800.0],
}
FORMATS = ["gpkg", "geojson", "shp", "zip", "fgb", "parquet"]


def run(command: str, *arguments: object, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def refusal(command: str, *arguments: object) -> str:
    with pytest.raises(CommandError) as error:
        run(command, *arguments)
    return str(error.value)


def query(sql: str, *params: object, using: str = "owner") -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def count(table: str = "layers_parcel", using: str = "owner") -> int:
    return int(query(f"SELECT count(*) FROM {table}", using=using)[0][0])


@pytest.fixture
def lots(tmp_path: Path) -> Path:
    return gpkg(tmp_path / "lots.gpkg", LOTS, **COLUMNS)


# In ------------------------------------------------------------------------------------------------------------------


def test_it_loads_parcels_with_every_field_and_says_what_it_did(lots: Path) -> None:
    text = run("import_layer", "parcels", lots)

    rows = query(
        "SELECT plan_no, block_no, parcel_no, land_use, official_area_m2, surveyed_area_m2, calculated_area_m2 "
        "FROM layers_parcel ORDER BY id"
    )
    assert rows == [
        ("ش د 12", "٣", "1", "سكني", Decimal("400.00"), Decimal("400.01"), 400.0),
        ("ش د 12", "3أ", "2/1", "سكني", Decimal("399.99"), None, 400.0),
        ("ش د 12", "", "٣", "تجاري", None, Decimal("400.00"), 400.0),
        ("1/2", "", "4", "", Decimal("800.50"), Decimal("800.00"), 800.0),
    ]
    assert "parcels: 4 read, 4 written, 1 defective" in text
    assert "several_parts" in text


def test_the_source_is_recorded_with_its_hash_and_operation(lots: Path) -> None:
    geopandas.read_file(lots).to_crs(4326).to_file(lots.with_name("wgs.gpkg"), engine="pyogrio")

    text = run("import_layer", "parcels", lots.with_name("wgs.gpkg"))

    ((details, digest),) = query("SELECT details::text, sha256 FROM register_source")
    assert "EPSG:4326 -> EPSG:32639" in text
    assert '"accuracy_m"' in details
    assert len(digest) == 64


def test_a_dry_run_says_everything_and_keeps_nothing(lots: Path) -> None:
    text = run("import_layer", "parcels", lots, dry_run=True)

    assert "4 read, 4 would be written (dry run)" in text
    assert count() == 0
    assert count("layers_auditrow") == 0


@committed
def test_loading_the_same_land_twice_is_refused_with_a_list(lots: Path, tmp_path: Path) -> None:
    run("import_layer", "parcels", lots)
    other = gpkg(tmp_path / "other.gpkg", [square(500, 500), square(10, 0)])

    text = refusal("import_layer", "parcels", other)

    assert "row 2" in text
    assert "لم يُحمَّل شيء" in text
    assert count() == 4


def test_nothing_is_half_loaded_when_the_file_breaks_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(20 * (i % 100), 20 * (i // 100)) for i in range(200)])

    def breaking(prepared: Any) -> Any:
        for batch in staged_parcels(prepared):
            yield batch[:100]
            raise OSError("the disk went away")

    monkeypatch.setattr("gisportal.management.commands.import_layer.staged_parcels", breaking)
    with pytest.raises(OSError, match="the disk went away"):
        run("import_layer", "parcels", path)

    assert count() == 0
    assert count("layers_auditrow") == 0


def test_a_file_without_parcel_no_names_its_attributes_and_suggests_one(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, numero=["1", "2", "3", "4"], owner=["a", "b", "c", "d"])

    text = refusal("import_layer", "parcels", path)

    assert "numero, owner" in text
    assert "--map parcel_no=numero" in text
    assert "رقم القطعة" in text
    assert run("import_layer", "parcels", path, "--map", "parcel_no=numero", "land_use=owner")
    assert query("SELECT parcel_no, land_use FROM layers_parcel ORDER BY id")[0] == ("1", "a")


@pytest.mark.parametrize("pair", ["nonsense", "=numero", "parcel_no=", "colour=numero", "parcel_no=nummer"])
def test_a_wrong_map_is_refused(pair: str, tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, numero=["1", "2", "3", "4"])

    assert refusal("import_layer", "parcels", path, "--map", pair)
    assert count() == 0


def test_repeated_and_missing_numbers_are_defects_and_not_refusals(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, parcel_no=["7", "٧", None, "---"])

    text = run("import_layer", "parcels", path)

    assert count() == 4
    assert "1  repeated_number" in text
    assert "2  missing_number" in text
    assert "row 2" in text


def test_overlaps_and_gaps_of_the_file_are_listed_with_their_place(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(0, 0), square(19, 0), square(39.005, 0)])

    text = run("import_layer", "parcels", path)

    assert "The parcel overlaps a neighbour by 20.000 m2" in text
    assert "the land at 410019.500" in text
    assert "A gap narrower than 0.01 m" in text
    assert {kind for (kind,) in query("SELECT kind FROM register_defect")} >= {"overlap", "gap"}


def test_a_file_without_a_system_waits_for_one(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    frame(LOTS).to_file(path, engine="pyogrio")
    path.with_suffix(".prj").unlink()

    assert "--crs EPSG:n" in refusal("import_layer", "parcels", path)
    assert count() == 0
    assert run("import_layer", "parcels", path, "--crs", "EPSG:32639")
    assert count() == 4


def test_the_system_named_wins_over_the_one_in_the_file(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, crs=32638)

    text = run("import_layer", "parcels", path, "--crs", "EPSG:32639")

    assert "--crs EPSG:32639 wins" in text
    assert query("SELECT round(ST_XMin(ST_Extent(geom))) FROM layers_parcel") == [(410000,)]


@pytest.mark.parametrize("srid", [32631, 32619, 32628, 32638])
def test_land_of_another_belt_is_refused_naming_that_belt(srid: int, tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(50_000, 0)], crs=srid)

    text = refusal("import_layer", "parcels", path)

    assert f"EPSG:{srid}" in text
    assert "EPSG:32639" in text
    assert count() == 0


def test_metres_called_degrees_are_refused(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, crs=4326)

    assert "not degrees" in refusal("import_layer", "parcels", path)


def test_a_legacy_datum_is_loaded_with_its_operation_on_record(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, crs=20439)

    text = run("import_layer", "parcels", path)

    assert "Ain el Abd to WGS 84" in text
    assert "legacy" in text
    assert '"accuracy_m": 18' in query("SELECT details::text FROM register_source")[0][0]


def test_an_unreadable_file_is_one_clear_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"\x00" * 5000)

    assert "GPKG, GeoJSON" in refusal("import_layer", "parcels", tmp_path / "a.gpkg")


# Other layers --------------------------------------------------------------------------------------------------------


def test_districts_are_loaded_with_both_names(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "d.gpkg", [square(0, 0, 900)], name_ar=["حي الشاطئ"], name_en=["Ash Shati"], code=["7"])

    run("import_layer", "districts", path)

    assert query("SELECT name_ar, name_en, code, end_lifespan_version FROM layers_district") == [
        ("حي الشاطئ", "Ash Shati", "7", None)
    ]
    assert query("SELECT action, subject FROM layers_auditrow") == [("layer.load", "districts")]


def test_loading_a_layer_twice_is_noticed(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "d.gpkg", [square(0, 0, 900)], name_ar=["حي"])
    run("import_layer", "districts", path)

    assert "already" in refusal("import_layer", "districts", path)
    assert count("layers_district") == 1


def test_streets_plans_blocks_zones_and_places_have_their_loaders(tmp_path: Path) -> None:
    line = [LineString([(410_000, 2_923_000), (410_100, 2_923_000)])]
    area, spot = [square(0, 0, 500)], [Point(410_000, 2_923_000)]
    run("import_layer", "streets", gpkg(tmp_path / "s.gpkg", line, name_ar=["شارع"], width_m=[20], road_class=["فرعي"]))
    run("import_layer", "plans", gpkg(tmp_path / "p.gpkg", area, plan_no=["ش د 1"]))
    run("import_layer", "blocks", gpkg(tmp_path / "b.gpkg", area, plan_no=["1"], block_no=["2"]))
    run("import_layer", "zoning", gpkg(tmp_path / "z.gpkg", area, code=["R1"], name_ar=["سكني"]))
    run("import_layer", "places", gpkg(tmp_path / "k.gpkg", spot, name_ar=["صيدلية"], category=["pharmacy"]))

    assert query("SELECT name_ar, width_m::text, road_class FROM layers_street") == [("شارع", "20.00", "local")]
    assert query("SELECT plan_no FROM layers_plan") == [("ش د 1",)]
    assert query("SELECT plan_no, block_no FROM layers_block") == [("1", "2")]
    assert query("SELECT kind, code FROM layers_zone") == [("zoning", "R1")]
    assert query("SELECT category FROM layers_place") == [("health",)]


def test_a_place_of_no_known_category_is_left_out_and_listed(tmp_path: Path) -> None:
    spots = [Point(410_000 + i, 2_923_000) for i in range(3)]
    path = gpkg(tmp_path / "k.gpkg", spots, name_ar=["أ", "ب", "ج"], category=["mosque", "casino", None])

    text = run("import_layer", "places", path)

    assert "3 read, 1 written, 2 defective" in text
    assert "bad_choice  NOT LOADED" in text


@committed
def test_those_who_watch_the_map_are_told_before_and_after_the_commit(tmp_path: Path) -> None:
    before, after = events._before.copy(), events._after.copy()
    told: list[tuple[str, frozenset[str], int]] = []
    events.before_commit(lambda t: told.append(("before", t.layers, count("layers_district", "default"))))
    events.after_commit(lambda t: told.append(("after", t.layers, count("layers_district", "default"))))
    try:
        run("import_layer", "districts", gpkg(tmp_path / "d.gpkg", [square(0, 0, 900)], name_ar=["حي"]))
    finally:
        events._before[:], events._after[:] = before, after

    assert told == [("before", frozenset({"districts"}), 0), ("after", frozenset({"districts"}), 1)]


# Out -----------------------------------------------------------------------------------------------------------------


@committed
def test_what_comes_out_goes_in_again_exactly(lots: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    run("import_layer", "parcels", lots)
    kept = query(
        "SELECT uid::text, plan_no, block_no, parcel_no, land_use, official_area_m2, surveyed_area_m2, "
        "ST_AsBinary(geom) FROM layers_parcel"
    )
    for ending in FORMATS:
        with subtests.test(ending=ending):
            out = tmp_path / f"out.{ending}"
            assert "4 features written" in run("export_layer", "parcels", out)
            prepared = prepare(out, LAYERS["parcels"].fields, STORAGE)
            with prepared.source:
                found = {p.uid: p for batch in staged_parcels(prepared) for p in batch}
            assert len(found) == len(kept) == 4
            for uid, *values, geom in kept:
                p = found[uid]
                read = [p.plan_no, p.block_no, p.parcel_no, p.land_use, p.official_area_m2, p.surveyed_area_m2]
                assert read == values
                assert p.geometry is not None
                assert p.geometry.normalize() == shapely.from_wkb(bytes(geom)).normalize()


@committed
def test_geojson_is_written_in_degrees_and_arabic_as_itself(lots: Path, tmp_path: Path) -> None:
    run("import_layer", "parcels", lots)
    out = tmp_path / "out.geojson"

    run("export_layer", "parcels", out)

    text = out.read_text("utf-8")
    assert "تجاري" in text
    assert '"crs"' not in text
    read = geopandas.read_file(out)
    assert 50 < read.geometry[0].centroid.x < 51
    assert all(part.exterior.is_ccw for g in read.geometry for part in shapely.get_parts(g)), "RFC 7946, 3.1.6"
    expected = ["uid", "plan_no", "block_no", "parcel_no", "land_use", "official_area_m2", "surveyed_area_m2"]
    expected += ["calculated_area_m2", "begin_lifespan_version", "end_lifespan_version", "geometry"]
    assert list(read.columns) == expected


def test_a_shapefile_brings_its_parts_and_tells_its_short_names(tmp_path: Path) -> None:
    text = run("export_layer", "parcels", tmp_path / "out.zip")

    assert "official_area_m2 is called offic_m2" in text
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert {Path(n).suffix for n in archive.namelist()} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
        assert archive.read("parcels.cpg").strip() == b"UTF-8"


@committed
def test_any_moment_of_the_past_can_be_exported(lots: Path, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(days=1)
    run("import_layer", "parcels", lots)

    assert "0 features" in run("export_layer", "parcels", tmp_path / "a.gpkg", "--as-of", before.isoformat())
    assert "4 features" in run("export_layer", "parcels", tmp_path / "b.gpkg", "--as-of", datetime.now(UTC).isoformat())
    assert len(geopandas.read_file(tmp_path / "a.gpkg")) == 0


@committed
def test_a_rectangle_of_degrees_takes_what_it_touches(lots: Path, tmp_path: Path) -> None:
    run("import_layer", "parcels", lots)
    wgs = geopandas.GeoSeries([square(1, 1, 5)], crs=STORAGE).to_crs(4326).total_bounds

    assert "1 features" in run("export_layer", "parcels", tmp_path / "a.gpkg", "--bbox", ",".join(map(str, wgs)))
    assert "0 features" in run("export_layer", "parcels", tmp_path / "b.gpkg", "--bbox", "10,10,11,11")


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "51,26,50,27", "0,0,0,0", "-200,0,1,1"])
def test_a_wrong_rectangle_is_refused(bbox: str, tmp_path: Path) -> None:
    assert "--bbox" in refusal("export_layer", "parcels", tmp_path / "a.gpkg", f"--bbox={bbox}")


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "2026-02-30T00:00"])
def test_a_wrong_moment_is_refused(moment: str, tmp_path: Path) -> None:
    assert "--as-of" in refusal("export_layer", "parcels", tmp_path / "a.gpkg", f"--as-of={moment}")


@pytest.mark.parametrize("name", ["a.kml", "a", "a.gml", "a.dxf"])
def test_a_format_that_is_not_written_is_refused(name: str, tmp_path: Path) -> None:
    assert "are not written" in refusal("export_layer", "parcels", tmp_path / name)


@committed
def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(
    lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import_layer", "parcels", lots)
    out = tmp_path / "out.gpkg"
    out.write_bytes(b"the old file")
    before = sorted(tmp_path.iterdir())

    def breaking(*args: Any, **options: Any) -> Any:
        raise OSError("connection lost")
        yield

    monkeypatch.setattr("gisportal.management.commands.export_layer.read_features", breaking)
    with pytest.raises(OSError, match="connection lost"):
        run("export_layer", "parcels", out)

    assert out.read_bytes() == b"the old file"
    assert sorted(tmp_path.iterdir()) == before


def test_an_export_into_no_folder_is_refused(tmp_path: Path) -> None:
    assert "folder" in refusal("export_layer", "parcels", tmp_path / "no" / "a.gpkg")
