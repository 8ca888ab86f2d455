"""Tables of the tiles."""

from __future__ import annotations

from tiles.generalise.models import DissolvedBlock, Group, SimplifiedShape, StaleBlock
from tiles.raster.models import Imagery, ImageryFile

__all__ = ["DissolvedBlock", "Group", "Imagery", "ImageryFile", "SimplifiedShape", "StaleBlock"]
