"""PMTiles files, read by the format's own reader and by GDAL."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pmtiles.reader import MmapSource, Reader, all_tiles

from layers.access import PUBLIC
from layers.registry import LAYERS
from tests.sample import committed_sample
from tests.tiles.mvt import read_tile
from tiles import archive
from tiles.grid import WEB_MERCATOR
from tiles.sources.postgis import PostgisSource

__all__ = ["committed_sample"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing in it: the sample's documents stand in another."""
    (tmp_path / "archives").mkdir()
    return tmp_path / "archives"


def tiles_of(file: Path) -> dict[tuple[int, int, int], bytes]:
    with file.open("rb") as opened:
        return {at: gzip.decompress(body) for at, body in all_tiles(MmapSource(opened))}


@pytest.mark.parametrize("code", ["parcels", "zoning", "streets"])
def test_an_archive_holds_every_tile_that_is_not_empty(committed_sample: Any, folder: Path, code: str) -> None:
    committed_sample("land")
    call_command("generalise")
    file = folder / f"{code}.pmtiles"
    call_command("export_tiles", code, str(file), "--max-zoom", "15")
    assert [path.name for path in folder.iterdir()] == [file.name]
    held = tiles_of(file)
    source = PostgisSource(LAYERS[code], PUBLIC)
    assert {z for z, _, _ in held} == set(range(source.zooms.first, 16))
    for (z, x, y), body in held.items():
        assert body == source.tile(WEB_MERCATOR, z, x, y)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                beside = (z, x + dx, y + dy)
                if beside not in held and 0 <= min(beside) and max(beside[1:]) < 1 << z:
                    assert source.tile(WEB_MERCATOR, *beside) == b""
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        assert reader.header()["addressed_tiles_count"] == len(held)
        described = {layer["id"]: layer["fields"] for layer in reader.metadata()["vector_layers"]}
    for body in held.values():
        assert read_tile(body).keys() <= described.keys()


def test_gdal_reads_as_many_parcels_as_there_are(committed_sample: Any, folder: Path) -> None:
    committed_sample("land")
    file = folder / "parcels.pmtiles"
    call_command("export_tiles", "parcels", str(file))
    assert "parcels" in [name for name, _ in pyogrio.list_layers(file)]
    frame = pyogrio.read_dataframe(file, layer="parcels")
    with connection.cursor() as cursor:
        cursor.execute("SELECT uid FROM layers_parcel WHERE end_lifespan_version IS NULL")
        numbers = {str(row[0]) for row in cursor.fetchall()}
    assert len(numbers) > 100
    assert frame["parcel_no"].notna().all()
    assert len(frame["mvt_id"].unique()) == len(numbers)


def test_a_file_that_fails_on_the_way_leaves_nothing_and_keeps_the_old_one(
    committed_sample: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed_sample("land")
    file = folder / "places.pmtiles"
    call_command("export_tiles", "places", str(file))
    before = file.read_bytes()

    def fails(*args: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(archive, "_check", fails)
    with pytest.raises(CommandError, match="no room"):
        call_command("export_tiles", "places", str(file))
    assert file.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("code", "name", "zoom", "said"),
    [
        ("nope", "a.pmtiles", "15", "no layer nope"),
        ("parcels", "a.mbtiles", "15", "must end with .pmtiles"),
        ("parcels", "a.pmtiles", "23", "goes from 0 to 22"),
        ("places", "a.pmtiles", "3", "has nothing at zooms"),
        ("open_cases", "a.pmtiles", "15", "has nothing"),
        ("parcels", "missing/a.pmtiles", "15", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(
    committed_sample: Any, folder: Path, code: str, name: str, zoom: str, said: str
) -> None:
    committed_sample("land")
    with pytest.raises(CommandError, match=said):
        call_command("export_tiles", code, str(folder / name), "--max-zoom", zoom)
    assert list(folder.iterdir()) == []
