"""The raw limit: the same statements by bare psycopg2, without HTTP, permissions or caches.

Run as ``python -m gisportal.bench.bare`` with a job as JSON on standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import psycopg2
from django.conf import settings

__all__ = ["BareJob", "bare_rate", "run"]


@dataclass(frozen=True)
class BareJob:
    """Finished statements, shared out over ``clients`` connections; each is run once."""

    dsn: str
    statements: list[str]
    clients: int = 2


def run(job: BareJob) -> float:
    """Return statements a second."""
    shared = iter(job.statements)
    lock = threading.Lock()
    sessions = [psycopg2.connect(job.dsn) for _ in range(job.clients)]

    def work(session: psycopg2.extensions.connection) -> None:
        session.autocommit = True
        with session.cursor() as cursor:
            while True:
                with lock:
                    few = list(islice(shared, 4))
                if not few:
                    return
                for statement in few:
                    cursor.execute(statement)
                    cursor.fetchall()

    for session in sessions:  # the catalogue is read, the functions are loaded
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(job.statements[0])
    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    for session in sessions:
        session.close()
    return len(job.statements) / seconds


def bare_rate(dsn: str, statements: Sequence[str], clients: int = 2) -> float:
    """Return statements a second, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "gisportal.bench.bare"],
        cwd=settings.BASE_DIR,
        input=json.dumps(asdict(BareJob(dsn, list(statements), clients))),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    print(run(BareJob(**json.load(sys.stdin))))  # noqa: T201  the result is what the caller reads
