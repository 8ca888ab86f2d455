"""Subdivision: one parcel becomes several. LADM: retire 1 SpatialUnit, create n, rights follow.

Source: Riyadh Municipality, survey decision for subdivision purposes (merging and subdividing residential land inside
an approved plan), 2026; the numbers are in the rule pack of the authority.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from land_services.checks.divided import check_numbers, check_one_parcel, check_two_parts, child_number, divided
from land_services.checks.finding import both, found
from land_services.checks.land import PARCEL_CHECKS
from land_services.checks.lots import LOT_CHECKS
from land_services.checks.partition import PARTITION_CHECKS
from land_services.checks.survey import SURVEY_CHECKS
from land_services.domain import (
    ChangeSet,
    Face,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    Rules,
    SurveyPlan,
)

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "child_number", "needs", "plan"]

CODE: Final = "subdivision"
BUFFER_M: Final = 60.0
USES: Final = {
    "residential": ("سكني", "residential"),
    "villa": ("فيلا", "villa"),
    "duplex": ("دوبلكس", "duplex"),
    "commercial": ("تجاري", "commercial"),
    "mixed": ("سكني تجاري", "mixed use"),
    "industrial": ("صناعي", "industrial"),
    "agricultural": ("زراعي", "agricultural"),
}
"""Land uses that messages say in words; another stands for itself."""


@dataclass(frozen=True)
class Inputs:
    """What an office files.

    ``survey`` is the plan in the storage CRS (``checks.survey_crs.to_storage``), ``source`` the same plan as the file
    has it; a plan in a site grid (``crs`` = ``local``) is laid on the parcel here. ``reference`` names the case: the
    new parcels' uids follow from it. ``part_numbers`` gives parts (by their place in the file) a number that the file
    does not, ``faces`` sides a face that a person chose: (place of the part, number of the side, face).
    """

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None
    part_numbers: tuple[tuple[int, str], ...] = ()
    faces: tuple[tuple[int, int, Face], ...] = ()


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: the parcel, and all within 60 m: neighbours, the streets it fronts, zones."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


# Checks -------------------------------------------------------------------------------------------------------------


def check_scope(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Only land that the authority divides is divided: of an approved plan and of a land use, where it demands that."""
    allowed = rules.value("allowed_land_uses")
    for parcel in facts.parcels:
        if rules.value("approved_plan_required") and not parcel.plan_no:
            yield found(
                rules, "SUB-20", key="approved_plan_required", variant="plan", parcels=[parcel.uid],
                where=parcel.geometry, parcel=parcel.label,
            )  # fmt: skip
        if allowed and parcel.land_use not in allowed:
            yield found(
                rules, "SUB-20", key="allowed_land_uses", variant="use", measured=(parcel.land_use, ""),
                required=(", ".join(allowed), ""), parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label,
                use=_uses([parcel.land_use]), allowed=_uses(allowed),
            )  # fmt: skip


def _uses(codes: Iterable[str]) -> dict[str, str]:
    known = [USES.get(code, (code, code)) for code in codes]
    return both("، ".join(ar for ar, _ in known), ", ".join(en for _, en in known))


def check_max_parts(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """More parts than a subdivision may make are a layout, which is approved by its own service."""
    count, most = len(inputs.survey.parts), rules.value("max_parts")
    if count > most:
        yield found(
            rules, "SUB-14", key="max_parts", measured=(count, "1"), required=(most, "1"),
            parcels=inputs.parcel_uids, count=count, most=most,
        )  # fmt: skip


CHECKS: Final = (
    *PARCEL_CHECKS,
    *SURVEY_CHECKS,
    check_one_parcel,
    check_scope,
    check_two_parts,
    *LOT_CHECKS,
    *PARTITION_CHECKS,
    check_numbers,
    check_max_parts,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the subdivision does to the register.

    Raises
    ------
    NotFit
        Where the drawing cannot be fitted onto the parcel. The checks say why; they come first.
    """
    return ChangeSet(CODE, divided(inputs, facts, rules))


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
