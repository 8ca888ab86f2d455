"""``manage.py tile_cache`` and the probe of readiness."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from gisportal.health import PROBES
from tests.tiles.cache.board import ask, write
from tiles.cache.place import here

pytestmark = pytest.mark.usefixtures("board")


def run(*options: str) -> str:
    out = StringIO()
    call_command("tile_cache", *options, stdout=out)
    return out.getvalue()


def test_it_says_what_is_kept() -> None:
    ask((0, 0))
    with transaction.atomic():
        write((1, 1))
    text = run()
    assert str(here().folder) in text  # type: ignore[union-attr]
    assert "2 files" in text  # and the one that the board began with
    assert "2 changes since it began, 0 open" in text
    assert run("--status") == text


def test_clearing_forgets_every_tile_at_once_in_every_process(actors: Any) -> None:
    (actor,) = actors(1)
    ask((0, 0))
    assert actor.do("ask", 0, 0)[1] == "hit"
    assert "0 files" in run("--clear")
    assert actor.do("ask", 0, 0)[1] == "miss"
    assert ask((0, 0))[1] == "hit"


def test_trimming_removes_folders_of_databases_that_are_no_more() -> None:
    ask((0, 0))
    folder = here().folder  # type: ignore[union-attr]
    system, oid, timeline = folder.name.split("-")
    lost = [folder.with_name(f"{system}-4294967295-1"), folder.with_name(f"{system}-{oid}-{int(timeline) + 1}")]
    others = [folder.with_name("1-4294967295-1"), folder.with_name("notes")]
    for path in lost + others:
        path.mkdir()
    text = run("--trim")
    assert all(str(path) in text and not path.exists() for path in lost)
    assert all(path.exists() for path in [folder, *others])
    assert ask((0, 0))[1] == "hit"


def test_a_folder_that_cannot_be_written_is_named(settings: Any, tmp_path: Path) -> None:
    assert PROBES["tiles"]() == ""
    (tmp_path / "file").write_text("")
    settings.TILES_CACHE_DIR = tmp_path / "file" / "tiles"
    assert str(settings.TILES_CACHE_DIR) in PROBES["tiles"]()
    with pytest.raises(CommandError, match="cannot be written"):
        run()


def test_a_cache_that_is_switched_off_is_no_fault(settings: Any) -> None:
    settings.TILES_CACHE_MB = 0
    assert PROBES["tiles"]() == ""
    assert "off" in run()
