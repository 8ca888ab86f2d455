"""Reads that are bounded in time, over connections that are kept."""

from __future__ import annotations

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from layers import querying
from layers.querying import TooSlow, read_rows
from tests import databases


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_kept_connection_that_was_cut_is_opened_anew() -> None:
    """The server may have been restarted since the last request: a read finds out by itself, and only once."""
    before = read_rows("SELECT pg_backend_pid()", {}, kind="feature")[0][0]
    _end(before)
    after = read_rows("SELECT pg_backend_pid()", {}, kind="feature")[0][0]
    assert after != before
    _end(after)
    with pytest.raises(DatabaseError), transaction.atomic():
        read_rows("SELECT 1", {}, kind="feature")  # what was read before in this transaction is not read again


def _end(pid: int) -> None:
    """End a session, as a restart of the server does, and wait until it is gone."""
    with psycopg2.connect(databases.database(databases.worker_name()).app_url) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        cursor.execute("SELECT pg_sleep(0.05) FROM generate_series(1, 40) WHERE EXISTS "
                       "(SELECT 1 FROM pg_stat_activity WHERE pid = %s)", [pid])  # fmt: skip


@pytest.mark.django_db
def test_a_fault_of_the_statement_is_told_and_not_tried_again() -> None:
    with pytest.raises(DatabaseError):
        read_rows("SELECT 1 / 0", {}, kind="feature")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_read_ends_with_its_time_and_leaves_no_setting_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(querying.TIMEOUTS_MS, "feature", 40)
    with pytest.raises(TooSlow):
        read_rows("SELECT pg_sleep(5)", {}, kind="feature")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('jit')")
        assert cursor.fetchone()[0] == "0"
