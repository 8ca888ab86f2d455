"""The list inside other sites: the one page that others may frame; it sets no cookie and leads out in a new window."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.browser import PHONE, Site, axe_faults
from tests.gisportal.nearby.test_list import get, somewhere, uids
from tests.sample import Sample


@pytest.mark.django_db
class TestTheEmbed:
    def test_anybody_may_frame_it_and_nothing_else(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        inside = client.get(f"/en/nearby/embed/?lon={lon}&lat={lat}")
        assert "frame-ancestors *" in inside["Content-Security-Policy"] and "X-Frame-Options" not in inside
        for path in ("/en/nearby/", f"/en/nearby/?lon={lon}&lat={lat}", "/en/"):
            answer = client.get(path)
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert answer["X-Frame-Options"] == "DENY"

    def test_it_sets_no_cookie(self, sample_land: Sample) -> None:
        for address in ("/ar/nearby/embed/", "/en/nearby/embed/?category=food"):
            assert not Client().get(address).cookies

    def test_its_parameters(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}&limit=3&theme=dark&map=0&choose=0")
        assert len(uids(page)) == 3 and 'data-theme="dark"' in page
        assert "<figure" not in page and "category=food" not in page
        assert "site-header" not in page and "site-footer" not in page
        assert "<figure" in get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}")
        for wrong in ("limit=0", "limit=9999999", "limit=x", "limit=٣", "theme=%3Cb%3E", "map=%00"):
            assert len(uids(get(client, f"/ar/nearby/embed/?lon={lon}&lat={lat}&{wrong}"))) <= 50

    def test_what_it_was_given_stays_in_its_links_and_others_open_outside(
        self, client: Client, sample_land: Sample
    ) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}&limit=3&theme=dark")
        more = re.search(r'href="([^"]+)" rel="next"', page)
        assert more and "theme=dark" in more[1] and "limit=3" in more[1]
        places = re.findall(r'<a href="/en/nearby/places/[^>]*>', page)
        assert places and all('target="_blank" rel="noopener"' in link for link in places)
        chip = re.search(r'<a class="btn btn-pill" href="(/en/nearby/map/[^"]+)" target="_blank" rel="noopener">', page)
        assert chip
        drawn = get(client, html.unescape(chip[1]))
        assert re.findall(r"/en/nearby/places/([0-9a-f-]{36})/", drawn) == uids(page)
        assert '<html lang="en" dir="ltr" data-theme="dark">' in drawn
        assert "nearby/map/" not in get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}&map=0")
        start = get(client, "/en/nearby/embed/?theme=dark&category=food")
        assert '<input type="hidden" name="theme" value="dark">' in start


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_it_is_accessible(site: Site, committed_sample: Callable[[str], Sample]) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    for address in ("/ar/nearby/embed/", f"/en/nearby/embed/?lon={lon}&lat={lat}&theme=dark"):
        page = site.open(address, size=PHONE)
        assert not axe_faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
