"""What time releases: files of cases whose retention has passed, drafts that were left, erasures that waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils import timezone

from land_services.cases.models import Case, Erasure

from .carrying_out import carry_out, erase_case
from .holding import DRAFT_DAYS, WAITING, Person, held_of
from .store import remove_files, sweep_previews

__all__ = ["Released", "due_cases", "erase_due"]

_DUE: Final = """
SELECT c.id FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id
CROSS JOIN LATERAL (SELECT max(s.at) AS last, max(s.at) FILTER (WHERE s.by_id IS NOT NULL) AS touched
    FROM cases_casestep s WHERE s.case_id = c.id AND s.act <> 'erase') s
WHERE c.erased_at IS NULL AND (
    c.submitted_at IS NULL AND c.state IN ('draft', 'withdrawn')
        AND coalesce(s.touched, c.filed_at) + make_interval(days => %(days)s) <= %(now)s
    OR c.submitted_at IS NOT NULL AND c.state IN ('closed', 'rejected', 'withdrawn') AND c.entry_id IS NULL
        AND (v.card #>> '{retention,years}')::integer > 0
        AND s.last + make_interval(years => (v.card #>> '{retention,years}')::integer) <= %(now)s)
ORDER BY c.id LIMIT %(most)s"""


@dataclass(frozen=True)
class Released:
    """How much a round erased: cases, people of whom more could go, files."""

    cases: int
    people: int
    files: int


def due_cases(now: datetime | None = None, at_most: int = 1000) -> list[int]:
    """Return the keys of the cases whose file may go, the oldest first."""
    asked: dict[str, datetime | int] = {"now": now or timezone.now(), "days": DRAFT_DAYS, "most": at_most}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        return [row[0] for row in cursor.fetchall()]


def erase_due(now: datetime | None = None, at_most: int = 1000) -> Released:
    """Erase what retention has released, each case and person in a transaction of its own. It may run twice at once."""
    cases = sum(erase_case(case) for case in Case.objects.filter(pk__in=due_cases(now, at_most)).order_by("pk"))
    people = 0
    for row in Erasure.objects.filter(outcome="approved", closed_at=None).order_by("pk")[:at_most]:
        held = held_of(Person(row.party_id, row.user_id, row.case_id), now or timezone.now())
        if any(thing.may_go for thing in held) or not any(t.why in WAITING for t in held if not t.may_go):
            carry_out(row)
            people += 1
    files = remove_files(at_most)
    sweep_previews()
    return Released(cases, people, files)
