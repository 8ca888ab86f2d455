"""The coded reasons of remarks, and how often each was given."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from django.db.models import Count, QuerySet
from django.utils import timezone

from .models import Case, Remark

__all__ = ["REASONS", "Counted", "Reason", "count_reasons"]


@dataclass(frozen=True)
class Reason:
    """Why something is sent back, in both languages."""

    code: str
    ar: str
    en: str


def _read() -> dict[str, Reason]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["reasons"]
    return {row["code"]: Reason(**row) for row in rows}


REASONS: Final = _read()


@dataclass(frozen=True)
class Counted:
    """How many remarks gave a reason in a service, and in how many cases they stand."""

    reason: str
    service: str
    remarks: int
    cases: int


def count_reasons(cases: QuerySet[Case], since: date, until: date, service: str = "") -> list[Counted]:
    """Return how often each reason was given for these cases from one day to another, both counted.

    In each service apart, the most frequent first; one query, however many cases there are.
    """
    remarks = Remark.objects.filter(at__gte=_begin(since), at__lt=_begin(until + timedelta(days=1)), case__in=cases)
    if service:
        remarks = remarks.filter(case__service=service)
    counts = remarks.values_list("reason", "case__service").annotate(Count("pk"), Count("case", distinct=True))
    return sorted((Counted(*row) for row in counts), key=lambda one: (-one.remarks, one.reason, one.service))


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
