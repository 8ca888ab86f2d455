"""Update and subdivide: the deed's way, the division's findings, and parts that share the ground."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import NotFit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import CreateSpatialUnit, Facts, Finding, RetireSpatialUnit, TransferRight
from land_services.messages import message
from land_services.services.update_and_subdivide import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, block, halves, rectangle, rules, survey

BLOCK = block()
WHOLE = rectangle(30, 0, 60, 40)


def filed(*parts: tuple[str, Polygon], outer: Polygon | None = WHOLE, **changes: Any) -> Inputs:
    made = Inputs(
        parcel_uids=(BLOCK.lots["2"].uid,),
        survey=survey(*(parts or halves()), outer=outer),
        reference="UPS-2026-000001",
        filed_on=FILED_ON,
        answers={"deed_no": BLOCK.titles["2"].deeds[0].number, "consent_to_less": "yes"},
    )
    return replace(made, **changes)


def stating(deed_m2: str) -> Facts:
    parcel = replace(BLOCK.lots["2"], official_area_m2=Decimal(deed_m2))
    title = BLOCK.titles["2"]
    return BLOCK.facts(
        "2", parcels=(parcel,), titles=(replace(title, deeds=(replace(title.deeds[0], area_m2=Decimal(deed_m2)),)),)
    )


def check(inputs: Inputs, facts: Facts, **values: Any) -> tuple[Finding, ...]:
    findings = run_checks(SERVICE, inputs, facts, rules(**values))
    for finding in findings:
        for language in ("ar", "en"):
            assert "?" not in message(finding, language), finding  # type: ignore[arg-type]
        assert finding.source is not None, finding
    return findings


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [(finding.rule, finding.variant, finding.params) for finding in findings]
    return findings[0]


def test_a_deed_that_agrees_divides_like_any_other() -> None:
    assert check(filed(), BLOCK.facts("2")) == ()


@pytest.mark.parametrize(
    ("deed", "answers", "variant", "severity"),
    [
        ("1199.90", {}, "accept", "info"),
        ("1300.00", {"consent_to_less": "yes"}, "less", "info"),
        ("1300.00", {"consent_to_less": "no"}, "less_without_consent", "error"),
        ("1100.00", {}, "surplus_first", "error"),
        ("900.00", {}, "over_ceiling", "error"),
    ],
)
def test_each_difference_takes_its_way(deed: str, answers: dict[str, Any], variant: str, severity: str) -> None:
    finding = only(check(filed(answers=answers), stating(deed), deed_tolerance_percent=1.0, deed_tolerance_m2=1.0))
    assert (finding.rule, finding.variant, finding.severity) == ("DED-04", variant, severity)


def test_the_outer_boundary_is_marked() -> None:
    finding = only(check(filed(outer=None), BLOCK.facts("2")))
    assert (finding.rule, finding.severity) == ("DED-08", "error")


def test_another_deed_is_refused() -> None:
    assert only(check(filed(answers={"deed_no": "5"}), BLOCK.facts("2"))).rule == "DED-03"


def test_what_a_subdivision_would_find_is_found_here_too() -> None:
    narrow = (("1", rectangle(30, 0, 38, 40)), ("2", rectangle(38, 0, 60, 40)))
    assert {f.rule for f in check(filed(*narrow), BLOCK.facts("2"))} == {"SUB-03"}
    assert "SUB-02" in {f.rule for f in check(filed(("1", WHOLE)), BLOCK.facts("2"))}
    gap = (("1", rectangle(30, 0, 44, 40)), ("2", rectangle(46, 0, 60, 40)))
    assert "SUB-08" in {f.rule for f in check(filed(*gap), BLOCK.facts("2"))}


def test_the_parts_share_the_ground_and_the_title_follows() -> None:
    facts = stating("1300.00")
    changes = plan(filed(), facts, rules())
    assert_invariants(changes, facts)
    assert changes.service == "update_and_subdivide"
    assert len(changes.of(RetireSpatialUnit)) == 1
    parts = changes.of(CreateSpatialUnit)
    assert [part.official_area_m2 for part in parts] == [Decimal("600.00"), Decimal("600.00")]
    assert [part.surveyed_area_m2 for part in parts] == [Decimal("600.00"), Decimal("600.00")]
    assert changes.of(TransferRight)[0].to_uids == tuple(part.uid for part in parts)


def test_a_broken_drawing_raises_nothing_and_is_not_planned() -> None:
    broken = filed(("1", Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])), ("2", rectangle(45, 0, 60, 40)))
    assert any(f.severity == "error" for f in check(broken, BLOCK.facts("2")))
    with pytest.raises(NotFit):
        plan(broken, BLOCK.facts("2"), rules())


@given(at=st.integers(41_000, 49_000), deed=st.decimals(1190, 1560, places=2, allow_nan=False))
@settings(max_examples=budget(30, 1000), deadline=None)
def test_whatever_the_deed_said_the_parts_have_the_ground(at: int, deed: Decimal) -> None:
    facts = stating(str(deed))
    inputs = filed(*halves(at / 1000))
    if any(f.severity == "error" for f in check(inputs, facts)):
        return
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    assert digest(from_json(to_json(changes))) == digest(changes)
    parts = changes.of(CreateSpatialUnit)
    total = sum((part.official_area_m2 or Decimal(0) for part in parts), Decimal(0))
    assert total == Decimal("1200.00")
    assert sum((part.surveyed_area_m2 or Decimal(0) for part in parts), Decimal(0)) == Decimal("1200.00")
