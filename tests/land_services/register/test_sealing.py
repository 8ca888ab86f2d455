"""The sealer: committed order, one at a time, whatever else runs, whenever it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import connections

from layers import audit
from tests.budget import budget
from tests.databases import database

from .tampering import application, rows, seal_all

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def write(session: Any, subject: str) -> int:
    with session.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_auditrow (action, subject, payload) VALUES ('test', %s, '{}') RETURNING id", [subject]
        )
        return int(cursor.fetchone()[0])


def sealed() -> list[int]:
    return [row for (row,) in rows("SELECT row_id FROM layers_auditseal ORDER BY sequence")]


def test_rows_are_sealed_in_committed_order_and_a_long_transaction_holds_up_nobody() -> None:
    with application() as slow, application() as quick:
        early = write(slow, "begun first, committed last")
        late = write(quick, "begun last, committed first")
        quick.commit()
        assert early < late

        assert audit.seal() == 1
        assert sealed() == [late]
        more = write(quick, "while the other still runs")
        quick.commit()
        assert audit.seal() == 1
        assert audit.unsealed() == 0

        slow.commit()
        assert audit.unsealed() == 1
        assert audit.seal() == 1
        assert sealed() == [late, more, early]
    assert list(audit.verify_chain()) == []


def test_a_row_that_is_rolled_back_is_never_sealed() -> None:
    with application() as session:
        lost = write(session, "lost")
        session.rollback()
        kept = write(session, "kept")
        session.commit()

    seal_all()

    assert lost < kept
    assert sealed() == [kept]
    assert list(audit.verify_chain()) == []


def test_one_sealer_works_at_a_time_and_the_other_is_told() -> None:
    with application() as other, application() as writer:
        write(writer, "row")
        writer.commit()
        with other.cursor() as cursor:
            cursor.execute("SELECT layers_seal_audit(10)")
            assert cursor.fetchone() == (1,)

        assert audit.seal() == -1

        other.rollback()
    assert audit.seal() == 1
    assert list(audit.verify_chain()) == []


def test_sealing_stops_at_the_number_asked_for_and_goes_on_there() -> None:
    with application() as session:
        written = [write(session, str(n)) for n in range(7)]
        session.commit()

    assert [audit.seal(3), audit.seal(3), audit.seal(3), audit.seal(3)] == [3, 3, 1, 0]
    assert sealed() == written
    assert list(audit.verify_chain()) == []


def sealer() -> subprocess.Popen[bytes]:
    name = str(connections["default"].settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "manage.py", "seal_audit", "--interval", "0.01"],
        env={**os.environ, **database(name).environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.timeout(budget(120, 3600))
def test_a_sealer_killed_at_any_moment_leaves_a_chain_that_the_next_one_continues() -> None:
    written = 0
    with application() as session:
        for _ in range(budget(2, 50)):
            process = sealer()
            deadline = time.monotonic() + 20
            before = len(sealed())
            while len(sealed()) < before + 200 and time.monotonic() < deadline:
                for n in range(20):
                    write(session, str(n))
                session.commit()
                written += 20
            process.send_signal(signal.SIGKILL)
            process.wait()

    seal_all()

    assert len(sealed()) == written
    assert list(audit.verify_chain()) == []
    assert audit.unsealed() == 0
