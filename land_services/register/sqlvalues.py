"""The precision module's numbers under the names that the SQL files use."""

from __future__ import annotations

from land_services import precision

SQL_VALUES = {
    "GRID_M": precision.GRID_M,
    "GRID_PER_M": precision.GRID_PER_M,
    "LOCK_CELL_M": precision.LOCK_CELL_M,
    "LOCK_BUFFER_M": precision.LOCK_BUFFER_M,
}
