"""Importing: all of it or nothing, repeatable, nothing of the original lost."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import Error, connection, connections

from tests.databases import Database, tile_folder
from tests.tiles.raster.rasters import picture, write
from tiles.raster import importing
from tiles.raster.errors import RasterRefused
from tiles.raster.importing import Outcome
from tiles.raster.models import Imagery, ImageryFile

Load = Callable[..., Outcome]
ROOT = Path(__file__).resolve().parents[3]


def kept_files() -> set[str]:
    """Return everything that lies under MEDIA_ROOT/imagery, but for the lock."""
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in (root / "imagery").rglob("*") if path.is_file()} - {
        "imagery/work/.lock"
    }


def test_it_keeps_the_original_and_writes_down_what_it_is(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", picture(), tags={"TIFFTAG_DATETIME": "2024:03:05 10:00:00"})
    outcome = load("first", path, words={"title_ar": "صورة", "title_en": "Picture", "licence": "CC0-1.0"})
    row = ImageryFile.objects.get(imagery__name="first")
    original = Path(settings.MEDIA_ROOT) / row.original
    assert original.read_bytes() == path.read_bytes()
    assert row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (Path(settings.MEDIA_ROOT) / row.copy).stat().st_size == row.copy_bytes
    assert row.captured_on == date(2024, 3, 5) and row.file_name == "a.tif"
    assert row.resolution_m == pytest.approx(2.14, abs=0.01) and row.zoom == 16
    assert [band["count"] > 0 for band in row.statistics] == [True] * 3
    assert row.about["crs"] == "EPSG:32639" and row.end_lifespan_version is None
    assert (row.imagery.title_ar, row.imagery.licence) == ("صورة", "CC0-1.0")
    assert [r.id for r in outcome.files] == [row.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM layers_auditrow WHERE subject = 'imagery:first'")
        assert cursor.fetchone() is not None


def test_the_same_again_changes_nothing_and_read_otherwise_supersedes(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", picture())
    load("again", path)
    before = kept_files()
    outcome = load("again", path)
    assert (outcome.files, outcome.unchanged) == ((), ("a.tif",))
    assert kept_files() == before
    load("again", path, nodata=7.0)
    rows = list(ImageryFile.objects.filter(imagery__name="again").order_by("pk"))
    assert [row.end_lifespan_version is None for row in rows] == [False, True]
    assert rows[0].original == rows[1].original and rows[0].copy != rows[1].copy
    assert (Path(settings.MEDIA_ROOT) / rows[0].copy).exists()


def test_a_fault_in_the_last_file_leaves_nothing_of_the_first(load: Load, tmp_path: Path) -> None:
    good, bad = write(tmp_path / "a.tif", picture(seed=9)), tmp_path / "b.tif"
    bad.write_bytes(b"MM\0*" + b"\0" * 100)
    before = kept_files()
    with pytest.raises(RasterRefused) as caught:
        load("half", good, bad)
    assert caught.value.where == "b.tif"
    assert not Imagery.objects.filter(name="half").exists()
    assert kept_files() == before


def test_a_fault_while_writing_down_leaves_no_file(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(importing, "record", fail)
    before = kept_files()
    with pytest.raises(RuntimeError):
        load("gone", write(tmp_path / "a.tif", picture(seed=3)))
    assert kept_files() == before


def test_a_folder_is_imported_whole_and_sixteen_bits_look_alike(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    for number in range(2):
        values = np.full((3, 100, 100), 3000 + 4000 * number, np.uint16)
        values[:, 0, 0] = 1000 + 9000 * number
        write(folder / f"{number}.tif", values, corner=(412_000.0 + 200 * number, 2_923_000.0))
    (folder / "notes.txt").write_text("not a picture")
    outcome = load("deep", folder)
    assert len(outcome.files) == 2 and outcome.low is not None
    means = [recorded.made.statistics[0]["mean"] for recorded in outcome.files]
    assert means[0] < 5 and means[1] > 250
    later = load("deep", write(tmp_path / "c.tif", np.full((3, 50, 50), 5000, np.uint16)))
    assert (later.low, later.high) == (outcome.low, outcome.high)
    assert 100 < later.files[0].made.statistics[0]["mean"] < 155


def test_another_kind_or_range_is_refused(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", picture())
    load("kinds", path)
    for options, what in (({"kind": "terrain"}, "other_kind"), ({"low": 1.0, "high": 2.0}, "other_range")):
        with pytest.raises(RasterRefused) as caught:
            load("kinds", path, **options)
        assert caught.value.what == what


def test_the_application_may_neither_rewrite_nor_delete(load: Load, tmp_path: Path) -> None:
    load("kept", write(tmp_path / "a.tif", picture()))
    for statement in (
        "DELETE FROM tiles_imageryfile",
        "DELETE FROM tiles_imagery",
        "TRUNCATE tiles_imageryfile",
        "UPDATE tiles_imageryfile SET copy = 'x'",
    ):
        for alias in ("default", "owner"):
            with pytest.raises(Error), connections[alias].cursor() as cursor:
                cursor.execute(statement)


def test_the_command_says_what_it_did_and_what_is_wrong(own_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", picture())
    out = io.StringIO()
    call_command("import_imagery", "told", str(path), "--date", "2026-02-03", stdout=out, stderr=io.StringIO())
    said = out.getvalue()
    for part in ("a.tif", "EPSG:32639", "400 x 300 px", "zoom 16", "2026-02-03", "band 3", "told: 1 taken in"):
        assert part in said
    bad = write(tmp_path / "b.tif", picture(), crs=None)
    for arguments, part in (
        (["told", str(bad)], "--crs EPSG:n"),
        (["told", str(tmp_path / "none.tif")], "no such file"),
        (["No Name", str(path)], "small letters"),
        (["told", str(path), "--date", "yesterday"], "2026-03-31"),
        (["told", str(path), "--range", "5", "1"], "lower"),
        (["told", str(path), "--crs", "EPSG:1"], "not known"),
    ):
        with pytest.raises(CommandError, match=part):
            call_command("import_imagery", *arguments, stdout=io.StringIO(), stderr=io.StringIO())


def test_a_named_system_wins_and_is_told(load: Load, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", picture(), crs=None)
    outcome = load("named", path, crs="EPSG:32639")
    assert outcome.files[0].made.about["crs"] == "EPSG:32639"


@pytest.mark.parametrize("moment", ["keeping", "warping", "writing"])
def test_a_killed_import_leaves_nothing(own_database: Database, tmp_path: Path, moment: str) -> None:
    """Killed at a moment of its work: no row, no file in place; the next import clears what lay in the work folder."""
    path = write(tmp_path / "a.tif", picture(2500, 2500, seed=4))
    before = {name for name in kept_files() if "/work/" not in name} if _has_folder() else set()
    code = (
        "import os, signal, sys, django; django.setup()\n"
        "from tiles.raster.importing import *\n"
        "def progress(stage, done, total):\n"
        "    if sys.argv[2] in stage: os.kill(os.getpid(), signal.SIGKILL)\n"
        "import_files('killed', [sys.argv[1]], Options(), progress=progress)\n"
    )
    environment = {
        **os.environ,
        **own_database.environment(),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "TILES_CACHE_DIR": str(tile_folder()),
        "DJANGO_SETTINGS_MODULE": "gisportal.settings",
        "DEBUG": "1",
    }
    run = subprocess.run([sys.executable, "-c", code, str(path), moment], cwd=ROOT, env=environment)
    assert run.returncode == -signal.SIGKILL
    assert not Imagery.objects.filter(name="killed").exists()
    assert {name for name in kept_files() if "/work/" not in name} == before
    deadline = time.monotonic() + 30
    while True:  # the child dies with its parent, and gives the lock back
        try:
            importing.import_files(
                "after", [write(tmp_path / "b.tif", picture(60, 60))], importing.Options(), progress=lambda *_: None
            )
            break
        except RasterRefused as refused:
            assert refused.what == "busy" and time.monotonic() < deadline
            time.sleep(0.2)
    assert not [name for name in kept_files() if "/work/" in name]


def _has_folder() -> bool:
    return (Path(settings.MEDIA_ROOT) / "imagery").exists()


def test_what_a_killed_import_had_put_in_place_is_cleared_away(load: Load, tmp_path: Path) -> None:
    load("cleared", write(tmp_path / "a.tif", picture(80, 80)))
    row = ImageryFile.objects.get(imagery__name="cleared")
    root = Path(settings.MEDIA_ROOT)
    work = root / "imagery" / "work" / "dead"
    work.mkdir()
    (root / "imagery" / "copies" / "orphan.tif").write_bytes(b"x")
    (work / "placed.json").write_text(f'["imagery/copies/orphan.tif", "{row.copy}", "{row.original}"]')
    load("cleared", write(tmp_path / "b.tif", picture(90, 90)))
    assert not (root / "imagery" / "copies" / "orphan.tif").exists() and not work.exists()
    assert (root / row.copy).exists() and (root / row.original).exists()
