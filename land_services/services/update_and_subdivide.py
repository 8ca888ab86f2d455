"""Update and subdivide: the deed is put right from the ground and the parcel is divided, in one decision.

LADM: retire 1 SpatialUnit, create n on the same land, rights follow; the areas of all are those of the ground.
Source: Saudi municipal services in use, the request class "update and subdivide deeds" together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from land_services.checks.deeds import check_deed_number, check_path, path_of
from land_services.checks.divided import check_numbers, check_one_parcel, check_two_parts, divided
from land_services.checks.finding import found
from land_services.checks.land import PARCEL_CHECKS, check_deed_area, parcel_area
from land_services.checks.lots import LOT_CHECKS
from land_services.checks.partition import PARTITION_CHECKS
from land_services.checks.survey import SURVEY_CHECKS
from land_services.domain import ChangeSet, Check, Face, Facts, FactsQuery, Finding, LandService, Rules, SurveyPlan

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "update_and_subdivide"
BUFFER_M: Final = 60.0


@dataclass(frozen=True)
class Inputs:
    """What an office files: as for a subdivision, with the answers of the form, as for a deed update."""

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None
    part_numbers: tuple[tuple[int, str], ...] = ()
    faces: tuple[tuple[int, int, Face], ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: the parcel, and all within 60 m of it."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


# Checks -------------------------------------------------------------------------------------------------------------


def check_way(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The difference of deed and ground is one that the update settles by itself: a surplus is bought before."""
    for finding in check_path(inputs, facts, rules):
        if finding.variant == "surplus":
            yield replace(finding, severity="error", variant="surplus_first")
        else:
            yield finding


def check_marked_outline(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file marks the full outer boundary: it is what the deed is put right by."""
    if inputs.survey.outer is None and inputs.survey.parts:
        yield found(
            rules, "DED-08", parcels=inputs.parcel_uids, measured=(len(inputs.survey.parts), "1"),
            file=inputs.survey.file_name,
        )  # fmt: skip


CHECKS: Final[tuple[Check, ...]] = (
    *(check for check in PARCEL_CHECKS if check is not check_deed_area),
    *SURVEY_CHECKS,
    check_one_parcel,
    check_deed_number,
    check_way,
    check_marked_outline,
    check_two_parts,
    *LOT_CHECKS,
    *PARTITION_CHECKS,
    check_numbers,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what update and division do to the register together: the parts share the area of the ground.

    Raises
    ------
    NotFit
        Where the drawing cannot be fitted onto the parcel. The checks say why; they come first.
    """
    return ChangeSet(CODE, divided(inputs, _updated(facts, rules), rules))


def _updated(facts: Facts, rules: Rules) -> Facts:
    """Return the facts as the update of the deed leaves them; of equal areas nothing changes."""
    parcels = tuple(
        parcel
        if path_of(parcel, facts, rules).way == "equal"
        else replace(
            parcel,
            official_area_m2=parcel_area(parcel.geometry),
            surveyed_area_m2=parcel_area(parcel.geometry),
        )
        for parcel in facts.parcels
    )
    return replace(facts, parcels=parcels)


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
