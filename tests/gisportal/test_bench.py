"""The benchmark measures what it says: by turns, with ratios of its own runs. No test asserts a time."""

from __future__ import annotations

import json
from contextlib import nullcontext
from statistics import median
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from gisportal.bench import databases as bench_databases
from gisportal.bench.apply import PHASES, apply_section
from gisportal.bench.check import check_section
from gisportal.bench.databases import BenchDatabase, attached
from gisportal.bench.report import markdown, plain
from gisportal.bench.timing import Measure, Section, interleaved, ratio_of
from gisportal.sample.city import generate
from gisportal.sample.load import load_city
from land_services.register.proof import audit_register


def silent(stage: str, done: int, total: int | None = None) -> None:
    """Progress that nobody watches."""


def test_tasks_are_run_by_turns_and_each_begins_a_round() -> None:
    order: list[tuple[str, int]] = []

    def task(name: str) -> Any:
        def run(round_: int) -> float:
            order.append((name, round_))
            return float(len(order))

        return run

    runs = interleaved({"a": task("a"), "b": task("b")}, rounds=3)
    assert order == [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2)]
    assert runs == {"a": (1.0, 4.0, 5.0), "b": (2.0, 3.0, 6.0)}


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_the_whole() -> None:
    ours, bare = Measure("ours", (2.0, 90.0, 3.0)), Measure("bare", (1.0, 30.0, 3.0))
    assert ratio_of(ours, bare) == 2.0
    section = Section("x")
    section.compare(ours, bare, at_least=0.5, inverse=True)
    section.compare(ours, bare, at_most=1.5)
    assert [(line.ratio, line.limit, line.holds) for line in section.lines] == [
        (0.5, ">= 0.5", True),
        (2.0, "<= 1.5", False),
    ]


def test_a_missed_limit_is_marked_in_both_reports() -> None:
    section = Section("Title", ["a note"])
    section.compare(Measure("ours", (4.0,) * 3), Measure("bare", (1.0,) * 3), at_most=2.0, note="why")
    for text in (plain([section]), markdown([section])):
        assert "MISSED" in text and "4.00 to bare" in text and "why" in text and "a note" in text


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_bench_checks_and_applies_real_subdivisions_and_the_register_still_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # pytest-django lets a test connect by the aliases it names, and by no others.
    monkeypatch.setattr("gisportal.bench.check.attached", lambda database: nullcontext("default"))
    load_city(generate(2000, 1448, settings.STORAGE_SRID), progress=silent)
    database = BenchDatabase(str(connections["default"].settings_dict["NAME"]), 2000, None)
    check = check_section([database], count=1, progress=silent)
    assert check.lines[0].measure.name == "2,000 parcels: plan in memory, warm"
    assert all(value > 0 for line in check.lines for value in line.measure.runs)
    section = apply_section("default", 2000, parts=(4,), count=1, seed="t", progress=silent)
    assert audit_register()["ok"]
    lines = {line.measure.name.removeprefix("4 parts: "): line for line in section.lines}
    assert set(lines) == {*PHASES, "write phase", "bare SQL"}
    ours, bare = lines["write phase"].measure.runs, lines["bare SQL"].measure.runs
    assert len(ours) == len(bare) == 3
    assert lines["write phase"].ratio == median(b / o for o, b in zip(ours, bare, strict=True))
    for n, run in enumerate(ours):
        assert run == pytest.approx(sum(lines[name].measure.runs[n] for name in ("write", "announce", "commit")))
    assert json.loads(json.dumps(section.as_json()))["lines"][0]["measure"]["unit"] == "ms"


def test_an_attached_database_is_known_only_for_a_while() -> None:
    with attached(BenchDatabase("bench_other", 7, None)) as using:
        assert connections[using].settings_dict["NAME"] == "bench_other"
        assert connections[using].settings_dict["USER"] == connections["default"].settings_dict["USER"]
    assert using not in connections.databases


def test_bad_sizes_and_unknown_tasks_are_refused() -> None:
    for words, said in (
        (["--sizes", "many"], "not numbers"),
        (["--sizes", "5"], "at least 2000"),
        (["--only", "x"], "load"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("bench", *words)


def test_the_version_of_a_database_follows_the_code_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bench_databases.version()
    assert bench_databases.version() == whole and len(whole) == 8
    monkeypatch.setattr(bench_databases, "MAKERS", ("land_services/precision.py",))
    assert bench_databases.version() != whole
