"""Files as people send them: many formats, wrong endings, cut short, in the wrong encoding, or traps."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon

from layers.files.errors import FileUnreadable
from layers.files.reader import open_vector, sha256_of
from tests.layers.files.making import STORAGE, frame, geojson, gpkg, square

ARABIC = ["مخطط الشاطئ", "حي الفيصلية", "شارع الملك فهد"]
LANDS = [square(0, 0), square(20, 0), square(40, 0)]


def read(path: Path, layer: str | None = None) -> tuple[list[object], dict[str, list[object]]]:
    with open_vector(path, layer) as source:
        shapes: list[object] = []
        columns: dict[str, list[object]] = {name: [] for name in source.fields}
        for batch in source.iter_batches(source.fields, size=2):
            shapes.extend(batch.geometry)
            for name in source.fields:
                columns[name].extend(batch.columns[name])
        return shapes, columns


def refused(path: Path, layer: str | None = None) -> FileUnreadable:
    with pytest.raises(FileUnreadable) as error:
        read(path, layer)
    assert error.value.message_ar
    assert error.value.message_en
    assert str(path.parent) not in str(error.value), "a message names the file, not the server's folders"
    return error.value


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.gpkg", "GPKG"),
        ("a.geojson", "GeoJSON"),
        ("a.fgb", "FlatGeobuf"),
        ("a.shp", "ESRI Shapefile"),
        ("a.gml", "GML"),
    ],
)
def test_each_format_gives_the_same_land_and_the_same_arabic(name: str, driver: str, tmp_path: Path) -> None:
    path = tmp_path / name
    crs = 4326 if driver == "GeoJSON" else STORAGE
    written = frame(LANDS, name=ARABIC).to_crs(crs)
    written.to_file(path, driver=driver, engine="pyogrio")

    shapes, columns = read(path)

    assert sorted(columns["name"]) == sorted(ARABIC)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(written.union_all()), rel=1e-9)


def test_geoparquet_is_read_with_its_system(tmp_path: Path) -> None:
    frame(LANDS, name=ARABIC).to_parquet(tmp_path / "a.parquet")

    with open_vector(tmp_path / "a.parquet") as source:
        assert source.crs == f"EPSG:{STORAGE}"
        assert source.count == 3
    assert read(tmp_path / "a.parquet")[1]["name"] == ARABIC


def test_parquet_without_geometry_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")

    assert refused(tmp_path / "a.parquet").what == "no_layer"


def test_the_format_is_told_by_content_and_not_by_name(tmp_path: Path) -> None:
    gpkg(tmp_path / "a.gpkg", LANDS)
    shutil.move(tmp_path / "a.gpkg", tmp_path / "a.dat")

    with open_vector(tmp_path / "a.dat") as source:
        assert source.format.code == "gpkg"


def test_a_batch_holds_no_more_than_asked_and_rows_count_from_one(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(20 * i, 0) for i in range(7)])

    with open_vector(path) as source:
        batches = list(source.iter_batches(("parcel_no",), size=3))

    assert [(b.first_row, len(b)) for b in batches] == [(1, 3), (4, 3), (7, 1)]
    assert [n for b in batches for n in b.columns["parcel_no"]] == [str(i + 1) for i in range(7)]


# GeoPackage ----------------------------------------------------------------------------------------------------------


def test_several_layers_ask_for_one_and_name_them(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame(LANDS).to_file(path, layer="قطع", driver="GPKG", engine="pyogrio")
    frame(LANDS).to_file(path, layer="lots", driver="GPKG", engine="pyogrio")

    error = refused(path)

    assert error.what == "several_layers"
    assert "قطع" in error.message_en
    assert "lots" in error.message_ar
    assert len(read(path, "قطع")[0]) == 3
    assert refused(path, "roads").what == "no_such_layer"


def test_a_stale_count_neither_repeats_nor_loses_rows(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(20 * i, 0) for i in range(40)])
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    database.execute("DELETE FROM a WHERE fid % 3 = 0")
    database.commit()
    database.close()

    assert read(path)[1]["parcel_no"] == [str(i) for i in range(1, 41) if i % 3]


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_gpkg_cut_short_is_refused(part: float, tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(20 * (i % 60), 20 * (i // 60)) for i in range(3000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])

    assert refused(path).what in ("truncated", "damaged")


def test_a_gpkg_with_a_destroyed_page_is_refused(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(20 * i, 0) for i in range(2000)])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(bytes(content))

    assert refused(path).what in ("truncated", "damaged")


def test_reading_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    frame(LANDS).to_file(tmp_path / "a.gml", driver="GML", engine="pyogrio")
    gpkg(tmp_path / "a.gpkg", LANDS)
    for extra in tmp_path.glob("*.gfs"):
        extra.unlink()
    before = sorted(tmp_path.iterdir())

    read(tmp_path / "a.gml")
    read(tmp_path / "a.gpkg")

    assert sorted(tmp_path.iterdir()) == before


# Shapefile -----------------------------------------------------------------------------------------------------------


def shapefile(folder: Path, encoding: str, cpg: str | None, values: list[str]) -> Path:
    path = folder / "lots.shp"
    frame(LANDS, name=values).to_file(path, driver="ESRI Shapefile", engine="pyogrio", encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0  # no language byte: as most programs write it
    path.with_suffix(".dbf").write_bytes(bytes(dbf))
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        ("UTF-8", "UTF-8"),
        ("UTF-8", None),
        ("CP1256", "1256"),
        ("CP1256", "ANSI 1256"),
        ("CP1256", "windows-1256"),
        ("CP1256", None),
        ("ISO-8859-6", "ISO 88596"),
    ],
)
def test_arabic_comes_out_right_whatever_the_shapefile_says(encoding: str, cpg: str | None, tmp_path: Path) -> None:
    path = shapefile(tmp_path, encoding, cpg, ARABIC)

    assert read(path)[1]["name"] == ARABIC


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    with open_vector(shapefile(tmp_path, "CP1256", None, ARABIC)) as source:
        assert "1256" in source.notes[0]


def test_french_without_a_cpg_stays_french(tmp_path: Path) -> None:
    words = ["Épinay-sur-Orge", "Forêt", "Chênaie"]

    assert read(shapefile(tmp_path, "CP1252", None, words))[1]["name"] == words


def test_a_cpg_that_lies_is_refused_with_the_row(tmp_path: Path) -> None:
    error = refused(shapefile(tmp_path, "CP1256", "UTF-8", ["plain", *ARABIC[1:]]))

    assert error.what == "encoding"
    assert "row 2" in error.where


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_says_which(part: str, tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8", "UTF-8", ARABIC)
    path.with_suffix(part).unlink()

    error = refused(path)

    assert error.what == "missing_part"
    assert part in error.message_en


def test_a_table_cut_short_is_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8", "UTF-8", ARABIC)
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-60])

    assert refused(path).what == "truncated"


def test_shapes_cut_short_are_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8", "UTF-8", ARABIC)
    path.write_bytes(path.read_bytes()[:-100])

    assert refused(path).what in ("truncated", "damaged")


def test_text_cut_inside_a_letter_by_the_width_of_its_column_is_no_fault(tmp_path: Path) -> None:
    long = "ش" * 126 + "ab" + "شارع"  # 254 bytes end inside a letter
    path = shapefile(tmp_path, "UTF-8", "UTF-8", [long, "a", "b"])
    dbf = path.with_suffix(".dbf")
    content = dbf.read_bytes()
    cut = ("a" + "ش" * 130).encode()[:254]
    width = content[32 + 16]
    start = int.from_bytes(content[8:10], "little") + 1
    dbf.write_bytes(content[:start] + cut[:width].ljust(width) + content[start + width :])

    assert str(read(path)[1]["name"][0]).startswith("aش")


# GeoJSON -------------------------------------------------------------------------------------------------------------

TRIANGLE = {"type": "Polygon", "coordinates": [[[50, 26], [50.001, 26], [50.001, 26.001], [50, 26]]]}


def test_geojson_without_a_system_is_wgs_84(tmp_path: Path) -> None:
    with open_vector(geojson(tmp_path / "a.geojson", [({}, TRIANGLE)])) as source:
        assert source.crs == "EPSG:4326"


def test_a_crs_member_of_geojson_is_read(tmp_path: Path) -> None:
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32639"}}
    with open_vector(geojson(tmp_path / "a.geojson", [({}, TRIANGLE)], crs=member)) as source:
        assert source.crs == "EPSG:32639"


def test_geojson_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [({"n": "ب"}, TRIANGLE)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert read(path)[1]["n"] == ["ب"]


def test_geojson_cut_short_is_refused(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [({"n": str(i)}, TRIANGLE) for i in range(300)])
    path.write_bytes(path.read_bytes()[:9000])

    assert refused(path).what == "damaged"


def test_geojson_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [({"n": "XX"}, TRIANGLE)])
    path.write_bytes(path.read_bytes().replace(b"XX", "حي".encode("cp1256")))

    assert refused(path).what == "encoding"


def test_a_huge_attribute_does_not_stop_the_reading(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [({"parcel_no": "7", "remark": "س" * 3_000_000}, TRIANGLE)])

    with open_vector(path) as source:
        (batch,) = source.iter_batches(("parcel_no",))

    assert batch.columns == {"parcel_no": ["7"]}


# Traps ---------------------------------------------------------------------------------------------------------------

TRAPS = {
    "vrt.geojson": b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>',
    "gdalg.geojson": b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd"}',
    "topology.json": b'{"type": "Topology", "objects": {"a": {"type": "FeatureCollection"}}}',
    "stac.json": b'{"type": "FeatureCollection", "stac_version": "1.0.0", "features": []}',
    "text.gpkg": b"just some text",
    "sqlite.gpkg": b"SQLite format 3\0" + b"\0" * 200,
    "page.html": b"<html><body>404</body></html>",
    "kml.gml": b'<kml xmlns="http://www.opengis.net/kml/2.2"></kml>',
    "service.xml": b"<OGRWFSDataSource><URL>http://example.org</URL></OGRWFSDataSource>",
    "json.json": b"[1, 2, 3]",
    "binary.fgb": b"\x00\x01\x02",
}


@pytest.mark.parametrize("name", TRAPS)
def test_what_is_not_on_the_list_of_formats_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(TRAPS[name])

    assert refused(tmp_path / name).what in ("unknown_format", "damaged", "truncated")


def test_xml_with_a_document_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gml"
    path.write_text(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><gml:FeatureCollection '
        'xmlns:gml="http://www.opengis.net/gml">&a;</gml:FeatureCollection>'
    )

    assert refused(path).what == "entities"


@pytest.mark.parametrize("name", ["/vsicurl/http://example.org/a.gpkg", "http://example.org/a.gpkg", "PG:dbname=x"])
def test_a_name_that_gdal_would_follow_elsewhere_is_only_a_missing_file(name: str) -> None:
    with pytest.raises(FileUnreadable) as error:
        open_vector(name)

    assert error.value.what == "missing"


def test_missing_and_empty_files_say_so(tmp_path: Path) -> None:
    (tmp_path / "empty.gpkg").touch()

    assert refused(tmp_path / "none.gpkg").what == "missing"
    assert refused(tmp_path / "empty.gpkg").what == "empty"
    assert refused(tmp_path).what == "missing"


# Zip -----------------------------------------------------------------------------------------------------------------


def zipped(path: Path, *members: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, f"folder/{member.name}")
    return path


def test_a_zipped_shapefile_is_read_and_cleared_away(tmp_path: Path) -> None:
    shapefile(tmp_path, "CP1256", "1256", ARABIC)
    path = zipped(tmp_path / "a.zip", *tmp_path.glob("lots.*"))

    with open_vector(path) as source:
        unpacked = source.path
        assert source.name == "a.zip"
    assert read(path)[1]["name"] == ARABIC
    assert not unpacked.exists()


def test_a_zip_with_two_datasets_is_refused_naming_them(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", gpkg(tmp_path / "one.gpkg", LANDS), gpkg(tmp_path / "two.gpkg", LANDS))

    error = refused(path)

    assert error.what == "several_layers"
    assert "one.gpkg, two.gpkg" in error.message_en


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.geojson", "w") as member:
            for _ in range(64):
                member.write(b"\0" * 2**20)

    assert refused(tmp_path / "a.zip").what == "zip_bomb"


def test_a_member_cannot_leave_its_folder(tmp_path: Path) -> None:
    inside = geojson(tmp_path / "in.geojson", [({}, TRIANGLE)])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(inside, "../../../../tmp/escaped.geojson")

    with open_vector(tmp_path / "a.zip") as source:
        assert source.path.name == "escaped.geojson"
        assert source.path.parent.name.startswith("gisportal-zip-")


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", gpkg(tmp_path / "one.gpkg", LANDS))
    content = bytearray(path.read_bytes())
    content[200:400] = b"\0" * 200
    path.write_bytes(bytes(content))

    assert refused(path).what == "bad_zip"


def test_the_hash_of_a_shapefile_counts_its_attributes(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8", "UTF-8", ARABIC)
    before = sha256_of(path)
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-2] + b"X\x1a")

    assert sha256_of(path) != before


def test_z_and_m_are_read_and_multipolygons_stay_so(tmp_path: Path) -> None:
    land = MultiPolygon([shapely.force_3d(square(0, 0), 5.0), shapely.force_3d(square(50, 0), 5.0)])

    (found,), _ = read(gpkg(tmp_path / "a.gpkg", [land]))

    assert np.allclose(shapely.get_coordinates(found), shapely.get_coordinates(land))
