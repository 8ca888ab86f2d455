"""Tiles in files, and the most used of them in memory."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import struct
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from isal import isal_zlib

__all__ = ["CachedTile", "Kept", "Memory", "Store", "TileKey"]

log = logging.getLogger(__name__)

PACKING_LEVEL: Final = 1
"""Of ISA-L, which packs a tile of zoom 16 in 0.13 ms instead of zlib's 0.36 and into 2 % fewer bytes (ADR 0024)."""

_GZIP: Final = 31  # the window's bits and 16 for gzip's header, in which no time stands

PACKED_FROM_BYTES: Final = 256
PACKED_FORMS: Final = frozenset({"mvt", "json", "geojson", "html"})
"""Forms that shrink; pictures are compressed already."""


class TileKey(NamedTuple):
    """What a tile is: everything that its content depends on except the data.

    ``source`` names layer or image, with a hash of its definition where that may change; ``scope`` is ``Scope.code``.
    """

    source: str
    scope: str
    z: int
    x: int
    y: int
    form: str = "mvt"
    grid: str = "WebMercatorQuad"


class CachedTile:
    """The bytes of a tile and their strong ETag: a quoted hash of ``body``. ``packed`` is the same through gzip."""

    __slots__ = ("_body", "_packed", "etag")

    def __init__(self, body: bytes | None, etag: str, packed: bytes | None = b"") -> None:
        """``packed`` is made from ``body`` when it is asked for if it is None, and absent if it is empty."""
        self._body = body
        self._packed = packed
        self.etag = etag

    @classmethod
    def of(cls, body: bytes, form: str) -> CachedTile:
        """Return a tile just made; it has a packed form where that is worth it."""
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        return cls(body, etag, None if len(body) >= PACKED_FROM_BYTES and form in PACKED_FORMS else b"")

    @property
    def body(self) -> bytes:
        return isal_zlib.decompress(self.packed, wbits=_GZIP) if self._body is None else self._body

    @property
    def packed(self) -> bytes:
        if self._packed is None:
            self._packed = isal_zlib.compress(self._body or b"", PACKING_LEVEL, wbits=_GZIP)
        return self._packed

    @property
    def is_empty(self) -> bool:
        return self._body == b""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self._packed or b"") + len(self._body or b"")

    def as_stored(self) -> CachedTile:
        """Return the tile with one form of its bytes only: packed where there is one."""
        return CachedTile(None, self.etag, self.packed) if self.packed else self


@dataclass(slots=True)
class Kept:
    """A tile with the epoch and position it was made at, and the version of the index at which it was last valid."""

    tile: CachedTile
    epoch: int
    stamp: int
    version: int = -1


class Memory:
    """The most recently used tiles of this process, up to a number of bytes."""

    OVERHEAD: Final = 600  # of one entry: key, objects, dictionary

    def __init__(self, limit_bytes: int) -> None:
        self.limit = limit_bytes
        self.used = 0
        self._kept: OrderedDict[TileKey, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: TileKey) -> Kept | None:
        kept = self._kept.get(key)
        if kept is not None:
            with suppress(KeyError):  # another thread may have let it go
                self._kept.move_to_end(key)
        return kept

    def put(self, key: TileKey, kept: Kept) -> None:
        with self._lock:
            self._forget(key)
            self._kept[key] = kept
            self.used += kept.tile.size + self.OVERHEAD
            while self.used > self.limit and self._kept:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: TileKey) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self.used -= old.tile.size + self.OVERHEAD

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.used = 0


MEMORY_BYTES: Final = 32 << 20
_HEADER: Final = struct.Struct("<4sIQQ12sBxHI")  # magic, checksum of the rest, epoch, stamp, hash, packed, key, data
_MAGIC: Final = b"TIL1"
_SHARDS: Final = 256
_SWEEP_EVERY: Final = 32  # writes of this process into one shard
_LEFT_OVER_S: Final = 600.0


