"""What every answer carries: language, headers, a policy without inline code, error pages of our own."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.views.debug import technical_500_response

from gisportal import checks, errors, urls
from gisportal.accounts.models import User
from gisportal.middleware import DesignedErrorMiddleware

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]

PUBLIC = (
    "/",
    "/find/?q=nothing",
    "/find/?q=9/9/9",
    "/services/",
    "/services/?q=x",
    "/services/subdivision/",
    "/accounts/login/",
    "/nowhere/",
)
STAFF = ("/accounts/", "/components/", "/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret in a traceback")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
urlpatterns = [path("broken/", broken), path("forbidden/", forbidden), *urls.urlpatterns]


class Reader(HTMLParser):
    """Collects what a strict policy forbids, and every address that the page names."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.faults, self.hosts = nonce, list[str](), set[str]()
        self.open_script: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}>")
            if name in {"src", "href", "action", "data", "poster", "formaction"} and value:
                parts = urlsplit(value)
                if parts.netloc:
                    self.hosts.add(parts.netloc)
                if parts.scheme in {"javascript", "data"}:
                    self.faults.append(f"<{tag} {name}={value[:30]}>")
        if tag == "style" and given.get("nonce") != self.nonce:
            self.faults.append("<style>")
        self.open_script = given if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.open_script = None

    def handle_data(self, data: str) -> None:
        script = self.open_script
        if script is None or not data.strip() or script.get("type") == "application/json":
            return
        if script.get("nonce") != self.nonce:
            self.faults.append("<script> with code in it")


def check_page(response: Any, label: str) -> None:
    """Assert that a page keeps its own policy."""
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy, label
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy, label
    body = response.content.decode()
    used = set(re.findall(r'nonce="([^"]*)"', body))
    assert len(used) <= 1 and "" not in used, label
    nonce = used.pop() if used else ""
    if nonce:
        assert f"'nonce-{nonce}'" in policy, label
    reader = Reader(nonce)
    reader.feed(body)
    assert not reader.faults, (label, reader.faults)
    assert not reader.hosts, (label, reader.hosts)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_page_keeps_the_policy(client: Client, make_user: MakeUser, language: str) -> None:
    for address in PUBLIC:
        check_page(client.get(f"/{language}{address}"), address)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for address in STAFF:
        response = client.get(f"/{language}{address}")
        assert response.status_code == 200, address
        check_page(response, address)


def test_a_nonce_is_never_used_twice(client: Client) -> None:
    found = [re.findall(r"'nonce-([^']+)'", client.get("/ar/")["Content-Security-Policy"]) for _ in range(2)]
    assert found[0][0] != found[1][0]
    assert len(found[0][0]) >= 22


def test_every_answer_carries_the_headers(client: Client) -> None:
    for address in ("/ar/", "/ar/nowhere/", "/healthz", "/"):
        response = client.get(address)
        assert response["X-Content-Type-Options"] == "nosniff", address
        assert response["Referrer-Policy"] == "same-origin", address
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert response["X-Frame-Options"] == "DENY", address
        assert "camera=()" in response["Permissions-Policy"], address
        assert "Content-Security-Policy" in response, address


def test_cookies_are_closed_to_scripts_and_to_other_sites(client: Client, make_user: MakeUser) -> None:
    make_user()
    client.get("/en/accounts/login/")
    client.post("/en/accounts/login/", {"login": "sara", "password": "correct-horse-battery-9"})
    assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "language"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["domain"], cookie


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "a b", ""])
def test_a_host_that_is_not_ours_is_refused_with_our_page(host: str) -> None:
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        response = Client().get("/ar/", HTTP_HOST=host)
    assert response.status_code == 400
    assert "evil" not in response.content.decode()
    check_page(response, host)


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, "", "ar"),
        ({"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9"}, "", "en"),
        ({"HTTP_ACCEPT_LANGUAGE": "fr"}, "", "ar"),
        ({"HTTP_ACCEPT_LANGUAGE": "en"}, "ar", "ar"),
        ({}, "en", "en"),
        ({}, "xx", "ar"),
    ],
)
def test_the_bare_path_leads_on_by_language(headers: dict[str, str], cookie: str, language: str) -> None:
    client = Client()
    if cookie:
        client.cookies["language"] = cookie
    for address in ("/", "/accounts/login/", "/services/subdivision/?a=1", "/admin/"):
        response = client.get(address, **headers)  # type: ignore[arg-type]
        assert response.status_code == 302
        assert response["Location"] == f"/{language}{address}"


