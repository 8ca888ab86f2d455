"""The land services that exist: an explicit list, no discovery."""

from __future__ import annotations

from typing import Final

from land_services.domain import LandService
from land_services.services import merge, subdivision

__all__ = ["SERVICES"]

SERVICES: Final[dict[str, LandService]] = {
    merge.CODE: merge.SERVICE,
    subdivision.CODE: subdivision.SERVICE,
}
