"""The coded reasons of remarks, so that the top reasons for return can be counted."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db.models import Count

from .models import Remark

__all__ = ["REASONS", "Reason", "top_reasons"]


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


def top_reasons(since: datetime, until: datetime, service: str = "") -> list[tuple[Reason, int]]:
    """Return how often each reason was given in a span of time, the most frequent first."""
    remarks = Remark.objects.filter(at__gte=since, at__lt=until)
    if service:
        remarks = remarks.filter(case__service=service)
    counted = Counter(dict(remarks.values_list("reason").annotate(n=Count("pk"))))
    return [(REASONS[code], n) for code, n in counted.most_common() if code in REASONS]
