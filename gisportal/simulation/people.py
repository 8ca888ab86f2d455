"""The people of a simulation: several for each role that the cards name, and for each agency that they ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from django.db import transaction
from django.utils import timezone

from gisportal.accounts.demo import NAMES, DemoRefused
from gisportal.accounts.models import RoleGrant, User
from gisportal.sample.office import join_office
from land_services.cases.may import FILERS, HEADS
from land_services.catalogue import ServiceCard
from layers.viewer import Viewer

__all__ = ["People", "dismiss_people", "make_people"]

EACH = 3
"""So many people hold each role, and speak for each agency."""
PREFIX = "sim_"
LICENCE = "5900000002"
OFFICE = ("مكتب المحاكاة للاستشارات الهندسية", "Simulation Engineering Consultants")
"""The surveyors' office, made up."""


@dataclass
class People:
    """Who may act, by role and by agency."""

    by_role: dict[str, list[Viewer]] = field(default_factory=lambda: defaultdict(list))
    by_agency: dict[str, list[Viewer]] = field(default_factory=lambda: defaultdict(list))

    def one(self, draw: Random, *roles: str, but: int | None = None) -> Viewer:
        """Return one who holds any of the roles, who is not the one left out."""
        return draw.choice([who for role in sorted(roles) for who in self.by_role[role] if who.user_id != but])


def make_people(cards: Iterable[ServiceCard]) -> People:
    """Make the people that these cards need, where they are not there yet; they cannot sign in.

    Raises
    ------
    DemoRefused
        If one of their logins belongs to an account that is not a demonstration's.
    """
    cards = tuple(cards)
    people = People()
    with transaction.atomic():
        for role in _roles(cards):
            people.by_role[role] = [_person(f"{role}_{n}", role, "", n) for n in range(1, EACH + 1)]
        for agency in sorted({referral.code for card in cards for referral in card.referrals}):
            people.by_agency[agency] = [
                _person(f"agency_{agency}_{n}", "agency", agency, n) for n in range(1, EACH + 1)
            ]
    return people


def _roles(cards: Iterable[ServiceCard]) -> list[str]:
    named = {stage.role for card in cards for stage in card.stages}
    filing = {role for card in cards for role in FILERS.get(card.draft.role, ()) if card.draft.role == "applicant"}
    return sorted(named | filing | HEADS)


def _person(name: str, role: str, area: str, number: int) -> Viewer:
    login = f"{PREFIX}{name}"
    arabic, english = NAMES[role]
    names = {"name_ar": f"{arabic} {number}", "name_en": f"{english} {number}"}
    user, made = User.objects.get_or_create(login=login, defaults={"is_demo": True, "password": "!", **names})
    if not made and not user.is_demo:
        raise DemoRefused(f"the account {login} is not a demonstration account: nothing is simulated")
    if not user.role_grants.filter(role=role, area=area, valid_until=None).exists():
        RoleGrant.objects.create(user=user, role=role, area=area)
    areas = frozenset({area} if area else ())
    parties = frozenset({join_office(user, LICENCE, *OFFICE)}) if role == "surveyor" else frozenset()
    return Viewer(user.pk, frozenset({role}), areas, parties, frozenset({(role, area)}))


def dismiss_people() -> int:
    """End the roles of everybody that simulations made; their names stay in the cases they worked on."""
    held = RoleGrant.objects.filter(user__login__startswith=PREFIX, user__is_demo=True, valid_until=None)
    return held.update(valid_until=timezone.now())
