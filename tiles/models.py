"""Tables of the tiles."""

from __future__ import annotations

from tiles.raster.models import Imagery, ImageryFile

__all__ = ["Imagery", "ImageryFile"]
