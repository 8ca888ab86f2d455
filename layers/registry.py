"""The layers by code, written out. The codes are also the collections of the OGC API and the names of tile sets.

Beside them stand the layers that a GIS engineer added without code (``layers.added``); ``find_layer`` and
``all_layers`` know both, and read the added ones from the database each time, so that none is ever out of date.
"""

from __future__ import annotations

from typing import Final

from layers.catalog import (
    addresses,
    blocks,
    districts,
    growth_phases,
    open_cases,
    parcels,
    places,
    plans,
    prohibited_zones,
    streets,
    zoning,
)
from layers.catalog.base import Layer

__all__ = ["LAYERS"]

LAYERS: Final[dict[str, Layer]] = {
    "parcels": parcels.LAYER,
    "plans": plans.LAYER,
    "blocks": blocks.LAYER,
    "districts": districts.LAYER,
    "streets": streets.LAYER,
    "zoning": zoning.LAYER,
    "places": places.LAYER,
    "growth_phases": growth_phases.LAYER,
    "prohibited_zones": prohibited_zones.LAYER,
    "addresses": addresses.LAYER,
    "open_cases": open_cases.LAYER,
}
