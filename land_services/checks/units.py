"""How many units stand on each part: as the drawing says, or one each where there are as many parts as units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from land_services.checks.drawn import SurveyInputs, drawing
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, SurveyPart

__all__ = ["UnitInputs", "answered_number", "part_units"]

UNIT_COUNT = "unit_count"
MOST = 1000
"""Nobody means more units than this; larger numbers are areas or codes in the wrong column."""


class UnitInputs(SurveyInputs, Protocol):
    """What is asked of a service's inputs: the drawing, and the answers of the form."""

    @property
    def answers(self) -> Mapping[str, Any]: ...

    @property
    def kind(self) -> str: ...


def answered_number(inputs: UnitInputs, field: str) -> int | None:
    """Return a whole number of the form, None where it is not answered."""
    value = inputs.answers.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@once_per_run
def part_units(inputs: UnitInputs, facts: Facts) -> tuple[int | None, ...]:
    """Return the units of each part, in the drawing's order; None where that is not known.

    A part's own attribute goes first. Where no part has one, all units stand on the only part, or one on each of as
    many parts as there are units; the units are those of the permit, else those on record, else one for each part.
    """
    drawn = drawing(inputs, facts)
    if drawn is None:
        return ()
    stated = [_stated(part.part) for part in drawn.parts]
    if any(_given(part.part) is not None for part in drawn.parts):
        return tuple(stated)
    registered = facts.parcels[0].unit_count if facts.parcels else None
    total = answered_number(inputs, "units") or registered or len(stated)
    if len(stated) == 1 and inputs.kind == "floors":
        return (total,)
    return (1,) * len(stated) if total == len(stated) else (None,) * len(stated)


def _given(part: SurveyPart) -> Any:
    value = next((v for k, v in part.attributes.items() if str(k).strip().lower() == UNIT_COUNT), None)
    return None if isinstance(value, str) and not value.strip() else value


def _stated(part: SurveyPart) -> int | None:
    """Return the attribute as a whole number; both digit systems are read, 2.0 is 2."""
    try:
        number = float(str(_given(part)))
    except ValueError:
        return None
    return int(number) if number.is_integer() and 1 <= number <= MOST else None
