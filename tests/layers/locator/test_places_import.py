"""Places from files: tags into kinds, tables of text, what is known already and what another source has too."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from layers import crs, events
from layers.catalog.places_loading import NEAR_M
from layers.files.csvtable import CsvTable
from layers.files.errors import FileUnreadable
from layers.files.reader import open_vector
from layers.locator.categories import KINDS
from layers.locator.osm_tags import place_values, read_hstore
from layers.models import Address, AuditRow, Place
from tests.budget import budget

committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
CURRENT = {"end_lifespan_version__isnull": True}


def run(file: Path, *options: str, layer: str = "places") -> str:
    out = io.StringIO()
    call_command("import_layer", layer, str(file), *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def table(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def opened(path: Path) -> tuple[list[Any], list[dict[str, Any]]]:
    with open_vector(path) as source:
        shapes: list[Any] = []
        rows: list[dict[str, Any]] = []
        for batch in source.iter_batches(source.fields):
            shapes += list(batch.geometry)
            rows += [{k: v[i] for k, v in batch.columns.items()} for i in range(len(batch))]
        return shapes, rows


# Tags ---------------------------------------------------------------------------------------------------------------


def test_tags_become_the_fields_of_a_place() -> None:
    made = place_values(
        {
            "amenity": "pharmacy",
            "name": "صيدلية النور",
            "name:en": "Al Noor Pharmacy",
            "opening_hours": "24/7",
            "contact:phone": "+966 1",
            "wheelchair": "designated",
            "addr:street": "شارع العليا",
            "addr:street:en": "Olaya Street",
            "addr:housenumber": "12",
            "addr:postcode": "12211",
        }
    )
    assert isinstance(made, dict)
    assert (made["category"], made["kind"], made["wheelchair"]) == ("health", "pharmacy", "yes")
    assert (made["name_ar"], made["name_en"], made["phone"]) == ("صيدلية النور", "Al Noor Pharmacy", "+966 1")
    assert (made["address_ar"], made["address_en"]) == ("12 شارع العليا، 12211", "12 Olaya Street, 12211")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({}, "no_kind"),
        ({"amenity": "bench"}, "no_kind"),
        ({"leisure": "playground", "access": "private"}, "private"),
        ({"shop": "bakery", "disused": "yes"}, "gone"),
    ],
)
def test_what_is_no_place_for_people_has_a_reason(tags: dict[str, str], reason: str) -> None:
    assert place_values(tags) == reason


TEXT = st.text(max_size=12)


@settings(max_examples=budget(200, 20_000), deadline=None)
@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_any_tags_survive_the_text_that_gdal_makes_of_them(tags: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    assert read_hstore(",".join(f"{quoted(k)}=>{quoted(v)}" for k, v in tags.items())) == tags


# Tables of text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16"])
def test_tables_are_read_in_every_usual_spelling(delimiter: str, encoding: str, tmp_path: Path) -> None:
    lines = [["name_ar", "lon", "lat", "category"], ["صيدلية، النور", "50.1", "26.4", "صيدلية"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    shapes, rows = opened(table(tmp_path / "p.csv", text, encoding))
    assert [shape.coords[0] for shape in shapes] == [(50.1, 26.4)]
    assert rows == [{"name_ar": "صيدلية، النور", "category": "صيدلية"}]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("٥٠٫١٢٥", 50.125),
        ("50,125", 50.125),
        ("+50.125", 50.125),
        ("5.0125e1", 50.125),
        (" 50.125 ", 50.125),
        ("NaN", math.inf),
        ("1e999", math.inf),
        ("fifty", math.inf),
        ("50°7'", math.inf),
        ("181", math.inf),
    ],
)
def test_numbers_of_a_position(written: str, value: float, tmp_path: Path) -> None:
    shapes, _ = opened(table(tmp_path / "p.csv", f"lon;lat;n\n{written};26.4;1\n"))
    x = shapes[0].coords[0][0]
    assert x == value or (math.isinf(value) and not math.isfinite(x))


@settings(max_examples=budget(100, 10_000), deadline=None)
@given(x=st.floats(-1e7, 1e7), decimals=st.integers(1, 6), mark=st.sampled_from(".,٫"))
def test_metres_are_read_with_every_decimal_mark_or_refused(x: float, decimals: int, mark: str) -> None:
    plain = f"{x:.{decimals}f}"
    reader = CsvTable(Path("p.csv"), "utf-8", ";", ("x", "y"), 0, 1, False, ())
    try:
        assert reader._number(1, plain.replace(".", mark)) == float(plain)
    except FileUnreadable as refused:
        assert mark == "," and decimals == 3 and refused.what == "ambiguous_number"


def test_thousands_with_decimals_are_read(tmp_path: Path) -> None:
    shapes, _ = opened(table(tmp_path / "p.csv", "x;y\n410,000.5;2.923.000,25\n"))
    assert shapes[0].coords[0] == (410_000.5, 2_923_000.25)


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("name;category\nx;food\n", "no_position", ""),
        ("lon;lat;lon\n1;2;3\n", "damaged", ""),
        ("lon;lat;\n1;2;3\n", "damaged", ""),
        ("lon;lat;name\n1;2;a\n1;2\n", "columns", "row 2"),
        ('lon;lat;name\n1;2;"a\n', "damaged", "row 1"),
        ("x;y\n410,000;2,923,000\n", "ambiguous_number", "row 1"),
        ("lon;lat\0;name\n1;2;3", "unknown_format", ""),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_row(text: str, what: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as refused:
        opened(table(tmp_path / "p.csv", text))
    assert refused.value.what == what and where in refused.value.where
    assert refused.value.message_ar and refused.value.todo


def test_a_table_is_known_by_its_header_too_and_other_text_is_not(tmp_path: Path) -> None:
    shapes, _ = opened(table(tmp_path / "places.dat", "name,lon,lat\na,50.1,26.4\n"))
    assert len(shapes) == 1
    for name, text in (("a.txt", "Dear Sir,\nhello\n"), ("b.csv", '{"type": "Topology"}'), ("c.dat", "a,b\n1,2\n")):
        with pytest.raises(FileUnreadable) as refused:
            open_vector(table(tmp_path / name, text))
        assert refused.value.what == "unknown_format"


# Loading ------------------------------------------------------------------------------------------------------------

HEAD = "source;source_ref;name_ar;name_en;category;phone;lon;lat\n"
ONE = "survey;1;صيدلية النور;Al Noor Pharmacy;pharmacy;1;50.1000;26.4000\n"
TWO = "survey;2;مخبز السنابل;;مخبز;2;50.1100;26.4000\n"
ODD = "survey;3;كازينو;;casino;2;50.1100;26.4000\n"


@committed
def test_a_table_is_loaded_again_and_again(tmp_path: Path) -> None:
    told: list[events.LandTouched] = []
    before = events._before.copy()
    events.before_commit(told.append)
    try:
        said = run(table(tmp_path / "a.csv", HEAD + ONE + TWO + ODD))
        assert "3 read, 2 written" in said and "2 new, 0 changed, 0 unchanged, 0 duplicates" in said
        assert "1 left out" in said and "bad_choice  NOT LOADED" in said
        first = {p.source_ref: p for p in Place.objects.filter(**CURRENT)}
        assert (first["1"].category, first["1"].kind, first["2"].kind) == ("health", "pharmacy", "bakery")

        said = run(table(tmp_path / "a.csv", HEAD + ONE + TWO + ODD))
        assert "0 new, 0 changed, 2 unchanged" in said
        assert len(told) == 1, "what has not changed is not announced"
        assert Place.objects.count() == 2

        changed = ONE.replace(";1;50.1000", ";+966 13;50.1001")
        said = run(table(tmp_path / "b.csv", HEAD + changed + TWO), "--dry-run")
        assert "0 new, 1 changed, 1 unchanged" in said and Place.objects.count() == 2
        said = run(table(tmp_path / "b.csv", HEAD + changed + TWO))
        assert "0 new, 1 changed, 1 unchanged" in said
    finally:
        events._before[:] = before
    new = Place.objects.get(source_ref="1", **CURRENT)
    old = Place.objects.get(pk=first["1"].pk)
    assert new.uid == old.uid and old.end_lifespan_version == new.begin_lifespan_version
    assert new.phone == "+966 13" and old.phone == "1"
    row = AuditRow.objects.get(action="feature.change", subject=str(new.uid))
    assert row.payload["new"] == {"phone": "+966 13"} and row.payload["old"] == {"phone": "1"}
    assert (row.payload["ended"], row.payload["began"], row.payload["withheld"]) == (old.pk, new.pk, [])
    assert set(row.payload["geometry"]) == {"old", "new"}
    assert told[-1].uids == (str(new.uid),)
    covered = told[-1].geometry.buffer(0.01)
    assert covered.contains(shapely.from_wkb(bytes(old.geom.wkb))) and covered.contains(
        shapely.from_wkb(bytes(new.geom.wkb))
    )


@committed
def test_the_same_reference_of_another_source_is_another_place(tmp_path: Path) -> None:
    run(table(tmp_path / "a.csv", HEAD + ONE))
    other = (
        ONE.replace("survey", "partner")
        .replace("النور", "الهدى")
        .replace("Al Noor", "Al Huda")
        .replace("50.1000", "50.2")
    )
    assert "1 new" in run(table(tmp_path / "b.csv", HEAD + other))
    assert Place.objects.filter(**CURRENT).count() == 2


@committed
def test_a_row_that_repeats_a_reference_is_left_out(tmp_path: Path) -> None:
    said = run(table(tmp_path / "a.csv", HEAD + ONE + ONE.replace("النور", "الفجر") + TWO))
    assert "2 new" in said and "1 repeated" in said
    assert Place.objects.get(source_ref="1").name_ar == "صيدلية النور"


@committed
def test_an_error_in_the_last_row_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="row 3"):
        run(table(tmp_path / "a.csv", HEAD + ONE + TWO + "survey;3;x\n"))
    assert not Place.objects.exists() and not AuditRow.objects.filter(action="layer.load").exists()


def moved(line: str, east_m: float) -> str:
    lon, lat, _ = Geod(ellps="WGS84").fwd(50.1, 26.4, 90.0, east_m)
    return line.replace("survey", "other").replace("50.1000;26.4000", f"{lon:.8f};{lat:.8f}")


@committed
def test_likely_duplicates_of_another_source_are_told_and_not_loaded_twice(tmp_path: Path) -> None:
    run(table(tmp_path / "a.csv", HEAD + ONE))
    uid = str(Place.objects.get().uid)
    cases = {
        "the same, spelled otherwise": (ONE.replace("صيدلية النور;Al Noor Pharmacy", "صيدليه النّور;"), 10.0, True),
        "English only": (ONE.replace("صيدلية النور", ""), 30.0, True),
        "a slip": (ONE.replace("Al Noor Pharmacy", "Al Nour Pharmacy").replace("صيدلية النور", ""), 30.0, True),
        "just inside": (ONE, NEAR_M - 0.5, True),
        "just outside": (ONE, NEAR_M + 0.5, False),
        "another name": (ONE.replace("صيدلية النور;Al Noor Pharmacy", "مستشفى الأمل;Hope Hospital"), 10.0, False),
        "another category": (ONE.replace(";pharmacy;", ";bakery;"), 10.0, False),
        "no name": (ONE.replace("صيدلية النور;Al Noor Pharmacy", ";"), 10.0, False),
    }
    for k, (case, (line, east_m, is_duplicate)) in enumerate(cases.items()):
        text = moved(line, east_m).replace("other;1;", f"other;{k};")
        said = run(table(tmp_path / f"{k}.csv", HEAD + text), "--dry-run")
        assert ("1 duplicates" in said) == is_duplicate, case
        assert (uid in said) == is_duplicate, case
        assert ("1 new" in said) != is_duplicate, case
    near = ONE.replace("survey;1", "survey;9")
    assert "1 new" in run(table(tmp_path / "z.csv", HEAD + near), "--dry-run"), "one source knows its places"


@committed
def test_another_layer_of_points_comes_from_a_table_with_its_system(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", "building_no;x;y\n1234;410000,5;2923000\n")
    with pytest.raises(CommandError, match="--crs"):
        run(file, layer="addresses")
    run(file, "--crs", "EPSG:32639", layer="addresses")
    assert Address.objects.get().geom.coords == (410_000.5, 2_923_000.0)


@committed
def test_tags_of_a_geojson_become_kinds_and_areas_become_points(tmp_path: Path) -> None:
    ring = [[50.1, 26.4], [50.101, 26.4], [50.101, 26.401], [50.1, 26.401], [50.1, 26.4]]
    features = [
        {"type": "Feature", "properties": tags, "geometry": shape}
        for tags, shape in (
            ({"@id": "way/7", "shop": "supermarket", "name": "سوق النخيل"}, {"type": "Polygon", "coordinates": [ring]}),
            ({"@id": "node/8", "amenity": "bench"}, {"type": "Point", "coordinates": [50.1, 26.4]}),
        )
    ]
    file = tmp_path / "overpass.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    said = run(file)
    assert "2 read, 1 written" in said and "1  no_kind" in said
    row = Place.objects.get()
    assert (row.kind, row.name_ar, row.source, row.source_ref) == (
        "supermarket",
        "سوق النخيل",
        "OpenStreetMap",
        "osm:way/7",
    )
    inside = crs.transform_coordinates(shapely.get_coordinates(shapely.from_wkb(bytes(row.geom.wkb))), 32639, 4326)
    assert shapely.Polygon(ring).contains(shapely.Point(inside[0]))


# Real files ---------------------------------------------------------------------------------------------------------


def test_liechtenstein_as_openstreetmap_has_it(real_data: Path) -> None:
    """Everything that the reader yields agrees with GDAL's own reading of the tags, element by element."""
    import pyogrio

    path = real_data / "poi/liechtenstein-2013-08-03.osm.pbf"
    config = str(Path(__file__).resolve().parents[3] / "layers/files/osmconf.ini")
    expected = 0
    for name in ("points", "multipolygons"):
        meta, _, _, columns = pyogrio.raw.read(path, layer=name, CONFIG_FILE=config)
        for text in columns[list(meta["fields"]).index("all_tags")]:
            expected += isinstance(place_values(read_hstore(text)), dict)
    from layers.catalog.places_loading import adapt_tags

    with open_vector(path) as source:
        adapt_tags(source, {})
        batches = list(source.iter_batches(source.fields))
        assert source.left_out.total() > 5_000 and source.left_out["no_kind"] > 5_000
    rows = [{k: v[i] for k, v in b.columns.items()} for b in batches for i in range(len(b))]
    assert len(rows) == expected > 150
    assert len({row["source_ref"] for row in rows}) == len(rows)
    assert all(KINDS[row["kind"]].category == row["category"] for row in rows)
    assert not [row for row in rows if row["category"] == "mosque" and "irche" in row["name_en"]]
    assert max(row["source_on"] for row in rows) <= date(2013, 8, 3)
    assert {row["source_ref"].split("/")[0] for row in rows} >= {"osm:node", "osm:way"}


