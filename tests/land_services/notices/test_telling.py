"""Telling: with the transaction or not at all, once for each key, in the way that a person chose."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from land_services.notices import wake
from land_services.notices.models import Notice, Outbox, Preference
from land_services.notices.telling import Telling, tell, tell_all
from land_services.notices.words import NoticeError
from tests.land_services.notices.people import REFERENCE, person, told

database = pytest.mark.django_db(databases=["default", "owner"])
committing = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
RETURNED: dict[str, Any] = {"service": "subdivision", "remarks": 3}


@committing
def test_it_stands_or_falls_with_the_transaction() -> None:
    sara = person()
    with pytest.raises(RuntimeError, match="inside the transaction"):
        tell("case_returned", recipients=[sara.pk], params=RETURNED, key="k")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert tell("case_returned", recipients=[sara.pk], params=RETURNED, key="k") == 2
        raise ZeroDivisionError
    assert not Outbox.objects.exists()
    assert told(sara) == 2
    assert sorted(Outbox.objects.values_list("channel", flat=True)) == ["email", "in_app"]


@database
def test_the_same_happening_told_again_is_heard_once() -> None:
    sara, omar = person(), person("omar")
    for _ in range(3):
        told(sara)
    told(sara, omar)
    assert Outbox.objects.filter(recipient=sara).count() == Outbox.objects.filter(recipient=omar).count() == 2
    told(sara, key="case:17:returned:2")
    assert Outbox.objects.filter(recipient=sara).count() == 4


@database
def test_each_is_told_once_in_their_language_and_not_by_mail_against_their_will() -> None:
    sara, omar, lina, gone = person(), person("omar"), person("lina", email=""), person("gone", is_active=False)
    Preference.objects.create(user=sara, language="en")
    Preference.objects.create(user=omar, by_email=False)
    with transaction.atomic():
        people = [sara.pk, sara.pk, omar.pk, lina.pk, gone.pk, 10**9]
        assert tell("case_returned", recipients=people, reference=REFERENCE, params=RETURNED, key="k") == 4
    found = set(Outbox.objects.values_list("recipient__login", "channel", "language"))
    assert found == {
        ("sara", "in_app", "en"), ("sara", "email", "en"), ("omar", "in_app", "ar"), ("lina", "in_app", "ar"),
    }  # fmt: skip


@database
def test_what_is_for_the_pages_only_and_a_house_without_mail_write_no_email() -> None:
    sara = person()
    told(sara, event="case_moved", key="a", service="subdivision", stage="subdivision/review")
    with override_settings(EMAIL_URL=""):
        told(sara, key="b")
    assert set(Outbox.objects.values_list("key", "channel")) == {("a", "in_app"), ("b", "in_app")}


@database
def test_every_mail_has_an_id_of_its_own_made_once() -> None:
    with override_settings(DEFAULT_FROM_EMAIL="Municipality <no-reply@gis.example.sa>"):
        told(person(), person("omar"))
    ids = list(Outbox.objects.filter(channel="email").values_list("message_id", flat=True))
    assert len(set(ids)) == 2 and all(one.endswith("@gis.example.sa>") and one.startswith("<") for one in ids)
    assert set(Outbox.objects.filter(channel="in_app").values_list("message_id", flat=True)) == {""}


@database
def test_unknown_events_and_wrong_values_are_errors_of_the_caller() -> None:
    sara = person()
    for event, params, key in (
        ("nonsense", {}, "k"), ("case_returned", {}, "k"), ("case_returned", {**RETURNED, "remarks": "سارة"}, "k"),
        ("case_returned", RETURNED, ""), ("case_returned", RETURNED, "k" * 201),
    ):  # fmt: skip
        with pytest.raises(NoticeError), transaction.atomic():
            tell(event, recipients=[sara.pk], params=params, key=key)
    assert not Outbox.objects.exists()


@database
def test_telling_many_costs_as_much_as_telling_one() -> None:
    people = [person(f"p{n}") for n in range(20)]
    counts = []
    for some in (people[:1], people):
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            tell("case_returned", recipients=[p.pk for p in some], params=RETURNED, key=f"k{len(some)}")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    with transaction.atomic():
        assert tell("case_returned", recipients=[], params=RETURNED, key="none") == 0


@database
def test_telling_of_many_events_costs_as_much_as_telling_of_one() -> None:
    sara, omar, lina = person(), person("omar"), person("lina", is_active=False)
    returned = Telling("case_returned", frozenset({sara.pk, lina.pk}), "a", REFERENCE, RETURNED)
    moved = Telling(
        "case_moved", frozenset({sara.pk, omar.pk}), "b", params={"service": "merge", "stage": "merge/sign"}
    )
    counts = []
    for some in ([moved], [returned, moved]):
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            tell_all(some)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    rows = Outbox.objects.filter(channel="in_app").values_list("recipient_id", "event", "reference", "key")
    assert sorted(rows) == sorted(
        [
            (sara.pk, "case_returned", REFERENCE, "a"),
            (sara.pk, "case_moved", "", "b"),
            (omar.pk, "case_moved", "", "b"),
        ]
    )
    with pytest.raises(NoticeError), transaction.atomic():
        tell_all([moved, Telling("no_such_event", frozenset({sara.pk}), "c")])


# The database holds it too --------------------------------------------------------------------------------------------


@database
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM notices_outbox",
        "DELETE FROM notices_notice",
        "TRUNCATE notices_outbox",
        "UPDATE notices_outbox SET params = '{}'",
        "UPDATE notices_outbox SET recipient_id = recipient_id",
        "UPDATE notices_outbox SET message_id = '<x@y>'",
        "UPDATE notices_notice SET event = 'x'",
    ],
)
def test_what_was_told_is_neither_rewritten_nor_deleted(statement: str) -> None:
    told(person())
    with pytest.raises((ProgrammingError, IntegrityError, InternalError)), transaction.atomic():
        connection.cursor().execute(statement)


@database
def test_what_was_sent_is_not_sent_again_by_anybody() -> None:
    told(person())
    Outbox.objects.update(sent_at="2026-11-29T08:00:00Z")
    with pytest.raises(IntegrityError, match="not changed"), transaction.atomic():
        Outbox.objects.update(sent_at=None)
    sara = person("other")
    for key in ("a", "a"):
        row = Notice(event="x", recipient=sara, key=key, created_at="2026-11-29T08:00:00Z")
        if key == "a" and Notice.objects.exists():
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save()
        else:
            row.save()


# Waking ---------------------------------------------------------------------------------------------------------------

asked: list[str] = []


def ask() -> None:
    asked.append("asked")


def fail() -> None:
    asked.append("failed")
    raise ConnectionError("no broker")


@committing
def test_the_relay_is_woken_after_the_commit_and_a_broker_that_is_down_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked.clear()
    monkeypatch.setattr(wake, "_quiet_until", 0.0)
    sara = person()
    settings.NOTICES_WAKE = f"{__name__}.ask"
    with transaction.atomic():
        tell("case_returned", recipients=[sara.pk], params=RETURNED, key="a")
        assert not asked
    assert asked == ["asked"]
    settings.NOTICES_WAKE = f"{__name__}.fail"
    for key in ("b", "c", "d"):  # the second does not wait for it again
        told(sara, key=key)
    assert asked == ["asked", "failed"]
    assert Outbox.objects.count() == 8
