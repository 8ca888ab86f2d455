"""How many units stand on each part, and are they as many as the permit and the register allow?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from land_services.checks.drawn import SurveyInputs, drawing
from land_services.checks.finding import found
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, Finding, Rules, Severity, SurveyPart

__all__ = [
    "ATTACHED",
    "FLOORS",
    "UnitInputs",
    "answered_number",
    "check_unit_counts",
    "check_units",
    "part_units",
]

ATTACHED: Final = "attached"
FLOORS: Final = "floors"
UNIT_COUNT: Final = "unit_count"
MOST: Final = 1000
"""Nobody means more units than this; larger numbers are areas or codes in the wrong column."""


class UnitInputs(SurveyInputs, Protocol):
    """What is asked of a service's inputs: the drawing, the answers of the form, and which kind of division it is."""

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
    if len(stated) == 1 and inputs.kind == FLOORS:
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


# Checks ---------------------------------------------------------------------------------------------------------------


def check_units(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """There are as many units as the building permit and the register allow."""
    units, kind = part_units(inputs, facts), inputs.kind
    if len(facts.parcels) != 1 or not units or None in units:
        return
    parcel, total = facts.parcels[0], sum(count or 0 for count in units)
    permitted, registered = answered_number(inputs, "units"), parcel.unit_count

    def finding(variant: str, severity: Severity, required: int | None) -> Finding:
        return found(
            rules, "DUP-01", severity, variant=variant, measured=(total, "1"),
            required=None if required is None else (required, "1"), parcels=[parcel.uid], where=parcel.geometry,
            parcel=parcel.label, total=total, least=2, wanted=required or "-",
        )  # fmt: skip

    if total < 2:
        yield finding("one", "error", 2)
    if permitted is None:
        yield finding("no_form", "warning", None)
    elif total != permitted:
        yield finding("form", "error", permitted)
    if registered is None:
        yield finding("unknown", "warning", None)
    elif total != registered:
        yield finding("changes", "info", registered) if kind == FLOORS else finding("register", "error", registered)


def check_unit_counts(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """It is known of each part how many units stand on it."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    for part, units in zip(drawn.parts, part_units(inputs, facts), strict=True):
        if units is None:
            yield found(
                rules, "DUP-02", parcels=drawn.on.uids, where=part.polygon, part=part.label,
                parts=len(drawn.parts), file=inputs.survey.file_name,
            )  # fmt: skip
