"""What a case asks of accounts. They belong to the site, which stands above: what they lack is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from layers.viewer import Viewer

from .models import StageRun

__all__ = [
    "Colleague",
    "agencies_of",
    "agents_of",
    "at_desk",
    "at_moment",
    "colleagues",
    "holders",
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


def at_desk(
    roles: Iterable[str], area: str, at: datetime, assignee: int | None = None, at_most: int | None = None
) -> list[int]:
    """Return the keys of those who do a role's work at a moment, at most so many; of an assigned stage, that person.

    Whoever is absent is left out, and who stands in for them is there instead. Where nobody is left, all are meant.
    """
    wanted, people = list(roles), get_user_model().objects.filter(is_active=True)
    theirs = people.filter(pk=assignee) if assignee else holders(wanted, area, at).order_by()
    lent = _model_of("delegations_received").objects.filter(
        role__in=wanted, from_user__in=theirs.values("pk"), valid_from__lte=at, valid_until__gt=at
    )
    if area:
        lent = lent.filter(area__in=["", area])
    away = _model_of("absences").objects.filter(user=OuterRef("pk"), valid_from__lte=at, valid_until__gt=at)
    doing = people.filter(Q(pk__in=theirs.values("pk")) | Q(pk__in=lent.values("to_user"))).order_by("pk")
    keys = doing.exclude(Exists(away)).values_list("pk", flat=True)[:at_most]
    return list(keys) or list(doing.values_list("pk", flat=True)[:at_most])


def _model_of(relation: str) -> Any:
    return get_user_model()._meta.get_field(relation).related_model


# Sharing out work -----------------------------------------------------------------------------------------------------

MOST_LISTED: Final = 200


@dataclass(frozen=True)
class Colleague:
    """Somebody a stage might be given to: what lies in their hands, and whether they are there.

    ``stands_in_for`` are the absent people whose role they hold meanwhile, ``stood_in_by`` those who hold theirs.
    """

    user_id: int
    name: str
    open_stages: int = 0
    absent_until: datetime | None = None
    stands_in_for: tuple[str, ...] = ()
    stood_in_by: tuple[str, ...] = ()


def colleagues(role: str, area: str, at: datetime, but: int | None = None) -> list[Colleague]:
    """Return who holds a role or stands in for somebody who does: who is there first, the least busy before others.

    Five queries, whatever their number. ``but`` is left out: whoever filed the case.
    """
    holding = {person.pk: person for person in holders([role], area, at)[:MOST_LISTED]}
    lent = _lent(role, area, at, holding)
    standing_in = get_user_model().objects.filter(pk__in={to for to, _ in lent} - holding.keys(), is_active=True)
    known: dict[int, Any] = holding | {person.pk: person for person in standing_in}
    stands_in_for, stood_in_by = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for to, absent in lent:
        if to in known:
            stands_in_for[to].append(str(known[absent]))
            stood_in_by[absent].append(str(known[to]))
    until, load = _absent_until(known, at), _open_stages(known)
    found = [
        Colleague(
            key, str(person), load.get(key, 0), until.get(key), tuple(stands_in_for[key]), tuple(stood_in_by[key])
        )
        for key, person in known.items()
        if key != but
    ]
    return sorted(found, key=lambda one: (one.absent_until is not None, one.open_stages, one.name, one.user_id))


def _lent(role: str, area: str, at: datetime, holding: Iterable[int]) -> list[tuple[int, int]]:
    """Return who stands in for whom of those who hold a role, each pair once: it gives no more than they hold."""
    here = Q(delegations_received__area__in=["", area]) if area else Q()
    given = here & Q(
        delegations_received__role=role,
        delegations_received__from_user__in=list(holding),
        delegations_received__valid_from__lte=at,
        delegations_received__valid_until__gt=at,
    )
    pairs = get_user_model().objects.filter(given).values_list("pk", "delegations_received__from_user")
    return sorted(set(pairs))


def _absent_until(people: Iterable[int], at: datetime) -> dict[int, datetime]:
    away = Q(absences__valid_from__lte=at, absences__valid_until__gt=at, pk__in=list(people))
    ends = get_user_model().objects.filter(away).annotate(until=Max("absences__valid_until"))
    return dict(ends.values_list("pk", "until"))


def _open_stages(people: Iterable[int]) -> dict[int, int]:
    """Return how many stages under way lie in each one's hands; what waits for an applicant does not count."""
    under_way = StageRun.objects.filter(
        state="active", case__state__in=["submitted", "approved", "issued"], assignee__in=list(people)
    )
    return dict(under_way.values_list("assignee").annotate(many=Count("pk")).order_by())
