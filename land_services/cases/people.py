"""What a case asks of accounts. They belong to the site, which stands above: what they lack is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from layers.viewer import Viewer

__all__ = ["agencies_of", "at_moment", "holds_role"]


def at_moment(user: Any, relation: str, at: datetime | None) -> list[Any]:
    """Return a person's roles or offices of a moment."""
    rows: Any = getattr(user, relation, None)
    if rows is None or at is None:
        return []
    begun = [row for row in rows.order_by("pk") if row.valid_from <= at]
    return [row for row in begun if row.valid_until is None or at < row.valid_until]


def holds_role(user: Any, role: str, area: str, at: datetime | None) -> bool:
    """Return True if a person held a role at a moment, in an area or everywhere."""
    return any(
        grant.role == role and (not area or grant.area in ("", area)) for grant in at_moment(user, "role_grants", at)
    )


def agencies_of(viewer: Viewer, at: datetime) -> frozenset[str]:
    """Return the agencies that a person answers for: the areas of the role of an agency; held nowhere, none."""
    return frozenset(area for role, area in viewer.grants if role == "agency" and area)
