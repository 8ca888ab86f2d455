"""Merge: several parcels become one. LADM: retire n SpatialUnits, create 1, rights follow.

Source: Riyadh Municipality, survey decision for subdivision purposes (merging and subdividing residential land inside
an approved plan), 2026; joined along an edge, same owners and use: common practice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID, uuid5

from shapely.geometry import Polygon

from land_services.checks.drawn import drawing, is_elsewhere, placed
from land_services.checks.engine import NotFit
from land_services.checks.finding import both, found
from land_services.checks.land import PARCEL_CHECKS, deed_area_m2, measured_area_m2, single_polygon
from land_services.checks.memo import once_per_run
from land_services.checks.numbers import normal_number
from land_services.checks.partition import moved_outline
from land_services.checks.records import (
    CornerNumbers,
    boundary_corners,
    boundary_sides,
    polygon_sides,
    source_points,
)
from land_services.checks.rights import Holding, holding, joined_titles, titles_over
from land_services.checks.survey import SURVEY_CHECKS
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    CreateSpatialUnit,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    Operation,
    ParcelFact,
    RetireSpatialUnit,
    Rules,
    SurveyPart,
    SurveyPlan,
)
from land_services.geometry.errors import DisconnectedParcels, GeometryError, HoleInResult
from land_services.geometry.merge import MergeResult, merge

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "merge"
NAMESPACE: Final = UUID("0f0b7a34-3d3f-5a0e-9a86-5b6a5d2f7c21")
BUFFER_M: Final = 60.0


@dataclass(frozen=True)
class Inputs:
    """What an office files: the parcels, and the outline they make together, as measured.

    ``survey`` is the plan in the storage CRS, ``source`` the same plan as the file has it. The file draws the outline
    of the merged parcel, or the parcels with that outline as outer boundary; its number is the attribute of that
    polygon, or ``number`` where a person gave one.
    """

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None
    number: str = ""

    joins: ClassVar[bool] = True


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: the parcels, and all within 60 m of them."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


@once_per_run
def joined(facts: Facts) -> MergeResult | GeometryError | None:
    """Return the parcels as one polygon, or the kernel's refusal; None where there are not two sound parcels."""
    outlines = [single_polygon(parcel.geometry) for parcel in facts.parcels]
    sound = [outline for outline in outlines if outline is not None]
    if len(sound) < 2 or len(sound) < len(outlines):
        return None
    try:
        return merge(sound, [neighbour.geometry for neighbour in facts.neighbours])
    except GeometryError as refused:
        return refused


def drawn_outline(inputs: Inputs, facts: Facts) -> SurveyPart | None:
    """Return the outline of the merged parcel as drawn: the only polygon, or the outer boundary of several."""
    laid = placed(inputs, facts)
    if laid is None:
        return None
    if laid.plan.outer is not None:
        return laid.plan.outer
    return laid.plan.parts[0] if len(laid.plan.parts) == 1 else None


def new_number(inputs: Inputs) -> str:
    """Return the number of the merged parcel, "" where nobody gave one."""
    plan = inputs.survey
    alone = plan.parts[0].number if len(plan.parts) == 1 else ""
    return normal_number(inputs.number or (plan.outer.number if plan.outer else "") or alone)


# Checks -------------------------------------------------------------------------------------------------------------


