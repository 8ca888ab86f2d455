"""The planner's coverage in a browser: phone and desktop, both languages, by keyboard, printed; and an empty city."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from gisportal.accounts.models import User
from layers.locator.categories import CATEGORIES
from tests.browser import DESKTOP, PHONE, ROOT, Site, axe_faults
from tests.gisportal.nearby.test_coverage_page import ADDRESSES, PAGE, get
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Stage = Callable[[str], Sample]
MakeUser = Callable[..., User]
browser = pytest.mark.browser
SHEET = ROOT / "gisportal" / "frontend" / "styles" / "coverage.css"


def overflows(page: Page) -> list[str]:
    """Return what makes the page wider than the screen."""
    page.wait_for_load_state("load")
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] :
          ["" + document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")]
            .filter((one) => !one.closest(".table-wrap") && one.getBoundingClientRect().width > innerWidth)
            .map((one) => one.outerHTML.slice(0, 80))]"""
    )
    return wide


@browser
@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_page_and_its_map_are_clean(
    site: Site, committed_sample: Stage, make_user: MakeUser, language: str
) -> None:
    committed_sample("land")
    user = make_user("p", "planner")
    clean(site, user, language, PHONE, dark=language == "en")
    clean(site, user, language, DESKTOP, dark=language == "ar")


def clean(site: Site, user: User, language: str, size: tuple[int, int], *, dark: bool) -> None:
    page = site.open(f"/{language}/nearby/coverage/?kind=pharmacy&minutes=5", size=size, dark=dark, user=user)
    expect(page.locator(".cover-table tbody tr").first).to_be_visible()
    assert not overflows(page)
    page.locator(".cover-gaps a").first.click()
    expect(page.locator(".cover-change")).to_be_visible()
    assert not overflows(page)
    assert not axe_faults(page)
    page.locator("[data-nearby-map]").click()
    frame = page.frame_locator("iframe.nearby-map")
    expect(frame.locator(".cover-map-label").first).to_be_visible()
    expect(frame.locator(".cover-map-mark")).to_be_visible()
    expect(frame.locator(".cover-map-legend .cover-legend li")).to_have_count(6)
    assert (frame.locator("path.cover-shape").first.get_attribute("fill") or "").startswith("url(#cover-")

    alone = site.open(f"/{language}/nearby/coverage/map/?kind=pharmacy&minutes=5", size=size, dark=dark, user=user)
    alone.locator(".cover-map-label").first.press("Enter")
    expect(alone.locator(".nearby-popup")).to_be_visible()
    alone.wait_for_timeout(400)  # the popup fades in
    assert not axe_faults(alone)


@browser
def test_all_of_it_works_by_keyboard(site: Site, committed_sample: Stage, make_user: MakeUser) -> None:
    committed_sample("land")
    page = site.open("/ar/nearby/coverage/", user=make_user("p", "planner"))
    page.focus("#cover-kind")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    page.wait_for_url("**kind=**")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["kind"] == [next(iter(CATEGORIES["health"].kinds))]
    assert asked["minutes"] in (["5"], ["15"]) and asked["mode"] == ["foot"]

    page.focus("[data-nearby-map]")
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe.nearby-map")
    expect(frame.locator(".cover-map-label").first).to_be_visible()
    frame.locator("[data-cover-put]").press("Enter")
    page.wait_for_url("**lon=**")
    assert {"lon", "lat", "kind"} <= parse_qs(urlsplit(page.url).query).keys()
    expect(page.locator(".cover-change")).to_be_visible()


@browser
def test_a_tap_asks_what_a_place_there_would_bring(site: Site, committed_sample: Stage, make_user: MakeUser) -> None:
    committed_sample("land")
    page = site.open("/en/nearby/coverage/map/?kind=pharmacy&minutes=5", size=PHONE, user=make_user("p", "planner"))
    expect(page.locator(".cover-map-label").first).to_be_visible()
    page.mouse.click(195, 300)
    link = page.get_by_role("link", name="What if one stood here?")
    expect(link).to_be_visible()
    link.click()
    page.wait_for_url("**lat=**")
    expect(page.get_by_role("heading", name="With one more here")).to_be_visible()


@browser
def test_it_prints_on_a4_with_the_drawing_and_without_the_form(
    site: Site, committed_sample: Stage, make_user: MakeUser
) -> None:
    committed_sample("land")
    page = site.open("/en/nearby/coverage/?kind=pharmacy&minutes=5", user=make_user("p", "planner"))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    made = page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = {tuple(round(float(n)) for n in box.split()) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", made)}
    assert sizes == {(0, 0, 595, 842)} or sizes == {(0, 0, 596, 842)}
    page.emulate_media(media="print")
    expect(page.locator(".cover-form")).to_be_hidden()
    expect(page.locator(".cover-files")).to_be_hidden()
    expect(page.locator(".cover-table")).to_be_visible()
    expect(page.locator(".cover-drawing svg")).to_be_visible()


def test_an_empty_city_says_what_is_missing(make_user: MakeUser) -> None:
    client = Client()
    client.force_login(make_user("p", "planner"))
    page = get(client, PAGE)
    assert "Nobody knows the minutes" in page and "There are no homes" in page and "None: every home" not in page
    for address in ADDRESSES:
        assert client.get(PAGE + address).status_code == 200, address


# Colours ------------------------------------------------------------------------------------------------------------

SEEN_BY = {  # Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light
    "all": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "none": ((0.2126, 0.7152, 0.0722),) * 3,
}


def lightness(colour: str, matrix: tuple[tuple[float, ...], ...]) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in matrix]
    light = 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]
    return float(116 * light ** (1 / 3) - 16)


@pytest.mark.parametrize("eye", SEEN_BY)
def test_classes_get_darker_step_by_step_for_every_eye(eye: str) -> None:
    text = SHEET.read_text(encoding="utf-8")
    colours = [re.search(rf"\.cover-{n} \{{\s*fill: (#[0-9a-f]{{6}})", text)[1] for n in range(5)]  # type: ignore[index]
    steps = [lightness(colour, SEEN_BY[eye]) for colour in colours]
    assert all(a - b >= 10 for a, b in pairwise(steps)), steps
