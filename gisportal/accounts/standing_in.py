"""Absences and delegations: recorded and ended by the person or a head of the role, each with an audit row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from gisportal.accounts.models import Absence, Delegation, RoleGrant, User
from gisportal.accounts.roles import DELEGABLE, HEAD_OF
from land_services.catalogue.seeing import STAFF_ROLES
from layers import audit
from layers.viewer import Viewer

__all__ = ["delegate", "end", "grants_under", "may_stand_in", "record_made", "recorded_for", "report_absence"]

DESKS = tuple(code for code, _label in DELEGABLE)


def _now_or_later(at: datetime, path: str = "") -> Q:
    return Q(**{f"{path}valid_until__isnull": True}) | Q(**{f"{path}valid_until__gt": at})


def grants_under(viewer: Viewer, at: datetime | None = None) -> QuerySet[RoleGrant]:
    """Return the roles in force for which this viewer records absences: their own, and those they head, in their areas.

    A role that is held for somebody absent makes nobody a head here: who stands in names no further person.
    """
    at = at or timezone.now()
    mine = Q(user_id=viewer.user_id)
    for role, area in viewer.grants:
        below = Q(role__in=HEAD_OF.get(role, ()))
        mine |= below & Q(area=area) if area else below
    held = RoleGrant.objects.filter(mine, _now_or_later(at), valid_from__lte=at, role__in=DESKS, user__is_active=True)
    return held.select_related("user").order_by("user_id", "role", "area")


def may_stand_in(at: datetime | None = None) -> QuerySet[User]:
    """Return who can hold another's role for a while: the municipality's own people."""
    at = at or timezone.now()
    staff = RoleGrant.objects.filter(_now_or_later(at), valid_from__lte=at, role__in=STAFF_ROLES)
    return User.objects.filter(is_active=True, pk__in=staff.values("user_id")).order_by("name_ar", "login")


def recorded_for(model: Any, viewer: Viewer, at: datetime | None = None) -> QuerySet[Any]:
    """Return the absences or delegations, running and to come, that this viewer may see and end."""
    at = at or timezone.now()
    whose = "user" if model is Absence else "from_user"
    rows = model.objects.filter(valid_until__gt=at)
    under = grants_under(viewer, at)
    if model is Absence:
        mine = Q(user_id=viewer.user_id) | Q(user_id__in=under.values("user_id"))
    else:
        mine = Q(from_user_id=viewer.user_id)
        for user_id, role in under.values_list("user_id", "role").distinct():
            mine |= Q(from_user_id=user_id, role=role)
    return rows.filter(mine).select_related(whose).order_by("valid_from", "pk")


def report_absence(user: User, begin: datetime, until: datetime, *, actor_id: int | None, reason: str = "") -> Absence:
    """Record that a person does no work here for a time."""
    with transaction.atomic():
        absence = Absence.objects.create(
            user=user, valid_from=begin, valid_until=until, reason=reason, made_by_id=actor_id
        )
        record_made(absence, actor_id)
    return absence


def delegate(
    grant: RoleGrant, to: User, begin: datetime, until: datetime, *, actor_id: int | None, reason: str = ""
) -> Delegation:
    """Let a person hold another's role, where that one holds it, for a time."""
    with transaction.atomic():
        delegation = Delegation.objects.create(
            from_user=grant.user,
            to_user=to,
            role=grant.role,
            area=grant.area,
            valid_from=begin,
            valid_until=until,
            reason=reason,
            made_by_id=actor_id,
        )
        record_made(delegation, actor_id)
    return delegation


def record_made(row: Absence | Delegation, actor_id: int | None, what: str = "made") -> None:
    """Write the audit row of an absence or a delegation: ids and times, never the reason, which may be of health."""
    kind = "absence" if isinstance(row, Absence) else "delegation"
    payload: dict[str, Any] = {
        "id": row.pk,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat(),
    }
    if isinstance(row, Delegation):
        payload |= {"to": row.to_user_id, "role": row.role, "area": row.area}
    whose = row.user_id if isinstance(row, Absence) else row.from_user_id
    audit.record(f"{kind}.{what}", subject=f"account {whose}", actor_id=actor_id, payload=payload)


def end(row: Absence | Delegation, *, actor_id: int | None) -> None:
    """End an absence or a delegation now; one that has not begun is taken away."""
    with transaction.atomic():
        current = type(row).objects.select_for_update().get(pk=row.pk)
        now = timezone.now()
        if current.valid_until <= now:
            return
        if current.valid_from < now:
            current.valid_until = now
            current.save(update_fields=["valid_until"])
            record_made(current, actor_id, "ended")
        else:
            record_made(current, actor_id, "cancelled")
            current.delete()