class Store:
    """Files of tiles under one folder, in 256 shards that are each kept within their share of ``limit_bytes``.

    ``release`` names the code that draws: what another release drew is not found, whichever of them runs first.
    """

    def __init__(self, folder: Path, limit_bytes: int, release: str = "") -> None:
        self.folder = folder
        self.release = release
        self.limit = limit_bytes
        self.memory = Memory(min(MEMORY_BYTES, limit_bytes))
        self._writes: dict[int, int] = {}
        self._complained_at = -1e9

    def number(self, key: TileKey) -> int:
        """Return a number of 62 bits that stands for the tile in every process."""
        return int(self._name(key)[:16], 16) >> 2

    def _text(self, key: TileKey) -> bytes:
        """Return the key as bytes that no other key has."""
        return repr((self.release, *key)).encode()

    def _name(self, key: TileKey) -> str:
        return hashlib.blake2b(self._text(key), digest_size=16).hexdigest()

    def read(self, key: TileKey) -> Kept | None:
        """Return the tile that is in a file, valid or not, and keep it in memory; None where absent or damaged."""
        kept = self._read(key)
        if kept is not None:
            self.memory.put(key, kept)
        return kept

    def put(self, key: TileKey, kept: Kept) -> None:
        """Keep a tile. A full or unwritable disk costs speed only, and is logged."""
        kept.tile = kept.tile.as_stored()
        self.memory.put(key, kept)
        name = self._name(key)
        shard = f"{self.folder}/{name[:2]}"
        new = f"{shard}/.{os.getpid()}-{secrets.token_hex(6)}"
        raw = _pack(self._text(key), kept)
        try:
            try:
                _write(new, raw)
            except FileNotFoundError:
                os.makedirs(shard, exist_ok=True)
                _write(new, raw)
            os.rename(new, f"{shard}/{name[2:]}")
            self._count(int(name[:2], 16))
        except OSError as error:
            with suppress(OSError):
                os.unlink(new)
            if time.monotonic() - self._complained_at > 60:
                self._complained_at = time.monotonic()
                log.error("tiles cannot be kept in %s: %s", self.folder, error)

    def _read(self, key: TileKey) -> Kept | None:
        name = self._name(key)
        try:
            fd = os.open(f"{self.folder}/{name[:2]}/{name[2:]}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            raw = os.read(fd, os.fstat(fd).st_size)
        except OSError:
            return None
        finally:
            os.close(fd)
        return _unpack(self._text(key), raw)

    # Size -----------------------------------------------------------------------------------------------------------

    def _count(self, shard: int) -> None:
        writes = self._writes.get(shard, 0) + 1
        self._writes[shard] = writes % _SWEEP_EVERY
        if writes == _SWEEP_EVERY:
            self.sweep(shard)

    def sweep(self, shard: int) -> tuple[int, int]:
        """Let the oldest files of a shard go where it is over its share; return files and bytes that stay."""
        share = self.limit // _SHARDS
        files = sorted(self._files(shard))
        used = sum(size for _, size, _ in files)
        count = len(files)
        if used > share:
            for _, size, path in files:
                if used <= share * 0.8:
                    break
                with suppress(OSError):
                    os.unlink(path)
                used -= size
                count -= 1
        return count, used

    def _files(self, shard: int) -> Iterator[tuple[float, int, str]]:
        """Yield time, bytes on the disk and path of each tile; left-overs of killed processes go."""
        now = time.time()
        try:
            entries = list(os.scandir(self.folder / f"{shard:02x}"))
        except FileNotFoundError:
            return
        for entry in entries:
            with suppress(FileNotFoundError):
                stat = entry.stat(follow_symlinks=False)
                if entry.name.startswith("."):
                    if now - stat.st_mtime > _LEFT_OVER_S:
                        os.unlink(entry.path)
                    continue
                yield stat.st_mtime, stat.st_blocks * 512, entry.path

    def trim(self) -> tuple[int, int]:
        """Bring every shard within its share; return files and bytes that stay."""
        found = [self.sweep(shard) for shard in range(_SHARDS)]
        return sum(count for count, _ in found), sum(used for _, used in found)

    def usage(self) -> tuple[int, int]:
        """Return how many files there are, and the bytes that they take on the disk."""
        sizes = [size for shard in range(_SHARDS) for _, size, _ in self._files(shard)]
        return len(sizes), sum(sizes)

    def clear(self) -> None:
        """Remove every file."""
        self.memory.clear()
        for shard in range(_SHARDS):
            for _, _, path in self._files(shard):
                with suppress(FileNotFoundError):
                    os.unlink(path)


def _write(path: str, raw: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        os.write(fd, raw)
    finally:
        os.close(fd)


def _pack(text: bytes, kept: Kept) -> bytes:
    tile = kept.tile
    data = tile.packed or tile.body
    head = (kept.epoch, kept.stamp, bytes.fromhex(tile.etag.strip('"')), bool(tile.packed), len(text), len(data))
    rest = _HEADER.pack(_MAGIC, 0, *head)[8:] + text + data
    return _MAGIC + struct.pack("<I", zlib.crc32(rest)) + rest


def _unpack(text: bytes, raw: bytes) -> Kept | None:
    if len(raw) < _HEADER.size:
        return None
    magic, checksum, epoch, stamp, digest, is_packed, text_size, data_size = _HEADER.unpack_from(raw)
    text_end = _HEADER.size + text_size
    if magic != _MAGIC or len(raw) != text_end + data_size or zlib.crc32(memoryview(raw)[8:]) != checksum:
        return None
    if raw[_HEADER.size : text_end] != text:
        return None
    data = raw[text_end:]
    etag = f'"{digest.hex()}"'
    return Kept(CachedTile(None, etag, data) if is_packed else CachedTile(data, etag), epoch, stamp)
