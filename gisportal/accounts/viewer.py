"""From a request to the frozen ``Viewer`` that every permission question is asked of."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BigIntegerField, F, Q, Value
from django.http import HttpRequest
from django.utils import timezone

from gisportal.accounts.factor import is_needed
from gisportal.accounts.models import Delegation, OfficeMembership, RoleGrant, User
from layers.viewer import ANONYMOUS, Viewer

__all__ = ["viewer_from", "viewer_of"]


def _in_force(at: datetime, path: str = "") -> Q:
    begun, open_ended = Q(**{f"{path}valid_from__lte": at}), Q(**{f"{path}valid_until__isnull": True})
    return begun & (open_ended | Q(**{f"{path}valid_until__gt": at}))


def viewer_of(user: User, at: datetime | None = None) -> Viewer:
    """Return the viewer of an account at a moment (now): two queries.

    ``areas`` is empty, meaning everywhere, as soon as one role is held everywhere. Roles of those the account stands in
    for are among ``roles``; they reach no further than the absent person's own, and end when those end.
    """
    if not user.is_active:
        return ANONYMOUS
    at = at or timezone.now()
    grants, standing_in = _held(user, at)
    parties = OfficeMembership.objects.filter(_in_force(at), user=user).values_list("party_id", flat=True)
    held = grants | {(role, area) for role, area, _ in standing_in}
    areas = frozenset(area for _, area in held)
    return Viewer(
        user_id=user.pk,
        roles=frozenset(role for role, _ in held),
        areas=frozenset() if "" in areas else areas,
        parties=frozenset(parties),
        grants=grants,
        standing_in=standing_in,
    )


def _held(user: User, at: datetime) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str, int]]]:
    """Return an account's own roles, and those it holds for somebody absent, in one query."""
    own = RoleGrant.objects.filter(_in_force(at), user=user).values_list(
        "role", "area", Value(""), Value(None, BigIntegerField())
    )
    theirs = Delegation.objects.filter(
        _in_force(at),
        _in_force(at, "from_user__role_grants__"),
        to_user=user,
        from_user__is_active=True,
        from_user__role_grants__role=F("role"),
    ).values_list("role", "from_user__role_grants__area", "area", "from_user_id")
    grants, standing_in = set(), set()
    for role, held, limit, absent in own.union(theirs, all=True):
        if absent is None:
            grants.add((role, held))
        elif not limit or held in ("", limit):
            standing_in.add((role, limit or held, absent))
    return frozenset(grants), frozenset(standing_in)


def viewer_from(request: HttpRequest) -> Viewer:
    """Return who is looking; read once a request."""
    viewer: Viewer | None = getattr(request, "_viewer", None)
    if viewer is None:
        user = getattr(request, "user", None)
        viewer = ANONYMOUS if user is None or user.is_anonymous else viewer_of(user)
        if hasattr(request, "session") and is_needed(request, viewer):
            viewer = ANONYMOUS  # signed in by half: nobody yet
            request._half_signed_in = True  # type: ignore[attr-defined]
        request._viewer = viewer  # type: ignore[attr-defined]
    return viewer
