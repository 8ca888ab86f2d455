"""The zooms at which parcels are drawn as something larger."""

from __future__ import annotations

from typing import Final

__all__ = ["BLOCK_ZOOMS", "FIRST_ZOOM", "GROUPED_LAYER", "PLAN_ZOOMS"]

GROUPED_LAYER: Final = "parcels"
FIRST_ZOOM: Final = 6
PLAN_ZOOMS: Final = range(FIRST_ZOOM, 12)
BLOCK_ZOOMS: Final = range(12, 14)
