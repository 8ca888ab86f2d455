"""From a request to the frozen ``Viewer`` that every permission question is asked of."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from gisportal.accounts.models import OfficeMembership, RoleGrant, User
from layers.viewer import ANONYMOUS, Viewer

__all__ = ["viewer_from", "viewer_of"]


def _in_force(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_until__isnull=True) | Q(valid_until__gt=at))


def viewer_of(user: User, at: datetime | None = None) -> Viewer:
    """Return the viewer of an account at a moment (now): two queries.

    ``areas`` is empty, meaning everywhere, as soon as one role is held everywhere.
    """
    if not user.is_active:
        return ANONYMOUS
    at = at or timezone.now()
    grants = list(RoleGrant.objects.filter(_in_force(at), user=user).values_list("role", "area"))
    parties = OfficeMembership.objects.filter(_in_force(at), user=user).values_list("party_id", flat=True)
    areas = frozenset(area for _, area in grants)
    return Viewer(
        user_id=user.pk,
        roles=frozenset(role for role, _ in grants),
        areas=frozenset() if "" in areas else areas,
        parties=frozenset(parties),
        grants=frozenset(grants),
    )


def viewer_from(request: HttpRequest) -> Viewer:
    """Return who is looking; read once a request."""
    viewer: Viewer | None = getattr(request, "_viewer", None)
    if viewer is None:
        user = getattr(request, "user", None)
        viewer = ANONYMOUS if user is None or user.is_anonymous else viewer_of(user)
        request._viewer = viewer  # type: ignore[attr-defined]
    return viewer
