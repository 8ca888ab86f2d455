"""The locator on a screen for everybody: no way out of it, nothing left of the person before, time enough to go on."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override
from playwright.sync_api import Page, expect

from gisportal.nearby.kiosk import phone_qr, place_qr
from layers.models import District, Place
from tests.browser import PHONE, Site, axe_faults
from tests.gisportal.nearby.test_list import get, somewhere, uids
from tests.sample import Sample

SCREEN = (1080, 1400)


def stand() -> str:
    lon, lat = somewhere()
    return f"kiosk=1&stand={lon},{lat}"


@pytest.mark.django_db
class TestThePages:
    def test_it_begins_where_it_stands(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        for page in ("/en/nearby/", "/ar/nearby/embed/"):
            answer = client.get(f"{page}?{stand()}")
            query = parse_qs(urlsplit(answer["Location"]).query)
            assert answer.status_code == 302 and query["lon"] == [f"{lon:.3f}"] and query["lat"] == [f"{lat:.3f}"]
            assert uids(get(client, answer["Location"])) or "nearby-row" in get(client, answer["Location"])
        district = District.objects.filter(end_lifespan_version=None).order_by("id")[0]
        answer = client.get(f"/en/nearby/?kiosk=1&stand={district.uid}")
        assert f"district={district.uid}" in answer["Location"]

    @pytest.mark.parametrize(
        "wrong",
        ["x", "1,2,3", "nan,1", "200,1", "1e999,0", "%00", "5", "'--,\ud800".encode("utf-8", "replace").decode()],
    )
    def test_a_wrong_place_to_stand_is_told_and_asked_for(
        self, client: Client, sample_land: Sample, wrong: str
    ) -> None:
        page = get(client, f"/en/nearby/?kiosk=1&stand={wrong}")
        assert "</html>" in page and ("Where this screen stands" in page or wrong == "%00")
        assert "stand=" not in re.sub(r"stand=longitude", "", page) or "hreflang" in page

    def test_no_link_leads_out_and_every_link_stays_in_the_mode(self, client: Client, sample_land: Sample) -> None:
        place = Place.objects.filter(end_lifespan_version=None).exclude(phone="").order_by("id")[0]
        lon, lat = somewhere()
        at = f"lon={lon}&lat={lat}&{stand()}&idle=45"
        pages = [f"/{code}/nearby/{path}?{at}" for code in ("ar", "en") for path in ("", "embed/", "map/")]
        pages += [f"/ar/nearby/?{stand()}&q=zzzzqq", f"/en/nearby/places/{place.uid}/?{stand()}", "/en/nearby/?kiosk=1"]
        for address in pages:
            page = get(client, address)
            links = [html.unescape(found) for found in re.findall(r'<a\b[^>]*href=\\?"([^"\\]+)', page)]
            links = [link.encode().decode("unicode-escape") if "\\u" in link else link for link in links]
            assert links
            for link in links:
                parts = urlsplit(link)
                if link.startswith("#"):
                    continue
                assert not parts.scheme and not parts.netloc and "target=" not in link, (address, link)
                assert not parts.path or re.match(r"/(ar|en)/nearby/", parts.path), (address, link)
                assert parse_qs(parts.query)["kiosk"] == ["1"], (address, link)
            assert "tel:" not in page and "geo:" not in page and 'target="_blank"' not in page
            for form in re.findall(r"<form.*?</form>", page, re.S):
                assert 'name="kiosk" value="1"' in form
            assert client.get(address)["Cache-Control"] == "no-store"

    def test_nobody_else_gets_it(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        for query in ("", "&kiosk=0", "&kiosk=x"):
            answer = client.get(f"/en/nearby/?lon={lon}&lat={lat}{query}")
            assert "data-kiosk" not in answer.content.decode() and answer.get("Cache-Control") != "no-store"

    def test_what_a_phone_opens_is_a_symbol(self, client: Client, sample_land: Sample) -> None:
        place = Place.objects.filter(end_lifespan_version=None).exclude(phone="").order_by("id")[0]
        page = get(client, f"/en/nearby/places/{place.uid}/?{stand()}")
        assert page.count('<svg class="qr"') == 2 and html.escape(place.phone) in page
        lon, lat = somewhere()
        rows = get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}&kiosk=1&limit=3")
        assert rows.count("<details>") == 3 and rows.count('<svg class="qr"') >= 3

    def test_the_symbols_say_what_they_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn: list[str] = []
        monkeypatch.setattr("gisportal.nearby.kiosk.qr_svg", lambda content, size: drawn.append(content) or "")
        uid = uuid.uuid4()
        with override("ar"):
            place_qr(uid)
        phone_qr("+966 13 800-0000")
        assert phone_qr("no number") == phone_qr("٠١٣٨٠٠٠٠٠٠") == ""
        assert drawn == [f"{settings.PUBLIC_URL}/ar/nearby/places/{uid}/", "tel:+966138000000"]

    @pytest.mark.parametrize(
        ("given", "quiet"), [("45", "45"), ("5", "20"), ("9999", "600"), ("x", "60"), ("", "60"), ("٩٩", "60")]
    )
    def test_how_long_it_may_be_left(self, client: Client, sample_land: Sample, given: str, quiet: str) -> None:
        assert f'data-quiet-s="{quiet}"' in get(client, f"/ar/nearby/?kiosk=1&idle={given}")


def stop_the_clock(page: Page) -> None:
    """Let the time of a page stand still from a touch on, so that a slow machine does not make a person idle."""
    page.clock.install()
    page.reload()
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 1, UTC))
    page.keyboard.press("Shift")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
class TestInABrowser:
    @pytest.mark.parametrize(("language", "size"), [("ar", SCREEN), ("en", PHONE)], ids=["ar screen", "en phone"])
    def test_it_is_large_and_accessible(
        self, site: Site, committed_sample: Callable[[str], Sample], language: str, size: tuple[int, int]
    ) -> None:
        committed_sample("land")
        page = site.open(f"/{language}/nearby/?{stand()}", size=size)
        assert not axe_faults(page) and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.evaluate(
            "[...document.querySelectorAll('.nearby a, .nearby button, .nearby summary')]"
            ".filter(one => one.checkVisibility() && !one.closest('h3'))"
            ".map(one => [one.textContent, one.getBoundingClientRect().height]).filter(([, high]) => high < 60)"
        )
        assert not small, small
        page.locator(".nearby-row h3 a").first.click()
        expect(page.locator(".kiosk-qr svg").first).to_be_visible()
        page.evaluate("document.querySelector('dialog').showModal()")
        assert not axe_faults(page) and page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_the_next_person_finds_a_fresh_screen(self, site: Site, committed_sample: Callable[[str], Sample]) -> None:
        committed_sample("land")
        page = site.open(f"/en/nearby/?{stand()}&idle=30", size=SCREEN)
        start = page.url
        page.locator(".nearby-chips a").first.click()
        expect(page.locator('.nearby-chips [aria-current="true"]')).to_have_count(1)
        page.locator(".nearby-row h3 a").first.click()
        expect(page.locator(".kiosk-qr svg").first).to_be_visible()
        stop_the_clock(page)
        dialog, go_on = page.locator("dialog.kiosk-dialog"), page.locator("[data-kiosk-go-on]")
        page.clock.run_for(29_000)
        expect(dialog).to_be_hidden()
        page.clock.run_for(2_000)
        expect(dialog).to_be_visible()
        expect(go_on).to_be_focused()
        page.clock.run_for(10_000)
        assert 18 <= int(page.locator("[data-kiosk-left]").inner_text()) <= 20
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        page.clock.run_for(20_000)
        assert "/places/" in page.url
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url) if one.url == start else None)
        page.clock.run_for(43_000)  # three seconds longer than it waits: time enough to ask twelve times
        page.wait_for_url(start)
        assert asked == [start]
        assert page.evaluate("history.length") <= 2  # the blank page and the start: nobody's search
        page.go_back()
        assert "category" not in page.url and "/places/" not in page.url

    def test_the_map_belongs_to_the_screen(self, site: Site, committed_sample: Callable[[str], Sample]) -> None:
        committed_sample("land")
        page = site.open(f"/ar/nearby/?{stand()}&idle=30", size=SCREEN)
        start, length = page.url, page.evaluate("history.length")
        stop_the_clock(page)
        page.click("[data-nearby-map]")
        frame = page.frame_locator("iframe.nearby-map")
        expect(frame.locator(".nearby-map-pin, .marker-cluster").first).to_be_visible()
        page.clock.run_for(25_000)
        frame.locator(".folium-map").click(position={"x": 5, "y": 5})
        page.wait_for_timeout(100)
        page.clock.run_for(20_000)
        expect(page.locator("dialog.kiosk-dialog")).to_be_hidden()  # touched within the map
        page.clock.run_for(45_000)
        page.wait_for_url(start)
        expect(page.locator("iframe.nearby-map")).to_have_count(0)
        assert page.evaluate("history.length") <= length + 1
