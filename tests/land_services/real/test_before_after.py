"""Real merges, subdivisions and restated parcels of two years of a cadastre: the services carry before to after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.layers.fabrics import fabric_database

from .before_after import TOLERANCE_M
from .material import work

pytestmark = [
    pytest.mark.usefixtures("django_db_setup"),
    pytest.mark.timeout(900),
]

MERGES = {2, 6, 8, 10, 12, 14, 18, 20, 22, 24, 26, 30, 32, 36}
SUBDIVISIONS = {38}
DEED_UPDATES = {28, 34, 40}
OTHERS = {0, 4, 16}


@pytest.fixture(scope="module")
def told(real_data: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[dict[str, Any]]:
    with django_db_blocker.unblock(), fabric_database(26986) as made:
        return work(made, "tests.land_services.real.before_after", real_data)


@pytest.fixture
def cases(told: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {case["case"]: case for case in told if "case" in case}


def test_exactly_the_changes_whose_outline_stayed_are_applied(
    cases: dict[int, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print("\ncase  kind             outline moved  outcome  parts  farthest part  contacts")  # noqa: T201
        for number, case in sorted(cases.items()):
            print(row(number, case))  # noqa: T201
    assert {n for n, c in cases.items() if c["outcome"] == "applied" and c["kind"] == "merge"} == MERGES
    assert {n for n, c in cases.items() if c["outcome"] == "applied" and c["kind"] == "subdivision"} == SUBDIVISIONS
    updated = {n for n, c in cases.items() if c["outcome"] == "applied" and c["kind"] == "boundary_change"}
    assert updated == DEED_UPDATES
    assert {n for n, c in cases.items() if c["outcome"] == "asked"} == OTHERS


def row(number: int, case: dict[str, Any]) -> str:
    start = f"{number:>4}  {case['kind']:<15}  {case['moved_m']:>11.3f} m"
    if case["outcome"] != "applied":
        return f"{start}  asked    places: {sum(asked['places'] for asked in case['asked'])}"
    farthest = max(case["deviations_m"].values())
    return f"{start}  applied  {len(case['numbers']):>5}  {farthest:>11.3f} m  {case['adjacency']['both']:>8}"


@pytest.mark.parametrize("number", sorted(MERGES | SUBDIVISIONS | DEED_UPDATES))
def test_the_register_then_holds_the_state_after(number: int, cases: dict[int, dict[str, Any]]) -> None:
    case = cases[number]

    assert case["numbers"] == case["expected"]
    assert set(case["deviations_m"]) == set(case["expected"])
    assert max(case["deviations_m"].values()) <= TOLERANCE_M
    assert case["adjacency"]["only_one"] == 0, "a contact that one of the two states does not have"
    assert case["adjacency"]["both"] >= 2


@pytest.mark.parametrize("number", sorted(OTHERS))
def test_an_outline_that_moved_ends_in_findings_that_show_where(number: int, cases: dict[int, dict[str, Any]]) -> None:
    for asked in cases[number]["asked"]:
        assert "SUB-07" in asked["rules"], asked
        assert asked["places"] > 0, "no place is shown where the outlines really differ"
        assert asked["unshown_m2"] < 0.01, "land that moved is not shown"


def test_the_register_is_proven_afterwards_with_no_more_than_its_known_defects(told: list[dict[str, Any]]) -> None:
    audit = next(line["audit"] for line in told if "audit" in line)

    assert audit["ok"], audit["promises"]
    assert audit["entries"] == 1 + len(MERGES) + len(SUBDIVISIONS) + len(DEED_UPDATES)
    assert audit["promises"]["coverage"]["known"] > 0
