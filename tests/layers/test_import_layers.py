"""The two commands on every layer but parcels: zones, addresses, cases, and layers that were added without code."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import pytest
from django.core.management import CommandError
from django.db import connections
from shapely import Point

from layers import events
from layers.added import as_layer
from layers.catalog.loading import load_features
from layers.files.errors import FileUnreadable
from layers.files.staging import StagedFeature
from layers.models import AddedLayer
from layers.registry import LAYERS
from tests.layers.files.making import gpkg, square
from tests.layers.test_import_export import LOTS, count, query, refusal, run

# Loading is the owner's, and what only loads is rolled back; what is read back by another connection must be committed.
pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def added(code: str = "trees", **more: Any) -> AddedLayer:
    """A layer added without code, as the owner's connection sees it."""
    fields = [
        {"name": "species", "ar": "النوع", "en": "Species"},
        {"name": "height_m", "ar": "الارتفاع (م)", "en": "Height (m)", "kind": "float"},
        {"name": "level", "ar": "المنسوب", "en": "Level", "kind": "integer"},
        {"name": "planted_at", "ar": "تاريخ الغرس", "en": "Planted", "kind": "datetime"},
        {"name": "nursery", "ar": "المشتل", "en": "Nursery", "readers": "staff"},
    ]
    values = {"name_ar": "أشجار", "name_en": "Trees", "geometry": "Point", "fields": fields, **more}
    return AddedLayer.objects.using("owner").create(code=code, **values)


def trees(folder: Path, count: int = 3) -> Path:
    return gpkg(
        folder / "trees.gpkg",
        [Point(410_000 + 5 * i, 2_923_000 + i) for i in range(count)],
        species=["سدر", "Palm; \\ 'x' \"y\"", None][:count],
        height_m=[3.25, -0.5, None][:count],
        level=[-2, 0, 7][:count],
        planted_at=[datetime(2026, 5, 1, 8, 30, tzinfo=UTC)] * count,
        nursery=["أ", "ب", "ج"][:count],
    )


def test_zones_of_every_kind_and_addresses_have_their_loaders(tmp_path: Path) -> None:
    area, spot = [square(0, 0, 500)], [Point(410_000, 2_923_000)]
    run("import_layer", "growth_phases", gpkg(tmp_path / "g.gpkg", area, code=["1450"], phase_year_ah=["١٤٥٠"]))
    run(
        *("import_layer", "prohibited_zones"),
        gpkg(tmp_path / "w.gpkg", area, code=["VALLEY"], authority_ar=["مرفق السيول"], remarks=["تنازع على الحد"]),
    )
    run(
        *("import_layer", "addresses"),
        gpkg(tmp_path / "a.gpkg", spot, building_no=["٧٤١٢"], street_ar=["شارع النخيل"], short_address=["ZABC7412"]),
    )

    assert query("SELECT kind, code, phase_year_ah, authority_ar, remarks FROM layers_zone ORDER BY id") == [
        ("growth_phase", "1450", 1450, "", ""),
        ("prohibited", "VALLEY", None, "مرفق السيول", "تنازع على الحد"),
    ]
    assert query("SELECT building_no, street_ar, short_address, postcode FROM layers_address") == [
        ("٧٤١٢", "شارع النخيل", "ZABC7412", "")
    ]


@pytest.mark.parametrize("year", [14, 2026, -5, 99999])
def test_a_year_that_is_not_hijri_is_a_defect_and_stays_empty(year: int, tmp_path: Path) -> None:
    path = gpkg(tmp_path / "g.gpkg", [square(0, 0, 500)], code=["1450"], phase_year_ah=[year])

    assert "1  bad_value" in run("import_layer", "growth_phases", path)
    assert query("SELECT phase_year_ah FROM layers_zone") == [(None,)]


def test_land_of_open_cases_is_not_loaded_from_a_file(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "o.gpkg", [square(0, 0)], service=["subdivision"])

    text = refusal("import_layer", "open_cases", path)

    assert "cases write it" in text
    assert "المعاملات" in text
    assert count("layers_publicoutline") == 0


