"""What a caller hands to ``load_fabric`` is looked at again: no outline enters the register that is not sound.

Files come through ``layers.files``, which cleans them; a program that stages parcels of its own may not have. The same
repair is used: rounded to the grid, an invalid ring stored repaired and its original kept, what has no area left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from layers.files.cleaning import Cleaned, clean, snap
from layers.files.staging import StagedParcel

__all__ = ["PLACE", "made_sound"]

PLACE = "at"
"""Key of a defect's detail that holds the place of the fault, [x, y] in the storage CRS."""


def made_sound(parcels: Sequence[StagedParcel]) -> list[StagedParcel]:
    """Return the parcels with valid outlines on the grid; what had to be mended says so among its defects.

    A parcel without a geometry, or with one of which nothing can be kept, comes back without one.

    Examples
    --------
    >>> bow_tie = MultiPolygon([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
    >>> (parcel,) = made_sound([StagedParcel(1, "", "", "7", "", None, None, bow_tie)])
    >>> parcel.geometry.area, parcel.defects
    (2.0, (('invalid_ring', {'reason': 'Self-intersection', 'at': [1.0, 1.0]}), ('several_parts', {'parts': 2})))
    """
    land = np.array([p.geometry for p in parcels], dtype=object)
    suspect = np.flatnonzero(~_sound(land))
    if not len(suspect):
        return list(parcels)
    wkb = [None if g is None else shapely.to_wkb(g) for g in land[suspect]]
    mended = dict(zip(suspect.tolist(), clean(land[suspect], wkb, 1, _stay), strict=True))
    return [_mended(p, mended[n]) if n in mended else p for n, p in enumerate(parcels)]


def _sound(land: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which geometries are valid multipolygons with every coordinate a whole millimetre."""
    sound = (shapely.get_type_id(land) == shapely.GeometryType.MULTIPOLYGON) & ~shapely.has_z(land)
    sound &= shapely.is_valid(land) & ~shapely.is_empty(land)
    xy, index = shapely.get_coordinates(land, return_index=True)
    sound[index[(snap(xy) != xy).any(axis=1)]] = False  # true of what is not a number too
    return sound


def _stay(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return xy


def _mended(parcel: StagedParcel, found: Cleaned) -> StagedParcel:
    """Return the parcel as it was cleaned; a kind of defect that the caller listed already is not listed twice."""
    listed = {kind for kind, _ in parcel.defects}
    fresh = []
    for defect in found.defects:
        if defect.kind not in listed:
            spot = None if defect.where is None or defect.kind != "invalid_ring" else defect.where.centroid
            place = {} if spot is None else {PLACE: [spot.x, spot.y]}
            fresh.append((defect.kind, {**defect.params, **place}))
    geometry = found.geometry if isinstance(found.geometry, MultiPolygon) else None
    original = parcel.original_wkb if parcel.original_wkb is not None else found.original_wkb
    return replace(parcel, geometry=geometry, original_wkb=original, defects=(*parcel.defects, *fresh))
