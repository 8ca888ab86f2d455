"""The bell and the list of notices: one's own only, in both languages, marked as read by a button."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gisportal.accounts.models import User
from land_services.notices.models import Notice, Preference
from land_services.notices.relay import relay
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.land_services.notices.people import REFERENCE, person, told

database = pytest.mark.django_db(databases=["default", "owner"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def of_notices(asked: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in asked if "notices_" in query["sql"]]


@database
def test_the_bell_counts_what_is_unread_with_one_query_and_none_for_strangers(client: Client) -> None:
    sara = person()
    for n in range(3):
        told(sara, key=f"k{n}")
    relay()
    with CaptureQueriesContext(connection) as asked:
        assert "icons.svg#bell" not in client.get("/en/").content.decode()
    assert not of_notices(asked)
    with CaptureQueriesContext(connection) as asked:
        page = signed_in(sara).get("/en/").content.decode()
    assert "Notices, unread: 3" in page and '<span class="bell-count" dir="ltr" aria-hidden="true">3</span>' in page
    assert len(of_notices(asked)) == 1
    assert "الإشعارات، غير المقروء: 3" in signed_in(sara).get("/ar/").content.decode()
    Notice.objects.update(read_at="2026-11-29T08:00Z")
    page = signed_in(sara).get("/en/").content.decode()
    assert "bell-count" not in page and 'aria-label="Notices"' in page


@database
def test_more_than_a_hundred_are_not_counted() -> None:
    sara = person()
    rows = [Notice(event="case_moved", recipient=sara, key=f"{n}", created_at="2026-11-29T08:00Z") for n in range(150)]
    Notice.objects.bulk_create(rows)
    assert ">99+</span>" in signed_in(sara).get("/en/").content.decode()


@database
@pytest.mark.parametrize(
    ("language", "words"), [("ar", "أُعيد طلبك"), ("en", "Your request")], ids=["Arabic", "English"]
)
def test_the_list_speaks_the_language_of_the_page_and_leads_to_the_case(language: str, words: str) -> None:
    sara = person()
    told(sara)
    relay()
    page = signed_in(sara).get(f"/{language}/notices/").content.decode()
    assert words in page and f'href="/{language}/cases/{REFERENCE}/"' in page
    assert f'<bdi dir="ltr">{REFERENCE}</bdi>' in page


@database
def test_a_notice_is_marked_by_its_owner_only() -> None:
    sara, omar = person(), person("omar")
    told(sara, omar)
    told(sara, omar, key="another")
    relay()
    mine, other = Notice.objects.filter(recipient=sara).order_by("pk"), Notice.objects.filter(recipient=omar)
    client = signed_in(sara)
    assert client.get("/en/notices/read/").status_code == 302
    for n in (str(other[0].pk), "", "x", "-1", "9" * 30, str(10**17)):
        assert client.post("/en/notices/read/", {"notice": n}).status_code == 302
    assert not Notice.objects.filter(read_at__isnull=False).exists()
    answer = client.post("/en/notices/read/", {"notice": str(mine[0].pk), "page": "2"})
    assert answer["Location"].endswith("/en/notices/?page=2")
    assert [row.read_at is None for row in mine.all()] == [False, True]
    first = mine.all()[0].read_at
    client.post("/en/notices/read/", {"notice": "all", "page": "<x>"})
    assert not mine.filter(read_at__isnull=True).exists() and mine.all()[0].read_at == first
    assert other.filter(read_at__isnull=True).count() == 2


@database
def test_strangers_are_sent_to_sign_in_and_others_messages_are_nowhere(client: Client) -> None:
    for path in ("", "read/", "wishes/"):
        for method in (client.get, client.post):
            assert "/accounts/login/" in method(f"/en/notices/{path}")["Location"]
    told(person())
    relay()
    assert REFERENCE not in signed_in(person("omar")).get("/en/notices/").content.decode()


@database
def test_the_list_costs_the_same_for_one_and_for_many() -> None:
    sara, counts = person(), []
    client = signed_in(sara)
    for n in range(30):
        told(sara, key=f"k{n}")
        if n in (0, 29):
            relay()
            client.get("/en/notices/")
            with CaptureQueriesContext(connection) as asked:
                client.get("/en/notices/")
            counts.append(len(asked))
    assert counts[0] == counts[1]


@database
def test_how_one_is_told_is_chosen_on_the_page() -> None:
    sara = person()
    client = signed_in(sara)
    assert client.post("/ar/notices/wishes/", {"by_email": "on", "language": "en"}).status_code == 302
    assert Preference.objects.get().language == "en"
    assert client.post("/ar/notices/wishes/", {"language": "ar"}).status_code == 302
    wish = Preference.objects.get()
    assert (wish.by_email, wish.language, wish.user) == (False, "ar", sara)
    assert client.post("/en/notices/wishes/", {"language": "fr"}).status_code == 422
    assert client.get("/en/notices/wishes/").status_code == 302
    assert told(sara) == 1


@database
def test_a_message_of_an_unknown_event_is_still_shown_and_markup_in_it_is_not_obeyed() -> None:
    sara = person()
    Notice.objects.create(
        event="of_<b>old</b>", reference="<script>x</script>", recipient=sara, key="k", created_at="2026-11-29T08:00Z"
    )
    page = signed_in(sara).get("/en/notices/").content.decode()
    assert "of_&lt;b&gt;old" in page and "<script>x" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_pages_are_clean_on_phone_and_desktop_in_both_languages(site: Site) -> None:
    sara = person()
    for n in range(3):
        told(sara, key=f"k{n}")
    told(sara, event="case_due_soon", key="due", service="subdivision", stage="subdivision/review", due=_moment())
    relay()
    Notice.objects.filter(key="k0").update(read_at="2026-11-29T08:00Z")
    for language in ("ar", "en"):
        for size in (PHONE, DESKTOP):
            for dark in (False, True):
                page = site.open(f"/{language}/notices/", size=size, user=sara, dark=dark)
                assert axe_faults(page) == []
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page = site.open("/en/notices/", user=sara, size=PHONE)
    assert page.locator(".bell-count").inner_text() == "3"
    page.get_by_role("button", name="Mark as read").first.click()
    page.wait_for_load_state()
    assert page.locator(".bell-count").inner_text() == "2"
    page.get_by_role("button", name="Mark all as read").click()
    page.wait_for_load_state()
    assert page.locator(".bell-count").count() == 0
    empty: Any = site.open("/ar/notices/", user=person("new"), size=PHONE)
    assert "لا إشعارات بعد" in empty.content() and axe_faults(empty) == []


def _moment() -> str:
    return "2026-11-29T11:30:00+00:00"
