"""A change of a rule's value, source or date changes what is found only for cases filed from that date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.checks.engine import run_checks
from land_services.domain import Finding, RuleSource
from land_services.findings import to_json
from land_services.rules import DatedRules, Entry, load_pack
from land_services.services.subdivision import SERVICE
from tests.budget import budget
from tests.fabric import block, halves, inputs

BLOCK = block()
PACK = load_pack("eastern_province")
FROM = date(2026, 2, 1)
"""From here on the pack itself stays as it is."""
DAYS = st.dates(FROM, date(2030, 12, 31))
SOURCE = st.builds(
    RuleSource,
    st.sampled_from(["Circular 1", "Circular 2"]),
    st.sampled_from(["2026-01", "2026-02-01"]),
    st.sampled_from(["official", "press", "placeholder"]),
    st.just("تعميم"),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "min_frontage_m": st.floats(5, 40),
    "min_lot_area_m2": st.floats(100, 900),
    "min_width_m": st.floats(5, 40),
    "max_parts": st.integers(0, 3),
    "street_access_required": st.booleans(),
    "deed_tolerance_percent": st.floats(0, 5),
    "allowed_land_uses": st.sampled_from([(), ("commercial",), ("residential", "villa")]),
    "approved_plan_required": st.booleans(),
}
BY_ZONE = ("min_frontage_m", "min_lot_area_m2", "min_width_m")


@st.composite
def changes(draw: st.DrawFn) -> Entry:
    key = draw(st.sampled_from(sorted(VALUES)))
    zone = draw(st.sampled_from([None, "R2", "C1"])) if key in BY_ZONE else None
    return Entry(key, zone, draw(VALUES[key]), draw(SOURCE), draw(DAYS))


def found(rules: DatedRules, cut: float) -> list[dict[str, Any]]:
    findings: tuple[Finding, ...] = run_checks(SERVICE, inputs(BLOCK, *halves(cut)), BLOCK.facts("2"), rules)
    return to_json(findings, to_wgs84=lambda geometry: geometry)


@given(
    before=st.lists(changes(), max_size=3),
    change=changes(),
    filed=DAYS,
    cut=st.floats(33, 57).map(lambda x: round(x, 3)),
)
@settings(max_examples=budget(40, 1500), deadline=None)
def test_a_change_reaches_only_cases_filed_from_its_date(
    before: list[Entry], change: Entry, filed: date, cut: float
) -> None:
    old, new = PACK.overlaid(before), PACK.overlaid([*before, change])
    for day in (filed, change.valid_from - timedelta(1)):
        if day < change.valid_from:
            assert found(new.on(day), cut) == found(old.on(day), cut)
    on_its_day = new.on(change.valid_from)
    assert (on_its_day.value(change.key, change.zone), on_its_day.source(change.key, change.zone)) == (
        change.value,
        change.source,
    )


@given(change=st.floats(15.5, 40), source=SOURCE)
@settings(max_examples=budget(15, 300), deadline=None)
def test_from_its_date_on_the_finding_has_the_new_value_and_names_the_new_source(
    change: float, source: RuleSource
) -> None:
    pack = PACK.overlaid([Entry("min_frontage_m", None, change, source, date(2027, 1, 1))])
    assert found(pack.on(date(2026, 12, 31)), 45.0) == []
    frontages = [one for one in found(pack.on(date(2027, 1, 1)), 45.0) if one["rule"] == "SUB-03"]
    assert len(frontages) == 2, "both halves are 15 m wide"
    for one in frontages:
        assert one["required"] == {"value": round(change, 6), "unit": "m"}
        assert one["source"] == {
            "title": f"تعميم | {source.title}",
            "date": source.date,
            "confidence": source.confidence,
        }
