"""What a resubmission changed: fields, documents, and the parts of the survey, against the round before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from land_services.changesets import from_json
from land_services.domain import CreateSpatialUnit

from .at_work import CaseAtWork
from .models import Attempt, CaseFile, Submission

__all__ = ["Changed", "Difference", "difference", "keep_submission"]


@dataclass(frozen=True)
class Changed:
    """One thing before and after; None where it was not there, or is not any more."""

    code: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """What one round changed: ``round`` is the later one. Parts carry their surveyed areas in square metres."""

    round: int
    fields: tuple[Changed, ...]
    parts: tuple[Changed, ...]
    files: tuple[CaseFile, ...]
    attempts: tuple[Attempt | None, Attempt | None]

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.parts or self.files) and self.attempts[0] == self.attempts[1]


def keep_submission(work: CaseAtWork) -> Submission:
    """Keep what this round is handed in with."""
    return Submission.objects.create(
        case=work.case,
        round=work.case.round,
        at=work.now,
        form=work.case.form,
        attempt=work.filed,
        files=sorted(file.pk for file in work.files),
    )


def difference(work: CaseAtWork) -> Difference | None:
    """Return what the last round changed; None before the second, and for cases older than this record."""
    rounds = list(work.case.submissions.select_related("attempt").order_by("-round")[:2])
    if len(rounds) < 2:
        return None
    after, before = rounds
    added = set(after.files) - set(before.files)
    return Difference(
        round=after.round,
        fields=_changed(before.form, after.form),
        parts=_changed(_parts(before.attempt), _parts(after.attempt)),
        files=tuple(file for file in work.files if file.pk in added),
        attempts=(before.attempt, after.attempt),
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    codes = [*after, *(code for code in before if code not in after)]
    return tuple(
        Changed(code, before.get(code), after.get(code)) for code in codes if before.get(code) != after.get(code)
    )


def _parts(attempt: Attempt | None) -> dict[str, Decimal | None]:
    """Return the parts of a survey by number, with their surveyed areas."""
    if attempt is None or not attempt.change_set:
        return {}
    units: tuple[CreateSpatialUnit, ...] = from_json(attempt.change_set).of(CreateSpatialUnit)
    return {unit.parcel_no: unit.surveyed_area_m2 for unit in units}
