"""The shape in which features of a file are handed to a loader.

All geometries are shapely objects in the storage CRS, two-dimensional, every coordinate a whole millimetre
(``round(x * 1000) / 1000``). Rows are counted from 1 in the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from layers.files.defects import DefectNote

__all__ = ["StagedFeature", "StagedParcel"]


@dataclass(frozen=True)
class StagedParcel:
    """One parcel of a file, ready for ``load_fabric``: geometry on the grid, faults noted, nothing judged.

    ``defects`` are ``(kind, detail)`` pairs: ``kind`` is a key of ``layers.files.defects.KINDS``, ``detail`` a
    JSON-able mapping that fills its sentences. ``original_wkb`` is the geometry exactly as the file had it, in the
    file's CRS, kept where ours differs by more than the rounding to the grid. ``parcel_no`` is "" where the file had
    none. ``geometry`` is None where nothing can be loaded; a defect of a kind that is not loaded then says why.
    """

    row: int
    plan_no: str
    block_no: str
    parcel_no: str
    land_use: str
    official_area_m2: Decimal | None
    surveyed_area_m2: Decimal | None
    geometry: MultiPolygon | None
    original_wkb: bytes | None = None
    defects: tuple[DefectNote, ...] = ()
    uid: str | None = None
    building_area_m2: Decimal | None = None
    unit_count: int | None = None


@dataclass(frozen=True)
class StagedFeature:
    """One feature of any other layer: its field values by our field names, and its geometry in the storage CRS."""

    row: int
    values: Mapping[str, Any]
    geometry: BaseGeometry | None
    original_wkb: bytes | None = None
    defects: tuple[DefectNote, ...] = field(default=())
