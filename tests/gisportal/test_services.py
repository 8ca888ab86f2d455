"""Pages of services: found, narrowed and read in both languages; what one may not see is nowhere, in counts neither."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client

from gisportal import checks
from gisportal.accounts.models import User
from gisportal.accounts.roles import Role
from gisportal.sample.services import write_services
from land_services.catalogue import load_catalogue, use_folders
from land_services.catalogue.seeing import STAFF_ROLES
from land_services.catalogue.tables import CODE
from tests.land_services.catalogue.cards import FULL
from tests.land_services.catalogue.test_catalogue import DEPARTMENTS, DOCUMENTS, SOURCES

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
HOUSE = FULL.replace('code = "full_card"', 'code = "house_card"').replace('"QXB"', '"QXH"')
HOUSE = HOUSE.replace('audience = "public"', 'audience = "staff"').replace("رخصة منطاد", "طلب سلّة")
HOUSE = HOUSE.replace("Balloon permit", "Request for a basket")


@pytest.fixture
def cards(tmp_path: Path) -> Iterator[Path]:
    """The full card and an internal procedure beside the shipped cards."""
    (tmp_path / "shared").mkdir()
    for name, text in (("sources", SOURCES), ("departments", DEPARTMENTS), ("documents", DOCUMENTS)):
        (tmp_path / "shared" / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "full_card.toml").write_text(FULL, encoding="utf-8")
    (tmp_path / "house_card.toml").write_text(HOUSE, encoding="utf-8")
    use_folders([tmp_path])
    yield tmp_path
    use_folders(())


def text_of(response: Any) -> str:
    """Return what a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def codes_of(response: Any) -> list[str]:
    """Return the services that a page leads to, in its order."""
    return re.findall(r'href="/(?:ar|en)/services/(\w+)/"', response.content.decode())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ar", ("رخصة منطاد", "دليل الخدمات", "مصدر رسمي", "قيمة مؤقتة: لا مصدر رسمي بعد", "شركة الكهرباء", "مراقب")),
        ("en", ("Balloon permit", "Guide to services", "Official source", "Placeholder: no official source yet")),
    ],
)
def test_a_card_says_everything_with_its_sources(
    client: Client, cards: Path, language: str, words: tuple[str, ...]
) -> None:
    response = client.get(f"/{language}/services/full_card/")
    page = text_of(response)
    card = load_catalogue()["full_card"]
    assert response.status_code == 200
    for word in words:
        assert word in page, word
    facts: list[Any] = [*card.applicants, *card.documents, *card.conditions, *card.stages, *card.referrals]
    for fact in (*facts, *card.outputs, *card.form, card.fee, card.retention):
        assert (fact.en if language == "en" else fact.ar) in page, fact
    # a badge for each fact that has a source, and for the target
    assert response.content.count(b"source-badge") == len(facts) + len(card.outputs) + 3


def test_a_fee_that_depends_on_the_request_names_no_amount(client: Client, cards: Path) -> None:
    assert "Depends on the request" in text_of(client.get("/en/services/full_card/"))
    assert "0.00 SAR" in text_of(client.get("/en/services/subdivision/"))


def test_the_list_leads_to_every_service_under_its_department(client: Client, cards: Path) -> None:
    response = client.get("/en/services/", {"department": "balloons"})
    assert codes_of(response) == ["full_card"] and "Balloons" in text_of(response)
    assert "subdivision" in codes_of(client.get("/en/services/", {"department": "survey"}))
    seen = sum(card.audience != "staff" for card in load_catalogue().values())
    assert f"{seen} services" in text_of(client.get("/en/services/"))
    for address in ("/en/", "/ar/"):
        assert f'href="{address}services/"' in client.get(address).content.decode()


@pytest.mark.parametrize("asked", ["رخصه منطاد", "مُنطاد", "BALLO", "airship", "سفينه هوائيه", "QXB"])
def test_the_search_needs_no_script_and_folds_what_is_asked(client: Client, cards: Path, asked: str) -> None:
    response = client.get("/ar/services/", {"q": asked})
    assert codes_of(response)[0] == "full_card"
    assert f'value="{html.escape(asked)}"' in response.content.decode()


def test_what_is_not_found_says_what_to_do(client: Client, cards: Path) -> None:
    response = client.get("/en/services/", {"q": "zeppelin"})
    assert response.status_code == 200 and codes_of(response) == []
    assert "No service was found" in text_of(response), text_of(response)
    assert "0 services" in text_of(response), text_of(response)


def test_a_list_is_narrowed_by_department_and_audience_and_keeps_the_question(client: Client, cards: Path) -> None:
    response = client.get("/en/services/", {"q": "permit", "department": "balloons", "audience": "public"})
    assert codes_of(response) == ["full_card"]
    body = response.content.decode()
    assert '<input type="hidden" name="department" value="balloons">' in body
    assert 'href="?q=permit&amp;department=balloons&amp;audience=public" aria-current="true"' in body


@pytest.mark.parametrize("name", ["q", "department", "audience", "page"])
@pytest.mark.parametrize("value", ["\x00", "'\"><script>", "٣" * 500, "-1", "99999999999999999999", "ا" * 5000])
def test_odd_addresses_break_nothing(client: Client, cards: Path, name: str, value: str) -> None:
    response = client.get("/ar/services/", {name: value})
    assert response.status_code == 200 and b"><script>" not in response.content


