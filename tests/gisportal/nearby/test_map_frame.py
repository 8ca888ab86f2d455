"""The map of a search: files of our own only, the places of the list, all data escaped, both languages."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import folium
import pytest
from django.test import Client
from folium.elements import JSCSSMixin
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from gisportal.nearby import map_frame
from gisportal.nearby.folium_local import LocalMap, MapPage, NotLocal, local_url, make_local
from layers.locator.search import NearbyQuery, nearby
from tests.browser import DESKTOP, PHONE, ROOT, Site, axe_faults
from tests.gisportal.nearby.test_list import get, somewhere, uids
from tests.sample import Sample

MOST_BYTES = 200_000
Stage = Callable[[str], Sample]


def every_class(cls: type[Any] = JSCSSMixin) -> list[type[Any]]:
    found: list[type[Any]] = []
    for sub in cls.__subclasses__():
        found += [sub, *every_class(sub)]
    return found


class TestFoliumIsLocal:
    def test_no_class_of_folium_gives_an_address_of_another_host(self) -> None:
        make_local()
        given, refused = 0, 0
        for cls in every_class():
            for kind in ("default_js", "default_css"):
                try:
                    urls = [url for _name, url in getattr(cls, kind)]
                except NotLocal:
                    refused += 1
                    continue
                given += len(urls)
                assert all(not urlsplit(url).netloc and "build/leaflet/" in url for url in urls), (cls, urls)
        assert given >= 7 and refused > 20

    def test_a_plugin_whose_files_are_not_here_is_refused_when_drawn(self) -> None:
        page = MapPage("ar", "n", head="")
        drawn = LocalMap((18.0, 42.5), titles={})
        folium.plugins.Draw().add_to(drawn)
        with pytest.raises(NotLocal, match="Draw"):
            page.page_of(drawn)
        with pytest.raises(NotLocal):
            local_url("jquery")
        with pytest.raises(NotLocal):
            drawn.add_js_link("other", "https://other.example/x.js")


@pytest.mark.django_db
class TestTheFrame:
    def test_it_has_the_places_of_the_list_and_only_we_may_frame_it(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        answer = client.get(f"/en/nearby/map/?lon={lon}&lat={lat}&category=health")
        page, policy = answer.content.decode(), answer["Content-Security-Policy"]
        wanted = [str(row.uid) for row in nearby(NearbyQuery(lon, lat, ("health",), limit=10))]
        assert re.findall(r"/en/nearby/places/([0-9a-f-]{36})/", page) == wanted and wanted
        assert "frame-ancestors 'self'" in policy and answer["X-Frame-Options"] == "SAMEORIGIN"
        script_rules = policy.split("script-src ")[1].split(";")[0]
        assert "unsafe" not in script_rules
        nonce = re.search(r"'nonce-([^']+)'", policy)
        assert nonce
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", page):
            assert "src=" in tag or f'nonce="{nonce[1]}"' in tag
        other = client.get("/en/nearby/")
        assert "style-src-attr" not in other["Content-Security-Policy"]

    def test_it_has_the_page_that_led_to_it_with_the_same_numbers_and_minutes(
        self, client: Client, sample_land: Sample
    ) -> None:
        lon, lat = somewhere()
        listed = get(client, f"/en/nearby/?lon={lon}&lat={lat}")
        more = re.search(r'href="([^"]+)" rel="next"', listed)
        assert more
        for address in (f"?lon={lon}&lat={lat}", html.unescape(more[1])):
            listed = get(client, "/en/nearby/" + address)
            link = re.search(r'href="([^"]+)" data-nearby-map', listed)
            assert link
            drawn = get(client, html.unescape(link[1]))
            assert re.findall(r"/en/nearby/places/([0-9a-f-]{36})/", drawn) == uids(listed)
            minutes = re.findall(r">(\d+)</span> min on foot", listed)
            assert re.findall(r"u003e(\d+)\\u003c/span\\u003e min on foot", drawn) == minutes and minutes
            first = re.search(r'<ol class="nearby-list" start="(\d+)"', listed)
            assert first and f'title: "{first[1]}. ' in drawn
            back = re.search(r'class="btn nearby-map-list" href="([^"]+)"', drawn)
            assert back and uids(get(client, html.unescape(back[1]))) == uids(listed)

    def test_no_address_of_another_host(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        for language in ("ar", "en"):
            page = get(client, f"/{language}/nearby/map/?lon={lon}&lat={lat}")
            assert not re.findall(r"""["'(]\s*(?:https?:)?//[a-z]""", page)
            assert f'lang="{language}"' in page and 'dir="ltr"></div>' in page

    def test_names_are_text_whatever_they_hold(self, sample_land: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
        lon, lat = somewhere()
        bad = "</script><script>alert(1)</script>`${alert(2)}`\"'<img src=x onerror=alert(3)>"
        (found,) = nearby(NearbyQuery(lon, lat, limit=1))
        named = replace(found, name_ar=bad, name_en=bad, address_ar=bad)
        monkeypatch.setattr(map_frame, "found_of", lambda seen: named)
        page = get(Client(), f"/ar/nearby/map/?lon={lon}&lat={lat}&at_name={quote(bad)}")
        assert "alert(1)" in page
        assert "<script>alert" not in page and "<img" not in page and page.count("</script>") == page.count("<script")

    def test_without_a_start_the_list_asks_for_it(self, client: Client) -> None:
        for query in ("", "?lon=x&lat=1", "?lon=NaN&lat=inf", "?lon=1e999&lat=0", "?q=%00"):
            answer = client.get(f"/ar/nearby/map/{query}")
            assert answer.status_code == 302 and answer["Location"].startswith("/ar/nearby/")

    @pytest.mark.parametrize("at", ["lon=180&lat=0", "lon=-180&lat=-90", "lon=0&lat=90"])
    def test_a_start_at_the_end_of_the_world_has_a_map(self, client: Client, sample_land: Sample, at: str) -> None:
        assert "L.map(" in get(client, f"/en/nearby/map/?{at}")

    def test_all_of_it_is_small_on_the_wire(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/ar/nearby/map/?lon={lon}&lat={lat}")
        total = len(gzip.compress(page.encode(), 6))
        for url in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page)):
            content = (ROOT / "gisportal" / "static" / url.removeprefix("/static/")).read_bytes()
            total += len(gzip.compress(content, 6))
        assert total < MOST_BYTES, total


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
class TestInABrowser:
    @pytest.mark.parametrize(
        ("language", "size", "dark"), [("ar", PHONE, False), ("en", DESKTOP, True)], ids=["ar phone", "en dark"]
    )
    def test_pins_ground_and_a_popup(
        self, site: Site, committed_sample: Stage, language: str, size: tuple[int, int], dark: bool
    ) -> None:
        committed_sample("land")
        lon, lat = somewhere()
        page = site.open(f"/{language}/nearby/map/?lon={lon}&lat={lat}&category=mosque", size=size, dark=dark)
        pins = page.locator(".nearby-map-pin")
        expect(pins.first).to_be_visible()
        assert len(page.locator("path.nearby-parcels").get_attribute("d") or "") > 500
        assert len(page.locator("path.nearby-map-streets").get_attribute("d") or "") > 100
        expect(page.locator(".leaflet-control-locate")).to_be_visible()
        surface = "getComputedStyle(document.querySelector('.folium-map')).backgroundColor"
        assert page.evaluate(surface) != "rgb(221, 221, 221)"  # Leaflet's own grey: our sheet did not win
        pins.first.focus()
        page.keyboard.press("Enter")
        popup = page.locator(".nearby-popup")
        expect(popup).to_be_visible()
        expect(popup).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        expect(popup.locator("a").first).to_have_attribute("target", "_top")
        page.wait_for_timeout(400)  # the popup fades in, and half-faded text has no contrast
        assert not axe_faults(page)

    def test_the_list_opens_it_in_place_and_a_place_leads_out(self, site: Site, committed_sample: Stage) -> None:
        committed_sample("land")
        lon, lat = somewhere()
        page = site.open(f"/ar/nearby/?lon={lon}&lat={lat}", size=PHONE)
        assert "leaflet" not in page.content()
        page.click("[data-nearby-map]")
        frame = page.frame_locator("iframe.nearby-map")
        expect(frame.locator(".nearby-map-pin, .marker-cluster").first).to_be_visible()
        expect(frame.locator(".nearby-map-list")).to_be_hidden()
        page.wait_for_function(
            "document.querySelector('iframe.nearby-map').getBoundingClientRect().top"
            " >= document.querySelector('.site-header').getBoundingClientRect().bottom"
        )
        name = frame.locator(".nearby-popup-name")
        for _ in range(5):  # a pin that moves with its cluster while the map finds its place loses the key
            frame.locator(".nearby-map-pin").first.press("Enter")
            with suppress(PlaywrightTimeout):
                name.wait_for(timeout=3_000)
                break
        name.click()
        page.wait_for_url("**/nearby/places/*/")

    def test_a_picture_of_the_ground_is_switched_on_by_name(
        self, site: Site, committed_sample: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        committed_sample("land")
        lon, lat = somewhere()
        one = {
            "tiles": "/static/gisportal/mark.svg?{z}/{x}/{y}",
            "title": "<b>2026</b> & more",
            "source": "<i>Ours</i>",
        }
        monkeypatch.setattr(map_frame, "pictures", lambda language: [one])
        page = site.open(f"/en/nearby/map/?lon={lon}&lat={lat}", size=PHONE)
        page.get_by_label("<b>2026</b> & more").check()
        expect(page.locator("img.leaflet-tile").first).to_be_attached()
        expect(page.locator(".leaflet-control-attribution")).to_have_text("<i>Ours</i>")
        assert not axe_faults(page)
