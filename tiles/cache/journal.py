"""What changed, in the order it was told: one file for all processes of a machine, read in a microsecond.

A writer appends ``PENDING`` with the land it touches before its transaction commits, and ``COMMITTED`` after it; where
it could not, whoever meets the record asks the database and appends ``COMMITTED`` or ``VOID``. Positions count the
pending records. They only grow within an *epoch*, the life of a journal; a tile remembers both.

The file has a fixed size that is taken on the disk when it is made, and is mapped into memory by every process. Its
first page holds numbers of 64 bits (``Head``). A record counts from the moment that ``END`` lies behind it, so one
that was torn by a kill is overwritten by the next. Appending and replacing are done under one ``flock``; reading takes
no lock. A replaced or deleted file has no name any more (``st_nlink``), which its readers see at their next look.

Nothing is synced to the disk: a journal of another boot of the machine is not believed, and begins anew.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import secrets
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Final

__all__ = ["CAPACITY", "EVERYTHING", "Journal", "JournalBroken", "Kind", "Record"]

log = logging.getLogger(__name__)

CAPACITY: Final = 4 << 20
"""Bytes of a journal: about ten thousand changes of a few parcels each; then the older half is let go."""

EVERYTHING: Final = frozenset({"*"})
"""Layers of a record that touches every tile."""

_PAGE: Final = 4096
_MAGIC: Final = int.from_bytes(b"TILEJRN1", "little")
_RECORD: Final = struct.Struct(
    "<IIQQBxHII"
)  # length, checksum of the rest, position, xid, kind, layers, geometry, coarse


class Head(IntEnum):
    """Places of the numbers in the first page."""

    MAGIC = 0
    EPOCH = 1  # random; a tile of another epoch is not valid
    END = 2  # the first byte behind the last record
    LAST = 3  # position of the newest pending record
    FLOOR = 4  # a tile made before this position is not valid: what touched it since is forgotten
    BROKEN = 5  # a change could not be written: nothing is valid until the journal begins anew
    BOOT_A = 6
    BOOT_B = 7
    BASE = 8  # LAST as it was when the file was made


class Kind(IntEnum):
    PENDING = 1
    COMMITTED = 2
    VOID = 3
    BARRIER = 4  # pending until every transaction is over that ran when somebody first looked


OPEN: Final = frozenset({Kind.PENDING, Kind.BARRIER})


class JournalBroken(OSError):
    """The journal cannot be read or written; the message says where and what to do."""


@dataclass(frozen=True)
class Record:
    """One line of the journal. ``geometry`` and ``coarse`` are WKB in EPSG:3857; no ``coarse`` means the same."""

    kind: Kind
    position: int
    layers: frozenset[str] = frozenset()
    xid: int = 0
    geometry: bytes = b""
    coarse: bytes = b""

    def to_bytes(self) -> bytes:
        layers = "\n".join(sorted(self.layers)).encode()
        body = layers + self.geometry + self.coarse
        length = _RECORD.size + len(body)
        head = (self.position, self.xid, self.kind, len(layers), len(self.geometry), len(self.coarse))
        checked = _RECORD.pack(length, 0, *head) + body
        return _RECORD.pack(length, zlib.crc32(checked), *head) + body


def read_records(raw: bytes) -> Iterator[Record]:
    """Return the records of the data part of a journal.

    Raises
    ------
    JournalBroken
        A length or a checksum is wrong.
    """
    at = 0
    while at < len(raw):
        if at + _RECORD.size > len(raw):
            raise JournalBroken("a record of the journal is cut short")
        length, checksum, position, xid, kind, *sizes = _RECORD.unpack_from(raw, at)
        whole = raw[at : at + length]
        if length < _RECORD.size or len(whole) < length or zlib.crc32(whole[:4] + b"\0\0\0\0" + whole[8:]) != checksum:
            raise JournalBroken(f"the record at byte {at} of the journal is damaged")
        a = _RECORD.size
        b = a + sizes[0]
        c = b + sizes[1]
        layers = frozenset(whole[a:b].decode().split("\n")) if sizes[0] else frozenset()
        yield Record(Kind(kind), position, layers, xid, whole[b:c], whole[c:])
        at += length


def _boot() -> tuple[int, int]:
    """Return the identity of this run of the machine."""
    raw = bytes.fromhex(Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", ""))
    return int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little")


class _Mapped:
    """One journal file in memory. ``head[Head.END]`` is one load of eight aligned bytes, so never half a number."""

    def __init__(self, path: Path) -> None:
        with open(path, "r+b") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= _PAGE:
                raise JournalBroken(f"{path} is not a journal")
            self.data = mmap.mmap(file.fileno(), size)
            self.fd = os.dup(file.fileno())
        os.set_inheritable(self.fd, False)
        self.size = size
        self.head = memoryview(self.data)[:_PAGE].cast("Q")

    def __del__(self) -> None:
        if hasattr(self, "fd"):
            os.close(self.fd)

    @property
    def is_sound(self) -> bool:
        head = self.head
        return (
            head[Head.MAGIC] == _MAGIC
            and (head[Head.BOOT_A], head[Head.BOOT_B]) == _boot()
            and _PAGE <= head[Head.END] <= self.size
            and not head[Head.BROKEN]
        )


class Journal:
    """The journal of one database in one folder. Safe for threads and for any number of processes.

    ``capacity`` is that of a file made by this object; one that is there already keeps its own.
    """

    def __init__(self, folder: Path, capacity: int = CAPACITY) -> None:
        self.folder = folder
        self.path = folder / "journal"
        self.capacity = capacity
        self._mapped: _Mapped | None = None
        self._opening = threading.Lock()

    # Looking --------------------------------------------------------------------------------------------------------

    def mapped(self) -> _Mapped:
        """Return the journal that has the name now; one that is missing, damaged or of another boot begins anew."""
        mapped = self._mapped
        if mapped is not None and os.fstat(mapped.fd).st_nlink and not mapped.head[Head.BROKEN]:
            return mapped
        with self._opening:
            mapped = self._sound()
            if mapped is None:
                try:
                    mapped = self._begin_anew(unless_sound=True)
                except OSError as error:
                    raise JournalBroken(f"the tile journal {self.path} cannot be begun: {error}") from error
            self._mapped = mapped
            return mapped

    def _sound(self) -> _Mapped | None:
        """Return the journal under the name if it can be believed."""
        try:
            mapped = _Mapped(self.path)
        except (OSError, ValueError):
            return None
        return mapped if mapped.is_sound else None

    def records(self, mapped: _Mapped, begin: int, end: int) -> list[Record]:
        """Return the records between two offsets. Damage ends the epoch: the next look finds a new journal."""
        begin = max(begin, _PAGE)
        with suppress(JournalBroken, ValueError):
            return list(read_records(mapped.data[begin:end]))
        try:
            with self.locked():  # what another processor wrote is seen by now
                return list(read_records(mapped.data[begin:end]))
        except (OSError, ValueError) as error:
            log.error("the tile journal %s is damaged (%s); every cached tile is forgotten", self.path, error)
            mapped.head[Head.BROKEN] = 1
            raise JournalBroken(str(error)) from error

    # Writing --------------------------------------------------------------------------------------------------------

    def append(self, record: Record) -> int:
        """Write a pending change and return its position; every process sees it when this returns.

        Without a journal there is no tile to spoil: nothing is written, and 0 returned. (One that is begun at this
        moment waits for the transaction of this change, whose number is older.)

        Raises
        ------
        JournalBroken
            The journal is there but cannot be written. The change must not commit then.
        """
        return self._append([record], is_new=True)

    def resolve(self, kind: Kind, positions: Iterable[int]) -> None:
        """Write that changes have committed, or are void. May be lost, and may be said twice."""
        records = [Record(kind, position) for position in positions]
        if records:
            self._append(records, is_new=False)

    def _append(self, records: list[Record], *, is_new: bool) -> int:
        try:
            os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return 0
        except OSError as error:
            raise self._unreachable(error) from error
        try:
            with self.locked():
                return self._write(records, is_new=is_new)
        except JournalBroken:
            raise
        except OSError as error:
            raise self._unreachable(error) from error

    def _write(self, records: list[Record], *, is_new: bool) -> int:
        try:
            mapped = _Mapped(self.path)
        except (FileNotFoundError, JournalBroken):
            return 0
        if not mapped.is_sound:
            return 0  # its readers have left it, or leave it now; the next one waits for this transaction
        position = mapped.head[Head.LAST] + 1
        raws = [(replace(r, position=position) if is_new else r).to_bytes() for r in records]
        total = sum(map(len, raws))
        if mapped.head[Head.END] + total > mapped.size:
            compacted = self._compact(mapped, total)
            if compacted is None:
                return 0
            mapped = compacted
        end = mapped.head[Head.END]
        for raw in raws:
            mapped.data[end : end + len(raw)] = raw
            end += len(raw)
        if is_new:
            mapped.head[Head.LAST] = position
        mapped.head[Head.END] = end
        return position

    def _compact(self, mapped: _Mapped, wanted: int) -> _Mapped | None:
        """Keep what is open and the newer half of what has committed; forget void and older changes.

        Tiles made before the newest forgotten change become misses (``FLOOR``). Readers of the old file see that it
        has lost its name. Where there is no room for the new file, the old one is declared broken: its readers go to
        the database until there is.
        """
        try:
            records, floor = _essence(list(read_records(mapped.data[_PAGE : mapped.head[Head.END]])), mapped.size // 2)
            raws = [record.to_bytes() for record in records]
            if _PAGE + sum(map(len, raws)) + wanted > self.capacity:
                raise JournalBroken("the open changes alone fill the journal")
            epoch, last = mapped.head[Head.EPOCH], mapped.head[Head.LAST]
            return self._place(raws, epoch=epoch, last=last, floor=max(floor, mapped.head[Head.FLOOR]))
        except (OSError, ValueError) as error:
            log.error("the tile journal %s cannot be compacted (%s); every cached tile is forgotten", self.path, error)
            mapped.head[Head.BROKEN] = 1
            return None

    # Beginning anew -------------------------------------------------------------------------------------------------

    def begin_anew(self) -> None:
        """Forget every tile, at once and in every process."""
        with self._opening:
            self._mapped = self._begin_anew(unless_sound=False)

    def _begin_anew(self, *, unless_sound: bool) -> _Mapped:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.locked():
            mapped = self._sound() if unless_sound else None
            if mapped is not None:
                return mapped
            # Changes announced to the lost journal may be about to commit: wait for whoever runs now.
            barrier = Record(Kind.BARRIER, 1, EVERYTHING)
            return self._place([barrier.to_bytes()], epoch=secrets.randbits(63), last=1, floor=0)

    def _place(self, raws: list[bytes], *, epoch: int, last: int, floor: int) -> _Mapped:
        """Put a journal with these records under the name; the lock is held."""
        old: _Mapped | None = None
        new = self.folder / "journal.new"
        new.unlink(missing_ok=True)
        fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660)
        try:
            os.posix_fallocate(fd, 0, self.capacity)  # a full disk must not be found out by a write to mapped memory
        finally:
            os.close(fd)
        mapped = _Mapped(new)
        end = _PAGE
        for raw in raws:
            mapped.data[end : end + len(raw)] = raw
            end += len(raw)
        head = mapped.head
        head[Head.MAGIC], head[Head.EPOCH], head[Head.END], head[Head.LAST] = _MAGIC, epoch, end, last
        head[Head.FLOOR], head[Head.BROKEN], head[Head.BASE] = floor, 0, last
        head[Head.BOOT_A], head[Head.BOOT_B] = _boot()
        with suppress(OSError, ValueError):
            old = _Mapped(self.path)
        os.rename(new, self.path)
        if old is not None:  # its readers see that it has no name any more; unless somebody gave it a second one
            old.head[Head.BROKEN] = 1
        return mapped

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one lock for appending and replacing; it goes with the process that holds it."""
        path = self.folder / "lock"
        while True:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                if not os.fstat(fd).st_nlink:
                    continue  # somebody removed the folder meanwhile: the lock of the new one counts
                yield
                return
            finally:
                os.close(fd)

    def _unreachable(self, error: OSError) -> JournalBroken:
        return JournalBroken(
            f"the change was not made: the tile cache in {self.folder} cannot be told ({error.strerror or error}),"
            " and would show old tiles. Let this account write there, or stop the site and remove the folder."
        )


def _essence(records: list[Record], room: int) -> tuple[list[Record], int]:
    """Return what a compacted journal keeps, in order, and the position of the newest change that it forgets."""
    over = {r.position: r.kind for r in records if r.kind not in OPEN and not r.layers}
    kept: list[Record] = []
    floor = 0
    for record in reversed(records):
        if not record.layers or over.get(record.position) is Kind.VOID:
            continue
        if record.kind in OPEN and record.position not in over:
            kept.append(record)
            continue
        room -= _RECORD.size + len(record.geometry) + len(record.coarse) + 64
        if room < 0 or record.kind is Kind.BARRIER:
            floor = max(floor, record.position)
        else:
            kept.append(replace(record, kind=Kind.COMMITTED))
    return kept[::-1], floor
