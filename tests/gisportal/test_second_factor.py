"""The second factor: asked for after the password, set up before anything else, each code once, all of it audited."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client, override_settings
from django.utils import timezone

from gisportal.accounts import factor
from gisportal.accounts.models import User
from land_services.api.tokens import make_token
from layers.models import AuditRow
from tests.gisportal.conftest import PASSWORD

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
LOGIN, VERIFY, PAGE = "/en/accounts/login/", "/en/accounts/2fa/verify/", "/en/accounts/2fa/"
SECRET = base64.b32encode(b"12345678901234567890").decode()


def code_at(at: float, secret: str = SECRET) -> str:
    """Return the code of RFC 6238 (SHA-1, 30 seconds, six digits)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1)
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@contextmanager
def clock_at(moment: float) -> Iterator[None]:
    """Let the codes' clock stand at a moment."""
    with mock.patch("time.time", lambda: moment):
        yield


def wrong_code() -> str:
    near = {code_at(time.time() + 30 * n) for n in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def actions() -> list[str]:
    return list(AuditRow.objects.filter(action__startswith="account.").order_by("pk").values_list("action", flat=True))


def signed_in(client: Client) -> bool:
    return client.get("/en/accounts/").status_code == 200


@pytest.fixture
def sara(make_user: MakeUser) -> User:
    user = make_user("sara", "reviewer")
    factor.enrol(user, SECRET)
    return user


def password(client: Client, **more: str) -> str:
    answer = client.post(LOGIN, {"login": "sara", "password": PASSWORD, **more})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_our_codes_are_those_of_the_standard() -> None:
    assert code_at(59) == "287082" and code_at(1111111109) == "081804"  # RFC 6238, appendix B, last six digits
    with clock_at(1111111109):
        assert factor.right_code(SECRET, "081 804") and factor.right_code(SECRET, "٠٨١٨٠٤")
        assert not factor.right_code(SECRET, "081805") and not factor.right_code(SECRET, "")


def test_the_password_alone_signs_nobody_in(client: Client, sara: User) -> None:
    assert password(client, next="/en/services/") == VERIFY
    assert not signed_in(client)
    before = client.session.session_key
    answer = client.post(VERIFY, {"code": code_at(time.time())})
    assert (answer.status_code, answer["Location"]) == (302, "/en/services/")
    assert signed_in(client) and client.session.session_key != before
    assert actions()[-1] == "account.sign_in"
    assert AuditRow.objects.get(action="account.sign_in").payload == {"factor": True}


def test_a_code_counts_once_and_so_does_a_recovery_code(sara: User) -> None:
    spare = factor.renew_codes(sara)
    now = time.time()
    assert factor.accepts(sara, code_at(now)) == "totp"
    assert factor.accepts(sara, code_at(now)) == ""
    assert factor.accepts(sara, code_at(now - 30)) == ""  # an earlier one neither
    assert factor.accepts(sara, spare[3]) == "recovery_codes"
    assert factor.accepts(sara, spare[3]) == ""
    assert factor.codes_left(sara) == len(spare) - 1


def test_a_wrong_code_is_refused_told_and_braked(client: Client, sara: User) -> None:
    password(client)
    for _ in range(5):
        assert client.post(VERIFY, {"code": wrong_code()}).status_code == 401
    assert client.post(VERIFY, {"code": code_at(time.time())}).status_code == 429
    assert not signed_in(client)
    assert actions().count("account.factor_refused") == 5


def test_five_minutes_after_the_password_it_begins_anew(client: Client, sara: User) -> None:
    password(client)
    with clock_at(time.time() + 301):
        answer = client.post(VERIFY, {"code": code_at(time.time())})
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
    assert not signed_in(client)


def test_without_a_password_there_is_nothing_to_verify(client: Client, sara: User) -> None:
    assert client.get(VERIFY)["Location"] == LOGIN
    assert client.post(VERIFY, {"code": code_at(time.time())})["Location"] == LOGIN
    for name in ("set-up", "codes", "remove"):
        assert client.post(f"{PAGE}{name}/", {"code": code_at(time.time())})["Location"].startswith(LOGIN)
    assert factor.has_factor(sara)


@override_settings(STAFF_SECOND_FACTOR=True)
def test_staff_without_one_are_led_to_set_it_up_before_anything_else(client: Client, make_user: MakeUser) -> None:
    user = make_user("sara", "reviewer", is_staff=True)
    password(client)
    for address in ("/en/accounts/", "/ar/cases/", "/en/admin/", "/en/services/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"][3:]) == (302, "/accounts/2fa/"), address
    page = client.get(PAGE).content.decode()
    secret = client.session["second_factor_secret"]
    assert "<svg" in page and secret[:4] in page
    assert client.post(f"{PAGE}set-up/", {"code": wrong_code()}).status_code == 400
    answer = client.post(f"{PAGE}set-up/", {"code": code_at(time.time(), secret)})
    assert answer.status_code == 200
    assert len(re.findall(r"\b\d{8}\b", answer.content.decode())) >= 10
    assert signed_in(client) and factor.has_factor(user)
    assert "account.factor_added" in actions()
    assert client.get("/en/services/").status_code == 200


