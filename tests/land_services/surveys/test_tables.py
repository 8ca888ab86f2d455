"""GeoPackage and zipped Shapefile: written by GDAL, read by our own code; code pages, views, triggers, bombs."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.limits import Limits
from land_services.surveys.pipeline import read_bytes
from land_services.surveys.write_files import write_gpkg
from tests.land_services.surveys.samples import (
    E0,
    N0,
    curved_plan,
    numbers,
    read,
    read_path,
    rules,
    straight_plan,
    zipped,
)

LEFT, RIGHT = shapely.box(E0, N0, E0 + 20, N0 + 30), shapely.box(E0 + 20, N0, E0 + 40, N0 + 30)


def gdal(path: Path, driver: str, shapes: list[shapely.Geometry], names: list[str | None], **options: object) -> Path:
    """Write a file with GDAL: the independent writer our readers are held against."""
    kind = "MultiPolygon" if any(s.geom_type == "MultiPolygon" for s in shapes) else "Polygon"
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(shapes), output_dimension=2), [np.array(names, dtype=object)], ["parcel_no"],
        geometry_type=kind, driver=driver, crs=options.pop("crs", "EPSG:32639"), **options,
    )  # fmt: skip
    return path


def shapefile(folder: Path, encoding: str | None = "UTF-8", drop: tuple[str, ...] = (), **options: object) -> bytes:
    names = options.pop("names", ["أ1", "حي 2"])
    gdal(folder / "lots.shp", "ESRI Shapefile", [LEFT, RIGHT], names, **({"encoding": encoding} | options))  # type: ignore[arg-type]
    members = {p.name.replace(".", "__"): p.read_bytes() for p in folder.glob("lots.*") if p.suffix[1:] not in drop}
    return zipped(**members)


def refused(data: bytes, name: str = "a.zip") -> list[tuple[str, str]]:
    with pytest.raises(SurveyUnreadable) as caught:
        read(data, name)
    return [(f.rule, f.variant) for f in caught.value.findings]


def test_a_geopackage_of_gdal_is_read_with_its_crs_and_numbers(tmp_path: Path) -> None:
    plan = read_path(gdal(tmp_path / "a.gpkg", "GPKG", [LEFT, RIGHT], ["١", "2"]))
    assert (plan.crs, plan.unit, numbers(plan.parts)) == ("EPSG:32639", "m", ["1", "2"])
    assert plan.parts[0].geometry.equals(LEFT) and plan.parts[0].where_in_file == "a row 1"


def test_a_role_in_a_shapefile_marks_a_building(tmp_path: Path) -> None:
    house = shapely.box(E0 + 15, N0 + 5, E0 + 25, N0 + 20)
    rows = [np.array(["1", "2", None], dtype=object), np.array([None, None, "Building"], dtype=object)]
    pyogrio.raw.write(
        tmp_path / "lots.shp", shapely.to_wkb(np.array([LEFT, RIGHT, house])), rows, ["parcel_no", "role"],
        geometry_type="Polygon", driver="ESRI Shapefile", crs="EPSG:32639",
    )  # fmt: skip
    plan = read(zipped(**{p.name.replace(".", "__"): p.read_bytes() for p in tmp_path.glob("lots.*")}), "a.zip")
    assert numbers(plan.parts) == ["1", "2"]
    assert [building.geometry.equals(house) for building in plan.buildings] == [True]
    assert ("SRV-28", "") in rules(plan)


def test_gdal_reads_what_we_write(tmp_path: Path) -> None:
    write_gpkg(tmp_path / "a.gpkg", straight_plan())
    meta, _, shapes, fields = pyogrio.raw.read(tmp_path / "a.gpkg", layer="parts")
    assert meta["crs"] == "EPSG:32639" and list(fields[0][:2]) == ["1", "2"]
    assert shapely.from_wkb(shapes[0]).equals(LEFT)


def test_a_geopackage_without_crs_stays_without(tmp_path: Path) -> None:
    write_gpkg(tmp_path / "a.gpkg", curved_plan(crs=""))
    assert read_path(tmp_path / "a.gpkg").crs == ""


def test_units_of_the_crs_are_converted(tmp_path: Path) -> None:
    plan = read_path(gdal(tmp_path / "a.gpkg", "GPKG", [LEFT], ["1"], crs="EPSG:2249"))
    assert plan.unit == "us-ft" and plan.parts[0].geometry.area == pytest.approx(600 * (1200 / 3937) ** 2)


def test_a_view_is_not_read_and_a_trigger_never_runs(tmp_path: Path) -> None:
    path = gdal(tmp_path / "a.gpkg", "GPKG", [LEFT], ["1"])
    victim = tmp_path / "victim.db"
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TRIGGER evil AFTER UPDATE ON a BEGIN SELECT writefile('{victim}', 'x'); END")
        database.execute("CREATE VIEW v AS SELECT * FROM a")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('v', 'features', 32639)")
        database.execute("INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POLYGON', 32639, 0, 0)")
    plan = read_path(path)
    assert len(plan.parts) == 1 and not victim.exists()
    assert {("SRV-27", "not_a_table"), ("SRV-27", "triggers")} <= rules(plan)


def test_a_name_in_the_tables_cannot_become_sql(tmp_path: Path) -> None:
    path = gdal(tmp_path / "a.gpkg", "GPKG", [LEFT], ["1"])
    name = 'x"; ATTACH DATABASE "/tmp/evil.db" AS e; --'
    with sqlite3.connect(path) as database:
        database.execute(f'CREATE TABLE "{name.replace(chr(34), chr(34) * 2)}" (geom BLOB)')
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES (?, 'features', 32639)", (name,)
        )
        database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', 32639, 0, 0)", (name,))
    assert numbers(read_path(path).parts) == ["1"]


def test_core_tables_that_are_views_are_refused(tmp_path: Path) -> None:
    path = gdal(tmp_path / "a.gpkg", "GPKG", [LEFT], ["1"])
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE gpkg_contents RENAME TO c")
        database.execute(
            "CREATE VIEW gpkg_contents AS WITH RECURSIVE r(n) AS (VALUES(1) UNION ALL SELECT n+1 FROM r) "
            "SELECT * FROM c, r"
        )
    assert refused(path.read_bytes(), "a.gpkg") == [("SRV-02", "sqlite")]


def test_damaged_geopackages_are_refused(tmp_path: Path) -> None:
    data = gdal(tmp_path / "a.gpkg", "GPKG", [LEFT, RIGHT], ["1", "2"]).read_bytes()
    for cut in (100, 1000, 5000, len(data) // 2):
        assert refused(data[:cut], "a.gpkg")[0][0] in ("SRV-05", "SRV-02")
    blank = tmp_path / "b.gpkg"
    sqlite3.connect(blank).execute("CREATE TABLE t (x)").connection.commit()
    assert refused(blank.read_bytes(), "b.gpkg") == [("SRV-02", "sqlite")]


def test_damaged_geometry_is_refused_with_its_row(tmp_path: Path) -> None:
    path = gdal(tmp_path / "a.gpkg", "GPKG", [LEFT, RIGHT], ["1", "2"])
    with sqlite3.connect(path) as database:
        database.execute("DROP TRIGGER IF EXISTS rtree_a_geom_update1")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE a SET geom = substr(geom, 1, 60) WHERE fid = 2")
    with pytest.raises(SurveyUnreadable) as caught:
        read_path(path)
    assert caught.value.findings[0].params["place"] == "a row 2"


@pytest.mark.parametrize("encoding", ("UTF-8", "CP1256"))
def test_a_zipped_shapefile_is_read_in_its_code_page(tmp_path: Path, encoding: str) -> None:
    plan = read(shapefile(tmp_path, encoding), "a.zip")
    assert (plan.crs, numbers(plan.parts)) == ("EPSG:32639", ["أ1", "حي 2"])
    assert plan.parts[1].geometry.normalize().equals(RIGHT.normalize())


def test_arabic_windows_is_tried_where_no_code_page_is_stated(tmp_path: Path) -> None:
    plan = read(shapefile(tmp_path, "CP1256", ("cpg",)), "a.zip")
    assert numbers(plan.parts) == ["أ1", "حي 2"]


def test_a_shapefile_without_prj_has_no_crs_and_without_dbf_no_numbers(tmp_path: Path) -> None:
    plan = read(shapefile(tmp_path, drop=("prj", "dbf")), "a.zip")
    assert plan.crs == "" and {("SRV-03", "no_dbf"), ("SRV-14", "")} <= rules(plan)


def test_holes_and_several_polygons_of_a_shape_are_told_apart(tmp_path: Path) -> None:
    holed = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20)
    several = shapely.MultiPolygon([holed, shapely.box(50, 0, 60, 10)])
    gdal(tmp_path / "lots.shp", "ESRI Shapefile", [several], ["1"])
    members = {p.name.replace(".", "__"): p.read_bytes() for p in tmp_path.glob("lots.*")}
    plan = read(zipped(**members), "a.zip")
    assert sorted(p.geometry.area for p in plan.parts) == [100, 800] and ("SRV-13", "") in rules(plan)


def test_damaged_shapefiles_are_refused(tmp_path: Path) -> None:
    shapefile(tmp_path)
    shp, dbf = (tmp_path / "lots.shp").read_bytes(), (tmp_path / "lots.dbf").read_bytes()
    assert refused(zipped(lots__shp=shp[:150], lots__dbf=dbf))[0] == ("SRV-05", "shp")
    assert refused(zipped(lots__shp=shp, lots__dbf=dbf[:40]))[0] == ("SRV-05", "dbf")
    assert refused(zipped(lots__shp=b"nonsense", lots__dbf=dbf))[0] == ("SRV-05", "shp")
    infinite = shp.replace(np.float64(E0 + 20).tobytes(), np.float64("inf").tobytes())
    assert refused(zipped(lots__shp=infinite, lots__dbf=dbf))[0] == ("SRV-05", "wkb")
    assert refused(shp, "lots.shp") == [("SRV-02", "bare_shp")]


def test_zip_bombs_outside_names_links_and_passwords_are_refused(tmp_path: Path) -> None:
    assert refused(zipped(a__geojson=b"0" * 60_000_000)) == [("SRV-03", "bomb")]
    for name in ("../a.geojson", "/etc/a.geojson", "C:\\a.geojson", "x/../../a.geojson"):
        assert refused(zipped(**{name: b"{}"})) == [("SRV-03", "outside")]
    link = zipfile.ZipInfo("lots.shp")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refused(path.read_bytes()) == [("SRV-03", "link")]
    locked = bytearray(zipped(a__geojson=b"{}"))
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    assert refused(bytes(locked)) == [("SRV-03", "password")]
    assert refused(zipped(**{f"{i}__txt": b"x" for i in range(300)})) == [("SRV-03", "many")]
    assert refused(zipped(a__zip=zipped(b__dxf=b"x"))) == [("SRV-03", "nothing")]
    assert refused(zipped(a__dxf=b"x", b__gpkg=b"x")) == [("SRV-03", "several")]
    assert refused(zipped(a__dxf=b"0\nSECTION\n0\nEOF")[:-30]) == [("SRV-03", "broken")]


def test_a_lying_header_does_not_get_past_the_limit() -> None:
    data = bytearray(zipped(a__geojson=b" " * 3_000_000))
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(magic) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(SurveyUnreadable):
        read_bytes(bytes(data), "a.zip", limits=Limits(unzipped_bytes=1_000_000))


def test_one_file_of_another_format_in_an_archive_is_read(tmp_path: Path) -> None:
    path = gdal(tmp_path / "a.geojson", "GeoJSON", [LEFT], ["1"])
    plan = read(zipped(a__geojson=path.read_bytes()), "a.zip")
    assert plan.format == "geojson" and ("SRV-03", "member") in rules(plan)


@pytest.mark.parametrize("text", ["point_no;x;y;قطعة\n", "النقطة,شرق,شمال,القطعة\n"])
def test_a_list_of_corners_makes_a_ring_of_each_parcel(text: str) -> None:
    mark = ";" if ";" in text else ","
    corners = ((E0, N0), (E0 + 20, N0), (E0 + 20, N0 + 30), (E0, N0 + 30))
    rows = [mark.join((f"B{i}", f"{x}", f"{y}", "١")) for i, (x, y) in enumerate(corners)]
    plan = read((text + "\n".join(rows)).encode(), "a.csv", "EPSG:32639")
    assert numbers(plan.parts) == ["1"] and plan.parts[0].geometry.area == pytest.approx(600)
    assert [s.start_point for s in plan.parts[0].sides] == ["B0", "B1", "B2", "B3"]


# Points alone ---------------------------------------------------------------------------------------------------------


def points_of(data: bytes, name: str = "points.csv") -> list[tuple[str, float, float, float | None, str]]:
    plan = read_bytes(data, name, "EPSG:32639", points_only=True)
    assert not plan.parts and plan.outer is None and plan.crs == "EPSG:32639"
    return [(p.number, p.x, p.y, p.z, p.code) for p in plan.points]


def test_the_points_of_a_list_are_read_where_they_are_asked_for() -> None:
    rows = "رقم النقطة;شرقي;شمالي;ارتفاع;رمز\n١٠١;٤١٣٠٠٠٫٢٥;٢٩٢٥٠٠٠;٣٫١;وتد\n102;413020.25;2925000;;\n"
    assert points_of(rows.encode()) == [
        ("101", 413000.25, 2925000.0, 3.1, "وتد"),
        ("102", 413020.25, 2925000.0, None, ""),
    ]


def test_a_file_without_numbered_points_says_so() -> None:
    with pytest.raises(SurveyUnreadable) as refused:
        points_of(b"e,n\n413000,2925000\n413001,2925000\n")
    assert [(f.rule, f.variant) for f in refused.value.findings if f.severity == "error"] == [("SRV-10", "no_points")]
