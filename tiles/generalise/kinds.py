"""How each layer is generalised, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from layers.catalog.base import Layer
from tiles.generalise import zooms

__all__ = ["Generalising", "Kind", "generalised", "kind_of"]


class Kind(Enum):
    """What small scales are drawn from."""

    GROUPS = "groups"  # blocks and plans with the number of their parcels
    COVERAGE = "coverage"  # areas simplified together
    EACH = "each"  # every feature simplified for itself


@dataclass(frozen=True)
class Generalising:
    """How one layer is generalised; ``kind`` is None for a layer that is always drawn as it is stored.

    ``refreshed`` is the name under which its tiles learn that outlines were made again.
    """

    kind: Kind | None
    first_zoom: int
    detail_zoom: int
    refreshed: str
    block_zooms: range = range(0)

    @property
    def zooms(self) -> range:
        """The zooms that have outlines of their own."""
        return range(self.first_zoom, self.detail_zoom) if self.kind is not None else range(0)


def kind_of(layer: Layer) -> Generalising:
    """Return how a layer is generalised.

    Outlines are kept by version, so a table without versions has none; nor have points.
    """
    refreshed = f"{layer.code}~outlines"
    if layer.code == zooms.GROUPED_LAYER:
        return Generalising(Kind.GROUPS, zooms.FIRST_ZOOM, zooms.BLOCK_ZOOMS.stop, refreshed, zooms.BLOCK_ZOOMS)
    kind: Kind | None = None
    if layer.is_versioned and layer.geometry in ("MultiPolygon", "MultiLineString"):
        kind = _KINDS.get(layer.simplify)
    if kind is Kind.COVERAGE and layer.geometry != "MultiPolygon":
        kind = Kind.EACH
    return Generalising(kind, layer.min_zoom, layer.detail_zoom, refreshed)


_KINDS: Final = {"coverage": Kind.COVERAGE, "each": Kind.EACH}


def generalised(layer: Layer, z: int) -> Kind | None:
    """Return what a zoom of a layer is drawn from; None for its rows as they are."""
    how = kind_of(layer)
    return how.kind if z in how.zooms else None
