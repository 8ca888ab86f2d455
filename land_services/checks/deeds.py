"""Deed against ground: which way the difference of two areas takes, by the dated tolerance of the authority."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from land_services.checks.finding import found
from land_services.checks.land import ParcelInputs, deed_area_m2, deed_tolerance_m2, parcel_area, titles_of
from land_services.domain import Facts, Finding, ParcelFact, Rules

__all__ = ["CONSENT", "DeedInputs", "Path", "check_deed_number", "check_path", "path_of"]

CONSENT: Final = "consent_to_less"
"""The form's field by which the owner accepts the smaller area."""

Way = Literal["equal", "accept", "surplus", "less", "over_ceiling", "unknown"]


class DeedInputs(ParcelInputs, Protocol):
    """What these checks ask of a service's inputs: the parcels, and the answers of the form."""

    @property
    def answers(self) -> Any: ...


@dataclass(frozen=True)
class Path:
    """How the area of a deed comes to be that of the ground; ``difference_m2`` is ground less deed."""

    way: Way
    deed_m2: Decimal | None
    ground_m2: Decimal
    tolerance_m2: Decimal

    @property
    def difference_m2(self) -> Decimal:
        return self.ground_m2 - (self.ground_m2 if self.deed_m2 is None else self.deed_m2)

    @property
    def percent(self) -> float:
        return 0.0 if not self.deed_m2 else float(self.difference_m2 / self.deed_m2) * 100.0


def path_of(parcel: ParcelFact, facts: Facts, rules: Rules, ground: Decimal | None = None) -> Path:
    """Return which way a parcel's deed takes. The ground is as measured, or the registered outline, to 0.01 m2."""
    deed, ground = deed_area_m2(parcel, facts), parcel_area(parcel.geometry) if ground is None else ground
    if deed is None or deed <= 0:
        return Path("unknown", None, ground, Decimal(0))
    tolerance = Decimal(str(round(deed_tolerance_m2(deed, rules), 2)))
    difference = ground - deed
    path = Path("equal", deed, ground, tolerance)
    if difference == 0:
        return path
    way: Way = "less" if difference < 0 else "surplus"
    if abs(difference) <= tolerance:
        way = "accept"
    elif path.percent > rules.value("grant_surplus_ceiling_percent"):
        way = "over_ceiling"
    return Path(way, deed, ground, tolerance)


def check_path(inputs: DeedInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Deed and ground agree, or the difference is accepted, is a surplus by its rules, or is less with consent.

    Source: rules for surpluses of grants and plans, ceiling 25 % of the granted area; the owner's consent to less is
    taken in the letter to the notary.
    """
    for parcel in facts.parcels:
        path = path_of(parcel, facts, rules)
        if path.way != "equal":
            yield _finding(parcel, path, inputs, rules)


def _finding(parcel: ParcelFact, path: Path, inputs: DeedInputs, rules: Rules) -> Finding:
    severity, key, variant = "info", "deed_tolerance_percent", str(path.way)
    required: tuple[float | int | str, str] = (float(path.tolerance_m2), "m2")
    if path.way == "unknown":
        severity = "warning"
    elif path.way == "over_ceiling":
        severity, key = "error", "grant_surplus_ceiling_percent"
        required = (rules.value(key), "%")
    elif path.way == "surplus":
        severity, key = "warning", "grant_surplus_ceiling_percent"
        required = (rules.value(key), "%")
    elif path.way == "less" and rules.value("reduction_consent_required"):
        severity, variant = _consent(inputs)
        key = "reduction_consent_required"
    by_percent = path.way in ("surplus", "over_ceiling")
    return found(
        rules, "DED-04", severity, variant=variant, key=key,  # type: ignore[arg-type]
        measured=(round(path.percent, 3), "%") if by_percent else (float(path.difference_m2), "m2"),
        required=required, parcels=[parcel.uid], where=None if severity == "info" else parcel.geometry,
        parcel=parcel.label, deed_area="-" if path.deed_m2 is None else float(path.deed_m2),
        measured_area=float(path.ground_m2), difference=abs(float(path.difference_m2)),
        percent=round(abs(path.percent), 3), tolerance=float(path.tolerance_m2),
        ceiling=rules.value("grant_surplus_ceiling_percent"),
    )  # fmt: skip


def _consent(inputs: DeedInputs) -> tuple[str, str]:
    """Return severity and variant of a smaller area: by the owner's answer, or open where nobody was asked yet."""
    if not inputs.answers:
        return "warning", "less_open"
    given = inputs.answers.get(CONSENT)
    return ("info", "less") if given in (True, "yes") else ("error", "less_without_consent")


def check_deed_number(inputs: DeedInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The deed that is to be updated is one of the parcel's valid deeds."""
    stated = str(inputs.answers.get("deed_no") or "").strip() if inputs.answers else ""
    if not stated:
        return
    for parcel in facts.parcels:
        numbers = [deed.number for title in titles_of(parcel, facts) for deed in title.deeds if deed.is_valid]
        if numbers and _plain(stated) not in {_plain(number) for number in numbers}:
            yield found(
                rules, "DED-03", measured=(stated, ""), required=(", ".join(numbers), ""), parcels=[parcel.uid],
                parcel=parcel.label, stated=stated, deeds=", ".join(numbers),
            )  # fmt: skip


def _plain(number: str) -> str:
    """Return a deed's number without spaces and with Western digits."""
    return "".join(str(int(c)) if c.isdigit() else c for c in number if not c.isspace())
