"""The catalogue is whole: every layer of the public face, every field in both languages, every colour, every column."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection

from gisportal.management.commands.import_layer import LOADERS
from layers.access import PUBLIC, STAFF, can_read, readable_fields
from layers.catalog.base import LIFESPAN, Layer
from layers.catalog.places import CATEGORIES
from layers.registry import LAYERS

ROOT = Path(__file__).parents[2]
CODES = (
    "parcels plans blocks districts streets zoning places growth_phases prohibited_zones addresses open_cases"
).split()
"""The public face: these are also the collections of the OGC API and the names of tile sets."""

PARCEL = (
    "uid plan_no block_no parcel_no land_use official_area_m2 surveyed_area_m2 calculated_area_m2"
    " begin_lifespan_version end_lifespan_version"
).split()
STAFF_ONLY = {"places": {"source_ref"}, "prohibited_zones": {"remarks"}, "open_cases": {"reference"}}
COVERAGES = {"parcels", "plans", "blocks", "districts", "zoning", "growth_phases", "prohibited_zones"}
# A field whose name says that it may hold data of a person; the telephone of a place is the shop's.
PERSONAL = re.compile(r"owner|party|person|holder|id_number|national_id|email|mobile|birth|surveyor|filed_by")

every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))


def arabic(text: str) -> bool:
    return re.search("[ء-ي]", text) is not None and re.search("[A-Za-z]", text) is None


def english(text: str) -> bool:
    return text.isascii() and re.search("[A-Za-z]{2}", text) is not None


def test_the_codes_are_those_of_the_public_face() -> None:
    assert list(LAYERS) == CODES
    assert [layer.code for layer in LAYERS.values()] == CODES


def test_the_categories_and_the_fields_of_a_parcel_are_those_of_the_public_face() -> None:
    assert [f.name for f in LAYERS["parcels"].fields] == PARCEL
    assert [f.name for f in LAYERS["parcels"].fields if f.required] == ["parcel_no"]
    assert " ".join(CATEGORIES) == "food health gas water repair mosque school municipal park fuel public_service"
    fields = [f.name for f in LAYERS["places"].fields]
    assert [f for f in fields if f in "name_ar name_en category opening_hours phone".split()] == fields[1:6]


@every_layer
def test_a_layer_says_what_it_is_in_both_languages(layer: Layer) -> None:
    assert arabic(layer.title_ar) and english(layer.title_en)
    assert arabic(layer.about_ar) and english(layer.about_en)
    assert layer.about_ar.endswith(".") and layer.about_en.endswith(".")
    assert arabic(layer.provenance.source_ar) and english(layer.provenance.source_en)


@every_layer
def test_every_field_has_a_title_in_both_languages_and_a_name_of_its_own(layer: Layer) -> None:
    for field in layer.fields:
        assert re.search("[ء-ي]", field.ar) and field.en.isascii(), field.name
    for told in ([f.name for f in layer.fields], [f.ar for f in layer.fields], [f.en for f in layer.fields]):
        assert len(set(told)) == len(told)
    shorts = [f.short or f.name for f in layer.fields]
    assert len(set(shorts)) == len(shorts)
    assert all(len(short) <= 10 for short in shorts if short not in [f.name for f in layer.fields]), shorts


@every_layer
def test_it_begins_with_its_identifier_and_ends_with_its_lifespan(layer: Layer) -> None:
    assert layer.fields[0].name == "uid"
    assert layer.fields[0].kind == "uuid"
    assert (layer.fields[-2:] == LIFESPAN) == layer.is_versioned
    assert layer.is_versioned == (layer.code != "open_cases")


@every_layer
@pytest.mark.django_db
def test_every_field_is_a_column_of_its_table_that_holds_such_values(layer: Layer) -> None:
    held = {
        "text": {"text"},
        "decimal": {"numeric"},
        "integer": {"smallint", "integer", "bigint"},
        "float": {"double precision"},
        "uuid": {"uuid"},
        "date": {"date"},
        "datetime": {"timestamp with time zone"},
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [layer.table]
        )
        columns = dict(cursor.fetchall())
        cursor.execute(
            "SELECT type FROM geometry_columns WHERE f_table_name = %s AND f_geometry_column = 'geom'", [layer.table]
        )
        assert cursor.fetchone()[0] in (layer.geometry.upper(), "GEOMETRY")
    for field in layer.fields:
        assert columns[field.name] in held[field.kind], field.name
    assert set(layer.fixed) <= columns.keys()
    assert {"id", "geom", "geom_3857"} <= columns.keys()
    assert not columns.keys() & {"geometry"}


@every_layer
@pytest.mark.django_db
def test_tiles_and_pages_have_an_index_of_what_is_shown(layer: Layer) -> None:
    shown = "closed_at IS NULL" if layer.code == "open_cases" else "end_lifespan_version IS NULL"
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [layer.table])
        found = [row[0] for row in cursor.fetchall()]
    for wanted in ("gist (geom)", "gist (geom_3857)", "btree (id)"):
        assert any(wanted in index and shown in index for index in found), wanted


@every_layer
def test_its_colours_are_tokens_in_light_and_dark(layer: Layer) -> None:
    text = (ROOT / "gisportal/frontend/styles/tokens.css").read_text(encoding="utf-8")
    used = {token for token in (layer.style.fill, layer.style.line) if token}
    assert used, "a layer that is drawn has a colour"
    for token in used:
        assert token.startswith("--map-")
        values = re.findall(rf"^\s*{token}: (#[0-9a-f]{{6}});$", text, re.MULTILINE)
        assert len(values) == 3, f"{token} stands in the light set and in both dark ones"
        assert values[1] == values[2] != values[0]
    assert 0 < layer.style.fill_opacity <= 1
    assert layer.style.width_px > 0


@every_layer
def test_zooms_are_in_order_and_a_label_is_in_the_tile_that_shows_it(layer: Layer) -> None:
    assert 0 <= layer.min_zoom <= layer.max_zoom <= 22
    style = layer.style
    if not style.label:
        return
    public = {f.name: f for f in readable_fields(layer, PUBLIC)}
    named = [public[n] for n in (style.label, f"{style.label}_ar", f"{style.label}_en") if n in public]
    assert len(named) in (1, 2), f"{style.label} names a field that everyone may see, or a pair of them"
    assert all(f.tile_zoom is not None and f.tile_zoom <= style.label_zoom for f in named)
    assert layer.min_zoom <= style.label_zoom <= layer.max_zoom


@every_layer
def test_tiles_carry_no_lifespan_no_area_and_little_at_low_zooms(layer: Layer) -> None:
    for field in layer.fields:
        if (field.kind == "datetime" and field.name != "opened_at") or field.name.endswith("area_m2"):
            assert field.tile_zoom is None
        elif field.tile_zoom is not None:
            assert field.tile_zoom <= layer.max_zoom
    first = [f.name for f in layer.fields if f.tile_zoom is not None and f.tile_zoom <= layer.min_zoom]
    assert len(first) <= 5, first


def test_a_parcel_gains_attributes_as_the_map_comes_nearer() -> None:
    def carried(zoom: int) -> set[str]:
        return {f.name for f in LAYERS["parcels"].fields if f.tile_zoom is not None and f.tile_zoom <= zoom}

    assert carried(13) == set()
    assert carried(14) == {"plan_no", "block_no", "land_use"}
    assert carried(15) - carried(14) == {"parcel_no"}
    assert carried(16) - carried(15) == {"uid"}
    assert carried(22) == carried(16)
    assert all(carried(a) <= carried(b) for a, b in pairwise(range(23)))


def test_what_tiles_an_area_keeps_its_shared_edges() -> None:
    assert {layer.code for layer in LAYERS.values() if layer.simplify == "coverage"} == COVERAGES
    assert all(LAYERS[code].geometry == "MultiPolygon" for code in COVERAGES)
    assert {layer.simplify for layer in LAYERS.values() if layer.code not in COVERAGES} == {"each"}
    assert LAYERS["parcels"].detail_zoom == 14


def test_fields_of_staff_are_these_and_no_layer_is_hidden_as_a_whole() -> None:
    found = {c: {f.name for f in layer.fields if f.readers == "staff"} for c, layer in LAYERS.items()}
    assert {code: names for code, names in found.items() if names} == STAFF_ONLY
    assert all(can_read(layer, PUBLIC) for layer in LAYERS.values())
    for code, names in STAFF_ONLY.items():
        assert not names & {f.name for f in readable_fields(LAYERS[code], PUBLIC)}
        assert names <= {f.name for f in readable_fields(LAYERS[code], STAFF)}


@every_layer
def test_no_field_is_named_for_a_person(layer: Layer) -> None:
    assert not [f.name for f in layer.fields if PERSONAL.search(f.name)]


def test_every_layer_is_loaded_by_a_command_or_written_by_cases() -> None:
    assert LOADERS.keys() | {"open_cases"} == LAYERS.keys()
    assert {code for code, layer in LAYERS.items() if layer.has_own_loader} == {"parcels", "open_cases"}


def test_layers_that_share_a_table_are_told_apart() -> None:
    apart = [(layer.table, tuple(sorted(layer.fixed.items())), layer.condition) for layer in LAYERS.values()]
    assert len(set(apart)) == len(apart)


def test_the_manual_has_a_row_for_every_layer_with_its_fields() -> None:
    text = (ROOT / "docs/how-to/import-a-layer.md").read_text(encoding="utf-8")
    for code in LOADERS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{code}`")]
        told = set(re.findall(r"[a-z][a-z0-9_]+", "".join(re.findall(r"`[^`]*`", row.partition("|")[2]))))
        assert {f.name for f in LAYERS[code].fields if f.is_imported} <= told | {code}, code
