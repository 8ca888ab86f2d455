"""Random splits and merges of whole real cadastres, faults and all: applied or refused by name, never a new fault."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from land_services.geometry import errors
from tests.budget import budget
from tests.layers.fabrics import fabric_database

from .material import FABRICS, work

pytestmark = [pytest.mark.usefixtures("django_db_setup"), pytest.mark.timeout(budget(900, 8 * 3600))]

LOADED = {"epinay": 4241, "cambridge": 13_115, "spain": 186}
# Two street parcels of Cambridge have 17,000 corners and some 4,000 neighbours: seconds a change.
CHANGES = {"epinay": budget(25, 1000), "cambridge": budget(3, 1000), "spain": budget(25, 1000)}


@pytest.mark.parametrize("name", list(CHANGES)[: budget(1, 3)])  # everyday histories of services live on others
def test_every_change_is_applied_or_refused_by_name(
    name: str, real_data: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    count = CHANGES[name]
    with django_db_blocker.unblock(), fabric_database(FABRICS[name].srid) as made:
        told = work(made, "tests.land_services.real.changing", real_data, name, 1448, count, timeout_s=8 * 3600)

    changes = [line for line in told if "outcome" in line]
    counts = Counter(line["outcome"] for line in changes)
    assert told[0]["loaded"] == LOADED[name]
    assert len(changes) == count
    assert not [line for line in changes if line["outcome"] == "refused by the guard"], "kernel and guard disagree"
    assert all(line["why"] in errors.__all__ for line in changes if line["outcome"] == "refused by the kernel")
    assert counts["applied"] >= count // 2, Counter(line.get("why", "") for line in changes)

    before, after = (line["proof"] for line in told if "proof" in line)
    assert before["ok"], before["promises"]
    assert after["ok"], after["promises"]
    assert after["entries"] == counts["applied"] + 1
    # A split may describe one known gap by two lines; the land in question does not grow (the proof looks at that).
    assert after["promises"]["coverage"]["faults"] == []
