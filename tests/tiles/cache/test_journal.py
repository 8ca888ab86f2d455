"""The journal against kills, damage, full disks, replacement and readers that look at any moment."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.budget import budget
from tiles.cache import journal as journal_module
from tiles.cache.index import Index
from tiles.cache.journal import Head, Journal, JournalBroken, Kind, Record

ROOT = Path(__file__).resolve().parents[3]
PLACES = frozenset({"places"})
WORLD = shapely.box(0, 0, 100, 100)


def square(x: float, y: float = 0.0) -> bytes:
    wkb: bytes = shapely.to_wkb(shapely.box(x, y, x + 1, y + 1))
    return wkb


def pending(x: float, *, layers: frozenset[str] = PLACES, xid: int = 7) -> Record:
    return Record(Kind.PENDING, 0, layers, xid, square(x))


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return begun(tmp_path / "db")


def begun(folder: Path, capacity: int = 1 << 16) -> Index:
    """A journal whose barrier has fallen."""
    index = Index(Journal(folder, capacity))
    index.look()
    index.journal.resolve(Kind.COMMITTED, [1])
    index.look()
    return index


def fact(index: Index, x: float, stamp: int, epoch: int | None = None) -> tuple[bool, bool]:
    """Whether a tile at x made at a stamp is right, and whether an open change touches it."""
    box = shapely.box(x, 0, x + 1, 1)
    now = index.judge(0, 0, PLACES, box, True)
    verdict = index.judge(now.epoch if epoch is None else epoch, stamp, PLACES, box, True)
    return verdict.is_valid, bool(verdict.open)


def test_what_one_process_appends_another_sees_at_its_next_look(index: Index) -> None:
    other = Index(Journal(index.journal.folder))
    other.look()
    position = index.journal.append(pending(5))
    assert position == 2
    assert fact(other, 5, 1) == (True, True)
    index.journal.resolve(Kind.COMMITTED, [position])
    assert fact(other, 5, 1) == (False, False)
    assert fact(other, 5, position) == (True, False)
    assert fact(other, 50, 1) == (True, False)


def test_a_void_change_leaves_tiles_right(index: Index) -> None:
    position = index.journal.append(pending(5))
    index.journal.resolve(Kind.VOID, [position])
    assert fact(index, 5, 1) == (True, False)


def test_a_change_may_be_resolved_twice(index: Index) -> None:
    position = index.journal.append(pending(5))
    for _ in range(3):
        index.journal.resolve(Kind.COMMITTED, [position])
    assert fact(index, 5, 1) == (False, False)


def test_looking_costs_no_reading_where_nothing_is_new(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    version = index.look()
    monkeypatch.setattr(index, "_read", lambda: pytest.fail("it read"))
    assert index.look() == version


def test_a_writer_without_a_journal_makes_none(tmp_path: Path) -> None:
    assert Journal(tmp_path / "db").append(pending(5)) == 0
    assert not (tmp_path / "db").exists()


# Damage -------------------------------------------------------------------------------------------------------------


def test_a_torn_record_does_not_count_and_is_overwritten(index: Index) -> None:
    """A kill while copying leaves bytes behind END."""
    mapped = index.journal.mapped()
    end = mapped.head[Head.END]
    torn = pending(5).to_bytes()[:40]
    mapped.data[end : end + len(torn)] = torn
    fresh = Index(Journal(index.journal.folder))
    assert fact(fresh, 5, 1) == (True, False)
    position = index.journal.append(pending(8))
    assert fact(fresh, 5, 1) == (True, False)
    assert fact(fresh, 8, 1) == (True, True)
    assert position == 2


@pytest.mark.parametrize("at", [0, 4, 8, 20, 24, 30, 50])
def test_a_damaged_record_ends_the_epoch(index: Index, at: int) -> None:
    index.journal.append(pending(5))
    now = index.judge(0, 0, PLACES, WORLD, True)
    mapped = index.journal.mapped()
    first = len(Record(Kind.BARRIER, 1, frozenset("*")).to_bytes())
    mapped.data[4096 + first + at] ^= 0xFF
    fresh = Index(Journal(index.journal.folder))
    verdict = fresh.judge(now.epoch, now.position, PLACES, WORLD, True)
    assert verdict.epoch != now.epoch
    assert not verdict.is_valid
    assert verdict.open, "who was about to commit is waited for"
    assert not index.judge(now.epoch, now.position, PLACES, WORLD, True).is_valid


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 4096, b"\0" * 9000, os.urandom(9000)])
def test_a_file_that_is_no_journal_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    assert Journal(tmp_path).append(pending(5)) == 0
    index = begun(tmp_path)
    assert index.journal.append(pending(5)) == 2
    assert fact(index, 5, 1) == (True, True)


def test_a_journal_of_another_boot_is_not_believed(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = index.judge(0, 0, PLACES, WORLD, True).epoch
    monkeypatch.setattr(journal_module, "_boot", lambda: (1, 2))
    assert Index(Journal(index.journal.folder)).judge(0, 0, PLACES, WORLD, True).epoch != epoch


@pytest.mark.parametrize("how", ["removed", "renewed", "renewed, with a second name"])
def test_readers_leave_a_journal_that_is_not_the_one(index: Index, how: str, tmp_path: Path) -> None:
    before = index.judge(0, 0, PLACES, WORLD, True)
    if how.endswith("second name"):
        os.link(index.journal.path, tmp_path / "copy")
    if how == "removed":
        shutil.rmtree(index.journal.folder)
    else:
        Journal(index.journal.folder).begin_anew()
    after = index.judge(before.epoch, before.position, PLACES, WORLD, True)
    assert after.epoch != before.epoch
    assert not after.is_valid
    assert index.version > before.version


# Writing that fails -------------------------------------------------------------------------------------------------


def test_a_change_that_cannot_be_written_is_refused(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("tiles.cache.journal.os.open", refuse)
    with pytest.raises(JournalBroken, match=r"the change was not made: .*Permission denied.*Let this account write"):
        index.journal.append(pending(5))


def test_a_full_disk_at_compaction_stops_the_cache_not_the_change(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = index.judge(0, 0, PLACES, WORLD, True)
    with monkeypatch.context() as patch:
        patch.setattr("tiles.cache.journal.os.posix_fallocate", full)
        while index.journal.append(pending(5)):
            pass
        with pytest.raises(JournalBroken):
            index.look()
    after = index.judge(before.epoch, before.position, PLACES, WORLD, True)
    assert not after.is_valid
    assert after.open


# Compaction ---------------------------------------------------------------------------------------------------------


def test_compaction_keeps_open_changes_and_new_ones_and_forgets_old_ones_safely(tmp_path: Path) -> None:
    index = begun(tmp_path, capacity=16_384)
    reader = Index(Journal(tmp_path))
    epoch = reader.judge(0, 0, PLACES, WORLD, True).epoch
    open_position = index.journal.append(pending(3, xid=99))
    old = index.journal.append(pending(5))
    index.journal.resolve(Kind.COMMITTED, [old])
    name = os.stat(index.journal.path).st_ino
    for _ in range(400):
        last = index.journal.append(pending(7))
        index.journal.resolve(Kind.COMMITTED if _ % 2 else Kind.VOID, [last])
    assert os.stat(index.journal.path).st_ino != name
    assert fact(reader, 3, last, epoch) == (True, True)
    assert fact(reader, 5, open_position, epoch) == (False, False)
    assert fact(reader, 7, last - 1, epoch) == (False, False)
    assert fact(reader, 7, last, epoch) == (True, False)
    assert fact(reader, 50, last - 1, epoch) == (True, False), "a tile made lately need not be made again"
    assert Index(Journal(tmp_path)).judge(0, 0, PLACES, WORLD, True).position >= last - 1


def test_open_changes_that_fill_the_journal_end_the_epoch_instead_of_failing(tmp_path: Path) -> None:
    index = begun(tmp_path, capacity=16_384)
    epoch = index.judge(0, 0, PLACES, WORLD, True).epoch
    for _ in range(400):
        index.journal.append(pending(3))
        index.look()
    now = index.judge(epoch, 10**6, PLACES, WORLD, True)
    assert not now.is_valid
    assert now.open


@pytest.mark.parametrize("seed", range(budget(20, 400)))
def test_no_tile_is_called_right_that_a_change_has_touched(tmp_path: Path, seed: int) -> None:
    """Against a list of all changes: never wrong, and exact unless older changes were forgotten."""
    rng = random.Random(seed)
    writer = begun(tmp_path, capacity=rng.choice([16_384, 65_536]))
    reader = Index(Journal(tmp_path))
    epoch = reader.judge(0, 0, PLACES, WORLD, True).epoch
    changes: dict[int, tuple[float, frozenset[str], str]] = {}
    for _ in range(budget(300, 600)):
        layers = frozenset(rng.sample(["places", "parcels", "streets"], rng.randint(1, 2)))
        x = rng.uniform(0, 40)
        position = writer.journal.append(pending(x, layers=layers))
        changes[position] = (x, layers, "open")
        for known, (at, touched, state) in list(changes.items()):
            if state == "open" and rng.random() < 0.3:
                kind = rng.choice([Kind.COMMITTED, Kind.VOID])
                writer.journal.resolve(kind, [known])
                changes[known] = (at, touched, kind.name)
        if rng.random() < 0.3:
            check_against(reader, epoch, changes, rng)


def check_against(reader: Index, epoch: int, changes: dict[int, tuple[float, frozenset[str], str]], rng: Any) -> None:
    place, layer, stamp = rng.uniform(0, 40), rng.choice(["places", "parcels", "streets"]), rng.randint(1, len(changes))
    touching = {p: s for p, (x, layers, s) in changes.items() if layer in layers and abs(x - place) <= 1}
    verdict = reader.judge(epoch, stamp, frozenset({layer}), shapely.box(place, 0, place + 1, 1), True)
    is_touched = any(s == "COMMITTED" and p > stamp for p, s in touching.items())
    assert verdict.position == max(changes)
    assert {c.record.position for c in verdict.open} == {p for p, s in touching.items() if s == "open"}
    assert not (verdict.is_valid and is_touched)
    floor = reader.journal.mapped().head[Head.FLOOR]
    assert verdict.is_valid is (not is_touched and stamp >= floor)


# Processes ----------------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from tests.tiles.cache.test_journal import pending
from tiles.cache.journal import Journal, Kind
journal = Journal(Path(sys.argv[1]), 32768)
print("ready", flush=True)
while True:
    position = journal.append(pending(float(sys.argv[2])))
    journal.resolve(Kind.COMMITTED, [position])
    print(position, flush=True)
"""


def start_writer(folder: Path, x: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), str(x)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)


@pytest.mark.parametrize("seed", range(budget(1, 25)))
def test_writers_killed_while_appending_and_compacting_lose_nothing_they_reported(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    index = begun(tmp_path, capacity=32_768)
    epoch = index.judge(0, 0, PLACES, WORLD, True).epoch
    writers = [start_writer(tmp_path, 10 * n) for n in range(2)]
    for number, writer in enumerate(writers):
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        until = time.monotonic() + rng.uniform(0.1, 0.5)
        while time.monotonic() < until:
            last = int(writer.stdout.readline())
            assert fact(index, 10 * number, last - 1, epoch)[0] is False
        writer.send_signal(signal.SIGKILL)
        reported = [int(line) for line in writer.stdout.read().split("\n")[:-1] if line] or [last]
        writer.wait()
        fresh = Index(Journal(tmp_path))
        for each in (index, fresh):
            assert fact(each, 10 * number, reported[-1] - 1, epoch)[0] is False
    assert index.judge(0, 0, PLACES, WORLD, True).epoch == epoch
    assert index.journal.append(pending(5)) > 0