def check_several_parcels(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A merger joins at least two parcels, and no more than the authority joins at once."""
    count, most = len(dict.fromkeys(inputs.parcel_uids)), rules.value("max_merged_parcels")
    if count < 2:
        yield found(rules, "MRG-01", measured=(count, "1"), required=(2, "1"), parcels=inputs.parcel_uids, count=count)
    elif count > most:
        yield found(
            rules, "MRG-01", variant="many", key="max_merged_parcels", measured=(count, "1"), required=(most, "1"),
            parcels=inputs.parcel_uids, count=count, most=most,
        )  # fmt: skip


def check_joined_along_an_edge(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each parcel touches another along an edge, not at a point, and together they are one piece of land."""
    refused = joined(facts)
    if isinstance(refused, DisconnectedParcels):
        apart = [
            p for p in facts.parcels if refused.where is not None and p.geometry.intersection(refused.where).area > 0
        ]
        names = "، ".join(p.parcel_no for p in apart), ", ".join(p.parcel_no for p in apart)
        yield found(
            rules, "MRG-02", parcels=[p.uid for p in apart] or inputs.parcel_uids, where=refused.where,
            apart=both(names[0] or "-", names[1] or "-"),
        )  # fmt: skip


def check_no_hole(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The merged parcel encloses no land of others."""
    refused = joined(facts)
    if isinstance(refused, HoleInResult):
        area = 0.0 if refused.where is None else round(refused.where.area, 2)
        yield found(
            rules, "MRG-03", measured=(area, "m2"), required=(0.0, "m2"), parcels=inputs.parcel_uids,
            where=refused.where, area=area,
        )  # fmt: skip


def check_same_owners(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The owners and their shares, and every other right, are the same in all parcels."""
    titles = titles_over(facts)
    if len(titles) < 2:
        return
    first, wanted = titles[0], holding(titles[0])
    for title in titles[1:]:
        held = holding(title)
        if held == wanted:
            continue
        variant = "owners" if _parties(held) != _parties(wanted) else "shares"
        if _only(held, "ownership") == _only(wanted, "ownership"):
            variant = "other_rights"
        ours = [parcel for parcel in facts.parcels if parcel.uid in title.parcel_uids]
        others = [parcel for parcel in facts.parcels if parcel.uid in first.parcel_uids]
        yield found(
            rules, "MRG-04", variant=variant, measured=(_told(held), ""), required=(_told(wanted), ""),
            parcels=[parcel.uid for parcel in ours], where=ours[0].geometry if ours else None,
            parcel=_labels(ours), other=_labels(others), held=_told(held), wanted=_told(wanted),
        )  # fmt: skip


def _parties(held: Holding) -> set[int]:
    return {party for kind, party in held if kind == "ownership"}


def _only(held: Holding, kind: str) -> Holding:
    return {key: share for key, share in held.items() if key[0] == kind}


def _told(held: Holding) -> str:
    """Return the shares of a title without naming anybody, largest first."""
    kinds = {"ownership": "", "usufruct": "usufruct ", "lease": "lease "}
    return ", ".join(f"{kinds[kind]}{share}" for (kind, _), share in sorted(held.items(), key=lambda row: -row[1]))


def _labels(parcels: Iterable[ParcelFact]) -> str:
    return " + ".join(parcel.label for parcel in parcels)


def check_same_plan_and_use(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The parcels lie in one plan and have one use, as far as the authority asks it; two blocks are shown."""
    if not facts.parcels:
        return
    first = facts.parcels[0]
    plans, uses = rules.value("merge_across_plans"), rules.value("merge_across_land_uses")
    for parcel in facts.parcels[1:]:
        for variant, key, ours, theirs, allowed in (
            ("plan", "merge_across_plans", first.plan_no, parcel.plan_no, plans),
            ("use", "merge_across_land_uses", first.land_use, parcel.land_use, uses),
            ("block", "", first.block_no, parcel.block_no, True),
        ):
            if ours != theirs and (variant != "block" or first.plan_no == parcel.plan_no):
                yield found(
                    rules, "MRG-05", "warning" if allowed else "error", variant=variant, key=key,
                    measured=(theirs or "-", ""), required=(ours or "-", ""), parcels=[parcel.uid],
                    where=parcel.geometry, parcel=parcel.label, other=first.label, this=theirs or "-", that=ours or "-",
                )  # fmt: skip


def check_one_outline(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws exactly one outline for the merged parcel."""
    if drawn_outline(inputs, facts) is None and placed(inputs, facts) is not None:
        count = len(inputs.survey.parts)
        yield found(
            rules, "MRG-06", measured=(count, "1"), required=(1, "1"), parcels=inputs.parcel_uids, count=count,
            file=inputs.survey.file_name,
        )  # fmt: skip


def check_outline(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The outline as measured is that of the registered parcels together; where it has moved, the land is shown."""
    drawn, outline = drawing(inputs, facts), drawn_outline(inputs, facts)
    if drawn is None or outline is None or is_elsewhere(drawn):
        return
    if isinstance(outline.geometry, Polygon) and outline.geometry.is_valid and not outline.geometry.is_empty:
        yield from moved_outline(outline.geometry, drawn, rules, "MRG-07")


def check_number(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The merged parcel has a number that no other parcel of its block has."""
    if not facts.parcels:
        return
    number, own = new_number(inputs), {normal_number(parcel.parcel_no) for parcel in facts.parcels}
    taken = {normal_number(sibling) for sibling in facts.sibling_numbers} - own
    variant = "missing" if not number else "taken" if number in taken else ""
    if variant:
        yield found(
            rules, "MRG-08", variant=variant, measured=(number, ""), parcels=inputs.parcel_uids, number=number,
            file=inputs.survey.file_name,
        )  # fmt: skip


def check_titles_that_keep_land(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A deed that also covers parcels which are not merged stays for those, and the registry amends it."""
    ours = {parcel.uid for parcel in facts.parcels}
    titles = titles_over(facts)
    for title in titles:
        kept = [uid for uid in title.parcel_uids if uid not in ours]
        if kept and len(titles) > 1:
            deeds = ", ".join(deed.number for deed in title.deeds if deed.is_valid) or "-"
            yield found(
                rules, "MRG-09", "warning", measured=(len(kept), "1"), parcels=[*ours.intersection(title.parcel_uids)],
                deed=deeds, count=len(kept),
            )  # fmt: skip


def check_can_be_merged(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The parcels can be joined in whole millimetres; otherwise the kernel says why."""
    refused = joined(facts)
    if isinstance(refused, GeometryError) and not isinstance(refused, DisconnectedParcels | HoleInResult):
        yield found(rules, "MRG-10", parcels=inputs.parcel_uids, where=refused.where, reason=refused.message)


CHECKS: Final = (
    *PARCEL_CHECKS,
    *SURVEY_CHECKS,
    check_several_parcels,
    check_joined_along_an_edge,
    check_no_hole,
    check_same_owners,
    check_same_plan_and_use,
    check_one_outline,
    check_outline,
    check_number,
    check_titles_that_keep_land,
    check_can_be_merged,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the merger does to the register: the registered outlines dissolve, exactly.

    Raises
    ------
    NotFit
        Where the parcels cannot be joined. The checks say why; they come first.
    """
    result = joined(facts)
    if not isinstance(result, MergeResult) or not new_number(inputs):
        raise NotFit(f"{inputs.reference}: the parcels do not merge: {result}")
    unit = _created(inputs, facts, rules, result)
    operations: list[Operation] = [RetireSpatialUnit(parcel.uid, parcel.version) for parcel in facts.parcels]
    operations.append(unit)
    for index, geometry in sorted(result.amended.items()):
        neighbour = facts.neighbours[index]
        operations.append(
            AmendBoundary(
                neighbour.uid, neighbour.version, geometry, neighbour.official_area_m2, neighbour.surveyed_area_m2
            )
        )
    operations.extend(joined_titles(facts, unit.uid, str(uuid5(NAMESPACE, f"title|{unit.uid}"))))
    operations.append(AttachSource("survey_file", inputs.survey.file_name, inputs.survey.sha256, (unit.uid,)))
    return ChangeSet(CODE, tuple(operations))


def _created(inputs: Inputs, facts: Facts, rules: Rules, result: MergeResult) -> CreateSpatialUnit:
    first, number = facts.parcels[0], new_number(inputs)
    parents = tuple(parcel.uid for parcel in facts.parcels)
    laid, part = placed(inputs, facts), drawn_outline(inputs, facts)
    if laid is None or part is None:
        raise NotFit(f"{inputs.reference}: the drawing has no outline on the land")
    tolerance = rules.value("outline_tolerance_m")
    measured = polygon_sides(result.outline, part, tolerance)
    corners = CornerNumbers(source_points(laid.plan, inputs.source or inputs.survey), tolerance)
    around = [(neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours]
    return CreateSpatialUnit(
        uid=str(uuid5(NAMESPACE, f"{inputs.reference}|{'|'.join(sorted(parents))}|{number}")),
        plan_no=first.plan_no,
        block_no=first.block_no,
        parcel_no=number,
        land_use=first.land_use,
        geometry=result.outline,
        parents=parents,
        official_area_m2=_sum(deed_area_m2(parcel, facts) for parcel in facts.parcels),
        surveyed_area_m2=_sum(measured_area_m2(parcel) for parcel in facts.parcels),
        sides=boundary_sides(measured, around, facts.streets, {}),
        corners=boundary_corners(measured, corners),
        unit_count=_count(parcel.unit_count for parcel in facts.parcels),
        building_area_m2=_known(parcel.building_area_m2 for parcel in facts.parcels),
    )


def _sum(areas: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum, None where one of them is not known."""
    known = list(areas)
    return None if None in known else sum((area for area in known if area is not None), Decimal("0.00"))


def _known(areas: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known, None where nothing is."""
    known = [area for area in areas if area is not None]
    return sum(known, Decimal("0.00")) if known else None


def _count(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
