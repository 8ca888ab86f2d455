"""The rule book in the set-up pages: seen by those who propose and decide, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gisportal.accounts.models import RoleGrant, User
from land_services.rulebook.in_force import rules_on
from land_services.rulebook.models import RuleChange
from tests.browser import DESKTOP, PHONE, axe_faults
from tests.budget import budget

database = pytest.mark.django_db(databases=["default", "owner"])
HERE = "admin/rulebook/rulechange"


def account(login: str, *roles: str, is_staff: bool = True) -> User:
    user = User.objects.create_user(login, is_staff=is_staff, name_ar=f"حساب {login}", name_en=f"Account {login}")
    for role in roles:
        RoleGrant.objects.create(user=user, role=role)
    return user


def signed_in(login: str, *roles: str, is_staff: bool = True) -> Client:
    client = Client()
    client.force_login(account(login, *roles, is_staff=is_staff))
    return client


def filled(**changes: str) -> dict[str, str]:
    given = {
        "value": "12.5",
        "zone": "",
        "valid_from": (timezone.localdate() + timedelta(10)).isoformat(),
        "source_ar": "تعميم الوزارة رقم 17",
        "source_en": "Circular 17 of the ministry",
        "source_date": "2026-11",
        "confidence": "official",
        "reason": "The circular sets it.",
    }
    return {**given, **changes}


def proposed(planner: Client, key: str = "min_frontage_m", **changes: str) -> RuleChange:
    answer = planner.post(f"/en/{HERE}/add/?key={key}", filled(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return RuleChange.objects.latest("pk")


# Who ----------------------------------------------------------------------------------------------------------------


@database
@pytest.mark.parametrize(
    ("role", "reads", "proposes"),
    [
        ("planner", True, True),
        ("planning_head", True, True),
        ("mayor", True, False),
        ("gis_engineer", False, False),
        ("surveyor", False, False),
        ("reviewer", False, False),
    ],
)
def test_who_reads_the_rules_and_who_proposes(role: str, reads: bool, proposes: bool) -> None:
    client = signed_in("somebody", role)
    for page in ("", "in-force/"):
        assert client.get(f"/en/{HERE}/{page}").status_code == (200 if reads else 403)
    assert client.get(f"/en/{HERE}/add/?key=min_frontage_m").status_code == (200 if proposes else 403)
    assert client.post(f"/en/{HERE}/add/?key=min_frontage_m", filled()).status_code == (302 if proposes else 403)
    offers = f"{HERE}/add/?key=" in client.get(f"/en/{HERE}/in-force/").content.decode()
    assert offers == proposes


@database
def test_nobody_without_the_door_to_the_set_up_reads_them(client: Client) -> None:
    outside = signed_in("outside", "planner", is_staff=False)
    for one in (client, outside):
        assert one.get(f"/en/{HERE}/in-force/").status_code == 302, "to the sign-in"
        assert one.post(f"/en/{HERE}/add/?key=min_frontage_m", filled()).status_code == 302
    assert not RuleChange.objects.exists()


@database
def test_an_administrator_looks_and_does_not_decide() -> None:
    change = proposed(signed_in("p", "planner"))
    root = User.objects.create_superuser("root", "x")
    client = Client()
    client.force_login(root)
    page = client.get(f"/en/{HERE}/{change.pk}/change/")
    assert page.status_code == 200 and b"_accept" not in page.content
    assert client.post(f"/en/{HERE}/{change.pk}/change/", {"_accept": "1"}).status_code == 422
    change.refresh_from_db()
    assert change.state == "proposed"
    assert client.post(f"/en/{HERE}/{change.pk}/delete/", {"post": "yes"}).status_code == 403


# Proposing ----------------------------------------------------------------------------------------------------------


@database
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Shortest frontage of a lot on a street", "Placeholder: no official source yet", "Official source")),
        ("ar", ("أقل طول لواجهة القطعة على الشارع", "القواعد السارية", "أمانة المنطقة الشرقية")),
    ],
)
def test_the_rules_in_force_say_value_source_and_what_is_a_placeholder(language: str, said: tuple[str, ...]) -> None:
    text = signed_in("p", "planner").get(f"/{language}/{HERE}/in-force/").content.decode()
    for words in said:
        assert words in text


@database
def test_an_example_of_a_date_reads_from_year_to_day_in_arabic_too() -> None:
    page = signed_in("planner", "planner").get(f"/ar/{HERE}/add/?key=min_lot_area_m2").content.decode()
    assert "\u20662026-11-30\u2069" in page and "\u20662026-11\u2069" in page


@database
def test_a_proposal_shows_the_old_value_the_new_one_and_from_when() -> None:
    planner = signed_in("p", "planner")
    form = planner.get(f"/en/{HERE}/add/?key=min_frontage_m").content.decode()
    assert "Shortest frontage of a lot on a street" in form and ">10</span> m" in form
    change = proposed(planner, value="١٢٫٥")
    assert (change.value, change.key, change.zone) == (12.5, "min_frontage_m", "")
    for language, words in (
        ("en", ("Former value", "New value", "Circular 17 of the ministry", "Another person decides")),
        ("ar", ("القيمة السابقة", "القيمة الجديدة", "تعميم الوزارة رقم 17", "يبتّ فيه شخص آخر")),
    ):
        page = planner.get(f"/{language}/{HERE}/{change.pk}/change/").content.decode()
        assert all(word in page for word in words)
        assert ">10</span>" in page and ">12.5</span>" in page and "_accept" not in page


@database
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "twelve"}, "Write a number"),
        ({"value": "1,5"}, "Write a number"),
        ({"value": "-3"}, "below zero"),
        ({"source_ar": ""}, "This field is required"),
        ({"source_date": ""}, "Write the date of the source"),
        ({"valid_from": "2020-01-01"}, "does not reach back"),
        ({"confidence": "sure"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(changes: dict[str, str], said: str) -> None:
    planner = signed_in("p", "planner")
    answer = planner.post(f"/en/{HERE}/add/?key=min_frontage_m", filled(**changes))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert f'id="id_{next(iter(changes))}-error"' in answer.content.decode()
    assert not RuleChange.objects.exists()


@database
@pytest.mark.parametrize(
    ("key", "written", "kept"),
    [
        ("max_parts", "٦٠", 60),
        ("title_required", "no", False),
        ("allowed_land_uses", "residential, villa،duplex", ["residential", "villa", "duplex"]),
        ("survey_accuracy_coarsest_m", "0.03", 0.03),
    ],
)
def test_a_value_is_asked_for_as_its_rule_wants_it(key: str, written: str, kept: Any) -> None:
    assert proposed(signed_in("p", "planner"), key, value=written).value == kept


@database
def test_a_rule_that_does_not_exist_leads_to_those_that_do() -> None:
    answer = signed_in("p", "planner").get(f"/en/{HERE}/add/?key=max_height_m")
    assert answer.status_code == 302 and answer.headers["Location"].endswith("/in-force/")


# Deciding -----------------------------------------------------------------------------------------------------------


@database
def test_a_second_person_accepts_and_the_book_shows_what_comes() -> None:
    planner, head = signed_in("p", "planner"), signed_in("h", "planning_head")
    change = proposed(planner)
    assert planner.post(f"/en/{HERE}/{change.pk}/change/", {"_accept": "1"}).status_code == 422
    page = head.get(f"/en/{HERE}/{change.pk}/change/").content.decode()
    assert "_accept" in page and "_withdraw" not in page
    assert head.post(f"/en/{HERE}/{change.pk}/change/", {"_accept": "1", "note": "seen"}).status_code == 302
    change.refresh_from_db()
    assert (change.state, change.note) == ("accepted", "seen")
    assert rules_on(change.valid_from).value("min_frontage_m") == 12.5
    book = planner.get(f"/en/{HERE}/in-force/").content.decode()
    assert ">12.5</span>" in book and "Circular 17 of the ministry" in book
    after = head.get(f"/en/{HERE}/{change.pk}/change/").content.decode()
    assert ">10</span>" in after and "Account h" in after and "_accept" not in after
    listed = head.get(f"/ar/{HERE}/").content.decode()
    assert "أقل طول لواجهة القطعة على الشارع" in listed and "مقبول" in listed


@database
def test_turning_down_asks_for_a_remark_and_taking_back_is_the_authors() -> None:
    planner, head = signed_in("p", "planner"), signed_in("h", "planning_head")
    change = proposed(planner)
    refused = head.post(f"/ar/{HERE}/{change.pk}/change/", {"_refuse": "1"})
    assert refused.status_code == 422 and "اكتب سبب الرفض" in refused.content.decode()
    assert head.post(f"/en/{HERE}/{change.pk}/change/", {"_withdraw": "1"}).status_code == 422
    assert planner.post(f"/en/{HERE}/{change.pk}/change/", {"_withdraw": "1"}).status_code == 302
    change.refresh_from_db()
    assert change.state == "withdrawn"


# In a browser -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_pages_are_sound_in_both_languages_on_desk_and_telephone(site: Any) -> None:
    planner, head = account("p", "planner"), account("h", "planning_head")
    client = Client()
    client.force_login(planner)
    change = proposed(client)
    pages = [(planner, "in-force/"), (planner, "add/?key=min_frontage_m"), (head, f"{change.pk}/change/")]
    for language, size in [("ar", PHONE), ("en", DESKTOP), ("ar", DESKTOP), ("en", PHONE)][: budget(2, 4)]:
        for user, path in pages:
            page = site.open(f"/{language}/{HERE}/{path}", size=size, user=user)
            assert axe_faults(page) == [], (language, size, path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (language, size, path)
