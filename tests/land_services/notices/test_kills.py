"""Worker, clock, broker and database sessions are killed at any moment: nothing is lost, and nothing done twice unseen.

On the pages each message stands exactly once. A mail arrives at least once, every copy with the same Message-ID; there
are more copies than one only where somebody was killed between the mail server's taking it and the mark, and each such
time is counted in the row.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from celery import Celery
from celery.signals import task_prerun
from django.db import connection, transaction

from gisportal.accounts.models import User
from land_services.notices import wake
from land_services.notices.models import Notice, Outbox
from land_services.notices.telling import tell
from tests import databases
from tests.budget import budget
from tests.land_services.notices.house import House, until
from tests.land_services.notices.people import person, told

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "owner"]), pytest.mark.timeout(0)]
LONGEST_S = 90
THREADS = 4
"""How many relays run at once in the worker that ``make serve`` starts."""


@pytest.fixture
def house(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(tmp_path / "log")
    made.open()
    # This process is the web server: it wakes the relay after its commits.
    settings.NOTICES_WAKE = "gisportal.celery.wake_relay"
    settings.REDIS_URL = made.environment["REDIS_URL"]
    monkeypatch.setattr(wake, "_QUIET_S", 0.2)
    monkeypatch.setattr(wake, "_quiet_until", 0.0)
    app = Celery("gisportal", broker=made.environment["REDIS_URL"], set_as_current=False)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr("gisportal.celery.app", app)
    yield made
    app.close()
    made.close()


def all_is_delivered() -> bool:
    return not Outbox.objects.filter(sent_at__isnull=True).exists()


def prove(house: House, kills: int) -> int:
    """Compare what was written with what arrived; return how many mails came more than once."""
    rows = list(Outbox.objects.values_list("key", "recipient_id", "channel", "message_id", "in_doubt", "failed_at"))
    wanted = sorted((key, recipient) for key, recipient, channel, *_ in rows if channel == "in_app")
    assert sorted(Notice.objects.values_list("key", "recipient_id")) == wanted
    doubts = {message: doubt for _, _, channel, message, doubt, _ in rows if channel == "email"}
    assert set(house.mail.copies) == set(doubts), "every mail arrived, and none that nobody wrote"
    for message, copies in house.mail.copies.items():
        assert 1 <= copies <= 1 + doubts[message], (message, copies, doubts[message])
    assert not any(failed for *_, failed in rows)
    again = sum(house.mail.copies.values()) - len(doubts)
    assert again <= sum(doubts.values()) <= kills * THREADS  # each of them may have been sending one
    for message in house.mail.copies:
        for before, after in itertools.pairwise(house.mail.times[message]):
            assert any(before - 1 <= killed <= after for killed in house.kills), "sent again though nobody was killed"
    return again


def test_many_commits_ask_for_one_run_until_a_worker_takes_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gisportal.celery._ASKED", "a-mark-that-the-worker-does-not-clear")
    asked: list[str] = []
    monkeypatch.setattr("gisportal.celery.app.send_task", lambda name, **_: asked.append(name))
    for _ in range(3):
        assert wake.wake()
    assert asked == ["notices.relay"]
    task_prerun.send(sender="a", task=SimpleNamespace(name="cases.keep_time"))
    wake.wake()
    assert len(asked) == 1, "another task is no answer to it"
    task_prerun.send(sender="a", task=SimpleNamespace(name="notices.relay"))
    wake.wake()
    assert len(asked) == 2


def test_a_message_arrives_within_a_moment_of_its_commit(house: House) -> None:
    told(person())
    until(all_is_delivered, LONGEST_S, "delivered")
    assert prove(house, 0) == 0


def test_a_worker_killed_between_sending_and_marking_sends_the_same_mail_again_and_counts_it(house: House) -> None:
    house.mail.before_answer = house.kill_worker_now
    told(person())
    until(lambda: house.running["worker"].poll() is not None, LONGEST_S, "killed")
    row = Outbox.objects.get(channel="email")
    assert row.sent_at is None and house.mail.copies == {row.message_id: 1}
    house.mend()
    until(all_is_delivered, LONGEST_S, "delivered")
    row.refresh_from_db()
    assert house.mail.copies == {row.message_id: 2} and (row.in_doubt, row.attempts) == (1, 2)
    assert prove(house, 1) == 1


def test_what_the_broker_forgot_is_found_by_the_clock(house: House) -> None:
    until(lambda: told_and_delivered(house, "warm"), LONGEST_S, "running")
    house.kill_broker()
    before = time.monotonic()
    told(person("omar"), key="while it is down")
    assert time.monotonic() - before < 10, "the site does not wait for a broker that is down"
    assert not all_is_delivered()
    house.mend()
    until(all_is_delivered, LONGEST_S, "delivered")
    assert prove(house, 0) == 0


def told_and_delivered(house: House, key: str) -> bool:
    if not User.objects.filter(login=key).exists():
        told(person(key), key=key)
    return all_is_delivered()


def cut_sessions() -> None:
    """End the sessions that the worker has with the database, as a restart of the database would."""
    session = psycopg2.connect(databases.database(databases.worker_name()).owner_url)
    session.autocommit = True
    with session.cursor() as cursor, connection.cursor() as ours:
        ours.execute("SELECT pg_backend_pid()")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = %s AND pid NOT IN (pg_backend_pid(), %s)",
            [connection.settings_dict["USER"], ours.fetchone()[0]],
        )
    session.close()


def test_random_kills_lose_nothing_and_repeat_nothing_unseen(house: House, request: Any) -> None:
    chance = random.Random(20261129)
    people = [person(f"p{n}") for n in range(3)]
    kills = budget(6, 200)
    for n in range(kills):
        house.mail.delay_s = chance.choice([0.0, 0.0, 0.02, 0.1])
        for k in range(chance.randint(1, 4)):
            some = [p.pk for p in chance.sample(people, chance.randint(1, 3))]
            try:
                with transaction.atomic():
                    values: dict[str, Any] = {"service": "subdivision", "remarks": k}
                    tell("case_returned", recipients=some, reference=f"SUB-{n}", params=values, key=f"{n}:{k}")
                    if chance.random() < 0.2:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                continue
        # A worker takes seconds to start: half of the kills hit it there, the other half at work.
        if chance.random() < 0.5:
            until(all_is_delivered_or_dead(house), LONGEST_S, "at work")
            house.mail.before_answer = None
        time.sleep(chance.uniform(0, 0.4))
        match chance.choice(["worker", "worker", "mail", "clock", "broker", "sessions"]):
            case "mail":
                house.mail.before_answer = house.kill_worker_now
            case "broker":
                house.kill_broker()
            case "sessions":
                house.kills.append(time.monotonic())
                cut_sessions()
            case name:
                house.kill(name)
        house.mend()
    house.mail.delay_s = 0.0
    deadline = time.monotonic() + LONGEST_S + kills
    while not all_is_delivered():
        assert time.monotonic() < deadline, house.log.read_text()[-3000:]
        with connection.cursor() as cursor:  # what waits for its next attempt need not wait in a test
            cursor.execute("UPDATE notices_outbox SET next_try_at = clock_timestamp() WHERE sent_at IS NULL")
        house.mend()
        time.sleep(0.5)
    again = prove(house, kills)
    print(f"{kills} kills, {len(house.mail.copies)} mails, {again} sent again")  # noqa: T201 - shown with -s


def all_is_delivered_or_dead(house: House) -> Any:
    return lambda: all_is_delivered() or house.running["worker"].poll() is not None
