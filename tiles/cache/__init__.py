"""Tiles that are kept, and never stale: see ``exact`` for the argument, ADR 0024 for the decision."""

from __future__ import annotations

from tiles.cache.changes import coarse_reach, install
from tiles.cache.exact import Outcome, get_tile
from tiles.cache.journal import JournalBroken
from tiles.cache.store import CachedTile, TileKey

__all__ = ["CachedTile", "JournalBroken", "Outcome", "TileKey", "coarse_reach", "get_tile", "install"]
