"""New passwords: by the old one or by a link, braked, audited, and never past the second factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client, override_settings

from gisportal.accounts.models import User
from layers.models import AuditRow
from tests.gisportal.conftest import PASSWORD

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
CHANGE, FORGOTTEN = "/en/accounts/password/", "/en/accounts/password/forgotten/"
NEW = "another-horse-battery-7"


def link(client: Client, address: str = "sara@example.org") -> str:
    client.post(FORGOTTEN, {"email": address})
    found = re.search(r"http://municipality\.example(/\S+)", mail.outbox[-1].body)
    assert found
    return found.group(1)


@pytest.fixture
def sara(make_user: MakeUser) -> User:
    return make_user("sara", "surveyor", email="sara@example.org")


@pytest.fixture(autouse=True)
def public_url() -> object:
    with override_settings(PUBLIC_URL="http://municipality.example"):
        yield


def test_the_old_password_is_asked_for_and_other_sessions_end(client: Client, sara: User) -> None:
    client.force_login(sara)
    other = Client()
    other.force_login(sara)
    before = client.session.session_key
    wrong = {"old_password": "no", "new_password1": NEW, "new_password2": NEW}
    assert client.post(CHANGE, wrong).status_code == 400
    assert client.post(CHANGE, {**wrong, "old_password": PASSWORD, "new_password1": "short"}).status_code == 400
    assert client.post(CHANGE, {**wrong, "old_password": PASSWORD}).status_code == 302
    sara.refresh_from_db()
    assert sara.check_password(NEW)
    assert client.session.session_key != before and client.get("/en/accounts/").status_code == 200
    assert other.get("/en/accounts/").status_code == 302
    assert AuditRow.objects.get(action="account.password_changed").subject == f"account {sara.pk}"


def test_guessing_the_old_password_is_braked(client: Client, sara: User) -> None:
    client.force_login(sara)
    sent = {"old_password": "no", "new_password1": NEW, "new_password2": NEW}
    for _ in range(5):
        assert client.post(CHANGE, sent).status_code == 400
    assert client.post(CHANGE, {**sent, "old_password": PASSWORD}).status_code == 429


def test_a_link_sets_a_password_once_and_signs_nobody_in(client: Client, sara: User) -> None:
    way = link(client)
    page = client.get(way, follow=True)
    there = page.redirect_chain[-1][0]
    assert client.post(there, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    sara.refresh_from_db()
    assert sara.check_password(NEW)
    assert client.get("/en/accounts/").status_code == 302
    assert "used already" in Client().get(way, follow=True).content.decode()


def test_a_link_is_over_after_an_hour(client: Client, sara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    way = link(client)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: datetime.now() + timedelta(minutes=61))
    assert "its hour is over" in client.get(way, follow=True).content.decode()


def test_the_answer_tells_nobody_who_has_an_account(client: Client, sara: User, make_user: MakeUser) -> None:
    make_user("demo_x", is_demo=True, email="demo@example.org")
    make_user("closed", is_active=False, email="closed@example.org")
    pages = {
        re.sub(r"nonce=\S+|value=\S+", "", client.post(FORGOTTEN, {"email": f"{who}@example.org"}).content.decode())
        for who in ("sara", "nobody", "demo", "closed")
    }
    assert len(pages) == 1
    assert [message.to for message in mail.outbox] == [["sara@example.org"]]
    assert client.post(FORGOTTEN, {"email": "not an address"}).status_code == 400


def test_asking_again_and_again_is_braked_and_the_host_is_ours(client: Client, sara: User) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        client.post(FORGOTTEN, {"email": "sara@example.org"}, headers={"host": "evil.example"})
    assert "evil" not in mail.outbox[0].body
    answers = [client.post(FORGOTTEN, {"email": "sara@example.org"}).status_code for _ in range(6)]
    assert answers[-1] == 429 and len(mail.outbox) == 5


def test_a_mail_server_that_is_down_tells_nobody_anything(client: Client, sara: User) -> None:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1):
        assert client.post(FORGOTTEN, {"email": "sara@example.org"}).status_code == 200
    assert not AuditRow.objects.filter(action="account.password_link_sent").exists()


def test_nobody_changes_a_password_without_signing_in(client: Client) -> None:
    assert client.get(CHANGE)["Location"].startswith("/en/accounts/login/")
