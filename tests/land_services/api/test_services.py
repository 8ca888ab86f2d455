"""The list of services and their cards: what exists for whom, found, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from land_services.catalogue import load_catalogue
from land_services.catalogue.codec import from_json

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


@pytest.fixture
def clerk() -> Client:
    user = User.objects.create_user("clerk_of_cards")
    RoleGrant.objects.create(user=user, role="clerk")
    client = Client()
    client.force_login(user)
    return client


OURS = ("digest", "is_open", "may_file", "against", "office_class_names")
"""What an answer says beside the card."""


def codes(client: Client, query: str = "") -> list[str]:
    """Return the codes of all pages, following the links."""
    found: list[str] = []
    path = f"/api/v1/services/?{query}"
    while path:
        answer = client.get(path).json()
        found += [row["code"] for row in answer["services"]]
        path = answer["links"][0]["href"].replace("http://testserver", "") if answer["links"] else ""
        assert path or answer["total"] == len(found)
    return found


def test_everybody_lists_what_is_for_them_and_staff_lists_all(client: Client, clerk: Client) -> None:
    internal = {code for code, card in load_catalogue().items() if card.audience == "staff"}
    assert internal
    assert set(codes(client, "limit=7")) == set(load_catalogue()) - internal
    assert set(codes(clerk, "limit=1000")) == set(load_catalogue())


def test_words_department_and_audience_narrow_it(client: Client, clerk: Client) -> None:
    found = codes(client, "q=تقسيم"), codes(client, "q=subdivision")
    assert all("subdivision" in some and len(some) < len(load_catalogue()) / 2 for some in found)
    department = load_catalogue()["subdivision"].department
    chosen = codes(clerk, f"department={department}&audience=public")
    cards = [load_catalogue()[code] for code in chosen]
    assert cards and all((card.department, card.audience) == (department, "public") for card in cards)
    assert codes(client, "audience=staff") == []


@pytest.mark.parametrize(
    "query", ["department=nowhere", "audience=cats", "limit=0", "limit=x", "after=nothing", "x=1", "lang=fr", "q=a&q=b"]
)
def test_what_cannot_be_asked_is_refused_by_name(client: Client, query: str) -> None:
    answer = client.get(f"/api/v1/services/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["parameter"] in query


def test_a_card_comes_whole_and_an_internal_one_only_to_staff(client: Client, clerk: Client) -> None:
    answer = client.get("/api/v1/services/subdivision")
    body = answer.json()
    assert body["may_file"] is False and body["is_open"] is True
    card = {name: value for name, value in body.items() if name not in OURS}
    assert from_json(card) == load_catalogue()["subdivision"]
    assert client.get("/api/v1/services/subdivision", headers={"If-None-Match": answer["ETag"]}).status_code == 304

    internal = next(code for code, card in load_catalogue().items() if card.audience == "staff")
    assert clerk.get(f"/api/v1/services/{internal}").status_code == 200
    hidden, absent = (client.get(f"/api/v1/services/{code}?lang=en") for code in (internal, "no_such_service"))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()


def test_nothing_can_be_written_and_the_refusal_says_what_can_be(client: Client) -> None:
    answer = client.post("/api/v1/services/", {})
    assert answer.status_code == 405 and answer["Allow"] == "GET, HEAD, OPTIONS"
    assert client.options("/api/v1/services/")["Allow"] == "GET, HEAD, OPTIONS"
