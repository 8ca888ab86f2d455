"""The corners of a parcel as a table for a spreadsheet or a field instrument."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from land_services.domain import BoundaryCorner
from layers import crs as systems

__all__ = ["corner_table"]

HEAD = (
    "corner", "easting_m", "northing_m", "crs", "surveyed_easting_m", "surveyed_northing_m", "surveyed_crs",
    "longitude", "latitude",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t")
"""A cell that begins so would be worked out by a spreadsheet: a surveyor's number is never a formula."""


def corner_table(corners: Sequence[BoundaryCorner], crs: str) -> bytes:
    """Return the corners as CSV in UTF-8 with a byte order mark, as spreadsheets want it.

    Parameters
    ----------
    corners : sequence of BoundaryCorner
        In the storage CRS ``crs``, each with the coordinates it was surveyed with, where they are known.
    crs : str
        The storage CRS, ``EPSG:n``.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    here = np.array([(corner.x, corner.y) for corner in corners], dtype=np.float64).reshape(-1, 2)
    points = systems.transform_coordinates(here, crs, 4326)
    for corner, (longitude, latitude) in zip(corners, points, strict=True):
        number = f"'{corner.number}" if corner.number.startswith(FORMULA) else corner.number
        surveyed = ("", "") if corner.source_x is None else (f"{corner.source_x:.3f}", f"{corner.source_y:.3f}")
        row = (f"{corner.x:.3f}", f"{corner.y:.3f}", crs, *surveyed, corner.source_crs)
        writer.writerow([number, *row, f"{longitude:.8f}", f"{latitude:.8f}"])
    return text.getvalue().encode("utf-8-sig")
