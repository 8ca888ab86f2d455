"""A tile from the cache if and only if no change has touched it since it was made.

What makes it exact (design promise 5):

1. A change is in the journal, open, before its transaction begins to commit.
2. A maker reads the newest position of the journal *before* its first statement; the tile carries it as its stamp. It
   sees every change up to that position that is not open, since those were over before.
3. A tile that an open change touches is neither served from the cache nor kept.
4. A kept tile is served only where no committed change behind its stamp touches it.

So a tile may be made once too often, and never shown once too long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Literal

import shapely
from django.db import connections
from shapely.geometry.base import BaseGeometry

from tiles.cache import changes
from tiles.cache.flight import sole_maker
from tiles.cache.index import Box, Verdict
from tiles.cache.journal import JournalBroken
from tiles.cache.place import Place, here
from tiles.cache.store import CachedTile, Kept, TileKey

__all__ = ["Outcome", "get_tile"]

log = logging.getLogger(__name__)

Outcome = Literal["hit", "miss", "dirty"]

_MARGIN: Final = 1 / 2048
"""Of a tile's width: what lies this close to its box may be rounded into it."""


def get_tile(
    key: TileKey,
    *,
    layers: frozenset[str],
    box_3857: Box,
    make: Callable[[], bytes],
    detail: bool = True,
) -> tuple[CachedTile, Outcome]:
    """Return a tile as of the last commit, and where it comes from.

    Parameters
    ----------
    layers
        Codes of the layers whose change touches the source, as they are announced: ``{"parcels"}``.
    box_3857
        The tile's box with its drawing buffer, in EPSG:3857.
    make
        Makes the tile; ``b""`` is an empty one, which is kept too. It must read the database with statements that begin
        after it is called.
    detail
        False at zooms that are drawn from generalised data: what counts is how far a change reaches there.

    Returns
    -------
    tuple
        ``hit``: from the cache. ``miss``: made and kept. ``dirty``: made and not kept, since a change of this tile is
        about to commit, the caller is in a transaction of its own, or there is no cache.
    """
    place = here()
    if place is None:
        return CachedTile.of(make(), key.form), "dirty"
    try:
        kept = place.store.memory.get(key)
        if kept is not None and kept.version == place.index.look():
            return kept.tile, "hit"
        margin = (box_3857[2] - box_3857[0]) * _MARGIN
        box = shapely.box(box_3857[0] - margin, box_3857[1] - margin, box_3857[2] + margin, box_3857[3] + margin)
        return _Asked(place, key, layers, box, detail).answer(make)
    except JournalBroken as error:  # before the tile was made, never after
        log.error("the tile cache cannot be used, so tiles are made each time: %s", error)
        return CachedTile.of(make(), key.form), "dirty"


class _Asked:
    """One request that memory alone could not answer."""

    def __init__(self, place: Place, key: TileKey, layers: frozenset[str], box: BaseGeometry, detail: bool) -> None:
        self.place = place
        self.key = key
        self.layers = layers
        self.box = box
        self.detail = detail

    def answer(self, make: Callable[[], bytes]) -> tuple[CachedTile, Outcome]:
        tile, verdict = self.find()
        if tile is not None:
            return tile, "hit"
        if verdict.open or _in_transaction():
            return CachedTile.of(make(), self.key.form), "dirty"
        with sole_maker(self.place.folder / "flights", self.place.store.number(self.key)):
            tile, verdict = self.find()  # made by another meanwhile?
            if tile is not None:
                return tile, "hit"
            tile = CachedTile.of(make(), self.key.form)
            if verdict.open:
                return tile, "dirty"
            self.place.store.put(self.key, Kept(tile, verdict.epoch, verdict.position, verdict.version))
            return tile, "miss"

    def find(self) -> tuple[CachedTile | None, Verdict]:
        """Return the tile that is kept, if it is right, and how things stand."""
        store = self.place.store
        kept = store.memory.get(self.key) or store.read(self.key)
        verdict = self.judge(kept)
        if kept is not None and not verdict.is_valid and not verdict.open:
            kept = store.read(self.key)  # another process may have made it again
            verdict = self.judge(kept)
        if kept is None or not verdict.is_valid or verdict.open:
            return None, verdict
        kept.version = verdict.version
        return kept.tile, verdict

    def judge(self, kept: Kept | None) -> Verdict:
        """Return how things stand, having asked the database about open changes where that is due."""
        index = self.place.index
        made_at = (kept.epoch, kept.stamp) if kept is not None else (0, 0)
        verdict = index.judge(*made_at, self.layers, self.box, self.detail)
        crowded = verdict.crowd > changes.CROWD
        if (verdict.open or crowded) and not _in_transaction() and changes.resolve(index, verdict.open):
            verdict = index.judge(*made_at, self.layers, self.box, self.detail)
        return verdict


def _in_transaction() -> bool:
    """Return whether this thread may see less, or more, than what has committed now."""
    connection = connections["default"]
    return connection.connection is not None and (connection.in_atomic_block or not connection.autocommit)
