"""Which changes touch a tile: the journal as every process keeps it in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from tiles.cache.journal import EVERYTHING, OPEN, Head, Journal, JournalBroken, Kind, Record

__all__ = ["Box", "Index", "OpenChange", "Verdict"]

Box = tuple[float, float, float, float]

_TAIL: Final = 64


@dataclass
class OpenChange:
    """A change whose transaction is not known to be over. ``asked_at`` is when the database was last asked."""

    record: Record
    geometry: BaseGeometry | None = None
    coarse: BaseGeometry | None = None
    asked_at: float = -1e9
    waits_for: set[str] | None = None  # of a barrier: the transactions that ran when somebody first looked

    def touches(self, layers: frozenset[str], box: BaseGeometry, detail: bool) -> bool:
        if self.record.layers != EVERYTHING and self.record.layers.isdisjoint(layers):
            return False
        geometry = self.geometry if detail else self.coarse
        return geometry is None or bool(shapely.intersects(geometry, box))


class _Changes:
    """Committed changes of one layer: trees of doubling size, and a short tail that no tree holds yet."""

    def __init__(self) -> None:
        self.trees: list[tuple[shapely.STRtree, NDArray[np.int64]]] = []
        self.tail: list[tuple[BaseGeometry, int]] = []
        self.newest = 0

    def add(self, parts: NDArray[Any], position: int) -> None:
        self.tail.extend((part, position) for part in parts)
        self.newest = max(self.newest, position)
        if len(self.tail) > _TAIL:
            self._fold()

    def _fold(self) -> None:
        geometries = np.array([part for part, _ in self.tail], dtype=object)
        positions = np.array([position for _, position in self.tail], dtype=np.int64)
        self.tail = []
        while self.trees and len(self.trees[-1][1]) <= 2 * len(positions):
            tree, older = self.trees.pop()
            geometries = np.concatenate([tree.geometries, geometries])
            positions = np.concatenate([older, positions])
        self.trees.append((shapely.STRtree(geometries), positions))

    def touched_after(self, position: int, box: BaseGeometry) -> bool:
        if self.newest <= position:
            return False
        late = [part for part, at in self.tail if at > position]
        if late and bool(shapely.intersects(late, box).any()):
            return True
        for tree, positions in self.trees:
            found = tree.query(box, predicate="intersects")
            if len(found) and positions[found].max() > position:
                return True
        return False


class Verdict(NamedTuple):
    """How things stand for one tile: what belongs to one version of the index."""

    version: int
    epoch: int
    position: int  # of the newest change: the stamp of a tile made from now on
    open: list[OpenChange]  # those that touch the tile
    is_valid: bool
    crowd: int  # how many changes are open, these and others


class Standing(NamedTuple):
    """What the journal holds, for people."""

    position: int
    open: int
    filled: float  # 0 to 1; at 1 the older half is forgotten


@dataclass
class _View:
    """What was read of one journal file."""

    mapped: Any = None
    read_to: int = 0
    epoch: int = 0
    last: int = 0
    floor: int = 0
    open: dict[int, OpenChange] = field(default_factory=dict)
    fine: dict[str, _Changes] = field(default_factory=dict)
    coarse: dict[str, _Changes] = field(default_factory=dict)


class Index:
    """Answers for one journal. ``version`` changes with everything that is read, and never comes back."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.version = 0
        self._view = _View()
        self._lock = threading.RLock()

    def look(self) -> int:
        """Read what is new, and return the version. About a microsecond where nothing is."""
        view = self._view
        mapped = self.journal.mapped()
        if mapped is view.mapped and mapped.head[Head.END] == view.read_to:
            return self.version
        return self._read()

    def _read(self) -> int:
        with self._lock:
            for _ in range(5):
                mapped = self.journal.mapped()
                if mapped is not self._view.mapped:
                    self.version += 1  # also for those who look while this view is half read
                    head = mapped.head
                    self._view = _View(mapped, 0, head[Head.EPOCH], head[Head.BASE], head[Head.FLOOR])
                end = mapped.head[Head.END]
                try:
                    records = self.journal.records(mapped, self._view.read_to, end)
                except JournalBroken:
                    continue
                for record in records:
                    self._take(record)
                self.version += 1  # before `read_to`: who looks without the lock must not meet the old version
                self._view.read_to = end
                return self.version
            raise JournalBroken(f"the tile journal in {self.journal.folder} cannot be read")

    def _take(self, record: Record) -> None:
        view = self._view
        view.last = max(view.last, record.position)
        if record.kind in OPEN:
            geometry = shapely.from_wkb(record.geometry) if record.geometry else None
            coarse = shapely.from_wkb(record.coarse) if record.coarse else geometry
            for shape in (geometry, coarse):
                if shape is not None:
                    shapely.prepare(shape)
            view.open[record.position] = OpenChange(record, geometry, coarse)
        elif record.layers:  # a compacted journal holds committed changes whole
            geometry = shapely.from_wkb(record.geometry) if record.geometry else None
            coarse = shapely.from_wkb(record.coarse) if record.coarse else geometry
            self._commit(OpenChange(record, geometry, coarse))
        else:
            change = view.open.pop(record.position, None)
            if change is not None and record.kind is Kind.COMMITTED:
                self._commit(change)

    def _commit(self, change: OpenChange) -> None:
        view, position = self._view, change.record.position
        if change.record.layers == EVERYTHING or change.geometry is None:
            view.floor = max(view.floor, position)
            return
        fine = _parts(change.geometry)
        coarse = fine if change.coarse is change.geometry else _parts(change.coarse)
        for layer in change.record.layers:
            view.fine.setdefault(layer, _Changes()).add(fine, position)
            view.coarse.setdefault(layer, _Changes()).add(coarse, position)

    # Questions ------------------------------------------------------------------------------------------------------

    def all_open(self) -> list[OpenChange]:
        with self._lock:
            return list(self._view.open.values())

    def standing(self) -> Standing:
        """Return what the journal holds."""
        with self._lock:
            self.look()
            return Standing(self._view.last, len(self._view.open), self._view.read_to / self._view.mapped.size)

    def judge(self, epoch: int, stamp: int, layers: frozenset[str], box: BaseGeometry, detail: bool) -> Verdict:
        """Return how things stand now for a tile, and whether one made at ``stamp`` is right as far as committed
        changes go.
        """
        with self._lock:
            version = self.look()
            view = self._view
            met = [change for change in view.open.values() if change.touches(layers, box, detail)]
            is_valid = epoch == view.epoch and stamp >= view.floor
            if is_valid and stamp < view.last:
                changes = view.fine if detail else view.coarse
                is_valid = not any(layer in changes and changes[layer].touched_after(stamp, box) for layer in layers)
            return Verdict(version, view.epoch, view.last, met, is_valid, len(view.open))


def _parts(geometry: BaseGeometry | None) -> NDArray[Any]:
    parts: NDArray[Any] = shapely.get_parts(geometry, return_index=False)
    shapely.prepare(parts)
    return parts
