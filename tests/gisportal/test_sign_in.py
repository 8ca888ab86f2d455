"""Sign-in: throttled in the database, the same for known and unknown, and not to be talked round."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from gisportal.accounts import brake
from gisportal.accounts.backend import AccountBackend
from gisportal.accounts.models import SignInBrake, User, normalise_login
from tests.gisportal.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/en/accounts/login/"
WRONG = "wrong"
MakeUser = Callable[..., User]


def attempt(client: Client, login: str, password: str = WRONG, **extra: str) -> int:
    return client.post(LOGIN, {"login": login, "password": password}, **extra).status_code  # type: ignore[arg-type]


def test_it_signs_in_and_gives_the_session_a_new_key(client: Client, make_user: MakeUser) -> None:
    make_user()
    client.get(LOGIN)
    session = client.session
    session["before"] = True
    session.save()
    old = str(session.session_key)
    client.cookies[settings.SESSION_COOKIE_NAME] = old
    response = client.post(LOGIN, {"login": " SARA ", "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"] == "/en/accounts/"
    assert client.session.session_key != old
    assert client.get("/en/accounts/").status_code == 200


@pytest.mark.parametrize(("language", "word"), [("en", "residents"), ("ar", "للمستفيدين")])
def test_it_says_that_residents_sign_in_too(client: Client, language: str, word: str) -> None:
    assert word in client.get(f"/{language}/accounts/login/").content.decode()


def test_passwords_are_hashed_with_argon2(make_user: MakeUser) -> None:
    assert make_user().password.startswith("argon2$argon2id$")
    assert get_hasher().algorithm == "argon2"


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client: Client, make_user: MakeUser) -> None:
    make_user()
    bodies = []
    for login in ("sara", "nobody"):
        response = client.post(LOGIN, {"login": login, "password": "wrong"})
        assert response.status_code == 401
        body = response.content.decode().replace(f'value="{login}"', "")
        bodies.append([line for line in body.splitlines() if "csrf" not in line and "nonce" not in line])
    assert bodies[0] == bodies[1]


def test_an_unknown_login_costs_the_same_work(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user()
    hashed: list[str] = []
    hasher = type(get_hasher())

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            hashed.append("hash")
            return method(*values)

        return call

    monkeypatch.setattr(hasher, "encode", counted(hasher.encode))
    monkeypatch.setattr(hasher, "verify", counted(hasher.verify))
    for login in ("sara", "nobody"):
        hashed.clear()
        assert AccountBackend().authenticate(None, login, "wrong") is None
        assert hashed == ["hash"], login


def test_the_fifth_failure_begins_a_wait_that_the_right_password_does_not_end(
    client: Client, make_user: MakeUser
) -> None:
    make_user()
    assert [attempt(client, "sara") for _ in range(5)] == [401] * 5
    response = client.post(LOGIN, {"login": "sara", "password": PASSWORD})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 31
    assert "seconds" in response.content.decode()
    arabic = client.post("/ar/accounts/login/", {"login": "sara", "password": PASSWORD})
    assert arabic.status_code == 429
    assert "ثانية" in arabic.content.decode()


def test_an_unknown_login_is_held_back_just_the_same(client: Client) -> None:
    assert [attempt(client, "nobody") for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.parametrize("variant", ["SARA", "  sara", "sara\t", "ｓａｒａ", "SaRa "])
def test_writing_the_login_differently_does_not_begin_a_new_count(
    client: Client, make_user: MakeUser, variant: str
) -> None:
    make_user()
    for _ in range(5):
        attempt(client, "sara")
    assert attempt(client, variant, PASSWORD) == 429
    assert normalise_login(variant) == "sara"


def test_a_forged_forwarding_header_does_not_begin_a_new_count(client: Client) -> None:
    with override_settings(SIGN_IN_ADDRESS_FAILURES=5):
        statuses = [attempt(client, f"user{n}", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}") for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_trusted_proxy_names_the_address_and_what_stands_before_it_is_ignored() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.7")
    assert brake.client_address(request) == "127.0.0.1"
    with override_settings(TRUSTED_PROXIES=1):
        assert brake.client_address(request) == "192.0.2.7"
    with override_settings(TRUSTED_PROXIES=3):
        assert brake.client_address(request) == "127.0.0.1"


def test_a_whole_ipv6_network_counts_as_one_address() -> None:
    first, second = (
        brake.client_address(RequestFactory().post("/", REMOTE_ADDR=address))
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    )
    assert first == second == "2001:db8:1:2::/64"


def test_each_failure_doubles_the_wait_up_to_the_longest() -> None:
    now = timezone.now()
    waits = []
    for _ in range(14):
        wait_s = brake.begin_try("sara", "192.0.2.1", now)
        if wait_s:
            waits.append(wait_s - 1)
            now += timedelta(seconds=wait_s)
            assert brake.begin_try("sara", "192.0.2.1", now) == 0
    assert waits[:5] == [30, 60, 120, 240, 480]
    assert max(waits) == 900


def test_knocking_while_held_back_does_not_make_the_wait_longer() -> None:
    now = timezone.now()
    for _ in range(5):
        brake.begin_try("sara", "192.0.2.1", now)
    for second in range(1, 20):
        brake.begin_try("sara", "192.0.2.1", now + timedelta(seconds=second))
    assert brake.begin_try("sara", "192.0.2.1", now + timedelta(seconds=31)) == 0


def test_a_right_password_forgives_the_login_but_only_its_own_try_of_the_address(
    client: Client, make_user: MakeUser
) -> None:
    make_user()
    for _ in range(3):
        attempt(client, "sara")
    attempt(client, "nobody")
    assert attempt(client, "sara", PASSWORD) == 302
    assert sorted(SignInBrake.objects.values_list("failures", flat=True)) == [1, 4]


def test_the_table_of_the_brake_names_nobody(client: Client) -> None:
    attempt(client, "secretlogin")
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_signinbrake::text FROM accounts_signinbrake")
        rows = " ".join(row[0] for row in cursor.fetchall())
    assert "secretlogin" not in rows and "127.0.0.1" not in rows
    assert brake.forget_old(timezone.now() + timedelta(days=2)) == 2


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_guesses_sent_at_once_are_all_counted() -> None:
    def one(_: int) -> int:
        try:
            return brake.begin_try("sara", "192.0.2.9")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(wait_s == 0 for wait_s in pool.map(one, range(24)))
    assert allowed == 5


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_it_leads_to_no_other_site_after_signing_in(client: Client, make_user: MakeUser, address: str) -> None:
    make_user()
    response = client.post(LOGIN, {"login": "sara", "password": PASSWORD, "next": address})
    assert response["Location"] == "/en/accounts/"


def test_it_leads_back_to_the_page_that_was_asked_for(client: Client, make_user: MakeUser) -> None:
    make_user()
    assert client.get("/ar/accounts/")["Location"] == "/ar/accounts/login/?next=/ar/accounts/"
    response = client.post(LOGIN, {"login": "sara", "password": PASSWORD, "next": "/ar/services/subdivision/"})
    assert response["Location"] == "/ar/services/subdivision/"


def test_signing_out_takes_a_post(client: Client, make_user: MakeUser) -> None:
    client.force_login(make_user())
    assert client.get("/ar/accounts/logout/").status_code == 405
    assert client.post("/ar/accounts/logout/").status_code == 302
    assert client.get("/ar/accounts/").status_code == 302


def test_a_form_without_its_token_is_refused_with_our_page(make_user: MakeUser) -> None:
    make_user()
    response = Client(enforce_csrf_checks=True).post(LOGIN, {"login": "sara", "password": PASSWORD})
    assert response.status_code == 403
    assert "The form was not accepted" in response.content.decode()


def test_a_closed_account_cannot_sign_in(client: Client, make_user: MakeUser) -> None:
    make_user(is_active=False)
    assert attempt(client, "sara", PASSWORD) == 401


@pytest.mark.parametrize(
    ("login", "password"), [("", "x"), ("x", ""), ("x" * 81, "y"), ("x", "y" * 257), ("a\x00b", "y")]
)
def test_what_is_no_login_is_refused_before_it_is_looked_up(client: Client, login: str, password: str) -> None:
    assert client.post(LOGIN, {"login": login, "password": password}).status_code == 400
    assert not SignInBrake.objects.exists()


def test_the_login_is_unique_whatever_its_case(make_user: MakeUser) -> None:
    make_user()
    assert get_user_model().objects.get_by_natural_key(" SARA").login == "sara"
