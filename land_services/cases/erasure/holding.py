"""What is held of a person, and for each thing whether it may be erased now, or why it is kept and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Max, Q

from land_services.cases.cards import card_of
from land_services.cases.may import STAFF
from land_services.cases.models import Case, StageRun
from land_services.cases.people import at_moment
from land_services.register.models import Party, Right

__all__ = [
    "ANSWER_DAYS",
    "DRAFT_DAYS",
    "OVER",
    "WAITING",
    "Held",
    "Person",
    "case_held",
    "held_of",
    "retained_until",
    "rows_of",
]

DRAFT_DAYS: Final = 180
"""A draft that nobody touched for so long is erased; ``sql/erasure.sql`` holds the same number."""
ANSWER_DAYS: Final = 30
"""So long after the answer to a request the account stays, so that the person can read it."""
OVER: Final = ("closed", "rejected", "withdrawn")
WAITING: Final = frozenset({"right", "open", "retention", "role", "answer", "request", "signed"})
"""Reasons that end by themselves: what is kept for one of them is erased when it has ended."""


@dataclass(frozen=True)
class Person:
    """Whom an erasure is about, and the request that asks for it."""

    party_id: int | None = None
    user_id: int | None = None
    request_id: int | None = None


@dataclass(frozen=True)
class Held:
    """One thing that is held: ``what`` (party, account, name, case, audit), which one, and its fate.

    ``why`` is the reason in a word; ``until`` the day on which it ends, "" where none is known or it has none;
    ``years`` how long the file of a case that is not over yet is kept from its end (0: for ever, or no matter).
    """

    what: str
    of: str
    may_go: bool
    why: str
    until: str = ""
    years: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as the report of an erasure keeps it."""
        done = "erased" if self.may_go else "kept"
        told = {"what": self.what, "of": self.of, "done": done, "why": self.why, "until": self.until}
        return {**told, "years": self.years} if self.years else told


def held_of(person: Person, now: datetime) -> list[Held]:
    """Return everything that is held of a person with its fate now; what was erased before is left out."""
    cases = list(_cases(person))
    found = [case_held(case, now, person) for case in cases]
    if person.party_id is not None:
        found = [*_party(person, cases), *found]
    if person.user_id is not None:
        found = [*_account(person, cases, now), *found]
    return [*found, Held("audit", "", may_go=False, why="audit")]


def _cases(person: Person) -> Iterator[Case]:
    """The cases of a person: filed for themselves; those they file for an office are the office's."""
    parties = rows_of(person)
    mine = Q(party_id__in=parties)
    if person.user_id is not None:
        mine |= Q(filed_by_id=person.user_id) & (Q(party_id=None) | Q(party_id__in=parties))
    yield from Case.objects.filter(mine, erased_at=None).order_by("pk")


def rows_of(person: Person) -> list[int]:
    """Return all rows of the register with the person's id number, the one that was asked for last.

    Titles that were loaded name an owner anew each: a person is one by the number.
    """
    party = Party.objects.filter(pk=person.party_id or 0).first()
    if party is None:
        return []
    if party.id_number_key is None:
        return [party.pk]
    same = Party.objects.filter(id_number_key=party.id_number_key, erased_at=None).exclude(pk=party.pk)
    return [*same.order_by("pk").values_list("pk", flat=True), party.pk]


# Cases ----------------------------------------------------------------------------------------------------------------


def case_held(case: Case, now: datetime, person: Person | None = None) -> Held:
    """Return whether the file of a case may go; ``person`` asks for it, or nobody does and only time counts."""
    if case.submitted_at is None:
        return _unsubmitted(case, now, asked=person is not None and person.user_id == case.filed_by_id)
    if case.state not in OVER:
        why = "request" if person is not None and case.pk == person.request_id else "open"
        return Held("case", case.reference, may_go=False, why=why, years=card_of(case).retention.years)
    if case.entry_id is not None:
        return Held("case", case.reference, may_go=False, why="register")
    until = retained_until(case)
    if until is None:
        return Held("case", case.reference, may_go=False, why="for_ever")
    if until > now:
        return Held("case", case.reference, may_go=False, why="retention", until=until.date().isoformat())
    return Held("case", case.reference, may_go=True, why="retention_passed")


