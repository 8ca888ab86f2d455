"""The registrar's page in a real browser, in both languages: a return, a new letter, the deeds, and what all see."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from land_services.cases.models import Case
from land_services.deeds import hijri_of
from land_services.register.selectors import titles_of
from layers.models import Parcel
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.fixture
def issued(committed_sample: Callable[[str], Sample], request: pytest.FixtureRequest) -> tuple[Sample, Site]:
    sample = committed_sample("issued")
    return sample, request.getfixturevalue("site")


def press(page: Page, action: str) -> None:
    page.click(f"button[name=action][value={action}]")
    page.wait_for_load_state()


def parts(case: Case) -> list[Parcel]:
    made = Parcel.objects.filter(begin_entry_id=case.entry_id or 0, parcel_no__contains="/")
    return list(made.order_by("parcel_no"))


def is_sound(page: Page) -> None:
    assert not axe_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the screen"


@pytest.mark.parametrize(("language", "size", "dark"), [("ar", PHONE, True), ("en", DESKTOP, False)])
def test_the_registrar_records_a_return_and_then_the_deeds(
    issued: tuple[Sample, Site], language: str, size: tuple[int, int], dark: bool
) -> None:
    sample, site = issued
    case, on = sample.case(), hijri_of(timezone.localdate())
    address = f"/{language}/cases/{case.reference}/"
    page = site.open(address, user=sample.user("registrar"), size=size, dark=dark)
    is_sound(page)
    page.locator("details", has=page.locator("button[value=deed_returned]")).locator("summary").click()
    page.fill("#return-no", "R-9")
    page.fill("#return-on", on)
    press(page, "deed_returned")
    expect(page.locator("#decision .alert-stop")).to_be_visible()  # no reason was chosen
    expect(page.locator("#return-no")).to_have_value("R-9")
    is_sound(page)
    site.complaints.clear()  # the browser's own of the status 400
    page.select_option("#return-reason", "number_differs")
    page.fill("#return-text", "رقم المخطط في الصك يختلف")
    press(page, "deed_returned")
    expect(page.locator("#deeds .chip-stop")).to_have_count(1)  # one row for all that are in one state
    is_sound(page)
    page.fill("#again-note", "صُحح الرقم")
    page.set_default_timeout(120_000)
    press(page, "send_again")
    expect(page.locator("body")).to_contain_text(f"{case.reference}-L2")
    expect(page.locator("#deeds .chip-warning").first).to_be_visible()

    made = parts(case)
    page.fill("#answer-no", "K-1")
    page.fill("#answer-on", on)
    for n, parcel in enumerate(made, start=1):
        page.fill(f"#deed-{n}-number", f"٣٣٠٧٠٠٠٠{n}" if language == "ar" else f"33070000{n}")
        page.fill(f"#deed-{n}-dated", on)
        page.fill(f"#deed-{n}-area", str(parcel.official_area_m2 if n > 1 else 1))
    press(page, "confirm")
    expect(page.locator("#decision .alert-stop li")).to_have_count(1)  # the area of the first
    expect(page.locator("#deed-2-area")).to_have_value(str(made[1].official_area_m2))
    is_sound(page)
    site.complaints.clear()
    page.fill("#deed-1-area", str(made[0].official_area_m2))
    press(page, "confirm")
    expect(page.locator("#deeds .chip-ok")).to_have_count(len(made))
    expect(page.locator("#deeds")).to_contain_text("330700001")
    is_sound(page)
    assert len(titles_of([str(parcel.uid) for parcel in made])) == len(made)

    for user, numbers in ((None, False), ("registrar", True)):
        seen = site.open(
            f"/{language}/parcels/{made[0].uid}/", user=sample.user(user) if user else None, size=size, dark=dark
        )
        expect(seen.locator(".alert-ok")).to_be_visible()
        assert ("330700001" in seen.content()) is numbers
        expect(seen.locator("section[aria-labelledby=deed-history-title] li")).to_have_count(4)
        is_sound(seen)
    letter = case.documents.get(number=f"{case.reference}-L")
    for code in (letter.code, case.documents.get(number=f"{case.reference}-L2").code):
        verified = site.open(f"/verify/{code}?lang=en", size=size)
        assert re.search("330700001", verified.content()) is None
        assert ("took its place" in verified.content()) is (code == letter.code)
        is_sound(verified)


def test_one_deed_for_several_parcels_is_written_by_choosing_it(issued: tuple[Sample, Site]) -> None:
    sample, site = issued
    case, on = sample.case(), hijri_of(timezone.localdate())
    page = site.open(f"/en/cases/{case.reference}/", user=sample.user("registrar"))
    made: list[Any] = parts(case)
    for parcel in made:
        page.select_option(f"#covers-{parcel.uid}", "1")
    page.fill("#answer-no", "K-2")
    page.fill("#answer-on", on)
    page.fill("#deed-1-number", "4455")
    page.fill("#deed-1-dated", on)
    page.fill("#deed-1-area", str(sum(parcel.official_area_m2 for parcel in made)))
    press(page, "confirm")
    expect(page.locator("#deeds .chip-ok")).to_have_count(1)
    (title,) = titles_of([str(parcel.uid) for parcel in made])
    assert [deed.number for deed in title.deeds] == ["4455"]
