"""Titles of a fabric that has none, drawn by a seed: owners by exact shares, deeds, restrictions; and people."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connection
from shapely import STRtree

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role
from land_services.register.adapters import from_db
from land_services.register.load_titles import (
    DeedRow,
    PartyRow,
    RestrictionRow,
    RightRow,
    TitleRow,
    Titles,
    load_titles,
)

__all__ = ["give_titles", "make_people"]

NAMESPACE: Final = UUID("9b3a1c52-40b5-5a43-9a2d-5f0f4f5f6b20")
HELD: Final = ((1,), (1,), (2, 2), (6, 3, 2), (7, "6/7"), (8, "7/24", "7/24", "7/24"), (1009, "1008/1009"))
"""How owners share a title: denominators of one, or fractions as they are."""


def make_people() -> None:
    """Make one account for each role, its login the role's name."""
    for role in Role:
        user = User(login=role.value, name_ar=f"حساب {role.value}", name_en=f"Account {role.value}")
        user.set_unusable_password()
        user.save()
        RoleGrant.objects.create(user=user, role=role.value)


def give_titles(seed: int) -> int:
    """Give every sound parcel a title and return how many there are: many neighbours have the same owners."""
    uids, outlines = _parcels()
    draw, tree = Random(seed), STRtree(outlines)
    made = _Made(draw)
    near = tree.query(outlines, predicate="intersects")
    beside: dict[int, list[int]] = {}
    for one, other in zip(*near, strict=True):
        if one != other:
            beside.setdefault(int(one), []).append(int(other))
    for place in range(len(uids)):
        if place in made.titled or draw.random() < 0.02:
            continue
        joined = [place]
        if draw.random() < 0.15:
            joined += [other for other in beside.get(place, []) if other not in made.titled and other > place][:1]
        known = [made.owners[other] for other in beside.get(place, []) if other in made.owners]
        owners = draw.choice(known) if known and draw.random() < 0.6 else made.new_owners()
        made.title(joined, [uids[one] for one in joined], owners, sum(outlines[one].area for one in joined))
    source = {"name": f"titles {seed}", "sha256": ""}
    load_titles(
        Titles(made.parties, made.titles, made.rights, made.deeds, made.restrictions), source=source, using="owner"
    )
    return len(made.titles)


def _parcels() -> tuple[list[str], list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uid::text, ST_AsBinary(geom) FROM layers_parcel WHERE end_lifespan_version IS NULL ORDER BY uid"
        )
        rows = cursor.fetchall()
    return [uid for uid, _ in rows], [from_db(geom) for _, geom in rows]


class _Made:
    """The rows of titles as they are drawn."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.parties: list[PartyRow] = []
        self.titles: list[TitleRow] = []
        self.rights: list[RightRow] = []
        self.deeds: list[DeedRow] = []
        self.restrictions: list[RestrictionRow] = []
        self.titled: set[int] = set()
        self.owners: dict[int, list[tuple[int, Fraction]]] = {}

    def new_owners(self) -> list[tuple[int, Fraction]]:
        held = []
        for share in self.draw.choice(HELD):
            party = len(self.parties)
            self.parties.append(
                PartyRow(party, "person", f"مالك {party}", f"Owner {party}", "national_id", f"1{party:09d}")
            )
            held.append((party, Fraction(share) if isinstance(share, str) else Fraction(1, share)))
        return held

    def title(self, places: list[int], uids: list[str], owners: list[tuple[int, Fraction]], area_m2: float) -> None:
        number, draw = len(self.titles), self.draw
        self.titled.update(places)
        self.owners.update(dict.fromkeys(places, owners))
        self.titles.append(TitleRow(number, uuid5(NAMESPACE, uids[0]), tuple(map(UUID, uids))))
        for party, share in owners:
            self.rights.append(RightRow(number, party, "ownership", share.numerator, share.denominator))
        if draw.random() < 0.03:
            self.rights.append(RightRow(number, owners[0][0], "usufruct", 1, 1))
        area = Decimal(str(round(area_m2 * draw.choice((1, 1, 1, 1.004, 0.996)), 2)))
        form = draw.choice(("paper", "electronic"))
        self.deeds.append(DeedRow(number, number, f"31{number:07d}", "1440/01/01", "كتابة العدل", form, area, True))
        if draw.random() < 0.02:
            self.restrictions.append(RestrictionRow(number, "mortgage", f"M{number}", "بنك"))
        if draw.random() < 0.05:
            self.restrictions.append(RestrictionRow(number, "easement", f"E{number}", "", UUID(uids[0])))