@override_settings(STAFF_SECOND_FACTOR=True)
def test_half_signed_in_staff_are_nobody_to_machines(client: Client, make_user: MakeUser) -> None:
    client.force_login(make_user("sara", "reviewer"))
    assert client.get("/en/cases/")["Location"] == PAGE
    answer = client.get("/api/v1/")
    assert not answer.wsgi_request.viewer.user_id  # type: ignore[attr-defined]


@override_settings(STAFF_SECOND_FACTOR=True)
def test_a_token_of_staff_needs_no_code(client: Client, make_user: MakeUser) -> None:
    user = make_user("sara", "reviewer")
    word = make_token(user, "a system", "read", timezone.now() + timedelta(days=1))
    answer = client.get("/api/v1/cases/", headers={"authorization": f"Bearer {word}"})
    assert answer.status_code == 200
    assert answer.wsgi_request.viewer.user_id == user.pk  # type: ignore[attr-defined]


@override_settings(STAFF_SECOND_FACTOR=True)
def test_applicants_need_none(client: Client, make_user: MakeUser) -> None:
    make_user("sara", "surveyor")
    password(client)
    assert signed_in(client)


@override_settings(STAFF_SECOND_FACTOR=True)
def test_a_session_of_before_shows_its_factor_first(client: Client, sara: User) -> None:
    client.force_login(sara)
    assert client.get("/en/accounts/")["Location"] == PAGE
    assert client.get(PAGE)["Location"] == VERIFY
    assert client.post(VERIFY, {"code": code_at(time.time())}).status_code == 302
    assert signed_in(client)


def test_it_is_taken_away_with_a_code_only(client: Client, sara: User) -> None:
    password(client)
    client.post(VERIFY, {"code": code_at(time.time())})
    assert client.post(f"{PAGE}remove/", {"code": wrong_code()}).status_code == 401
    assert client.post(f"{PAGE}codes/", {"code": ""}).status_code == 401
    assert factor.has_factor(sara)
    with clock_at(time.time() + 60):
        assert client.post(f"{PAGE}remove/", {"code": code_at(time.time())}).status_code == 302
    assert not factor.has_factor(sara)
    assert not Authenticator.objects.exists()


def test_an_administrator_helps_over_a_lost_telephone(client: Client, make_user: MakeUser, sara: User) -> None:
    admin = make_user("admin", "administrator", is_staff=True, is_superuser=True)
    client.force_login(admin)
    sent = {"action": "remove_second_factor", "_selected_action": [sara.pk]}
    client.post("/en/admin/accounts/user/", sent)
    assert not factor.has_factor(sara)
    told = AuditRow.objects.get(action="account.factor_removed")
    assert (told.subject, told.actor_id) == (f"account {sara.pk}", admin.pk)
    for name in ("mfa/authenticator", "account/emailaddress"):
        assert client.get(f"/en/admin/{name}/").status_code == 404


def test_secrets_lie_encrypted_and_the_audit_names_nobody(client: Client, sara: User) -> None:
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    client.post(LOGIN, {"login": "sara", "password": "wrong"})
    client.post(LOGIN, {"login": "nobody@example.org", "password": "wrong"})
    refused = AuditRow.objects.filter(action="account.sign_in_refused").order_by("pk")
    assert [(row.subject, row.actor_id, row.payload) for row in refused] == [
        (f"account {sara.pk}", None, {}),
        ("", None, {}),
    ]


def test_no_page_of_allauth_itself_is_open(client: Client) -> None:
    for name in ("signup", "email", "password/reset", "2fa/totp/activate", "2fa/webauthn", "reauthenticate"):
        assert client.get(f"/en/accounts/{name}/").status_code == 404, name
