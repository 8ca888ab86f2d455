"""The locator without a network in a real browser: cut off, not answered, slow, by another release, after a sign-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from gisportal.nearby import offline
from layers.locator.hours_words import line
from layers.locator.listing import PlacesQuery, list_places
from layers.locator.opening import look
from layers.locator.openness import states_of
from tests.browser import PHONE, Site, axe_faults
from tests.gisportal.nearby.cut import Line, line_to
from tests.gisportal.nearby.test_list import somewhere
from tests.gisportal.nearby.test_offline import district
from tests.sample import Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]

READY = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
KEPT_TEXT = """async () => {
  const found = [];
  for (const name of await caches.keys()) for (const key of await (await caches.open(name)).keys())
    found.push([name, key.url, await (await (await caches.open(name)).match(key, { ignoreVary: true })).text()]);
  return found;
}"""


@pytest.fixture(autouse=True)
def _this_release() -> Iterator[None]:
    offline._worker_text.cache_clear()
    yield
    offline._worker_text.cache_clear()


@pytest.fixture
def line_in(site: Site) -> Iterator[Line]:
    """The line that the browser's site is behind, to be cut; what a browser says of a cut line is no fault."""
    with line_to(site.url) as found:
        site.url = found.url
        yield found
    faults = [one for one in site.complaints if "ERR_" not in one and "Failed to load resource" not in one]
    site.complaints[:] = faults


