"""Addresses as a stranger tries them: methods, prefixes, odd input."""

from __future__ import annotations

import pytest
from django.test import Client

from land_services.documents.qr import encode_code, normalise_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("path", ["/ar/", "/en/accounts/login/", "/ar/cases/", "/verify/x", "/healthz", "/readyz"])
def test_a_method_that_pages_do_not_have_is_405(stranger: Client, path: str) -> None:
    for method in ("PUT", "DELETE", "PATCH", "FOO", "TRACE"):
        response = stranger.generic(method, path)
        assert response.status_code == 405 and "GET" in response["Allow"], method


def test_health_is_not_a_form(stranger: Client) -> None:
    assert stranger.post("/healthz").status_code == stranger.post("/readyz").status_code == 405
    assert stranger.head("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/ogc/collections/nothing", "/tiles/nothing/1/1/1.mvt"])
def test_machine_addresses_answer_with_problem_details(stranger: Client, path: str) -> None:
    response = stranger.get(path)
    assert response.status_code == 404 and response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(response.json())


def test_a_bare_address_opens_in_arabic_unless_the_reader_asks_for_english(stranger: Client) -> None:
    for path, then in (("/", "/"), ("/cases/", "/cases/"), ("/accounts/login/", "/accounts/login/")):
        assert stranger.get(path).headers["Location"] == f"/ar{then}"
        assert stranger.get(path, headers={"accept-language": "fr"}).headers["Location"] == f"/ar{then}"
        assert stranger.get(path, headers={"accept-language": "en-GB,en;q=0.9"}).headers["Location"] == f"/en{then}"
    stranger.get("/en/")
    assert stranger.get("/").headers["Location"] == "/en/", "the language of the last page is remembered"
    assert stranger.get("/insights/").status_code == 404


@pytest.mark.parametrize("text", ["%00", "%ff%fe", "a" * 4000, "%D8%A7%D9%84", "..%2f..%2fetc", "'%22%3Cxss%3E"])
@pytest.mark.parametrize("place", ["/ar/{}", "/verify/{}", "/ar/cases/{}/", "/en/parcels/{}/", "/ar/find/?q={}"])
def test_odd_input_is_never_our_fault(stranger: Client, place: str, text: str) -> None:
    response = stranger.get(place.format(text))
    assert response.status_code < 500
    assert b"<xss>" not in response.content


def test_a_foreign_host_is_refused(stranger: Client) -> None:
    response = stranger.get("/ar/", headers={"host": "evil.example"})
    assert response.status_code == 400 and b"evil.example" not in response.content


def test_a_code_is_read_in_either_digits() -> None:
    code = encode_code(2**127 + 98_765_432_109)
    arabic = code.translate({ord(str(n)): chr(0x660 + n) for n in range(10)})
    assert arabic != code and normalise_code(arabic) == normalise_code(code) == code
