"""Long random histories of all land services: the register stays proven, and every past state comes back exactly."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from land_services.registry import SERVICES
from tests.budget import SOAK, budget
from tests.layers.fabrics import fabric_database
from tests.sample import CRS, Sample

from .histories import CASE_EVERY, MOMENT_EVERY, History
from .material import FABRICS, work
from .registry import Registry

pytestmark = [pytest.mark.usefixtures("django_db_setup"), pytest.mark.timeout(budget(900, 8 * 3600))]

LIVED = {"spain": budget(8, 1000), "epinay": budget(0, 1000)}
"""Changes of the history of each fabric; those of none are looked at in the soak alone."""
PAIRS = {"spain": budget(4, 150), "epinay": budget(0, 300)}
SAMPLE = budget(15, 1000)
SEED = 1448

Told = list[dict[str, Any]]


def counted(told: Told) -> dict[str, Counter[str]]:
    """Return how many requests of each service ended how, refused ones by their findings."""
    found: dict[str, Counter[str]] = {}
    for line in told:
        if "service" in line:
            found.setdefault(line["service"], Counter())[line["outcome"]] += 1
            found[line["service"]].update(line.get("rules", ()))
    return found


def holds(told: Told, changes: int) -> None:
    """Every service changed something, and all that a history promises came true."""
    counts = counted(told)
    report(told)
    for line in told:
        assert line.get("outcome") != "refused", f"the checks found nothing, the register refused: {line}"
        assert not any(rule.startswith("LND-90") for rule in line.get("rules", ())), line
    assert {code for code in SERVICES if counts[code]["applied"]} == set(SERVICES), counts
    assert sum(counts[code]["applied"] for code in SERVICES) == changes

    proofs = [line for line in told if isinstance(line.get("proof"), int)]
    first = proofs[0]
    assert [line["proof"] for line in proofs] == [0, *range(100, changes, 100), changes]
    for line in proofs:
        assert line["ok"], line
        assert line["shares"] == [], "shares of a title do not sum to 1"
        # Each change rounds to the millimetre grid: what moves is some mm2 for each metre of outline.
        assert abs(line["land_m2"] - first["land_m2"]) < 0.01 * (line["proof"] + 1), line
        assert line["twice_m2"] <= first["twice_m2"] + 0.001 * (line["proof"] + 1), line

    moments = [line for line in told if "moment" in line]
    assert len(moments) > changes // (3 * MOMENT_EVERY)
    for line in moments:
        assert line["export"] == "", line
        assert line["parcels"] and line["titles"], line


def report(told: Told) -> None:
    """Print the figures where somebody asks for them: ``pytest -s``."""
    for code, counter in sorted(counted(told).items()):
        print(f"{code:<22}{dict(counter.most_common())}")  # noqa: T201
    for line in told:
        if "proof" in line or "loaded" in line:
            print(line)  # noqa: T201


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_history_of_the_sample(committed_sample: Callable[[str], Sample], tmp_path: Path) -> None:
    committed_sample("land")
    told: Told = []
    # The everyday history has one whole case, its last change but one; the soak has one in forty.
    rng, say = Random(SEED), lambda **line: told.append(line)
    history = History(
        rng, tmp_path, say, CRS, Registry(rng, say),
        case_every=CASE_EVERY if SOAK else SAMPLE - 1, moment_every=MOMENT_EVERY if SOAK else 5,
    )  # fmt: skip
    history.live(SAMPLE)

    holds(told, SAMPLE)
    whole = [line for line in told if line.get("whole") and line["outcome"] == "applied"]
    assert len(whole) == (SAMPLE // CASE_EVERY if SOAK else 1)
    assert all(line["papers"] for line in whole)


@pytest.fixture(scope="module", params=[name for name in LIVED if LIVED[name]])
def fabric(
    request: pytest.FixtureRequest, real_data: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[str, Told]]:
    """A real fabric with titles: pairs of neighbours adjusted, then a history lived, in a database of its own."""
    name = request.param
    with django_db_blocker.unblock(), fabric_database(FABRICS[name].srid) as made:
        arguments = (real_data, name, SEED, LIVED[name], PAIRS[name])
        before = os.environ.get("AUTHORITY")
        # Fabrics of other countries have no streets and no lots by Gulf rules: their pack asks what geometry demands.
        os.environ["AUTHORITY"] = "generic"
        try:
            told = work(made, "tests.land_services.real.histories", *arguments, timeout_s=8 * 3600)
        finally:
            os.environ.pop("AUTHORITY")
            if before is not None:
                os.environ["AUTHORITY"] = before
    yield name, told


def test_a_history_of_a_real_fabric(fabric: tuple[str, Told]) -> None:
    name, told = fabric

    assert told[0]["authority"] == "generic" and told[0]["titles"] > 50
    holds(told, LIVED[name])
    if SOAK:
        assert (
            sum(1 for line in told if line.get("whole") and line["outcome"] == "applied") == LIVED[name] // CASE_EVERY
        )


def test_boundaries_move_between_real_neighbours(fabric: tuple[str, Told]) -> None:
    name, told = fabric
    moved = [line for line in told if line.get("adjusted") == "applied"]
    refused = Counter(rule for line in told for rule in line.get("rules", ()) if "adjusted" in line)
    print(name, "pairs", Counter((line["way"], line["reverse"]) for line in moved), dict(refused))  # noqa: T201

    assert len(moved) == PAIRS[name], refused
    assert [wrong for line in moved for wrong in line["wrong"]] == []
    assert all(line["passed_m2"] > 0 for line in moved), "the first gives"
    assert {line["way"] for line in moved} == {"straight", "slanted", "bent"}
    assert {line["reverse"] for line in moved} == {True, False}
    assert [line for line in told if line.get("adjusted") == "refused"] == [], "the checks found nothing"
    assert all(line["ok"] for line in told if line.get("proof") == "pairs")
