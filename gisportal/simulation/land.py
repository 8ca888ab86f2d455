"""The land of a simulation: parcels that requests are about, and drawings that divide lots in two."""

from __future__ import annotations

from pathlib import Path
from random import Random

from django.db import connection

from gisportal.bench.lots import Lot, lots, plan_of
from land_services.surveys.write_dxf import write_subdivision_dxf

__all__ = ["Land", "draw_survey", "read_land"]

AT_MOST = 20_000
SMALLEST_M2 = 800.0


class Land:
    """What the register held when the simulation began; some of it ends while it runs."""

    def __init__(self, parcels: list[str], wide: list[Lot]) -> None:
        self.parcels, self.wide = parcels, wide

    def parcel(self, draw: Random) -> str:
        return draw.choice(self.parcels)

    def lot(self, draw: Random) -> Lot:
        """Return a lot to divide, a wide one where there is any."""
        return draw.choice(self.wide)


def read_land(seed: int) -> Land:
    """Return parcels and lots of the register, drawn by the seed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL
               ORDER BY md5(uid::text || %s) LIMIT %s""",
            [str(seed), AT_MOST],
        )
        parcels = [uid for (uid,) in cursor.fetchall()]
    return Land(parcels, list(lots("default", seed=str(seed), smallest_m2=SMALLEST_M2)))


def draw_survey(lot: Lot, path: Path) -> bool:
    """Write a drawing that cuts a lot in two; False where it cannot be cut."""
    plan = plan_of(lot, 2)
    if plan is None:
        return False
    write_subdivision_dxf(path, plan.parts, plan.outer)
    return True
