"""Sheets for paper as a browser prints them, the QR symbol as a reader sees it, and the share control."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable

import pdfplumber
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from gisportal.dates import gregorian_text, hijri_text
from land_services.documents.qr import qr_svg
from layers.locator.neighbourhood import neighbourhood
from layers.locator.network.store import Mode
from layers.locator.search import NearbyQuery, nearby
from layers.models import Place
from tests.browser import PHONE, Site, axe_faults
from tests.gisportal.nearby.test_card import districts, small_district
from tests.gisportal.nearby.test_list import get, somewhere
from tests.sample import Sample

A4_PT = (595.0, 842.0)
EDGE_PT = 30.0  # the sheet's margin is 12 mm


def sheets() -> dict[str, str]:
    lon, lat = somewhere()
    place = Place.objects.filter(end_lifespan_version=None, category="health").order_by("id")[0]
    return {
        "list": f"/nearby/print/?lon={lon}&lat={lat}",
        "place": f"/nearby/places/{place.uid}/print/",
        "card": f"/nearby/district/{districts()[0].uid}/print/",
    }


def plain(text: str) -> str:
    """Return letters and digits only, in their basic forms: a PDF holds shaped letters, and their visual order."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


@pytest.mark.django_db
class TestTheSheets:
    def test_the_list_is_the_search_with_its_numbers_on_the_map(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        found = nearby(NearbyQuery(lon, lat, limit=10, mode=Mode.FOOT))
        page = get(client, f"/en/nearby/print/?lon={lon}&lat={lat}")
        numbers = [int(n) for n in re.findall(r'class="paper-number"[^>]*>(\d+)<', page)]
        pins = [int(n) for n in re.findall(r"<text class=\"nearby-pin-number\"[^>]*>(\d+)<", page)]
        assert numbers == pins == list(range(1, 11))
        names = re.findall(r"<p><b><bdi>([^<]*)</bdi></b>", page)
        assert names == [place.name_en or place.name_ar for place in found]

    def test_paper_says_who_closes_during_prayers(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        found = nearby(NearbyQuery(lon, lat, limit=10, mode=Mode.FOOT))
        pausing = [place for place in found if place.prayer_pause == "yes"]
        assert pausing and len(pausing) < len(found)
        for language, words in (("en", "Closed during prayers"), ("ar", "يُغلق أوقات الصلاة")):
            page = get(client, f"/{language}/nearby/print/?lon={lon}&lat={lat}")
            assert page.count(words) == len(pausing)

    def test_the_symbol_leads_back_to_the_page_on_our_host(self, client: Client, sample_land: Sample) -> None:
        for name, path in sheets().items():
            page = client.get("/en" + path, HTTP_HOST="localhost").content.decode()
            back = settings.PUBLIC_URL + "/en" + path.replace("print/", "", 1)
            shown = re.search(r'class="paper-address">([^<]*)<', page)
            assert shown and shown[1].replace("&amp;", "&").split("?")[0] == back.split("?")[0], name
            assert str(qr_svg(shown[1].replace("&amp;", "&"), 30)) in page, name

    def test_they_say_whose_data_and_when_in_both_calendars(self, client: Client, sample_land: Sample) -> None:
        for path in sheets().values():
            for language in ("ar", "en"):
                page = get(client, f"/{language}{path}")
                now = timezone.localtime()
                assert gregorian_text(now, language) in page and hijri_text(now, language) in page
                assert ("المصدر:" if language == "ar" else "Source:") in page
        place = Place.objects.filter(end_lifespan_version=None).order_by("id")[0]
        assert "ODbL" not in get(client, f"/en/nearby/places/{place.uid}/print/")

    def test_open_street_map_is_named_with_its_licence(self, client: Client, sample_land: Sample) -> None:
        seen = Place.objects.filter(end_lifespan_version=None).order_by("id")[0]
        made = Place.objects.create(
            uid="00000000-0000-4000-8000-000000000001", name_ar="", name_en="Mapped", category="food", geom=seen.geom,
            source="OpenStreetMap", begin_lifespan_version=timezone.now(), address_en="Street 7",
        )  # fmt: skip
        page = get(client, f"/en/nearby/places/{made.uid}/print/")
        assert "© OpenStreetMap contributors, ODbL 1.0" in page and "Street 7" in page

    def test_the_card_numbers_what_it_lacks(self, client: Client, sample_land: Sample) -> None:
        district = small_district()
        found = neighbourhood(district.uid, timezone.now())
        assert found is not None
        page = get(client, f"/en/nearby/district/{district.uid}/print/")
        wanted = {place.uid for place in found.elsewhere.values()}
        numbers = re.findall(r'class="paper-number"[^>]*>(\d+)<', page)
        assert [int(n) for n in numbers] == list(range(1, min(10, len(wanted)) + 1))

    def test_without_a_start_the_list_asks_for_one(self, client: Client, sample_land: Sample) -> None:
        for query in ("", "?lon=nan&lat=1", "?q=zzzz"):
            assert client.get("/en/nearby/print/" + query).status_code == 302
        for path in ("places", "district"):
            get(client, f"/en/nearby/{path}/00000000-0000-4000-8000-000000000009/print/", 404)

    def test_every_page_has_a_link_to_select_without_script(self, client: Client, sample_land: Sample) -> None:
        for path in sheets().values():
            page = get(client, "/ar" + path.replace("print/", "", 1))
            link = re.search(r'<input class="input" readonly[^>]* value="([^"]+)"', page)
            assert link and link[1].startswith(settings.PUBLIC_URL + "/ar/nearby/")
            paper = re.search(r'<a class="btn" href="([^"]*print/[^"]*)"', page)
            assert paper and client.get(paper[1].replace("&amp;", "&")).status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_browser_prints_each_on_one_sheet_of_a4_with_nothing_cut_off(
    site: Site, committed_sample: Callable[[str], Sample], language: str
) -> None:
    committed_sample("land")
    wanted = {
        "list": [place.name_ar if language == "ar" else place.name_en for place in nearby(NearbyQuery(*somewhere()))],
        "place": [],
        "card": [districts()[0].name_ar if language == "ar" else districts()[0].name_en],
    }
    for name, path in sheets().items():
        page = site.open(f"/{language}{path}", size=PHONE)
        assert not axe_faults(page)
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        with pdfplumber.open(io.BytesIO(printed)) as document:
            assert len(document.pages) == 1, name
            sheet = document.pages[0]
            assert (sheet.width, sheet.height) == pytest.approx(A4_PT, abs=1.0)
            box = (EDGE_PT, EDGE_PT, sheet.width - EDGE_PT, sheet.height - EDGE_PT)
            for one in sheet.chars:
                assert box[0] <= one["x0"] and one["x1"] <= box[2] and one["top"] >= box[1] and one["bottom"] <= box[3]
            held = plain(sheet.extract_text())
            if language == "en":
                for text in wanted[name]:
                    assert plain(text) in held, (name, text)
            assert str(timezone.localtime().year) in held
            letters = {c for text in wanted[name] for c in plain(text)}
            assert letters <= set(held), (name, letters - set(held))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_phone_shares_and_another_copies(
    site: Site, committed_sample: Callable[[str], Sample], language: str
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    address = f"/{language}/nearby/?lon={lon}&lat={lat}&category=mosque"
    page = site.open(address, size=PHONE)
    assert not axe_faults(page)
    page.evaluate("navigator.share = data => { window.shared = data; return Promise.resolve() }")
    page.locator("[data-share-button]").focus()
    page.keyboard.press("Enter")
    link = page.locator("[data-share-link]").input_value()
    assert page.evaluate("window.shared.url") == link and link.startswith(settings.PUBLIC_URL)
    assert "category=mosque" in link and f"lon={lon:.3f}" in link
    page = site.open(address, size=PHONE)
    page.evaluate("""() => {
        navigator.share = undefined;
        const writeText = text => { window.copied = text; return Promise.resolve(); };
        Object.defineProperty(navigator, "clipboard", { value: { writeText } });
    }""")
    page.locator("[data-share-button]").click()
    expect(page.locator("[data-share-said]")).to_have_text("نُسخ الرابط." if language == "ar" else "The link is copied.")
    assert page.evaluate("window.copied") == link
