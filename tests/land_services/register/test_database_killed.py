"""``kill -9`` of the database while changes are written: what was reported is there, and nothing is there by halves.

The database is a throw-away cluster of this test's own, durable as the real one; the changes come from processes that
run the one writer as fast as they can.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from scripts.account import PG_BIN, Account, make_private
from scripts.cluster import Cluster
from tests.budget import budget

pytestmark = [
    pytest.mark.timeout(budget(300, 4 * 3600)),
    pytest.mark.skipif(not (PG_BIN / "initdb").is_file(), reason="PostgreSQL 15 is not installed here"),
]
ROOT = Path(__file__).resolve().parents[3]
KILLS = budget(2, 200)
WRITERS = 2
SEED = 1448
LOAD_LOTS = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "gisportal.settings"
django.setup()
from tests.land_services.register.land import load_lots
load_lots()
"""


@dataclass
class Register:
    """The register in a cluster of its own; ``reported`` are the entries that writers said were applied."""

    cluster: Cluster
    reported: set[int] = field(default_factory=set)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        return {**kept, **self.cluster.urls(), "DEBUG": "1", "SECRET_KEY": "a key of a test " * 4}

    def python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        session = psycopg2.connect(self.cluster.urls()["DATABASE_OWNER_URL"])
        try:
            with session, session.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            session.close()

    def writer(self, seed: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.land_services.register.cutter", str(seed), "1000"],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def backends(self) -> list[int]:
        """Return the processes that serve writers."""
        return [int(pid) for (pid,) in self.query("SELECT pid FROM pg_stat_activity WHERE usename = 'gisportal_app'")]

    def note(self, said: str) -> int:
        """Remember the entries that a writer reported; a last line cut off by the kill reports nothing."""
        told = [json.loads(line) for line in said.splitlines() if line.startswith("{") and line.endswith("}")]
        entries = {int(line["entry"]) for line in told if line["outcome"] == "applied"}
        self.reported |= entries
        return len(entries)


@pytest.fixture(scope="module")
def register() -> Iterator[Register]:
    account = Account.current()
    folder = Path(tempfile.mkdtemp(prefix="gisportal-kill-"))
    folder.chmod(0o711)
    state = make_private(folder / "s", account)
    cluster = Cluster(state, account)
    try:
        cluster.create()
        cluster.start()
        cluster.provision()
        made = Register(cluster)
        made.python("manage.py", "migrate", "--database=owner", "--verbosity=0")
        made.python("-c", LOAD_LOTS)
        yield made
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_work(register: Register, writers: list[subprocess.Popen[str]], entries: int) -> None:
    """Wait until the writers have written something, so that the kill strikes work and not their start."""
    deadline = time.monotonic() + 120
    while register.query("SELECT count(*) FROM register_registerentry")[0][0] <= entries:
        assert time.monotonic() < deadline, "the writers do not write"
        assert any(writer.poll() is None for writer in writers), "all writers ended"
        time.sleep(0.02)


def kill(register: Register, rng: random.Random, *, whole: bool) -> None:
    """Kill the postmaster, or one process that serves a writer, without a word."""
    if whole:
        victim = register.cluster.postmaster()
        assert victim is not None
    else:
        victim = rng.choice(register.backends() or [register.cluster.postmaster() or 0])
    os.kill(victim, signal.SIGKILL)


def come_back(register: Register) -> None:
    """Start the cluster, or wait until it has mended itself."""
    deadline = time.monotonic() + 120
    while True:
        register.cluster.start()
        try:
            register.query("SELECT 1")
            return
        except psycopg2.OperationalError:
            assert time.monotonic() < deadline, "the database does not come back"
            time.sleep(0.1)


def prove(register: Register) -> None:
    there = {int(key) for (key,) in register.query("SELECT id FROM register_registerentry")}
    assert register.reported <= there, f"reported as applied, but gone: {register.reported - there}"
    assert register.query(
        "SELECT round(sum(ST_Area(geom))::numeric, 3) FROM layers_parcel WHERE end_lifespan_version IS NULL"
    ) == [(3600,)]
    half = """SELECT e.id FROM register_registerentry e WHERE e.service <> 'load' AND (e.guarded_rows = 0
                OR NOT EXISTS (SELECT FROM layers_parcel p WHERE p.end_entry_id = e.id)
                OR NOT EXISTS (SELECT FROM layers_parcel p WHERE p.begin_entry_id = e.id))"""
    assert register.query(half) == []
    register.python("manage.py", "seal_audit", "--once")
    report = json.loads(register.python("manage.py", "audit_register", "--json"))
    assert report["ok"], json.dumps(report["promises"])[:3000]
    assert report["entries"] == len(there)


def test_a_database_killed_at_random_moments_keeps_what_it_confirmed_and_nothing_by_halves(register: Register) -> None:
    rng = random.Random(SEED)
    applied = 0
    for round_ in range(KILLS):
        before = register.query("SELECT count(*) FROM register_registerentry")[0][0]
        writers = [register.writer(10_000 + 10 * round_ + n) for n in range(WRITERS)]
        try:
            wait_for_work(register, writers, before)
            time.sleep(rng.uniform(0.0, 0.6))
            kill(register, rng, whole=round_ % 2 == 0)
            come_back(register)
        finally:
            for writer in writers:  # one that lost its connection ends by itself, the other goes on writing
                writer.kill()
            applied += sum(register.note(writer.communicate()[0]) for writer in writers)
        prove(register)
    assert applied >= KILLS, f"only {applied} changes in {KILLS} rounds (seed {SEED})"