@pytest.mark.parametrize("command", ["import_layer", "export_layer"])
def test_a_layer_that_does_not_exist_is_named_with_those_that_do(command: str, tmp_path: Path) -> None:
    added()
    text = refusal(command, "parcel", gpkg(tmp_path / "o.gpkg", [square(0, 0)]))

    assert "no layer 'parcel'. Did you mean parcels?" in text
    assert "growth_phases" in text
    assert ("trees" in text) == (command == "import_layer"), "the test's other connection does not see it yet"


def test_districts_without_any_name_are_not_loaded_in_silence(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "d.gpkg", [square(0, 0, 900)], nom=["Ash Shati"], الاسم=["الشاطئ"])

    text = refusal("import_layer", "districts", path)

    assert "name_ar (Name in Arabic) or name_en (Name in English)" in text
    assert "--map name_ar=الاسم" in text
    assert "nom, الاسم" in text
    assert count("layers_district") == 0
    assert "1 written" in run("import_layer", "districts", path, "--map", "name_en=nom")


def test_a_district_without_a_name_among_others_is_listed(tmp_path: Path) -> None:
    path = gpkg(
        tmp_path / "d.gpkg", [square(0, 0, 90), square(90, 0, 90)], name_ar=["الشاطئ", None], name_en=[None, "  "]
    )

    text = run("import_layer", "districts", path)

    assert "2 written, 1 defective" in text
    assert "1  missing_name" in text
    assert "row 2" in text


PAIRS = ["parcel_no=numero", "land_use=owner"]


