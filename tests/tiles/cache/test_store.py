"""Files of tiles: damage is a miss, size is bounded, left-overs go."""

from __future__ import annotations

import gzip
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.budget import budget
from tiles.cache.store import CachedTile, Kept, Memory, Store, TileKey

KEY = TileKey("parcels", "public", 14, 10577, 6895)


def kept(body: bytes, form: str = "mvt") -> Kept:
    return Kept(CachedTile.of(body, form), epoch=5, stamp=9)


def file_of(store: Store) -> Path:
    (path,) = [p for p in store.folder.glob("*/*") if not p.name.startswith(".")]
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "tiles", 64 << 20)


@pytest.mark.parametrize("form", ["mvt", "webp"])
@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)) * 500])
def test_a_tile_comes_back_as_it_was(store: Store, body: bytes, form: str) -> None:
    key = KEY._replace(form=form)
    store.put(key, kept(body, form))
    back = Store(store.folder, store.limit).read(key)
    assert back is not None
    assert (back.tile.body, back.epoch, back.stamp) == (body, 5, 9)
    assert back.tile.etag == kept(body, form).tile.etag
    assert back.tile.is_empty is (not body)
    assert bool(back.tile.packed) is (form == "mvt" and len(body) > 256)


def test_the_packed_form_is_the_same_each_time_and_holds_the_body() -> None:
    first, second = CachedTile.of(b"a" * 1000, "mvt"), CachedTile.of(b"a" * 1000, "mvt")
    assert first.packed == second.packed
    assert gzip.decompress(first.packed) == first.body == b"a" * 1000
    assert first.etag == second.etag != CachedTile.of(b"b", "mvt").etag


def test_what_is_kept_holds_its_bytes_once(store: Store) -> None:
    made = kept(b"a" * 1000)
    store.put(KEY, made)
    assert made.tile.size == len(made.tile.packed) < 100
    assert made.tile.body == b"a" * 1000


@pytest.mark.parametrize("field", TileKey._fields)
def test_keys_that_differ_in_anything_are_other_tiles(store: Store, field: str) -> None:
    store.put(KEY, kept(b"one"))
    value = getattr(KEY, field)
    changed: dict[str, Any] = {field: value + 1 if isinstance(value, int) else value + "x"}
    other = KEY._replace(**changed)
    assert store.read(other) is None


def test_what_another_release_drew_is_not_found(store: Store) -> None:
    store.put(KEY, kept(b"one"))
    assert Store(store.folder, store.limit, "next").read(KEY) is None
    assert Store(store.folder, store.limit, store.release).read(KEY) is not None


def test_names_cannot_be_mixed_up_across_fields(store: Store) -> None:
    assert store.number(TileKey("a\nb", "c", 1, 2, 3)) != store.number(TileKey("a", "b\nc", 1, 2, 3))


def test_any_damaged_byte_is_a_miss(store: Store) -> None:
    store.put(KEY, kept(os.urandom(200)))
    path = file_of(store)
    good = path.read_bytes()
    for at in range(0, len(good), budget(7, 1)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x40]) + good[at + 1 :])
        assert store.read(KEY) is None, f"byte {at}"
    path.write_bytes(good)
    assert store.read(KEY) is not None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_short_is_a_miss(store: Store, share: float) -> None:
    store.put(KEY, kept(os.urandom(200)))
    path = file_of(store)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert store.read(KEY) is None


def test_a_folder_in_the_place_of_a_file_is_a_miss(store: Store) -> None:
    store.put(KEY, kept(b"one"))
    path = file_of(store)
    path.unlink()
    path.mkdir()
    assert store.read(KEY) is None
    store.put(KEY, kept(b"two"))


def test_a_disk_that_takes_nothing_costs_speed_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "tiles", 64 << 20)
    store.put(KEY, kept(b"one"))
    store.put(KEY, kept(b"one"))
    assert "tiles cannot be kept" in caplog.text
    assert len(caplog.records) == 1, "said once, not for each tile"
    assert store.memory.get(KEY) is not None


def test_the_files_stay_within_their_limit_and_the_oldest_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path, 256 * 20 * 4096)  # twenty files of a block in each shard
    names = [KEY._replace(x=x) for x in range(budget(9_000, 40_000))]
    for key in names:
        store.put(key, kept(b"t", "webp"))
    files, used = store.usage()
    assert used <= store.limit * 1.6, "between two sweeps a shard may run over by what one sweep counts"
    files, used = store.trim()
    assert used <= store.limit
    assert files > 2_000
    fresh = Store(tmp_path, store.limit)
    newest = [fresh.read(key) is not None for key in names[-500:]]
    oldest = [fresh.read(key) is not None for key in names[:500]]
    assert sum(newest) > 450
    assert sum(oldest) < 10


def test_left_overs_of_killed_processes_go(store: Store) -> None:
    store.put(KEY, kept(b"one"))
    old, young = file_of(store).parent / ".1-old", file_of(store).parent / ".1-young"
    for path in (old, young):
        path.write_bytes(b"part")
    os.utime(old, (time.time() - 7200,) * 2)
    store.trim()
    assert (old.exists(), young.exists()) == (False, True)


def test_clearing_removes_every_file(store: Store) -> None:
    store.put(KEY, kept(b"one"))
    store.clear()
    assert store.usage() == (0, 0)
    assert store.memory.get(KEY) is None


def test_memory_is_bounded_by_bytes_and_lets_the_least_used_go() -> None:
    memory = Memory(10 * (1000 + Memory.OVERHEAD))
    first = KEY._replace(x=0)
    for x in range(100):
        memory.put(KEY._replace(x=x), kept(b"z" * 1000, "webp"))
        assert memory.get(first) is not None
        assert memory.used <= memory.limit
    assert memory.get(KEY._replace(x=50)) is None
    memory.put(first, kept(b"z" * 10**6, "webp"))
    assert memory.used == 0, "what is larger than all of it is not kept"


def test_memory_keeps_its_count_among_threads() -> None:
    memory = Memory(50_000)

    def use(start: int) -> None:
        for n in range(3_000):
            memory.put(KEY._replace(x=(start + n) % 97), kept(b"z" * (n % 900), "webp"))
            memory.get(KEY._replace(x=n % 97))

    threads = [threading.Thread(target=use, args=[n * 13]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.used == sum(k.tile.size + memory.OVERHEAD for k in memory._kept.values())
    assert memory.used <= memory.limit
