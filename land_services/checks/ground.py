"""One parcel as a file draws it on the ground: what services share that restate land and divide none."""

from __future__ import annotations

from collections.abc import Iterable

from land_services.checks.drawn import SurveyInputs, drawing, is_elsewhere, placed, wide_pieces
from land_services.checks.finding import found
from land_services.checks.land import usable
from land_services.checks.partition import moved_outline
from land_services.domain import Facts, Finding, Rules, SurveyPart

__all__ = ["measured_part", "moved_ground", "one_parcel", "one_polygon"]


def measured_part(inputs: SurveyInputs, facts: Facts) -> SurveyPart | None:
    """Return the only polygon that the file draws, None where there are several."""
    laid = placed(inputs, facts)
    if laid is None:
        return None
    drawn = [*laid.plan.parts, *([laid.plan.outer] if laid.plan.outer is not None else [])]
    return drawn[0] if len(drawn) == 1 else None


def one_parcel(inputs: SurveyInputs, rules: Rules, rule: str) -> Iterable[Finding]:
    """Yield the finding of a request about several parcels."""
    count = len(dict.fromkeys(inputs.parcel_uids))
    if count > 1:
        yield found(rules, rule, measured=(count, "1"), required=(1, "1"), parcels=inputs.parcel_uids, count=count)


def one_polygon(inputs: SurveyInputs, facts: Facts, rules: Rules, rule: str) -> Iterable[Finding]:
    """Yield the finding of a file that draws several polygons, or none."""
    if placed(inputs, facts) is not None and measured_part(inputs, facts) is None:
        count = len(inputs.survey.parts) + (inputs.survey.outer is not None)
        yield found(
            rules, rule, measured=(count, "1"), required=(1, "1"), parcels=inputs.parcel_uids, count=count,
            file=inputs.survey.file_name,
        )  # fmt: skip


def moved_ground(inputs: SurveyInputs, facts: Facts, rules: Rules, rule: str) -> Iterable[Finding]:
    """Yield each place where the ground is not the registered land, and whose land it reaches into there."""
    drawn, part = drawing(inputs, facts), measured_part(inputs, facts)
    if drawn is None or part is None or is_elsewhere(drawn) or part.geometry.is_empty or not part.geometry.is_valid:
        return
    yield from moved_outline(part.geometry, drawn, rules, rule)
    reach = part.geometry.difference(drawn.land)
    for neighbour in facts.neighbours:
        for taken in wide_pieces(reach.intersection(usable(neighbour.geometry)), rules.value("outline_tolerance_m")):
            yield found(
                rules, rule, variant="neighbour", key="outline_tolerance_m", measured=(round(taken.area, 2), "m2"),
                required=(0.0, "m2"), parcels=[*drawn.on.uids, neighbour.uid], where=taken, parcel=drawn.on.label,
                neighbour=neighbour.label, area=round(taken.area, 2),
            )  # fmt: skip
