"""Checks of the deeds that the registry issued, before the register takes them: all of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from land_services.checks.finding import found
from land_services.checks.land import deed_tolerance_m2, measured_area_m2
from land_services.deeds import FORMS, Answer, DeedFacts, DeedGiven, hijri_of
from land_services.domain import Finding, ParcelFact, Rules

__all__ = ["check_deeds"]


def check_deeds(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> tuple[Finding, ...]:
    """Return everything that stands against a confirmation, and what the registrar should know of it."""
    parts = (_each_parcel_once, _one_title, _named, _days, _areas)
    return tuple(finding for check in parts for finding in check(facts, deeds, answer, rules))


def _labels(facts: DeedFacts) -> dict[str, ParcelFact]:
    return {parcel.uid: parcel for parcel in facts.parcels}


def _each_parcel_once(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> Iterable[Finding]:
    """Each parcel of the titles is covered by exactly one deed, and no deed covers anything else."""
    known = _labels(facts)
    covered = Counter(uid for deed in deeds for uid in deed.parcel_uids)
    for title in facts.titles:
        for uid in title.parcel_uids:
            if covered[uid] != 1:
                parcel = known.get(uid)
                yield found(
                    rules, "LND-31", variant="twice" if covered[uid] else "none", measured=(covered[uid], "1"),
                    required=(1, "1"), parcels=[uid], where=parcel.geometry if parcel else None,
                    parcel=parcel.label if parcel else uid,
                )  # fmt: skip
    ours = {uid for title in facts.titles for uid in title.parcel_uids}
    for deed in deeds:
        if not deed.parcel_uids:
            yield found(rules, "LND-31", variant="empty", deed=deed.number or "-")
        for uid in deed.parcel_uids:
            if uid not in ours:
                yield found(rules, "LND-31", variant="unknown", deed=deed.number or "-", parcel=uid)


def _one_title(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> Iterable[Finding]:
    """A deed covers parcels of one title: others have other owners."""
    for deed in deeds:
        titles = {title.id for uid in deed.parcel_uids if (title := facts.title_of(uid)) is not None}
        if len(titles) > 1:
            yield found(
                rules, "LND-32", measured=(len(titles), "1"), required=(1, "1"), parcels=deed.parcel_uids,
                deed=deed.number or "-",
            )  # fmt: skip


def _named(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> Iterable[Finding]:
    """A deed has a number, an issuer and a form, and is recorded once."""
    seen: set[tuple[str, str, str]] = set()
    for n, deed in enumerate(deeds, start=1):
        missing = [word for word, value in (("number", deed.number), ("issuer", deed.issuer)) if not value]
        for word in missing:
            yield found(rules, "LND-33", variant=f"no_{word}", parcels=deed.parcel_uids, deed=deed.number or str(n))
        if deed.form not in FORMS:
            yield found(rules, "LND-33", variant="form", parcels=deed.parcel_uids, deed=deed.number or str(n))
        name = (deed.number, deed.issuer, hijri_of(deed.dated) if deed.dated else "")
        if name in seen or name in facts.recorded:
            variant = "twice" if name in seen else "recorded"
            yield found(
                rules, "LND-33", variant=variant, parcels=deed.parcel_uids, deed=deed.number or str(n),
                issuer=deed.issuer, date=name[2] or "-",
            )  # fmt: skip
        seen.add(name)


def _days(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> Iterable[Finding]:
    """A deed and the registry's answer are dated between the decision and today."""
    if not facts.decided_on <= answer.on <= facts.today:
        yield found(
            rules, "LND-34", variant="answer_future" if answer.on > facts.today else "answer_before",
            measured=(answer.on.isoformat(), ""), required=(facts.decided_on.isoformat(), ""),
            date=answer.on.isoformat(), decided=facts.decided_on.isoformat(),
        )  # fmt: skip
    for n, deed in enumerate(deeds, start=1):
        number = deed.number or str(n)
        if deed.dated is None or not hijri_of(deed.dated):
            yield found(rules, "LND-34", variant="missing", parcels=deed.parcel_uids, deed=number)
        elif not facts.decided_on <= deed.dated <= facts.today:
            yield found(
                rules, "LND-34", variant="future" if deed.dated > facts.today else "before",
                measured=(deed.dated.isoformat(), ""), required=(facts.decided_on.isoformat(), ""),
                parcels=deed.parcel_uids, deed=number, date=deed.dated.isoformat(),
                decided=facts.decided_on.isoformat(),
            )  # fmt: skip


def _areas(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer, rules: Rules) -> Iterable[Finding]:
    """The area of a deed is that of its parcels; within the tolerance a difference is told, beyond it refused."""
    known = _labels(facts)
    for n, deed in enumerate(deeds, start=1):
        number = deed.number or str(n)
        if deed.area_m2 is None or deed.area_m2 <= 0:
            yield found(rules, "LND-35", variant="missing", parcels=deed.parcel_uids, deed=number)
            continue
        parcels = [known[uid] for uid in dict.fromkeys(deed.parcel_uids) if uid in known]
        expected = sum((_area(parcel) for parcel in parcels), Decimal(0))
        difference = abs(deed.area_m2 - expected)
        if not parcels or difference == 0:
            continue
        tolerance = deed_tolerance_m2(expected, rules)
        fits = difference <= Decimal(str(tolerance))
        yield found(
            rules, "LND-35", "warning" if fits else "error", variant="differs" if fits else "beyond",
            key="deed_tolerance_percent", measured=(float(deed.area_m2), "m2"), required=(float(expected), "m2"),
            parcels=deed.parcel_uids, deed=number, deed_area=deed.area_m2, register_area=expected,
            difference=difference, tolerance=round(tolerance, 2),
        )  # fmt: skip


def _area(parcel: ParcelFact) -> Decimal:
    """Return the official area of a parcel, or where the deed gave none yet, the measured one."""
    return measured_area_m2(parcel) if parcel.official_area_m2 is None else parcel.official_area_m2