def mainland(path: Path, target: Path) -> Path:
    import pyogrio

    meta, _, geometry, columns = pyogrio.raw.read(path, bbox=(-10.0, 36.5, -6.2, 42.2))
    points = shapely.get_coordinates(shapely.from_wkb(geometry))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([*meta["fields"], "lon", "lat"])
        for row, (lon, lat) in zip(zip(*columns, strict=True), points.tolist(), strict=True):
            writer.writerow([*("" if v is None else v for v in row), f"{lon:.7f}".replace(".", ","), f"{lat:.7f}"])
    return target


@pytest.mark.usefixtures("django_db_setup")
def test_real_files_load_into_databases_of_their_own_and_again(
    real_data: Path, django_db_blocker: Any, tmp_path: Path
) -> None:
    from tests.layers.fabrics import fabric_database

    files = {
        32632: ("liechtenstein-2013-08-03.osm.pbf", (), 150),
        32638: ("riyadh_osm_poi.gpkg", ("--map", "category=subtype", "source_ref=osm_id"), 1300),
        32629: ("poi_portugal.gpkg", ("--map", "category=fclass", "source_ref=osm_id", "name_en=name"), 1000),
    }
    for srid, (name, mapping, least) in list(files.items())[: budget(2, 3)]:
        with django_db_blocker.unblock(), fabric_database(srid) as made:
            path = str(real_data / "poi" / name)
            if srid == 32629:  # the file's islands lie in other belts: the mainland, as a table
                path = str(mainland(Path(path), tmp_path / "mainland.csv"))
            done = made.manage("import_layer", "places", path, *mapping)
            assert done.returncode == 0, done.stderr
            current = made.value("SELECT count(*) FROM layers_place WHERE end_lifespan_version IS NULL")
            assert current > least
            assert f"{current} new, 0 changed, 0 unchanged" in done.stdout
            assert made.value("SELECT count(*) FROM layers_place WHERE kind <> ''") > least * 0.8

            again = made.manage("import_layer", "places", path, *mapping)
            assert again.returncode == 0, again.stderr
            assert f"0 new, 0 changed, {current} unchanged" in again.stdout
            assert made.value("SELECT count(*) FROM layers_place") == current
