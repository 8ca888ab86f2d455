"""Deciders at the same moment, and a decision at the moment of a filing: with real commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, connections, transaction

from land_services.cases import acts
from land_services.cases.models import Case
from land_services.rulebook.deciding import accept, propose
from land_services.rulebook.errors import RuleRefused
from land_services.rulebook.in_force import rules_on
from land_services.rulebook.models import RuleChange
from tests.land_services.cases.test_at_once import at_once
from tests.sample import Sample

from .test_deciding import frontage, today

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


def test_of_two_who_decide_at_once_exactly_one_wins_and_the_other_is_told(committed_sample: Put) -> None:
    sample = committed_sample("land")
    change = propose(frontage(), viewer=sample.viewer("planner"))
    people = [sample.viewer("planning_head"), sample.viewer("mayor")]
    results = at_once(*[lambda viewer=viewer: accept(change, viewer=viewer) for viewer in people])
    lost = [r for r in results if isinstance(r, Exception)]
    assert len(lost) == 1 and isinstance(lost[0], RuleRefused) and "decided already" in str(lost[0]), results
    assert RuleChange.objects.get(pk=change.pk).number == 1


def test_decisions_at_once_are_numbered_one_after_the_other(committed_sample: Put) -> None:
    sample = committed_sample("land")
    changes = [propose(frontage(11 + n, after=1 + n), viewer=sample.viewer("planner")) for n in range(6)]
    head = sample.viewer("planning_head")
    results = at_once(*[lambda change=change: accept(change, viewer=head) for change in changes])
    assert sorted(r.number for r in results) == [1, 2, 3, 4, 5, 6], results
    for n in range(6):
        assert rules_on(today() + timedelta(1 + n)).value("min_frontage_m") == 11.0 + n


def waits_for_a_lock(since: float = 20) -> None:
    """Return when some other session waits for an advisory lock."""
    until = monotonic() + since
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""
            )
            if cursor.fetchone()[0]:
                return
        sleep(0.02)
    raise AssertionError("nobody waits")


def in_thread(pool: ThreadPoolExecutor, do: Callable[[], Any]) -> Any:
    def run() -> Any:
        try:
            return do()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    return pool.submit(run)


def test_a_decision_waits_for_a_filing_and_is_refused_if_it_would_reach_it(committed_sample: Put) -> None:
    sample = committed_sample("land")
    change = propose(frontage(90, after=0), viewer=sample.viewer("planner"))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            case = acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"))
            deciding = in_thread(pool, lambda: accept(change, viewer=sample.viewer("planning_head")))
            waits_for_a_lock()
        result = deciding.result(30)
    assert isinstance(result, RuleRefused) and "already filed" in str(result), result
    assert rules_on(case.filed_on).value("min_frontage_m") == 10.0


def test_a_filing_waits_for_a_decision_and_is_judged_by_it(committed_sample: Put) -> None:
    sample = committed_sample("land")
    change = propose(frontage(90, after=0), viewer=sample.viewer("planner"))
    surveyor = sample.viewer("surveyor")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            accept(change, viewer=sample.viewer("planning_head"))
            filing = in_thread(pool, lambda: acts.open_case("subdivision", [sample.uid], viewer=surveyor))
            waits_for_a_lock()
            assert not filing.done()
        case = filing.result(30)
    assert isinstance(case, Case), case
    assert rules_on(case.filed_on).value("min_frontage_m") == 90.0


def test_filings_do_not_wait_for_one_another(committed_sample: Put) -> None:
    sample = committed_sample("land")
    held, go = Event(), Event()
    viewers = [sample.viewer("surveyor"), sample.viewer("applicant")]

    def holds() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('rules', 0))")
            held.set()
            go.wait(30)

    with ThreadPoolExecutor(1) as pool:
        first = in_thread(pool, holds)
        assert held.wait(30)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            acts.open_case("subdivision", [sample.uid], viewer=viewers[0])
        go.set()
        assert first.result(30) is None
