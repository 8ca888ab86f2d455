"""The short way of tiles loses nothing that the long way gives: host check, headers, permissions, words of errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path
from django.utils import translation
from django.utils.translation import gettext

from gisportal import urls

SEEN: list[HttpRequest] = []
TEXT = "There is nothing at this address"
TILE = "/tiles/parcels/14/10/11.mvt"


def answer(request: HttpRequest, layer: str, **index: int) -> HttpResponse:
    SEEN.append(request)
    if layer == "absent":
        raise Http404
    if layer == "wrong":
        return HttpResponse(gettext(TEXT), status=400)
    if layer == "broken":
        raise RuntimeError
    return HttpResponse(b"tile", content_type="application/vnd.mapbox-vector-tile")


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> Iterator[None]:
    module = ModuleType("addresses_of_open_reads")
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("tiles/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", answer),
        path("tiles/<str:layer>/<int:z>/<int:x>/<int:y>.mvt/page", answer),
        *urls.urlpatterns,
    ]
    for name in ("handler400", "handler404", "handler500"):
        setattr(module, name, getattr(urls, name))
    sys.modules[module.__name__] = module
    settings.ROOT_URLCONF = module.__name__
    SEEN.clear()
    yield
    clear_url_caches()


def went_short() -> bool:
    """Whether the last request met no session: the long way always gives it one."""
    return not hasattr(SEEN[-1], "session")


def test_a_tile_without_a_session_cookie_goes_the_short_way(client: Client) -> None:
    client.cookies["language"] = "en"
    assert client.get(TILE).content == b"tile"
    assert went_short()
    assert isinstance(SEEN[-1].user, AnonymousUser)
    assert SEEN[-1].viewer.is_anonymous  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", ["cookie", "authorization"])
def test_a_session_or_a_token_goes_the_long_way(client: Client, settings: Any, header: str) -> None:
    value = f"{settings.SESSION_COOKIE_NAME}=abc" if header == "cookie" else "Bearer abc"
    response = client.get(TILE, headers={header: value})
    assert response.status_code == 200
    assert not went_short()


def test_the_session_cookie_is_known_by_the_name_that_it_has_over_https(client: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_NAME = "__Host-session"
    client.get(TILE, headers={"cookie": "a=b; __Host-session=abc"})
    assert not went_short()


@pytest.mark.parametrize("address", [TILE + "/page", "/tiles/parcels/14/10/11.mvt/"])
def test_what_is_no_tile_goes_the_long_way(client: Client, address: str) -> None:
    client.get(address)
    assert not SEEN or not went_short()


@pytest.mark.parametrize("secure", [False, True])
def test_every_header_of_the_long_way_is_there_except_those_of_the_language(
    client: Client, settings: Any, secure: bool
) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    short = client.get(TILE, secure=secure)
    long = client.get(TILE, secure=secure, headers={"authorization": "none"})
    left_out = {"Vary", "Content-Language"}
    assert went_short() is False
    assert {k: v for k, v in long.headers.items() if k not in left_out} == dict(short.headers)
    assert {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"} <= short.headers.keys()
    assert ("Strict-Transport-Security" in short.headers) is secure


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    response = client.get(TILE, headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert not SEEN
    assert "Content-Security-Policy" in response.headers


def test_plain_http_is_sent_to_https_where_that_is_set(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(TILE).status_code == 301


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_only_reads_go_the_short_way(client: Client, method: str) -> None:
    getattr(client, method)(TILE)
    assert not SEEN or not went_short()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_an_error_is_worded_in_the_language_of_the_reader(client: Client, language: str) -> None:
    with translation.override(language):
        text = gettext(TEXT)
    assert (text == TEXT) is (language == "en")
    Client().get("/en/")  # leaves its language in the thread
    response = client.get(TILE.replace("parcels", "wrong"), headers={"accept-language": language})
    assert response.status_code == 400
    assert response.content.decode() == text
    missing = client.get(TILE.replace("parcels", "absent"), headers={"accept-language": language})
    assert missing.status_code == 404
    assert missing["Content-Language"] == language


def test_a_fault_is_reported_as_everywhere(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get(TILE.replace("parcels", "broken"))
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