def _unsubmitted(case: Case, now: datetime, *, asked: bool) -> Held:
    last = _last_act(case, by_people=True) or case.filed_at
    until = last + timedelta(days=DRAFT_DAYS)
    if asked or until <= now:
        return Held("case", case.reference, may_go=True, why="never_submitted")
    return Held("case", case.reference, may_go=False, why="retention", until=until.date().isoformat())


def retained_until(case: Case) -> datetime | None:
    """Return until when the file of a case that is over is kept: its card's years from the last act; None: for ever."""
    years, last = card_of(case).retention.years, _last_act(case)
    if not years or last is None:
        return None
    try:
        return last.replace(year=last.year + years)
    except ValueError:  # the 29th of February
        return last.replace(year=last.year + years, day=28)


def _last_act(case: Case, *, by_people: bool = False) -> datetime | None:
    steps = case.steps.exclude(act="erase")
    if by_people:
        steps = steps.exclude(by=None)
    last: datetime | None = steps.aggregate(last=Max("at"))["last"]
    return last


# Party and account ----------------------------------------------------------------------------------------------------


def _under_way(case: Case, person: Person) -> bool:
    return case.submitted_at is not None and case.state not in OVER and case.pk != person.request_id


def _party(person: Person, cases: list[Case]) -> Iterator[Held]:
    rows = rows_of(person)
    if not Party.objects.filter(pk__in=rows, erased_at=None).exists():
        return
    of = str(person.party_id)
    if Right.objects.filter(party__in=rows, end_entry=None).exists():
        yield Held("party", of, may_go=False, why="right")
    elif any(case.party_id in rows and case.submitted_at and case.state not in OVER for case in cases):
        yield Held("party", of, may_go=False, why="open")
    else:
        yield from (Held("party", str(key), may_go=True, why="no_right") for key in rows)


def _account(person: Person, cases: list[Case], now: datetime) -> Iterator[Held]:
    user = get_user_model().objects.filter(pk=person.user_id or 0).first()
    if user is None:
        return
    of, is_erased = str(user.pk), user.get_username() == f"erased-{user.pk}"
    against = _against_account(person, user, cases, now)
    if not is_erased:
        yield against or Held("account", of, may_go=True, why="not_needed")
    if getattr(user, "name_ar", "") or getattr(user, "name_en", ""):
        if against is not None and not is_erased:
            yield Held("name", of, may_go=False, why=against.why, until=against.until)
        elif _signed(person):
            yield Held("name", of, may_go=False, why="signed")
        else:
            yield Held("name", of, may_go=True, why="not_needed")


def _against_account(person: Person, user: Any, cases: list[Case], now: datetime) -> Held | None:
    of = str(user.pk)
    if any(grant.role in STAFF for grant in at_moment(user, "role_grants", now)):
        return Held("account", of, may_go=False, why="role")
    filed = Case.objects.filter(filed_by=user, submitted_at__isnull=False).exclude(state__in=OVER)
    if filed.exclude(pk=person.request_id or 0).exists() or any(_under_way(case, person) for case in cases):
        return Held("account", of, may_go=False, why="open")
    request = next((case for case in cases if case.pk == person.request_id), None)
    if request is None:
        return None
    if request.state not in OVER:
        return Held("account", of, may_go=False, why="answer")
    until = (_last_act(request) or now) + timedelta(days=ANSWER_DAYS)
    return Held("account", of, may_go=False, why="answer", until=until.date().isoformat()) if until > now else None


def _signed(person: Person) -> bool:
    """Whether the account worked on a case of others whose file is kept, or filed one for an office."""
    user = person.user_id
    runs = StageRun.objects.filter(Q(done_by_id=user) | Q(done_for_id=user), case__erased_at=None)
    if runs.exclude(case__filed_by_id=user).exists():
        return True
    judged = Q(decided_by_id=user) | Q(recommended_by_id=user)
    office = Q(filed_by_id=user, party_id__isnull=False, submitted_at__isnull=False)
    office &= ~Q(party_id__in=rows_of(person))
    return Case.objects.filter(judged | office, erased_at=None).exists()
