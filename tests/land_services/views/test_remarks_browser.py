"""Returning a case with remarks in a real browser: rows, places pressed on the map, and the same without a script."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from shapely import Point
from shapely.geometry import shape

from land_services.cases.models import Case
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]
PICTURES = os.environ.get("GISPORTAL_PICTURES", "")


@pytest.fixture
def review(committed_sample: Callable[[str], Sample], request: pytest.FixtureRequest) -> tuple[Sample, Site, Case]:
    """A case under review, put in place before the site is opened."""
    sample = committed_sample("land")
    case = sample.submitted()
    return sample, request.getfixturevalue("site"), case


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def opened(site: Site, sample: Sample, case: Case, language: str, size: tuple[int, int]) -> Page:
    page = site.open(f"/{language}/cases/{case.reference}/", user=sample.user("reviewer"), size=size)
    page.wait_for_selector("#case-map[data-ready=true]")
    page.locator("details:has(form#return-1) > summary").click()
    return page


def pixel_at_centre(page: Page) -> tuple[float, float]:
    box = page.locator("#case-map .map-view").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(("language", "size"), [("ar", PHONE), ("en", DESKTOP)])
def test_a_reviewer_adds_rows_and_presses_places_on_the_map(
    review: tuple[Sample, Site, Case], language: str, size: tuple[int, int]
) -> None:
    sample, site, case = review
    page = opened(site, sample, case, language, size)
    expect(page.locator(".remark-row")).to_have_count(1)
    page.fill("[name=remark-0-text]", "الركن ليس في موضعه")
    for n in (1, 2, 3, 4):
        page.click("[data-add-remark]")
        expect(page.locator(".remark-row")).to_have_count(n + 1)
        assert page.evaluate("document.activeElement.name") == f"remark-{n}-reason"
        page.fill(f"[name=remark-{n}-text]", f"الملاحظة {n + 1}")
    assert page.input_value("[name=remark-0-text]") == "الركن ليس في موضعه"
    assert "5" in page.locator(".remark-row legend").last.inner_text()

    row = page.locator("#remark-row-1-1")
    button = row.locator("[data-pick]")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#case-map .map-hint")).to_be_visible()
    picture(page, f"pick-{language}")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#case-map .map-hint")).to_be_hidden()
    button.click()
    page.mouse.click(*pixel_at_centre(page))
    expect(button).to_have_attribute("aria-pressed", "false")
    assert row.locator("[name=remark-1-place]").input_value() == "map"
    east, north = (float(row.locator(f"[name=remark-1-{name}]").input_value()) for name in ("east", "north"))
    drawn = page.evaluate("JSON.parse(document.getElementById('case-map-data').textContent)")
    land = shape(drawn["layers"]["before"]["features"][0]["geometry"])
    assert land.buffer(land.length / 4).contains(Point(east, north))
    expect(button).to_be_focused()
    page.fill("[name=remark-3-east]", f"{east + 4:.2f}")  # whoever uses a keyboard types
    page.fill("[name=remark-3-north]", f"{north + 4:.2f}")
    assert not axe_faults(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    row.scroll_into_view_if_needed()
    picture(page, f"rows-{language}")
    page.locator("form#return-1 button[value=return]").click()
    page.wait_for_selector("#remarks")
    kept = list(case.remarks.order_by("number"))
    assert [one.place for one in kept] == ["case", "map", "case", "map", "case"]
    assert kept[1].point is not None and (kept[1].point.x, kept[1].point.y) == (east, north)
    page.wait_for_selector("#case-map[data-ready=true]")
    pin = page.locator("#remarks button[data-map-feature='remark-2']")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(400)
    picture(page, f"pins-{language}")
    assert not axe_faults(page)


def test_without_a_script_rows_are_added_by_the_server(review: tuple[Sample, Site, Case]) -> None:
    sample, site, case = review
    page = site.open(f"/ar/cases/{case.reference}/", user=sample.user("reviewer"), scripts=False)
    page.locator("details:has(form#return-1) > summary").click()
    assert not page.locator("[data-pick]").is_visible()
    for n in range(4):
        page.fill(f"[name=remark-{n}-text]", f"الملاحظة {n + 1}")
        page.click("[data-add-remark]")
        expect(page.locator(".remark-row")).to_have_count(n + 2)
        assert page.url.endswith(f"#remark-row-1-{n + 1}")
    page.locator("form#return-1 button[value=return]").click()
    page.wait_for_selector("#remarks")
    assert [one.text for one in case.remarks.order_by("number")] == [f"الملاحظة {n}" for n in (1, 2, 3, 4)]
    site.complaints.clear()  # without scripts nothing is loaded lazily, and the deed of the sample has no first page
