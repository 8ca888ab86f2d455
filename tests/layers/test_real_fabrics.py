"""Real cadastres, each in a database with its own storage CRS: everything comes in, every fault is listed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import shapely
from pytest_django import DjangoDbBlocker

from layers.files.errors import FileUnreadable
from layers.files.importing import prepare, staged_features, staged_parcels
from layers.registry import LAYERS
from tests.layers.fabrics import FabricDatabase, fabric_database

EPINAY = "parcels/france_91216/parcelles.gpkg"
CAMBRIDGE = "parcels/cambridge_ma/parcels_fy2014.gpkg"
SPAIN = "parcels/spain_catastro/parcel.gpkg"

pytestmark = pytest.mark.usefixtures("django_db_setup")


@contextmanager
def fabric(srid: int, blocker: DjangoDbBlocker) -> Iterator[FabricDatabase]:
    with blocker.unblock(), fabric_database(srid) as made:
        yield made


def counts(text: str) -> dict[str, int]:
    return {kind: int(number) for number, kind in re.findall(r"^ +(\d+)  (\w+)", text, re.MULTILINE)}


def assert_round_trip(made: FabricDatabase, folder: Path, endings: tuple[str, ...]) -> None:
    kept = {
        uid: (number, shapely.from_wkb(bytes(geom)).normalize())
        for uid, number, geom in made.rows("SELECT uid::text, parcel_no, ST_AsBinary(geom) FROM layers_parcel")
    }
    for ending in endings:
        out = folder / f"out.{ending}"
        done = made.manage("export_layer", "parcels", str(out))
        assert done.returncode == 0, done.stderr
        prepared = prepare(out, LAYERS["parcels"].fields, made.srid)
        with prepared.source:
            found = {p.uid: p for batch in staged_parcels(prepared) for p in batch}
        assert found.keys() == kept.keys()
        for uid, (number, geometry) in kept.items():
            p = found[uid]
            assert p.geometry is not None
            assert p.parcel_no == number
            assert p.geometry.normalize() == geometry, f"{ending}: {number}"


def test_epinay_loads_completely_into_lambert_93(
    real_data: Path, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    with fabric(2154, django_db_blocker) as made:
        mapping = ["--map", "parcel_no=numero", "plan_no=section", "official_area_m2=contenance"]
        done = made.manage("import_layer", "parcels", str(real_data / EPINAY), *mapping)

        assert done.returncode == 0, done.stderr
        assert "4241 read, 4241 written" in done.stdout
        assert "invalid_ring" not in done.stdout
        assert made.value("SELECT count(*) FROM layers_parcel WHERE end_lifespan_version IS NULL") == 4241
        assert made.value("SELECT count(*) FROM layers_parcel WHERE official_area_m2 IS NOT NULL") > 4200
        # The legal area of the French cadastre is not the drawn one, but the sums agree within a percent.
        drawn, legal = made.rows("SELECT sum(calculated_area_m2), sum(official_area_m2) FROM layers_parcel")[0]
        assert abs(drawn - float(legal)) < 0.01 * drawn
        assert_round_trip(made, tmp_path, ("geojson", "zip"))

        again = made.manage("import_layer", "parcels", str(real_data / EPINAY), *mapping)
        assert again.returncode == 1
        assert "take land that current parcels hold" in again.stderr
        assert made.value("SELECT count(*) FROM layers_parcel") == 4241


def test_cambridge_loads_completely_with_its_37_invalid_outlines_repaired(
    real_data: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with fabric(26986, django_db_blocker) as made:
        done = made.manage("import_layer", "parcels", str(real_data / CAMBRIDGE), "--map", "parcel_no=ML")

        assert done.returncode == 0, done.stderr
        # One row of the file has no geometry at all.
        assert "13116 read, 13115 written" in done.stdout
        found = counts(done.stdout)
        assert found["invalid_ring"] == 37
        assert found["empty_geometry"] == 1
        assert found["repeated_number"] > 0
        assert made.value("SELECT count(*) FROM layers_parcel WHERE NOT ST_IsValid(geom)") == 0
        kept = made.value("SELECT count(*) FROM register_defect WHERE kind = 'invalid_ring' AND original IS NOT NULL")
        assert kept == 37
        originals = made.rows("SELECT original FROM register_defect WHERE kind = 'invalid_ring'")
        assert not any(shapely.from_wkb(bytes(wkb)).is_valid for (wkb,) in originals)


def test_the_spanish_sample_loads_in_spite_of_its_stale_count(
    real_data: Path, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    with fabric(32628, django_db_blocker) as made:
        mapping = ["--map", "parcel_no=localId", "official_area_m2=areaValue"]
        done = made.manage("import_layer", "parcels", str(real_data / SPAIN), *mapping)

        assert done.returncode == 0, done.stderr
        assert "186 read, 186 written" in done.stdout
        assert made.value("SELECT count(DISTINCT parcel_no) FROM layers_parcel") == 186
        assert_round_trip(made, tmp_path, ("gpkg", "geojson", "fgb", "parquet"))


@pytest.mark.parametrize(("file", "belt"), [(EPINAY, 32631), (CAMBRIDGE, 32619), (SPAIN, 32628)])
def test_each_is_refused_elsewhere_naming_its_belt(file: str, belt: int, real_data: Path) -> None:
    from layers import crs

    with pytest.raises(crs.Outside) as refused:
        prepare(real_data / file, LAYERS["parcels"].fields, 32639, given={"parcel_no": _number(file)})

    assert refused.value.belt == belt


def _number(file: str) -> str:
    return {EPINAY: "numero", CAMBRIDGE: "ML", SPAIN: "localId"}[file]


def staged_of(path: Path, layer: str, srid: int, **options: Any) -> tuple[list[Any], Any]:
    prepared = prepare(path, LAYERS[layer].fields, srid, **options)
    with prepared.source:
        return [f for batch in staged_features(prepared, LAYERS[layer].geometry) for f in batch], prepared.findings


def test_the_districts_of_dammam_are_read_with_their_arabic_names(real_data: Path) -> None:
    path = real_data / "admin/sa_dammam_khobar_dhahran_qatif_districts.geojson"
    given = {"name_ar": "district_ar", "name_en": "district_en", "municipality": "city_ar"}

    features, findings = staged_of(path, "districts", 32639, given=given)

    assert len(features) == 259
    assert all(f.geometry is not None and f.geometry.is_valid for f in features)
    assert "الدمام" in {f.values["municipality"] for f in features}
    assert findings.counts["invalid_ring"] == 1


def test_the_places_of_riyadh_find_their_categories(real_data: Path) -> None:
    path = real_data / "poi/riyadh_osm_poi.gpkg"

    features, findings = staged_of(path, "places", 32638, given={"category": "subtype"})

    kept = [f for f in features if f.geometry is not None]
    assert len(features) == 3587
    assert len(kept) > 1300
    assert sum(f.values["category"] == "mosque" for f in kept) >= 477
    assert findings.counts["bad_choice"] == len(features) - len(kept)


def test_streets_zoning_and_blocks_of_real_cities_are_read(real_data: Path) -> None:
    streets, _ = staged_of(
        real_data / "parcels/cambridge_ma/street_centerlines.gpkg", "streets", 26986, given={"name_en": "Street"}
    )
    zones, _ = staged_of(
        real_data / "parcels/cambridge_ma/zoning_districts.gpkg", "zoning", 26986, given={"code": "ZONE_TYPE"}
    )
    blocks, findings = staged_of(
        real_data / "parcels/spain_catastro/zoning.gml", "blocks", 32628, given={"block_no": "label"}
    )

    assert (len(streets), len(zones), len(blocks)) == (2642, 261, 241)
    assert all(f.geometry is not None for f in (*streets, *zones, *blocks))
    assert all(f.geometry.is_valid for f in blocks)
    assert not list((real_data / "parcels/spain_catastro").glob("*.gfs"))
    assert findings.read == 241


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_real_file_cut_short_is_refused(part: float, real_data: Path, tmp_path: Path) -> None:
    whole = (real_data / EPINAY).read_bytes()
    path = tmp_path / "cut.gpkg"
    path.write_bytes(whole[: int(len(whole) * part)])

    with pytest.raises(FileUnreadable) as refused:
        prepare(path, LAYERS["parcels"].fields, 2154, given={"parcel_no": "numero"})

    assert refused.value.what in ("truncated", "damaged")


def test_real_hard_cases_of_a_cadastre_are_read_layer_by_layer(real_data: Path) -> None:
    path = real_data / "hard_geometry/ladm_col/topology_cases.gpkg"
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        names = [n for (n,) in database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]
    read = 0
    for name in names:
        prepared = prepare(path, (), 3116, layer=name, crs_override="EPSG:3116")
        with prepared.source:
            for batch in staged_features(prepared, "MultiPolygon"):
                read += len(batch)
                assert all(f.geometry is None or f.geometry.is_valid for f in batch)
                assert all(f.geometry is not None or f.defects for f in batch)

    assert len(names) == 14
    assert read == 27
