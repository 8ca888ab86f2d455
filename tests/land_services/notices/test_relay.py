"""The relay within one process: what it delivers, how it tries again, what it counts and when it gives up."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings

from land_services.notices.models import Notice, Outbox, Preference
from land_services.notices.relay import GRACE_S, Delivered, relay
from tests.land_services.notices.people import REFERENCE, person, told

database = pytest.mark.django_db(databases=["default", "owner"])
committing = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


class Moody(BaseEmailBackend):
    """A mail server that does what it is told."""

    on_open: ClassVar[Exception | None] = None
    on_send: ClassVar[list[Exception | None]] = []
    sent: ClassVar[list[Any]] = []

    def open(self) -> bool:
        if Moody.on_open is not None:
            raise Moody.on_open
        return True

    def close(self) -> None:
        pass

    def send_messages(self, email_messages: Any) -> int:
        error = Moody.on_send.pop(0) if Moody.on_send else None
        if error is not None:
            raise error
        Moody.sent.extend(email_messages)
        return len(email_messages)


@pytest.fixture
def moody(settings: Any) -> type[Moody]:
    settings.EMAIL_BACKEND = f"{__name__}.Moody"
    Moody.on_open, Moody.on_send, Moody.sent = None, [], []
    return Moody


def row() -> Outbox:
    return Outbox.objects.get(channel="email")


def hurry() -> None:
    """Let what waits be due now."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notices_outbox SET next_try_at = clock_timestamp() WHERE sent_at IS NULL")


@database
def test_it_delivers_to_the_pages_and_by_mail_once() -> None:
    sara, omar = person(), person("omar")
    told(sara, omar)
    assert relay() == Delivered(to_pages=2, by_email=2)
    assert relay() == Delivered()
    assert Notice.objects.count() == len(mail.outbox) == 2
    notice = Notice.objects.get(recipient=sara)
    assert (notice.event, notice.reference, notice.params["remarks"]) == ("case_returned", REFERENCE, 3)
    assert not Outbox.objects.filter(sent_at__isnull=True).exists()
    assert set(Outbox.objects.values_list("attempts", "in_doubt")) == {(1, 0)}


@database
def test_a_message_that_is_on_the_page_already_is_only_marked() -> None:
    sara = person()
    told(sara)
    Notice.objects.create(
        event="case_returned", recipient=sara, key="case:17:returned:1", created_at="2026-11-29T08:00Z"
    )
    assert relay().to_pages == 1
    assert Notice.objects.count() == 1


@database
@pytest.mark.parametrize(("language", "direction", "words"), [("ar", "rtl", "أُعيد"), ("en", "ltr", "returned")])
@override_settings(PUBLIC_URL="https://gis.example.sa")
def test_a_mail_is_right_in_its_language(language: str, direction: str, words: str) -> None:
    sara = person()
    Preference.objects.create(user=sara, language=language)
    told(sara)
    relay()
    [sent] = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    raw = sent.message()
    assert raw["Message-ID"] == row().message_id and raw["Auto-Submitted"] == "auto-generated"
    assert raw["Content-Language"] == language and sent.to == [sara.email]
    assert not [name for name in raw.keys() if name.lower().startswith("list-")]
    assert words in sent.subject and REFERENCE in sent.subject
    link = f"https://gis.example.sa/{language}/cases/{REFERENCE}/"
    assert words in str(sent.body) and link in str(sent.body)
    page = str(sent.alternatives[0][0])
    assert f'<html lang="{language}" dir="{direction}">' in page and f'href="{link}"' in page
    assert f'<bdi dir="ltr">{REFERENCE}</bdi>' in page
    assert "http" not in page.replace("https://gis.example.sa", "")
    assert raw.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in raw.walk()][1:] == ["text/plain", "text/html"]


@database
def test_what_fails_waits_longer_each_time_and_is_given_up_in_the_end(moody: type[Moody]) -> None:
    told(person())
    waits = []
    with override_settings(NOTICES_TRIES=4):
        for _ in range(4):
            moody.on_send = [smtplib.SMTPDataError(451, b"try later, sara@office.example")]
            hurry()
            relay()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT extract(epoch FROM next_try_at - clock_timestamp()) FROM notices_outbox"
                    " WHERE channel = 'email'"
                )
                waits.append(round(float(cursor.fetchone()[0])))
    assert waits[:3] == [30, 60, 120]
    left = row()
    assert left.attempts == 4 and left.failed_at is not None and left.sent_at is None and left.in_doubt == 0
    assert "451" in left.last_error and "sara" not in left.last_error and "office.example" not in left.last_error
    hurry()
    assert relay() == Delivered()


@database
def test_nothing_is_tried_before_its_time(moody: type[Moody]) -> None:
    told(person())
    moody.on_send = [smtplib.SMTPDataError(451, b"later")]
    assert relay().put_off == 1
    assert relay() == Delivered()
    hurry()
    assert relay().by_email == 1


