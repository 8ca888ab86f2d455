"""The numbers of built plots: halves of a duplex, parking, coverage, the street front of a villa of several units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import shapely

from land_services.checks.drawn import drawing, is_elsewhere
from land_services.checks.finding import found
from land_services.checks.lots import LOT_CHECKS, ROUNDING_M, Lot, longest_front, lots, zone_of
from land_services.checks.memo import once_per_run
from land_services.checks.party_wall import annexes, built_over
from land_services.checks.units import ATTACHED, UnitInputs, answered_number, part_units
from land_services.domain import Facts, Finding, Rules, RuleSource, Severity

__all__ = ["HalfRules", "check_coverage", "check_halves", "check_parking", "check_street_front"]

HALF_KEYS: Final = {
    "min_frontage_m": "duplex_min_half_frontage_m",
    "min_lot_area_m2": "duplex_min_half_area_m2",
}
"""Under which key a half has its own number, where a lot of vacant land has the general one."""
FRONT_KEYS: Final = {
    "attached": "floors_min_frontage_attached_m",
    "detached": "floors_min_frontage_detached_m",
}
FRONTS: Final[Mapping[bool | None, tuple[tuple[str, Severity], ...]]] = {
    True: (("attached", "error"),),
    False: (("detached", "error"),),
    None: (("attached", "error"), ("detached", "warning")),
}
"""Which street fronts a villa must have, attached or not; where that is not known, what neither may lack stops it."""


@dataclass(frozen=True)
class HalfRules:
    """The rules of the authority, with the numbers of a half where a lot of vacant land has others."""

    rules: Rules

    @property
    def on(self) -> date:
        """Return the day whose rules these are."""
        return self.rules.on

    def value(self, key: str, zone: str | None = None) -> Any:
        """Return the value in force."""
        return self.rules.value(HALF_KEYS.get(key, key), zone)

    def source(self, key: str, zone: str | None = None) -> RuleSource:
        """Return where that value comes from."""
        return self.rules.source(HALF_KEYS.get(key, key), zone)


@once_per_run
def half_rules(rules: Rules) -> HalfRules:
    """Return the rules as halves are measured by them."""
    return HalfRules(rules)


def _uids(facts: Facts) -> list[str]:
    return [parcel.uid for parcel in facts.parcels]


def check_halves(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each part is a lot by the numbers for halves of a duplex: frontage, area, width, access, corner cuts."""
    for check in LOT_CHECKS:
        yield from check(inputs, facts, half_rules(rules))


def check_parking(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """There are enough parking bays inside the plot for its units and its size."""
    places, units = _plots(inputs, facts, rules), part_units(inputs, facts)
    if not places or len(places) != len(units) or None in units:
        return
    wanted = [_bays(lot, count or 0, rules) for lot, count in zip(places, units, strict=True)]
    total, bays = sum(count for count, _ in wanted), answered_number(inputs, "parking_bays")
    if bays is None or bays < total:
        yield found(
            rules, "DUP-06", "warning" if bays is None else "error", variant="unknown" if bays is None else "",
            key=max(wanted)[1], zone=places[0].zone, measured=None if bays is None else (bays, "1"),
            required=(total, "1"), parcels=_uids(facts), where=facts.parcels[0].geometry, bays=bays or 0, total=total,
            units=sum(count or 0 for count in units),
        )  # fmt: skip


def _plots(inputs: UnitInputs, facts: Facts, rules: Rules) -> tuple[Lot, ...]:
    """Return the parts; where floors become units, the parcel as it is registered."""
    if inputs.kind == ATTACHED:
        return lots(inputs, facts, rules)
    drawn = drawing(inputs, facts)
    if drawn is None or is_elsewhere(drawn) or len(drawn.parts) != 1:
        return ()
    return (Lot(drawn.on.label, drawn.land, zone_of(drawn.land, facts), 0.01),)


def _bays(lot: Lot, units: int, rules: Rules) -> tuple[int, str]:
    """Return how many bays a plot needs, by its units or by its size, and the rule that says so."""
    small = lot.polygon.area <= rules.value("villa_small_plot_max_m2", lot.zone)
    by_size = "villa_small_plot_bays" if small else "villa_large_plot_bays"
    by_units = rules.value("parking_bays_per_unit", lot.zone) * units
    return max((by_units, "parking_bays_per_unit"), (rules.value(by_size, lot.zone), by_size))


def check_coverage(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The buildings cover no more of a part than the authority allows; what a permit allowed once is not refused."""
    above = shapely.union_all(list(annexes(inputs, facts)))
    for lot in _plots(inputs, facts, rules):
        for variant, key, built in (
            ("", "max_coverage_percent", built_over(inputs, facts)),
            ("annex", "max_annex_coverage_percent", above),
        ):
            most, covered = rules.value(key, lot.zone), lot.polygon.intersection(built)
            percent = round(100 * covered.area / lot.polygon.area, 1)
            if percent > most:
                yield found(
                    rules, "DUP-07", "warning", variant=variant, key=key, zone=lot.zone, measured=(percent, "%"),
                    required=(most, "%"), parcels=_uids(facts), where=covered, part=lot.label, percent=percent,
                    most=most,
                )  # fmt: skip


def _attached(inputs: UnitInputs) -> bool | None:
    answer = inputs.answers.get("villa_attached")
    return answer if isinstance(answer, bool) else None


def check_street_front(inputs: UnitInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A villa whose floors become units fronts a street by the length for detached or for attached villas."""
    for plot in _plots(inputs, facts, rules):
        front = longest_front(plot, facts, rules)
        length = 0.0 if front is None else front[1].length_m
        for variant, severity in FRONTS[_attached(inputs)]:
            key = FRONT_KEYS[variant]
            least = rules.value(key, plot.zone)
            if length < least - ROUNDING_M:
                yield found(
                    rules, "DUP-09", severity, variant=variant, key=key, zone=plot.zone,
                    measured=(round(length, 3), "m"), required=(least, "m"), parcels=_uids(facts),
                    where=plot.polygon if front is None else front[1].line, parcel=plot.label,
                    length=round(length, 3), least=least,
                )  # fmt: skip
                return
