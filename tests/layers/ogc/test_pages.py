"""The pages of the API in a real browser: both languages, the map, and no fault of accessibility."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layers.ogc import extents
from layers.ogc.words import WORDS
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample


def test_every_word_is_there_in_both_languages() -> None:
    assert all(ar and en and ar != en for ar, en in WORDS.values())


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_pages_read_well_in_both_languages(committed_sample: Callable[[str], Sample], site: Site) -> None:
    sample = committed_sample("land")
    extents.forget()
    items = "/ogc/collections/parcels/items"
    paths = ["/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/parcels"]
    paths += ["/ogc/collections/parcels/schema", f"{items}?limit=5", f"{items}/{sample.uid}", "/ogc/collections/none"]
    faults = []
    for n, path in enumerate(paths):
        language, size = ("ar", PHONE) if n % 2 else ("en", DESKTOP)
        address = f"{path}{'&' if '?' in path else '?'}f=html&lang={language}"
        page = site.open(address, size=size, expect=404 if "none" in path else 200)
        assert page.locator("html").get_attribute("lang") == language
        if "items" in path:
            page.wait_for_selector("[data-parcel-map][data-ready=true]")
        faults += [f"{address} {fault}" for fault in axe_faults(page)]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{address} is wider than the screen"
    assert not faults, faults


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_person_walks_from_the_front_page_to_a_feature(committed_sample: Callable[[str], Sample], site: Site) -> None:
    committed_sample("land")
    page = site.open("/ogc/?f=html&lang=en")
    page.get_by_role("link", name="Collections of the data").first.click()
    page.get_by_role("link", name="Parcels", exact=True).click()
    page.locator("main a", has_text="Features of Parcels").last.click()
    page.wait_for_selector("[data-parcel-map][data-ready=true]")
    page.get_by_role("button", name="Show on the map").first.click()
    assert page.locator("[aria-pressed=true]").count() == 1
    page.get_by_role("link", name="Next page").or_(page.get_by_role("link", name="Next")).first.click()
    page.wait_for_selector("text=Previous")
    page.get_by_role("link", name="العربية").click()
    page.wait_for_selector("html[lang=ar]")
    assert "cursor=" in page.url and "lang=ar" in page.url
    page.locator("tbody th a").first.click()
    page.wait_for_selector("#item-map[data-ready=true]")