def test_procedures_of_the_house_are_nowhere_for_everybody_else(
    client: Client, cards: Path, make_user: MakeUser
) -> None:
    seen = sum(card.audience != "staff" for card in load_catalogue().values())
    outsiders: list[Client] = [client]
    for role in sorted(set(Role.values) - STAFF_ROLES):
        outsiders.append(signed_in(make_user(f"of_{role}", role)))
    outsiders.append(signed_in(make_user("nobody")))
    for asking in outsiders:
        absent, unknown = asking.get("/en/services/house_card/"), asking.get("/en/services/no_such_card/")
        assert absent.status_code == unknown.status_code == 404
        for query in ({}, {"q": "basket"}, {"q": "QXH"}, {"q": "سلة"}, {"audience": "staff"}):
            response = asking.get("/en/services/", query)
            assert "house_card" not in response.content.decode(), query
            assert "Internal procedures" not in text_of(response)
        assert f"{seen} services" in text_of(asking.get("/en/services/"))
        assert f"All {seen} services" in text_of(asking.get("/en/"))


def test_every_role_of_staff_sees_them(cards: Path, make_user: MakeUser) -> None:
    for role in sorted(STAFF_ROLES):
        asking = signed_in(make_user(f"of_{role}", role))
        assert asking.get("/en/services/house_card/").status_code == 200, role
        response = asking.get("/en/services/", {"audience": "staff", "department": "balloons"})
        assert codes_of(response) == ["house_card"]
        assert "Internal procedures" in text_of(response)
        assert f"{len(load_catalogue())} services" in text_of(asking.get("/en/services/"))


def test_a_request_is_begun_where_it_can_be(client: Client, cards: Path, make_user: MakeUser) -> None:
    signs_in = client.get("/en/services/subdivision/").content.decode()
    assert "/en/accounts/login/?next=/en/services/subdivision/" in signs_in
    surveyor = signed_in(make_user("sara", "surveyor"))
    assert 'href="/en/cases/?open=subdivision#open"' in surveyor.get("/en/services/subdivision/").content.decode()
    chosen = surveyor.get("/en/cases/?open=subdivision").content.decode()
    assert '<option value="subdivision" selected>' in chosen
    clerk = signed_in(make_user("amal", "clerk"))
    assert "Your account cannot open this request" in text_of(clerk.get("/en/services/subdivision/"))
    for asking in (client, surveyor, clerk):
        page = text_of(asking.get("/en/services/alley_annexation/"))
        assert "cannot be opened on these pages yet" in page, page
        assert "at the counter: " in page, page


def test_many_services_cost_no_more_queries_and_come_in_pages(
    make_user: MakeUser, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    write_services(tmp_path)
    mayor = signed_in(make_user("mayor", "mayor"))
    addresses = ("/ar/services/", "/ar/services/?q=تجديد+رخصة", "/ar/services/subdivision/")
    counted = []
    for folders in ((), (tmp_path,)):
        use_folders(folders)
        for address in addresses:
            with django_assert_num_queries(5):  # session, account, roles, offices, unread messages
                response = mayor.get(address)
            counted.append(len(codes_of(response)))
    use_folders([tmp_path])
    try:
        seen: list[str] = []
        page: str | None = ""
        while page is not None:
            response = mayor.get(f"/ar/services/{page}")
            seen += codes_of(response)
            following = re.search(r'href="(\?page=\d+)" rel="next"', response.content.decode())
            page = following[1] if following else None
        assert len(seen) == len(set(seen)) and set(seen) == set(load_catalogue())
    finally:
        use_folders(())


def test_the_server_and_every_command_refuse_a_broken_card(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('code = "bad"\nname_ar = "x"\n', encoding="utf-8")
    assert checks.check_catalogue() == []
    checks.refuse_broken_catalogue()
    use_folders([tmp_path])
    try:
        faults = checks.check_catalogue()
        assert {fault.id for fault in faults} == {"gisportal.E006"}
        assert "bad.toml:2: name_ar: must be written in Arabic" in {fault.msg for fault in faults}
        with pytest.raises(SystemCheckError, match=r"bad\.toml:2: name_ar"):
            call_command("export_layer", "parcels", "/nowhere/x.gpkg", skip_checks=False)
        with pytest.raises(ImproperlyConfigured, match=r"bad\.toml:2: name_ar"):
            checks.refuse_broken_catalogue()
    finally:
        use_folders(())


def test_a_card_and_its_python_belong_together(cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SERVICES", {**checks.SERVICES, "full_card": None})
    (fault,) = checks.check_catalogue()
    assert fault.msg.startswith("full_card.toml:1: register: ")
    monkeypatch.undo()
    monkeypatch.setattr(checks, "SERVICES", {})
    faults = [fault.msg for fault in checks.check_catalogue()]
    assert len(faults) > 1 and all(": register: true needs land_services/services/" in fault for fault in faults)
    assert any(fault.startswith("subdivision.toml:1: ") and "subdivision.py" in fault for fault in faults)


def test_codes_fit_the_address() -> None:
    assert all(CODE.fullmatch(code) for code in load_catalogue())
