"""An OpenStreetMap file as a stream: its points and its areas with all their tags, as GDAL reads them.

How GDAL reads is said in ``osmconf.ini`` beside this module, not in the one that a machine may have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyogrio

__all__ = ["FIELDS", "batches"]

FIELDS: Final = ("osm_type", "osm_id", "osm_timestamp", "all_tags")
_CONFIG: Final = Path(__file__).with_name("osmconf.ini")
_LAYERS: Final = ("points", "multipolygons")


def batches(path: Path, columns: Sequence[str], size: int) -> Iterator[tuple[list[bytes | None], dict[str, list[Any]]]]:
    """Yield geometries as WKB in degrees, and columns of ``FIELDS`` by name."""
    for layer in _LAYERS:
        with pyogrio.raw.open_arrow(
            str(path), layer=layer, batch_size=size, use_pyarrow=True, CONFIG_FILE=str(_CONFIG)
        ) as (meta, reader):
            for batch in reader:
                held = {name: batch.column(name).to_pylist() for name in batch.schema.names}
                wkb = held.pop(meta["geometry_name"] or "wkb_geometry")
                held |= _identity(held, layer, len(wkb))
                yield wkb, {name: held[name] for name in columns}


def _identity(held: dict[str, list[Any]], layer: str, count: int) -> dict[str, list[Any]]:
    """Return what each row is: an area is a way where GDAL gives the way's number, else a relation."""
    ways = held.get("osm_way_id", [None] * count)
    area = ["way" if way else "relation" for way in ways]
    return {
        "osm_type": ["node"] * count if layer == "points" else area,
        "osm_id": [way or other for way, other in zip(ways, held["osm_id"], strict=True)],
    }
