"""What a case asks of accounts. They belong to the site, which stands above: what they lack is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from layers.viewer import Viewer

__all__ = [
    "agencies_of",
    "agents_of",
    "at_moment",
    "holders",
    "holders_of",
    "holds_role",
    "is_absent",
]


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
        held.role == role and (not area or held.area in ("", area))
        for relation in ("role_grants", "delegations_received")
        for held in at_moment(user, relation, at)
    )


def is_absent(user: Any, at: datetime) -> bool:
    """Return True if a person does no work here at a moment."""
    return bool(at_moment(user, "absences", at))


def agencies_of(viewer: Viewer, at: datetime) -> frozenset[str]:
    """Return the agencies that a person answers for: the areas of the role of an agency; held nowhere, none."""
    return frozenset(area for role, area in viewer.grants if role == "agency" and area)


def holders(roles: Iterable[str], area: str, at: datetime) -> QuerySet[Any]:
    """Return the accounts that hold any of these roles at a moment, in an area or everywhere.

    A case that lies in no area is worked on by whoever holds the role, wherever that is, as ``may.holds`` has it.
    """
    here = Q(role_grants__area__in=["", area]) if area else Q()
    return _granted(here & Q(role_grants__role__in=list(roles)), at)


def agents_of(agency: str, at: datetime) -> list[int]:
    """Return the keys of those who answer for an agency."""
    answering = _granted(Q(role_grants__role="agency", role_grants__area=agency), at)
    return list(answering.values_list("pk", flat=True))


def _granted(wanted: Q, at: datetime) -> QuerySet[Any]:
    """Return the accounts with a grant of this kind in force at a moment."""
    in_force = Q(role_grants__valid_from__lte=at) & (
        Q(role_grants__valid_until=None) | Q(role_grants__valid_until__gt=at)
    )
    return get_user_model().objects.filter(wanted & in_force, is_active=True).distinct().order_by("pk")


def holders_of(roles: Iterable[str], area: str, at: datetime, at_most: int | None = None) -> list[int]:
    """Return the keys of those who hold any of these roles, at most so many."""
    return list(holders(roles, area, at).values_list("pk", flat=True)[:at_most])