@database
def test_an_address_that_the_server_refuses_for_good_is_given_up_at_once(moody: type[Moody]) -> None:
    told(person())
    moody.on_send = [smtplib.SMTPRecipientsRefused({"sara@office.example": (550, b"no such user")})]
    assert relay().given_up == 1
    assert row().attempts == 1 and "550" in row().last_error and "sara" not in row().last_error


@database
def test_an_address_that_is_refused_for_now_is_tried_again(moody: type[Moody]) -> None:
    told(person())
    moody.on_send = [smtplib.SMTPRecipientsRefused({"sara@office.example": (450, b"greylisted")})]
    assert relay().put_off == 1


@database
def test_a_line_that_breaks_while_sending_is_counted_as_doubtful_and_the_id_stays(moody: type[Moody]) -> None:
    told(person())
    before = row().message_id
    for error in (smtplib.SMTPServerDisconnected("closed"), TimeoutError("timed out")):
        moody.on_send = [error]
        hurry()
        relay()
    hurry()
    assert relay().by_email == 1
    assert (row().in_doubt, row().attempts) == (2, 3)
    assert [sent.message()["Message-ID"] for sent in moody.sent] == [before]


@database
def test_a_server_that_is_down_puts_off_one_message_a_look_not_all_of_them(moody: type[Moody]) -> None:
    for n in range(5):
        told(person(f"p{n}"), key=f"k{n}")
    moody.on_open = ConnectionRefusedError("refused")
    assert relay() == Delivered(to_pages=5, put_off=1)
    assert Outbox.objects.filter(channel="email", attempts=0).count() == 4
    moody.on_open = None
    hurry()
    assert relay().by_email == 5 and not Outbox.objects.filter(in_doubt__gt=0).exists()


@database
def test_somebody_who_left_or_lost_the_address_is_told_on_the_pages_only(moody: type[Moody]) -> None:
    sara = person()
    told(sara)
    sara.email = ""
    sara.save()
    assert relay() == Delivered(to_pages=1, given_up=1)
    assert "no e-mail address" in row().last_error


@database
def test_a_claim_that_was_left_behind_is_taken_again_and_counted(moody: type[Moody]) -> None:
    told(person())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_outbox SET claimed_at = clock_timestamp(), claimed_by = 'dead', attempts = 1"
            " WHERE channel = 'email'"
        )
        assert relay() == Delivered(to_pages=1)  # perhaps it is about to be locked
        cursor.execute(
            "UPDATE notices_outbox SET claimed_at = clock_timestamp() - make_interval(secs => %s)"
            " WHERE channel = 'email'",
            [GRACE_S + 1],
        )
    assert relay() == Delivered(by_email=1)
    assert (row().in_doubt, row().attempts) == (1, 2)


@database
def test_a_message_that_ends_every_process_is_given_up_instead_of_ending_the_next(moody: type[Moody]) -> None:
    told(person())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_outbox SET claimed_at = clock_timestamp() - interval '1 hour', claimed_by = 'dead',"
            " attempts = 12 WHERE channel = 'email'"
        )
    assert relay() == Delivered(to_pages=1, given_up=1)
    assert not moody.sent and row().failed_at is not None


@database
def test_an_event_that_no_text_knows_any_more_is_given_up_not_repeated(moody: type[Moody]) -> None:
    sara = person()
    Outbox.objects.create(event="of_another_time", recipient=sara, language="ar", channel="email", key="k")
    assert relay().given_up == 1
    assert "of_another_time" in row().last_error


@database
def test_without_mail_the_pages_are_served_and_mails_wait(settings: Any) -> None:
    told(person())
    settings.EMAIL_URL = ""
    assert relay() == Delivered(to_pages=1)
    assert row().sent_at is None and row().attempts == 0


@committing
def test_many_relays_at_once_deliver_each_message_once(moody: type[Moody]) -> None:
    people = [person(f"p{n}") for n in range(15)]
    for n in range(4):
        told(*people, key=f"k{n}")

    def run(_: int) -> Delivered:
        try:
            return relay()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))
    assert sum(each.to_pages for each in done) == sum(each.by_email for each in done) == 60
    assert Notice.objects.count() == 60
    assert len({sent.message()["Message-ID"] for sent in moody.sent}) == len(moody.sent) == 60
    assert set(Outbox.objects.values_list("attempts", "in_doubt")) == {(1, 0)}


@database
def test_a_row_that_somebody_is_sending_is_left_to_them(moody: type[Moody]) -> None:
    """Sending takes long here: while the row is locked nobody else takes it, however old the claim."""
    told(person())
    seen: list[Delivered] = []
    send: Callable[..., int] = Moody.send_messages

    def slowly(self: Moody, messages: Any) -> int:
        if not seen:
            seen.append(relay())
        return send(self, messages)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Moody, "send_messages", slowly)
        assert relay().by_email == 1
    assert seen == [Delivered()] and len(moody.sent) == 1


@database
def test_the_command_delivers_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    told(person())
    call_command("relay_notices")
    assert "to pages 1, by e-mail 1, put off 0, given up 0" in capsys.readouterr().out
