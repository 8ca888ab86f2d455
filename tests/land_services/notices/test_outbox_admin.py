"""The outbox in the set-up: who may look, and sending again what was given up."""

from __future__ import annotations

import pytest
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from land_services.notices.models import Outbox
from land_services.notices.relay import relay
from layers.models import AuditRow
from tests.land_services.notices.people import person, told

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
PAGE = "/en/admin/notices/outbox/"


def staff(login: str, role: str) -> Client:
    user = User.objects.create_user(login, is_staff=True)
    RoleGrant.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def failed() -> Outbox:
    told(person())
    Outbox.objects.filter(channel="email").update(
        failed_at="2026-11-29T08:00Z", attempts=12, last_error="SMTPDataError 451"
    )
    return Outbox.objects.get(channel="email")


def test_what_was_given_up_is_shown_with_its_reason_and_sent_again() -> None:
    client, row = staff("admin", "administrator"), failed()
    page = client.get(f"{PAGE}?state=failed").content.decode()
    assert "SMTPDataError 451" in page and "case_returned" in page
    answer = client.post(PAGE, {"action": "send_again", "_selected_action": [str(row.pk)]}, follow=True)
    assert "1 message is sent again." in answer.content.decode()
    row.refresh_from_db()
    assert (row.failed_at, row.attempts) == (None, 0)
    assert AuditRow.objects.get(action="outbox.send_again").subject == str(row.pk)
    assert relay().by_email == 1


def test_what_was_not_given_up_is_left_alone() -> None:
    client = staff("admin", "administrator")
    told(person())
    relay()
    sent = list(Outbox.objects.values_list("pk", flat=True))
    answer = client.post(PAGE, {"action": "send_again", "_selected_action": sent}, follow=True)
    assert "None of these was given up." in answer.content.decode()
    assert not AuditRow.objects.filter(action="outbox.send_again").exists()


def test_only_those_who_keep_the_house_running_see_it() -> None:
    row = failed()
    for login, role in (("e", "gis_engineer"), ("p", "planner")):
        client = staff(login, role)
        assert client.get(PAGE).status_code == 403, role
        client.post(PAGE, {"action": "send_again", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert row.failed_at is not None


def test_it_is_looked_at_in_both_languages_and_written_by_nobody() -> None:
    client, row = staff("admin", "administrator"), failed()
    for language, words in (("ar", ("إعادة إرسال ما أُوقفت محاولته", "آخر خطأ")), ("en", ("Send again", "Last error"))):
        text = client.get(f"/{language}/admin/notices/outbox/").content.decode()
        assert all(word in text for word in words), language
        for state in ("failed", "waiting", "sent", "doubtful"):
            assert client.get(f"/{language}/admin/notices/outbox/?state={state}").status_code == 200
        assert client.get(f"/{language}/admin/notices/outbox/{row.pk}/change/").status_code == 200
    assert client.get(f"{PAGE}add/").status_code == 403
    assert client.post(f"{PAGE}{row.pk}/change/", {"event": "x"}).status_code == 403
    assert client.post(f"{PAGE}{row.pk}/delete/", {"post": "yes"}).status_code == 403
