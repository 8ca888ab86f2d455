"""What a source of tiles is: the contract that caches, archives and views rely on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tiles.grid import Box, Grid

__all__ = ["BUFFER", "MEDIA_TYPE", "CannotRead", "TileSource", "Zooms"]

BUFFER = 1 / 64
"""How far a vector tile reaches over its own edge, as a share of its side: lines have a width there too."""

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


class CannotRead(LookupError):
    """The layer does not exist, or not for who is asking: both are answered alike."""


@dataclass(frozen=True)
class Zooms:
    """The zooms at which a source has anything; outside them every tile is empty."""

    first: int
    last: int

    def __contains__(self, z: object) -> bool:
        return isinstance(z, int) and self.first <= z <= self.last


class TileSource(Protocol):
    """One set of tiles as one scope may see it."""

    @property
    def id(self) -> str:
        """The name in addresses."""
        ...

    @property
    def zooms(self) -> Zooms:
        """Where it has anything."""
        ...

    def depends_on(self, z: int) -> frozenset[str]:
        """Return the names under which a change that can alter a tile of this zoom is announced."""
        ...

    def reaches_beyond(self, grid: Grid, z: int) -> bool:
        """Return whether a change can alter a tile of this zoom that the changed land itself does not meet."""
        ...

    def tile(self, grid: Grid, z: int, x: int, y: int) -> bytes:
        """Make a tile from what is committed now; empty bytes where it holds nothing.

        Raises ``layers.querying.TooSlow`` where making it takes longer than a tile may.
        """
        ...

    def bounds(self) -> Box | None:
        """Return roughly where it has anything, in EPSG:3857; None where it is empty."""
        ...
