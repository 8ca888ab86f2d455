"""Many processes on the same block, and processes killed while they write: what is there is whole, or it is not
there.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections

from land_services.register.proof import audit_register
from layers import audit
from tests.budget import budget
from tests.databases import database

from .land import load_lots

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.timeout(budget(300, 3600)),
]

PROCESSES = 8


def start(seed: int, changes: int) -> subprocess.Popen[str]:
    name = connections["default"].settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.land_services.register.cutter", str(seed), str(changes)],
        env={**os.environ, **database(name).environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcomes(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    return [json.loads(line) for line in out.splitlines()]


def prove() -> dict[str, Any]:
    while audit.seal() > 0:
        pass
    report = audit_register()
    assert report["ok"], json.dumps(report["promises"], indent=1)[:3000]
    return report


def test_eight_processes_on_one_block_leave_a_valid_register_and_everyone_is_told() -> None:
    load_lots()
    processes = [start(seed, budget(6, 60)) for seed in range(PROCESSES)]
    seen = [outcome for process in processes for outcome in outcomes(process)]
    counts = Counter(outcome["outcome"] for outcome in seen)
    assert set(counts) <= {"applied", "StaleRegister", "refused by the kernel", "gone", "RegisterRefused"}, counts
    assert counts["applied"] >= PROCESSES, counts
    assert all(o["told"] for o in seen if o["outcome"] in ("StaleRegister", "RegisterRefused")), (
        "a refusal names its parcels"
    )
    report = prove()
    assert report["entries"] == counts["applied"] + 1
    assert report["promises"]["coverage"]["known"] == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(ST_Area(geom)) FROM layers_parcel WHERE end_lifespan_version IS NULL")
        assert cursor.fetchone()[0] == pytest.approx(3600.0, abs=1e-3)


def test_a_collision_is_told_by_the_change_that_won() -> None:
    """All processes start on the same six lots at once: somebody always loses."""
    load_lots()
    processes = [start(seed, 2) for seed in range(100, 100 + PROCESSES)]
    seen = [outcome for process in processes for outcome in outcomes(process)]
    stale = [o for o in seen if o["outcome"] == "StaleRegister"]
    assert all("C-1" in o["why"] for o in stale)
    prove()


def test_processes_killed_at_random_moments_leave_nothing_half_done() -> None:
    load_lots()
    rng = random.Random(1448)
    for round_ in range(budget(4, 100)):
        processes = [start(1000 + 10 * round_ + n, 50) for n in range(2)]
        time.sleep(rng.uniform(0.8, 2.5))
        for process in processes:
            process.send_signal(signal.SIGKILL)
        told = [
            json.loads(line)
            for process in processes
            for line in process.communicate()[0].splitlines()
            if line.endswith("}")
        ]
        entries = {o["entry"] for o in told if o["outcome"] == "applied"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM register_registerentry WHERE id = ANY(%s)", [list(entries)])
            assert cursor.fetchone()[0] == len(entries), "what was reported as applied is there"
    prove()
