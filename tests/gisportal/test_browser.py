"""The site in a real browser: clean for axe on every page, both languages, phone and desktop; map and switches work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from gisportal.accounts.models import Absence, Delegation, User
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.budget import budget
from tests.gisportal.conftest import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]
MakeUser = Callable[..., User]

PUBLIC = [
    ("/", 200),
    ("/find/?q=nothing", 200),
    ("/services/", 200),
    ("/services/?q=رخصة+فرز", 200),
    ("/services/?q=zeppelin", 200),
    ("/services/subdivision/", 200),
    ("/accounts/login/", 200),
    ("/accounts/password/forgotten/", 200),
    ("/nowhere/", 404),
]


LOOKS = [
    pytest.param("ar", PHONE, False, id="ar-phone"),
    pytest.param("en", DESKTOP, True, id="en-dark desktop"),
    pytest.param("ar", DESKTOP, True, id="ar-dark desktop"),
    pytest.param("en", PHONE, False, id="en-phone"),
]
"""How pages are looked at; everyday once in each language."""


@pytest.mark.parametrize(("language", "size", "dark"), LOOKS[: budget(2, 4)])
def test_every_page_is_accessible_and_none_is_wider_than_the_screen(
    site: Site, make_user: MakeUser, language: str, size: tuple[int, int], dark: bool
) -> None:
    user = make_user("sara", "surveyor", is_staff=True)
    faults = []
    pages: list[tuple[str, int, User | None]] = [(address, status, None) for address, status in PUBLIC]
    pages += [("/accounts/", 200, user), ("/components/", 200, user)]
    pages += [("/accounts/looks/?q=SUB-1", 200, make_user("admin", "administrator"))]
    pages += [("/accounts/absence/", 200, _absent(make_user)), ("/accounts/password/", 200, user)]
    for address, status, who in pages:
        page = site.open(f"/{language}{address}", size=size, dark=dark, user=who, expect=status)
        if address == "/components/":
            page.wait_for_selector("[data-ready=true]")
        faults += [f"{address} {fault}" for fault in axe_faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{address} is wider than the screen")
        page.context.close()
    assert not faults, "\n".join(faults)


def _absent(make_user: MakeUser) -> User:
    """Return a head who is absent, is stood in for and stands in."""
    head, other = make_user("head", "survey_head"), make_user("other", "reviewer")
    until = timezone.now() + timedelta(days=2)
    Absence.objects.create(user=head, valid_until=until, reason="leave")
    Delegation.objects.create(from_user=head, to_user=other, role="survey_head", valid_until=until)
    Delegation.objects.create(from_user=other, to_user=head, role="reviewer", valid_until=until)
    return head


def test_a_person_signs_in_with_the_keyboard_alone(site: Site, make_user: MakeUser) -> None:
    make_user("sara", "surveyor")
    page = site.open("/ar/accounts/login/?next=/ar/services/subdivision/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("SARA")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ar/services/subdivision/"))
    expect(page.locator(".account-link")).to_contain_text("سارة")


def test_the_language_switch_leads_to_the_same_page_and_keeps_what_was_asked(site: Site) -> None:
    page = site.open("/ar/find/?q=nothing")
    page.click(".site-tools a[hreflang=en]")
    page.wait_for_url("**/en/find/?q=nothing")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("#find")).to_have_value("nothing")


def test_light_and_dark_are_remembered_without_a_flash(site: Site) -> None:
    page = site.open("/en/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.click("[data-theme-switch]")
    dark = page.evaluate(ground)
    assert dark != light
    page.goto(page.url)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(ground) == dark


def test_our_own_fonts_are_used_for_both_scripts(site: Site) -> None:
    page = site.open("/ar/")
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
    assert loaded and all("IBM Plex Sans Arabic" in family for family in loaded)


def _open_map(site: Site, make_user: MakeUser, language: str = "ar", size: tuple[int, int] = DESKTOP) -> Page:
    page = site.open(f"/{language}/components/", user=make_user("sara", is_staff=True), size=size)
    page.wait_for_selector("#example-map[data-ready=true]")
    return page


def _pixels(page: Page) -> str:
    """Return the drawn map as text; OpenLayers draws the next frame after a change."""
    page.wait_for_timeout(400)
    return str(page.evaluate("[...document.querySelectorAll('#example-map canvas')].map(c => c.toDataURL()).join('|')"))


def test_a_finding_of_the_list_shows_its_place_on_the_map(site: Site, make_user: MakeUser) -> None:
    page = _open_map(site, make_user)
    before = _pixels(page)
    row = page.locator("[data-map-feature=finding-1]")
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-pressed", "true")
    assert _pixels(page) != before


def test_the_map_is_moved_by_keys_and_buttons(site: Site, make_user: MakeUser) -> None:
    page = _open_map(site, make_user)
    first = _pixels(page)
    page.locator("#example-map .map-view").focus()
    page.keyboard.press("ArrowRight")
    moved = _pixels(page)
    assert moved != first
    page.click("[data-map-action=in]")
    assert _pixels(page) != moved
    page.click("[data-map-action=fit]")
    assert _pixels(page) == first


@pytest.mark.parametrize(("language", "forward"), [("ar", "ArrowLeft"), ("en", "ArrowRight")])
def test_the_handle_follows_keys_and_pointer_in_the_reading_direction(
    site: Site, make_user: MakeUser, language: str, forward: str
) -> None:
    page = _open_map(site, make_user, language)
    handle = page.locator(".map-swipe-handle")
    handle.focus()
    start = int(handle.get_attribute("aria-valuenow") or 0)
    first = _pixels(page)
    page.keyboard.press(forward)
    expect(handle).to_have_attribute("aria-valuenow", str(start + 5))
    assert _pixels(page) != first
    page.keyboard.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("End")
    expect(handle).to_have_attribute("aria-valuenow", "100")
    page.keyboard.press("ArrowDown")  # a little from the edge, so that the whole handle can be grasped
    box, grip = page.locator("#example-map").bounding_box(), handle.bounding_box()
    assert box and grip
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, grip["y"] + 5, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute(
        "aria-valuenow", re.compile("^(24|25|26)$" if language == "en" else "^(74|75|76)$")
    )


def test_the_map_draws_one_metre_as_long_as_its_scale_says(site: Site, make_user: MakeUser) -> None:
    """The view is the storage CRS: a side of the sample is as long on the screen as the scale line says."""
    page = _open_map(site, make_user, "en")
    words = page.locator(".ol-scale-line-inner").inner_text()
    length = re.fullmatch(r"([\d.]+) (m|km)", words)
    assert length and length.group(2) == "m"


def test_without_scripts_the_page_still_says_everything(site: Site) -> None:
    context = site.browser.new_context(java_script_enabled=False)
    site.contexts.append(context)
    page = context.new_page()
    page.goto(f"{site.url}/ar/")
    expect(page.locator("#find")).to_be_visible()
    expect(page.locator("[data-theme-switch]")).to_be_hidden()


def test_nothing_moves_for_those_who_asked_for_rest(site: Site) -> None:
    context = site.browser.new_context(reduced_motion="reduce")
    site.contexts.append(context)
    page = context.new_page()
    page.goto(f"{site.url}/en/")
    assert page.evaluate("getComputedStyle(document.querySelector('.btn')).transitionDuration") in {"0s", "0s, 0s"}