@pytest.mark.parametrize(
    "order",
    [
        ["--map", *PAIRS, "parcels", "{file}"],
        ["--map", PAIRS[0], "parcels", "--map", PAIRS[1], "{file}"],
        ["parcels", "--map", *PAIRS, "--dry-run", "{file}"],
        ["parcels", "{file}", "--map", *PAIRS],
        [f"--map={PAIRS[0]}", "parcels", f"--map={PAIRS[1]}", "{file}"],
        ["--map", *PAIRS, "--", "parcels", "{file}"],
    ],
)
def test_a_map_may_stand_before_the_layer_and_the_file(order: list[str], tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", LOTS, numero=["1", "2", "3", "4"], owner=["a", "b", "c", "d"])

    text = run("import_layer", *(word.format(file=path) for word in order))

    assert "4 read, 4" in text
    assert "map       parcel_no=numero" in text
    assert "map       land_use=owner" in text


@pytest.mark.parametrize("order", [["--map", "parcels", "{file}"], ["parcels", "{file}", "--map"]])
def test_a_map_without_a_pair_says_what_it_takes(order: list[str], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--map takes field=attribute, not"):
        run("import_layer", *(word.format(file=tmp_path) for word in order))


@committed
def test_an_added_layer_is_loaded_and_comes_out_again(tmp_path: Path) -> None:
    added()
    text = run("import_layer", "trees", trees(tmp_path))

    assert "trees: 3 read, 3 written, 0 defective" in text
    (stored,) = query("SELECT properties::text FROM layers_feature ORDER BY id")[1]
    assert json.loads(stored) == {
        "species": "Palm; \\ 'x' \"y\"",
        "height_m": -0.5,
        "level": 0,
        "planted_at": "2026-05-01T08:30:00+00:00",
        "nursery": "ب",
    }
    told = run("export_layer", "trees", tmp_path / "all.gpkg")
    assert "nursery: for staff only" in told
    everything = geopandas.read_file(tmp_path / "all.gpkg")
    assert list(everything["nursery"]) == ["أ", "ب", "ج"]
    assert list(everything["level"]) == [-2, 0, 7]
    assert everything["height_m"].tolist()[:2] == [3.25, -0.5]
    assert "already" in refusal("import_layer", "trees", tmp_path / "trees.gpkg")
    assert "already" in refusal("import_layer", "trees", tmp_path / "all.gpkg"), "a uid is kept"


@committed
def test_a_public_export_holds_what_everyone_may_see(tmp_path: Path) -> None:
    added()
    added("wells", readers="staff")
    run("import_layer", "trees", trees(tmp_path))

    told = run("export_layer", "trees", tmp_path / "public.gpkg", "--public")

    assert "staff" not in told
    assert "nursery" not in geopandas.read_file(tmp_path / "public.gpkg").columns
    assert "for staff only; nothing of it is public" in refusal(
        "export_layer", "wells", tmp_path / "w.gpkg", "--public"
    )
    assert "wells: for staff only" in run("export_layer", "wells", tmp_path / "w.gpkg")


@committed
def test_nothing_is_loaded_into_a_layer_that_is_retired_meanwhile(tmp_path: Path) -> None:
    row = added()
    layer = as_layer(row)
    AddedLayer.objects.using("owner").filter(pk=row.pk).update(retired_at=datetime.now(UTC))

    assert "no layer 'trees'" in refusal("import_layer", "trees", trees(tmp_path))
    with pytest.raises(FileUnreadable, match="retired"):
        load_features(layer, [], source={}, using="owner")


def test_parcels_and_open_cases_are_not_loaded_past_those_who_guard_them() -> None:
    for code in ("parcels", "open_cases"):
        with pytest.raises(ValueError, match="not loaded here"):
            load_features(LAYERS[code], [], source={}, using="owner")


def test_the_present_of_open_cases_is_all_there_is(tmp_path: Path) -> None:
    text = refusal("export_layer", "open_cases", tmp_path / "o.gpkg", "--as-of", "2026-01-01")

    assert "--as-of cannot be answered" in text
    assert "0 features written" in run("export_layer", "open_cases", tmp_path / "o.gpkg")


def test_an_operator_is_told_that_prohibited_zones_hold_remarks_of_staff(tmp_path: Path) -> None:
    assert "remarks: for staff only" in run("export_layer", "prohibited_zones", tmp_path / "z.gpkg")
    assert "staff only" not in run("export_layer", "prohibited_zones", tmp_path / "z.gpkg", "--public")
    assert "staff only" not in run("export_layer", "districts", tmp_path / "d.gpkg")


SPOTS = {
    "one point": [(0, 0)],
    "points in a row": [(0, 0), (10, 0), (20, 0)],
    "points apart": [(0, 0), (10, 5)],
}


@pytest.mark.parametrize("name", SPOTS)
def test_whole_loads_tell_the_land_around_them(name: str, tmp_path: Path) -> None:
    spots = [Point(410_000 + x, 2_923_000 + y) for x, y in SPOTS[name]]
    before, told = events._before.copy(), list[events.LandTouched]()
    events.before_commit(told.append)
    try:
        run("import_layer", "addresses", gpkg(tmp_path / "a.gpkg", spots, building_no=["1"] * len(spots)))
    finally:
        events._before[:] = before

    (touched,) = told
    assert touched.layers == {"addresses"}
    assert touched.geometry.is_valid
    assert all(touched.geometry.covers(spot) for spot in spots)


@committed
def test_the_planner_knows_of_a_large_load_as_soon_as_it_is_there(tmp_path: Path) -> None:
    spots = [Point(410_000 + i % 50, 2_923_000 + i // 50) for i in range(1_200)]
    run("import_layer", "addresses", gpkg(tmp_path / "a.gpkg", spots, building_no=["1"] * len(spots)))

    assert query("SELECT reltuples::int FROM pg_class WHERE oid = 'layers_address'::regclass") == [(1_200,)]
    assert query("SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'layers_address'") == [(True,)]


def test_a_dry_run_leaves_the_planner_as_it_was(tmp_path: Path) -> None:
    spots = [Point(410_000 + i % 50, 2_923_000 + i // 50) for i in range(1_200)]
    before = query("SELECT reltuples FROM pg_class WHERE oid = 'layers_address'::regclass")
    run("import_layer", "addresses", gpkg(tmp_path / "a.gpkg", spots, building_no=["1"] * len(spots)), "--dry-run")

    assert query("SELECT reltuples FROM pg_class WHERE oid = 'layers_address'::regclass") == before
    assert count("layers_address") == 0


@committed
def test_of_two_who_load_one_file_at_once_one_loads_it_and_the_other_is_told() -> None:
    both = threading.Barrier(2, timeout=30)
    spots = [StagedFeature(row, {"building_no": "1"}, Point(410_000 + row, 2_923_000)) for row in range(1, 40)]
    said: list[str] = []

    def load() -> None:
        try:
            both.wait()
            report = load_features(LAYERS["addresses"], [spots], source={"name": "a", "sha256": "ff"}, using="owner")
            said.append(f"{report.written} written")
        except FileUnreadable as error:
            said.append(error.what)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["39 written", "already_loaded"]
    assert count("layers_address") == 39