def test_machine_addresses_carry_no_language(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/ar/healthz").status_code == 404
    for address in ("/api/v1/nothing", "/ogc/nothing", "/tiles/nothing"):
        response = client.get(address)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == 404


@pytest.mark.parametrize(("language", "title"), [("ar", "غير موجود"), ("en", "Not Found")])
def test_problem_details_speak_one_language_and_say_which(client: Client, language: str, title: str) -> None:
    response = client.get("/api/v1/nothing", HTTP_ACCEPT_LANGUAGE=language)
    problem = response.json()
    assert response["Content-Language"] == language
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", title, 404)
    assert has_arabic(problem["detail"]) is (language == "ar")
    assert has_arabic(problem["title"]) is (language == "ar")


def has_arabic(text: str) -> bool:
    return any("\u0600" <= letter <= "\u06ff" for letter in text)


def test_every_status_that_our_errors_give_has_a_phrase_in_both_languages() -> None:
    from django.utils import translation

    from gisportal.errors import PHRASES, phrase

    for status, standard in PHRASES.items():
        with translation.override("en"):
            assert phrase(status) == HTTPStatus(status).phrase == standard
        with translation.override("ar"):
            assert has_arabic(phrase(status))


def test_a_visited_language_is_remembered(client: Client) -> None:
    client.get("/en/")
    assert client.get("/")["Location"] == "/en/"


def test_pages_say_their_language_and_direction(client: Client) -> None:
    assert '<html lang="ar" dir="rtl">' in client.get("/ar/").content.decode()
    assert '<html lang="en" dir="ltr">' in client.get("/en/").content.decode()
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get("/en/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get("/en/").content.decode()


def test_readiness_names_what_is_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/readyz").json()["missing"].keys() <= {"sealer"}
    monkeypatch.setitem(__import__("gisportal.health").health.PROBES, "postgis", lambda: "no postgis")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["missing"]["postgis"] == "no postgis"
    assert client.post("/readyz").status_code == 405


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_database_of_another_srid_is_named_by_readiness_by_every_command_and_by_the_server(
    client: Client, settings: Any
) -> None:
    made_with = settings.STORAGE_SRID
    assert checks.check_storage_srid() == [] and "storage" not in client.get("/readyz").json()["missing"]
    settings.STORAGE_SRID = 32638
    words = f"the database was made with SRID {made_with}, the setting says 32638; set STORAGE_SRID={made_with},"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["missing"]["storage"].startswith(words)
    for databases in (None, ["default"], ["owner"]):
        (error,) = checks.check_storage_srid(databases=databases)
        assert error.id == "gisportal.E004" and error.msg.startswith(words)
    with pytest.raises(SystemCheckError, match=f"made with SRID {made_with}"):
        call_command("export_layer", "parcels", "/nowhere/x.gpkg", skip_checks=False)
    with pytest.raises(ImproperlyConfigured, match=f"made with SRID {made_with}"):
        checks.refuse_other_srid()


def test_a_database_that_is_down_stops_neither_the_check_nor_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(connection: Any = None) -> str:
        raise OperationalError("no route")

    monkeypatch.setattr(checks, "srid_fault", down)
    assert checks.check_storage_srid() == []
    checks.refuse_other_srid()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(("language", "words"), [("ar", "لا يوجد شيء"), ("en", "There is nothing")])
def test_an_unknown_address_gets_our_page_also_with_debug(
    client: Client, debug: bool, language: str, words: str
) -> None:
    with override_settings(DEBUG=debug):
        response = client.get(f"/{language}/nowhere/")
    assert response.status_code == 404
    body = response.content.decode()
    assert words in body and "DEBUG" not in body and "urlpatterns" not in body
    check_page(response, "404")


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_ours_shows_no_source_text(debug: bool) -> None:
    client = Client(raise_request_exception=False)
    with override_settings(DEBUG=debug, ROOT_URLCONF=__name__):
        response = client.get("/broken/", HTTP_ACCEPT_LANGUAGE="en")
    assert response.status_code == 500
    body = response.content.decode()
    assert "Something went wrong here" in body
    assert "secret" not in body and "Traceback" not in body
    check_page(response, "500")


def test_a_page_that_one_may_not_open_says_so(client: Client) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        response = client.get("/forbidden/", HTTP_ACCEPT_LANGUAGE="en")
    assert response.status_code == 403
    assert "You may not open this page" in response.content.decode()


def test_too_many_requests_say_how_long_to_wait(client: Client) -> None:
    request = client.get("/en/").wsgi_request
    response = errors.too_many_requests(request, 610)
    assert response.status_code == 429
    assert response["Retry-After"] == "610"
    assert "11 minutes" in response.content.decode()


def test_technical_pages_are_shown_only_where_a_developer_asked(rf: RequestFactory) -> None:
    request = rf.get("/x")
    try:
        raise RuntimeError("secret")
    except RuntimeError as error:
        page = technical_500_response(request, type(error), error, error.__traceback__)
    with override_settings(DEBUG=True, TECHNICAL_ERRORS=True):
        assert DesignedErrorMiddleware(lambda _: page)(request) is page
    with override_settings(DEBUG=True, TECHNICAL_ERRORS=False):
        assert b"secret" not in DesignedErrorMiddleware(lambda _: page)(request).content


def test_the_gallery_and_the_admin_are_for_staff(client: Client, make_user: MakeUser) -> None:
    assert client.get("/ar/components/").status_code == 302
    client.force_login(make_user())
    assert client.get("/ar/components/").status_code == 404
    response = client.get("/ar/admin/", follow=True)
    assert response.status_code == 403


def test_the_set_up_pages_have_no_sign_in_of_their_own(client: Client) -> None:
    """A second door would go past the brake on guessing."""
    response = client.get("/en/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/en/accounts/login/?next=")
    assert client.post("/en/admin/login/", {"username": "x", "password": "y"}).status_code == 405


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("sub-1448-123", "/en/cases/SUB-1448-000123/"),
        (" SUB-١٤٤٨-٠٠٠١٢٣ ", "/en/cases/SUB-1448-000123/"),
        ("0000-0000-0000-0000-0000-0000-1a", "/verify/0000-0000-0000-0000-0000-0000-1A"),
        ("https://gis.example/verify/00000000000000000000000oIL", "/verify/0000-0000-0000-0000-0000-0000-11"),
        ("https://gis.example/verify/0", ""),
    ],
)
def test_the_one_field_understands_what_is_typed(client: Client, typed: str, address: str) -> None:
    response = client.get("/en/find/", {"q": typed})
    if address:
        assert response["Location"] == address
    else:
        assert response.status_code == 200


@pytest.mark.parametrize(
    "typed", ["", " ", "hello", "1/2", "/1/2", "a\x00/b/c", "x" * 500, "<script>alert(1)</script>", "%"]
)
def test_what_nobody_understands_is_answered_kindly(client: Client, typed: str) -> None:
    response = client.get("/en/find/", {"q": typed})
    assert response.status_code == 200
    assert "Compare it with the examples" in response.content.decode()
    assert "<script>alert" not in response.content.decode()
