"""A subdivision from the surveyor's file to a verified paper, in a real browser, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from land_services.cases.models import Case, IssuedDocument
from layers.models import Parcel
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.budget import budget
from tests.sample import CRS, Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]
Put = Callable[[str], Sample]


@pytest.fixture
def land(committed_sample: Put, request: pytest.FixtureRequest, settings: Any) -> Callable[[str], tuple[Sample, Site]]:
    """Return a function that sets a stage before the site is opened: the server must not hold the old database."""

    def put(stage: str) -> tuple[Sample, Site]:
        sample = committed_sample(stage)
        return sample, request.getfixturevalue("site")

    return put


def hand_in(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    page.fill("#crs", CRS)
    page.click("form[action$='/file/'] button[type=submit]")
    page.wait_for_load_state()
    page.wait_for_selector("#case-map[data-ready=true]")


def attach(page: Page, document: str, path: Path) -> None:
    form = page.locator(f"form:has(input[name=document][value={document}])")
    form.locator("input[type=file]").set_input_files(path)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()


def press(page: Page, action: str) -> None:
    page.click(f"button[name=action][value={action}]")
    page.wait_for_load_state()


def test_a_subdivision_goes_its_way_in_arabic_and_english(land: Callable[[str], tuple[Sample, Site]]) -> None:
    sample, site = land("land")
    page = site.open("/ar/cases/", user=sample.user("surveyor"))
    page.select_option("#service", "subdivision")
    page.fill("#parcel", sample.label)
    page.press("#parcel", "Enter")
    page.wait_for_url(re.compile(r"/ar/cases/SUB-\d{4}-\d{6}/"))
    address = page.url.removeprefix(site.url)

    hand_in(page, sample.first)
    findings = page.locator("button.finding")
    assert findings.count() >= 3
    findings.first.focus()
    page.keyboard.press("Enter")
    expect(findings.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#findings-title + .chip")).to_have_class(re.compile("chip-stop"))
    assert not axe_faults(page)

    hand_in(page, sample.proper)
    expect(page.locator("#findings-title + .chip")).to_have_class(re.compile("chip-ok"))
    assert page.locator("[data-map-feature^=part-]").count() == 4

    expect(page.locator("#submit li")).to_have_count(1)  # the deed is missing, and it says so
    attach(page, "deed", sample.deed)
    press(page, "submit")
    expect(page.locator(".page-head .chip").last).to_have_class(re.compile("chip-info"))

    english = address.replace("/ar/", "/en/")
    review = site.open(english, user=sample.user("reviewer"))
    review.locator("summary", has_text="Return with remarks").click()
    review.fill("[name=remark-0-text]", "The deed cannot be read")
    review.select_option("[name=remark-0-reason]", "document_unreadable")
    review.select_option("[name=remark-0-place]", label="Up-to-date title deed or proof of ownership")
    press(review, "return")
    expect(review.locator(".page-head")).to_contain_text("Returned with remarks")
    assert not axe_faults(review)

    page.reload()
    page.fill("#remarks textarea", "رُفع الصك من جديد")
    press(page, "answer")
    attach(page, "deed", sample.deed)
    press(page, "submit")

    review.reload()
    press(review, "finish")
    assert review.locator("button[value=finish]").count() == 0

    survey_head = site.open(address, user=sample.user("survey_head"))
    press(survey_head, "finish")

    head = site.open(address, user=sample.user("mayor"))
    head.set_default_timeout(120_000)
    press(head, "approve")
    expect(head.locator("a[href^='/verify/']")).to_have_count(8, timeout=120_000)
    case = Case.objects.get()
    assert case.state == "issued"

    with head.expect_download() as download:
        head.locator("a[href*='/documents/']").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename == f"{case.reference}-D1.pdf"

    head.locator("a[href^='/verify/']").first.click()
    head.wait_for_load_state()
    expect(head.locator("h1")).to_be_visible()
    expect(head.locator(".alert-ok, .alert.ok, [class*=alert]").first).to_be_visible()
    expect(head.locator("body")).to_contain_text(f"{case.reference}-D1")


def owners_faults(page: Page) -> list[str]:
    """Return what axe finds on a parcel's page once its owners are shown."""
    page.click("section[aria-labelledby=owners-title] form button")
    page.wait_for_selector("[role=region][aria-labelledby=owners-title]")
    found = axe_faults(page)
    page.context.close()
    return [f"owners shown: {fault}" for fault in found]


LOOKS = [pytest.param(PHONE, True, id="dark phone"), pytest.param(DESKTOP, False, id="desktop")]
"""How the pages are looked at; everyday once, the walks of all services look at them in the light and on a desktop."""


@pytest.mark.parametrize(("size", "dark"), LOOKS[: budget(1, 2)])
def test_the_pages_are_accessible_and_none_is_wider_than_the_screen(
    land: Callable[[str], tuple[Sample, Site]], size: tuple[int, int], dark: bool
) -> None:
    sample, site = land("issued")
    case, user, registrar = sample.case(), sample.user("reviewer"), sample.user("registrar")
    part = Parcel.objects.filter(begin_entry_id=case.entry_id or 0, parcel_no__contains="/").latest("id")
    code = IssuedDocument.objects.latest("pk").code
    faults = []
    for language in ("ar", "en"):
        for address in (
            "cases/",
            "work/",
            "follow/",
            f"cases/{case.reference}/",
            f"cases/{case.reference}/?attempt=1",
            f"parcels/{part.uid}/",
        ):
            page = site.open(f"/{language}/{address}", size=size, dark=dark, user=user)
            if page.locator("[id$=-map]").count():
                page.wait_for_selector("[data-ready=true]")
            faults += [f"{language} {address} {fault}" for fault in axe_faults(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{language} {address} is wider than the screen")
            page.context.close()
        faults += owners_faults(site.open(f"/{language}/parcels/{part.uid}/", size=size, dark=dark, user=registrar))
    page = site.open(f"/verify/{code}", size=size, dark=dark)
    faults += axe_faults(page)
    page.context.close()
    page = site.open("/verify/nothing", size=size, dark=dark, expect=404)
    faults += axe_faults(page)
    assert not faults, "\n".join(faults)


def test_the_case_is_decided_with_the_keyboard_alone(land: Callable[[str], tuple[Sample, Site]]) -> None:
    sample, site = land("recommended")
    page = site.open(f"/en/cases/{sample.case().reference}/", user=sample.user("mayor"))
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value || ''"))
        if reached[-1] == "reject":
            break
    assert {"note-1", "approve", "reject"} <= set(reached), reached
    page.keyboard.press("Shift+Tab")
    page.locator("#note-1").focus()
    page.keyboard.type("الرسم قديم")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator(".page-head")).to_contain_text("Turned down")
    assert Case.objects.get().reason == "الرسم قديم"
