"""Real cadastres for tests, read as the product reads them; nothing of them is in the repository.

Workers run in processes of their own, because ``STORAGE_SRID`` is fixed for a process: each prints a JSON value a line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.files.importing import prepare, staged_parcels
from layers.files.staging import StagedParcel
from layers.registry import LAYERS
from tests.layers.fabrics import ROOT, FabricDatabase

STEP_M = 0.25
"""How densely outlines are compared."""


@dataclass(frozen=True)
class Fabric:
    """A real fabric: its file, the storage CRS it belongs to, and which attributes name its parcels."""

    name: str
    path: str
    srid: int
    mapping: Mapping[str, str]


EPINAY = Fabric("epinay", "parcels/france_91216/parcelles.gpkg", 2154, {"parcel_no": "numero", "plan_no": "section"})
CAMBRIDGE = Fabric("cambridge", "parcels/cambridge_ma/parcels_fy2014.gpkg", 26986, {"parcel_no": "ML"})
SPAIN = Fabric("spain", "parcels/spain_catastro/parcel.gpkg", 32628, {"parcel_no": "localId"})
FABRICS = {fabric.name: fabric for fabric in (EPINAY, CAMBRIDGE, SPAIN)}
BEFORE_AFTER = Fabric(
    "before_after", "parcels/cambridge_ma/before_after_fy2013_fy2014.gpkg", 26986, {"parcel_no": "ml"}
)


def staged(folder: Path, fabric: Fabric) -> list[StagedParcel]:
    """Return the parcels of a file in its storage CRS on the grid, as ``import_layer`` stages them."""
    prepared = prepare(folder / fabric.path, LAYERS["parcels"].fields, fabric.srid, given=dict(fabric.mapping))
    with prepared.source:
        return [parcel for batch in staged_parcels(prepared) for parcel in batch]


def work(database: FabricDatabase, module: str, *arguments: object, timeout_s: float = 3600) -> list[dict[str, Any]]:
    """Run a worker module in the database; return what it printed, a value a line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=database.environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def outline_distance_m(first: BaseGeometry, second: BaseGeometry) -> float:
    """Return the Hausdorff distance of two boundaries in metres, sampled every ``STEP_M``."""
    return max(_reach(first.boundary, second.boundary), _reach(second.boundary, first.boundary))


def _reach(line: BaseGeometry, other: BaseGeometry) -> float:
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(line, STEP_M)))
    return float(np.max(shapely.distance(other, points)))


def contact_m(first: BaseGeometry, second: BaseGeometry, tolerance_m: float) -> float:
    """Return how much of the first outline runs within the tolerance beside the second, metres."""
    return float(first.boundary.intersection(second.buffer(tolerance_m)).length)
