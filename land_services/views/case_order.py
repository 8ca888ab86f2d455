"""The order of lists of cases: what is due to whoever looks comes first.

Staff see what the municipality owes soonest; an agency its questions; whoever files what waits for them. Each order is
read from an index, however many cases there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from land_services.cases.models import Case, CasePause, Referral
from land_services.cases.people import agencies_of
from land_services.catalogue.seeing import is_staff
from layers.viewer import Viewer

__all__ = ["InTurn", "by_due", "for_agencies", "open_questions", "waiting_first", "with_answer_due"]

DUE = (F("due_at").asc(nulls_last=True), "pk")
NEWEST = ("-filed_at", "-pk")
GOING_ON = ("submitted", "returned", "stopped", "approved", "issued")
WAITING = ("returned", "draft")


def open_questions(agencies: frozenset[str]) -> QuerySet[Referral]:
    """Return what agencies are asked and have not answered, of cases that go on; also where the period stands still."""
    return Referral.objects.filter(agency__in=agencies, answer="", cancelled_at=None, case__state__in=GOING_ON)


def for_agencies(viewer: Viewer) -> frozenset[str]:
    """Return the agencies whose due dates somebody is shown: none to staff, who see those of the cases."""
    return frozenset() if is_staff(viewer) else agencies_of(viewer, timezone.now())


def by_due(found: QuerySet[Case], viewer: Viewer) -> QuerySet[Case] | InTurn:
    """Return cases in the order of what is due to this person.

    To an agency ``answer_due`` of a case says until when it answers; None where nothing of the case waits for it.
    """
    if is_staff(viewer):
        return found.order_by(*DUE)
    agencies = for_agencies(viewer)
    waiting = Q(state__in=WAITING)
    if agencies:
        asked = Exists(open_questions(agencies).filter(case=OuterRef("pk")))
        first = found.filter(asked).order_by(F("answer_due").asc(nulls_last=True), "pk")
        others, own = found.exclude(asked), waiting & Q(filed_by_id=viewer.user_id)
        return InTurn(found, first, waiting_first(others.filter(own)), others.exclude(own).order_by(*NEWEST))
    others = found.exclude(waiting)
    running, over = others.filter(due_at__isnull=False), others.filter(due_at=None)
    return InTurn(found, waiting_first(found.filter(waiting)), running.order_by(*DUE), over.order_by(*NEWEST))


def with_answer_due(found: QuerySet[Case], agencies: frozenset[str]) -> QuerySet[Case]:
    """Add until when these agencies answer about each case."""
    asked = open_questions(agencies).filter(case=OuterRef("pk")).order_by().values("case")
    return found.annotate(answer_due=Subquery(asked.annotate(first=Min("due_at")).values("first")))


def waiting_first(found: QuerySet[Case]) -> QuerySet[Case]:
    """Order what waits for whoever files: what came back, the longest ago first, then drafts, the oldest first."""
    paused = CasePause.objects.filter(case=OuterRef("pk"), ended_at=None).values("began_at")
    since = found.annotate(back_at=Subquery(paused[:1]))
    return since.order_by("-state", F("back_at").asc(nulls_last=True), "filed_at", "pk")  # returned, then draft


class InTurn(Sequence[Case]):
    """Rows of several querysets one after the other, for a paginator: together they are ``whole``."""

    def __init__(self, whole: QuerySet[Case], *parts: QuerySet[Case]) -> None:
        self.whole, self.parts = whole, parts

    def __len__(self) -> int:
        return self.whole.count()

    @overload
    def __getitem__(self, wanted: int) -> Case: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[Case]: ...
    def __getitem__(self, wanted: int | slice) -> Any:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        start, missing = wanted.start or 0, wanted.stop - (wanted.start or 0)
        rows: list[Case] = []
        for part in self.parts:
            found = list(part[start : start + missing])
            start = start - part.count() if start and not found else 0
            rows, missing = rows + found, missing - len(found)
            if not missing:
                break
        return rows
