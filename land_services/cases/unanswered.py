"""Messages of applicants after which nobody in the house wrote or did anything yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import F, Max, Q

from .models import CaseStep

__all__ = ["unanswered"]

STAFF_ACTS: Final = (
    "take", "give_back", "assign", "finish", "return", "reject", "refer", "minute", "hold_visit", "pay", "approve",
    "issue", "confirm", "deed_returned", "send_again", "give_up_deed", "stop", "reopen",
)  # fmt: skip
EITHER_SIDE: Final = ("say", "propose_visit", "agree_visit")
"""Acts whose step says whether whoever filed did it. Other acts of both sides, such as adding a paper, do not count."""
_BY_CARD: Final = Q(act="refer") & (Q(details__has_key="by_card") | ~Q(details__has_key="component"))
"""Questions that the card sends, whoever let their stage begin; those of earlier times name no component."""


def unanswered(cases: Iterable[int]) -> frozenset[int]:
    """Return those of these cases whose last message of the applicant is newer than all that staff did: one query."""
    by_filer = Q(act="say", details__by_filer=True)
    by_staff = Q(act__in=EITHER_SIDE, details__by_filer=False) | Q(act__in=STAFF_ACTS) & ~Q(by=F("case__filed_by"))
    steps = CaseStep.objects.filter(case__in=list(cases), by__isnull=False, act__in=(*EITHER_SIDE, *STAFF_ACTS))
    last = steps.values("case").annotate(wrote=Max("pk", filter=by_filer), acted=Max("pk", filter=by_staff & ~_BY_CARD))
    return frozenset(last.filter(Q(acted=None) | Q(wrote__gt=F("acted")), wrote__gt=0).values_list("case", flat=True))
