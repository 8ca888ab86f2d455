"""The land services that exist: an explicit list, no discovery."""

from __future__ import annotations

from typing import Final

from land_services.domain import LandService
from land_services.services import (
    boundary_adjustment,
    deed_update,
    duplex_subdivision,
    merge,
    subdivision,
    survey_decision,
    update_and_subdivide,
)

__all__ = ["SERVICES"]

SERVICES: Final[dict[str, LandService]] = {
    boundary_adjustment.CODE: boundary_adjustment.SERVICE,
    deed_update.CODE: deed_update.SERVICE,
    duplex_subdivision.CODE: duplex_subdivision.SERVICE,
    merge.CODE: merge.SERVICE,
    subdivision.CODE: subdivision.SERVICE,
    survey_decision.CODE: survey_decision.SERVICE,
    update_and_subdivide.CODE: update_and_subdivide.SERVICE,
}