def cut_off(page: Page, line_: Line) -> None:
    """Cut the network in the browser, for pages and workers, and stop answering."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    gone = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    session.send("Network.emulateNetworkConditions", gone)
    page.context.set_offline(True)
    line_.cut("refuse")


def wait_for(page: Page, promise: str) -> None:
    """Wait until a promise is true; ``wait_for_function`` takes the promise itself for true."""
    for _ in range(200):
        if page.evaluate(promise):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never: {promise}")


def is_kept(page: Page, address: str) -> None:
    wait_for(page, f"caches.match({json.dumps(address)}, {{ ignoreVary: true }}).then(Boolean)")


def controlled(page: Page) -> None:
    wait_for(page, READY)


def keep(page: Page) -> None:
    page.locator("[data-keep-do]").click()
    expect(page.locator("[data-keep-told]")).to_contain_text(re.compile(r"\d+ (kB|ك.ب)"))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_neighbourhood_is_there_without_a_network(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample], language: str
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open(f"/{language}/nearby/?district={district().uid}", size=PHONE)
    controlled(page)
    button = page.locator("[data-keep-do]")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-keep-said]")).not_to_be_empty()
    expect(page.locator("[data-keep-told]")).to_contain_text(f"{timezone.localtime():%Y}")
    expect(page.locator("[data-keep-delete]")).to_be_visible()
    assert not axe_faults(page)
    opened = f"{site.url}/{language}/nearby/?lon={lon}&lat={lat}&category=mosque"
    page.goto(opened)
    walked = page.locator(".nearby-row").all_inner_texts()
    is_kept(page, opened)

    cut_off(page, line_in)
    # The start of the application: the list of what is kept.
    page.goto(f"{site.url}/{language}/nearby/")
    rows = page.locator("[data-rows] .nearby-row")
    expect(rows.first).to_be_visible()
    expect(page.locator("[data-when]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not axe_faults(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.site-header')).position") != "static"  # styled
    # By kind, then by name with another spelling; the address holds both.
    page.locator("[data-chips] a").nth(1).click()
    expect(page.locator('[data-chips] [aria-current="true"]')).to_have_count(1)
    page.goto(f"{site.url}/{language}/nearby/")
    word = "صَيْدَلِيَّه" if language == "ar" else "pharmcy"
    page.locator("[data-kept-form] [name=q]").fill(word)
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("صيدلية" if language == "ar" else "Pharmacy")
    # By distance from where the phone is, rounded.
    page.goto(f"{site.url}/{language}/nearby/kept/")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon + 0.000123, "latitude": lat})
    page.locator("[data-kept-locate]").click()
    expect(rows.first).to_contain_text(re.compile(r"\d+ (m|م)"))
    assert f"lon={lon:.3f}&" in page.url + "&"
    # A place that was never opened.
    name = rows.nth(3).locator("h3 bdi").inner_text()
    rows.nth(3).locator("h3 a").click()
    expect(page.locator(".nearby-place-name")).to_have_text(name)
    expect(page.locator(".nearby-hours, [data-f=note]").first).to_be_visible()
    assert not axe_faults(page)
    # A page that was opened says when, and that its states are of then.
    page.goto(opened)
    expect(page.locator("#nearby-kept")).to_be_visible()
    texts = page.locator(".nearby-row").all_inner_texts()
    assert len(texts) == len(walked) > 0
    assert all(re.search(r"(as of|كما في) \d\d:\d\d:", text) for text in texts)
    assert not axe_faults(page)
    # The map is not kept, and says so; a page that is not kept leads to what is.
    page.goto(f"{site.url}/{language}/nearby/embed/?lon={lon}&lat={lat}")
    expect(page.locator("[data-empty]")).to_be_visible()
    # All of it can be deleted.
    page.goto(f"{site.url}/{language}/nearby/kept/")
    page.locator("[data-forget-all]").click()
    expect(page.locator("[data-held]")).to_be_hidden()
    page.goto(opened)
    expect(page.locator("[data-empty]")).to_be_visible()
    left = page.evaluate(KEPT_TEXT)
    assert left and all("-shell-" in name for name, _, _ in left)


def test_what_is_open_is_what_the_server_would_say(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample]
) -> None:
    committed_sample("land")
    one = district()
    page = site.open(f"/en/nearby/?district={one.uid}", size=PHONE)
    controlled(page)
    keep(page)
    kept = json.loads(next(text for name, _, text in page.evaluate(KEPT_TEXT) if name.endswith("districts")))
    assert line_in.mode == "through"
    cut_off(page, line_in)
    rows, opening = list_places(PlacesQuery(district=one.uid, limit=1000)).rows, look()
    begin = datetime.fromtimestamp(kept["from"] * 60, UTC)
    seen: set[str] = set()
    for hours in (0.2, 7, 15, 22, 60, 141.5, 240, 300):  # the last change that is seen lies 8 days ahead at most
        at = (begin + timedelta(hours=hours)).replace(second=0, microsecond=0)
        page.clock.set_fixed_time(at)
        page.goto(f"{site.url}/en/nearby/")
        expect(page.locator("[data-rows] .nearby-row").first).to_be_visible()
        while page.locator("[data-more] button").is_visible():
            page.locator("[data-more] button").click()
        shown = page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-rows] .nearby-row')].map(row =>"
            " [row.querySelector('a').href.slice(-37, -1), row.querySelector('.chip').innerText.trim()]))"
        )
        assert len(shown) == len(rows)
        for row, state in zip(rows, states_of(rows, at, opening), strict=True):
            plain = line(replace(state, reason=""), at, "en").text
            told = shown[str(row.uid)]
            if state.until is None or state.until > begin + timedelta(days=14):
                assert told.split()[0].strip(",") == plain.split()[0].strip(","), (at, plain, told)
            else:
                assert told == plain, (row.text, at)
            seen.add(plain.split()[0])
    assert {"Open", "Closed"} <= {word.strip(",") for word in seen}
    for at in (begin - timedelta(days=1), begin + timedelta(days=14, minutes=1)):
        page.clock.set_fixed_time(at)
        page.goto(f"{site.url}/en/nearby/?open=now")
        expect(page.locator("[data-count]")).to_contain_text("Nothing")  # nothing is open by guess
        page.goto(f"{site.url}/en/nearby/")
        expect(page.locator("[data-rows] .chip").first).to_contain_text("see the hours of the week")


def test_a_server_that_never_answers_is_not_waited_for(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample]
) -> None:
    committed_sample("land")
    page = site.open(f"/ar/nearby/?district={district().uid}", size=PHONE)
    controlled(page)
    keep(page)
    line_in.cut("hang")
    page.goto(f"{site.url}/ar/nearby/")
    expect(page.locator("[data-rows] .nearby-row").first).to_be_visible()
    line_in.cut("through")
    page.goto(f"{site.url}/ar/nearby/")
    expect(page.locator(".nearby-start")).to_be_visible()  # the page itself, as soon as there is a network again


def test_nothing_of_a_person_is_kept_and_keeping_goes_on_after_sign_out(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample]
) -> None:
    sample = committed_sample("land")
    lon, lat = somewhere()
    user = sample.user("surveyor")
    page = site.open(f"/en/nearby/?lon={lon}&lat={lat}", size=PHONE, user=user)
    assert user.name_en in page.content()
    controlled(page)
    keep(page)
    for address in ("?category=food", f"?lon={lon}&lat={lat}&category=gas", "?q=my+own+words"):
        page.goto(f"{site.url}/en/nearby/{address}")
    page.goto(f"{site.url}/en/accounts/")
    page.goto(f"{site.url}/en/nearby/kept/")
    found = page.evaluate(KEPT_TEXT)
    assert not any(user.name_en in text or "my own words" in text for _, _, text in found)
    assert not any("q=" in url or "/accounts/" in url for _, url, _ in found)
    of_person = [url for name, url, _ in found if name.endswith("-pages")]
    assert all("category" not in url for url in of_person)  # what was opened while signed in
    page.context.clear_cookies()
    page.goto(f"{site.url}/en/nearby/?lon={lon}&lat={lat}&category=health")
    is_kept(page, page.url)
    cut_off(page, line_in)
    page.goto(f"{site.url}/en/nearby/")
    assert user.name_en not in page.content()


def test_a_new_release_takes_the_place_of_the_old_one(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open(f"/en/nearby/?lon={lon}&lat={lat}", size=PHONE)
    controlled(page)
    keep(page)
    page.goto(f"{site.url}/en/nearby/?lon={lon}&lat={lat}&category=food")
    is_kept(page, page.url)
    before = shelves(page)
    monkeypatch.setattr(offline, "_content", lambda name: "another release")
    offline._worker_text.cache_clear()
    page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
    wait_for(page, f"caches.keys().then(names => !names.includes({json.dumps(before[0])}))")
    after = shelves(page)
    assert len(before) == len(after) == 1 and before != after
    cut_off(page, line_in)
    page.reload()
    expect(page.locator("#nearby-kept")).to_be_visible()  # kept before, with the files of the new release
    page.goto(f"{site.url}/en/nearby/")
    expect(page.locator("[data-rows] .nearby-row").first).to_be_visible()


def shelves(page: Page) -> list[Any]:
    return [name for name in page.evaluate("caches.keys()") if "-shell-" in name]


def test_at_2g_the_first_list_appears(site: Site, committed_sample: Callable[[str], Sample]) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open("/healthz", size=PHONE)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 250_000 / 8, "uploadThroughput": 50_000 / 8}
    session.send("Network.emulateNetworkConditions", slow)
    page.goto(f"{site.url}/ar/nearby/?lon={lon}&lat={lat}", wait_until="commit", timeout=60_000)
    expect(page.locator(".nearby-row").first).to_be_visible(timeout=60_000)
