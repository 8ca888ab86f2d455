"""Each open land service in a real browser, from its card in the catalogue to the deeds that the registry issues.

The people concerned do it: the office that files, reviewers, agency, cashier, who decides, archive and registrar.

One site and one sample serve all walks; every walk has land of its own. Everyday each service is walked once, half of
them begun in Arabic, and the people after the filer read the other language; the soak walks each wholly in each. The
subdivision is everyday walked by ``test_journey.py``.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.translation.trans_real import translation
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from gisportal.accounts.models import RoleGrant
from gisportal.demo_cases.land import Lot, LotFinder, divisible
from gisportal.demo_cases.requests import REQUESTS
from gisportal.demo_cases.run import SERVICES as SHOWN
from gisportal.sample.office import join_office
from land_services.cases import acts
from land_services.cases.models import Case, StageRun
from land_services.catalogue import ServiceCard, load_catalogue
from land_services.checks.land import measured_area_m2
from land_services.deeds import hijri_of
from land_services.register.deeds import deed_facts
from tests import databases
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.budget import SOAK
from tests.land_services.documents.pdfs import poppler_text, reader
from tests.sample import Sample, sample_city, sample_files, sample_stage

pytestmark = pytest.mark.browser

OTHER: Final = {"ar": "en", "en": "ar"}
PAPERS_MS: Final = 180_000
WALKS: Final = [
    (code, first, first if SOAK else OTHER[first])
    for n, code in enumerate(sorted(SHOWN))
    if SOAK or code != "subdivision"
    for first in (("ar", "en") if SOAK else ("ar",) if n % 2 else ("en",))
]
PICTURES: Final = os.environ.get("GISPORTAL_PICTURES", "")
"""A folder for pictures of each kind of page, on a desktop and on a phone."""


@dataclass
class Town:
    """What the walks share."""

    sample: Sample
    site: Site
    land: LotFinder
    seen: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def town(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, chromium: Browser, tmp_path_factory: Any
) -> Iterator[Town]:
    media, sample, name = tmp_path_factory.mktemp("media"), sample_city(), databases.worker_name()
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media, ALLOWED_HOSTS=["localhost", "testserver"]):
        databases.renew(name, sample_stage("land"))
        shutil.copytree(sample_files("land"), media, dirs_exist_ok=True)
        join_office(sample.user("surveyor"), "5900000009", "مكتب الاختبار", "Test Surveyors")
        RoleGrant.objects.create(user=sample.user("agency"), role="agency", area="electricity")
        server = LiveServer("localhost")
        found = Site(chromium, server.url)
        yield Town(sample, found, LotFinder(sample.city))
        found.close()
        server.stop()
        databases.renew(name)


@dataclass
class Walk:
    """One request on its way."""

    town: Town
    card: ServiceCard
    lots: tuple[Lot, ...]
    language: str
    reference: str = ""
    code: str = ""
    """With which anybody follows it."""

    @property
    def case(self) -> Case:
        return Case.objects.get(reference=self.reference)

    def open(self, path: str, kind: str, login: str = "") -> Page:
        user = self.town.sample.user(login) if login else None
        page = self.town.site.open(f"/{self.language}/{path}", user=user)
        page.set_default_timeout(60_000)
        self.look(page, kind)
        return page

    def at_case(self, login: str) -> Page:
        return self.open(f"cases/{self.reference}/", f"case of {login}", login)

    def look(self, page: Page, kind: str) -> None:
        """No word of the other language; and once for each kind of page: accessible, and no wider than a phone."""
        if page.locator("#case-map").count():
            page.wait_for_selector("#case-map[data-ready=true]")
        language = str(page.evaluate("document.documentElement.lang"))
        assert not foreign(page, language, self.card), kind
        if f"{kind} {language}" in self.town.seen:
            return
        self.town.seen.add(f"{kind} {language}")
        assert not axe_faults(page), kind
        take_picture(page, f"{self.card.code} {kind} {language}")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{kind} is wider than a phone"
        take_picture(page, f"{self.card.code} {kind} {language} phone")
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def take_picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name.replace(' ', '-')}.png", full_page=True)


TEXTS: Final = """() => {
  const lang = document.documentElement.lang, found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim().replace(/\\s+/g, " ");
    const own = holder.closest("[lang]").lang === lang && !holder.closest("bdi, script, style, textarea");
    if (text && own) found.add(text);
  }
  return [...found];
}"""


def foreign(page: Page, language: str, card: ServiceCard) -> list[str]:
    """Return texts of a page that are known in its language and stand there in the other one."""
    pairs = {
        (pair.en, pair.ar) for pair in (*card.stages, *card.documents, *card.form, *card.outputs, *card.conditions)
    }
    pairs.add((card.name_en, card.name_ar))
    for english, arabic in translation("ar")._catalog.items():  # type: ignore[attr-defined]
        if isinstance(english, str) and isinstance(arabic, str) and arabic and re.search("[a-z]{3}", english):
            pairs.add((english, arabic))
    wrong = {(english if language == "ar" else arabic) for english, arabic in pairs if english != arabic}
    return sorted(wrong.intersection(page.evaluate(TEXTS)))


def press(page: Page, action: str, stage: str = "") -> None:
    form = f"form:has(input[name=stage][value='{stage}']) " if stage else ""
    button = page.locator(f"{form}button[name=action][value={action}]")
    if not button.first.is_visible():
        page.locator("details", has=button).locator("summary").first.click()
    button.first.click()
    page.wait_for_load_state()
    assert page.locator("[role=alert].alert-stop, .alert-stop").count() == 0, page.locator(".alert-stop").inner_text()


# From the card to the submitted request -------------------------------------------------------------------------------


def file_from_the_card(walk: Walk, folder: Path) -> None:
    card, language = walk.card, walk.language
    title = card.name_ar if language == "ar" else card.name_en
    page = walk.open(f"services/{card.code}/", "card")
    expect(page.locator("h1")).to_have_text(title)
    assert page.locator("a[href*='/accounts/login/']").count(), "whoever is not signed in is led to the sign-in"
    page = walk.open(f"services/{card.code}/", "card of an office", "surveyor")
    page.click(f"a[href*='open={card.code}']")
    expect(page.locator("#service")).to_have_value(card.code)
    rows = [lot.row for lot in walk.lots]
    numbers = [
        "/".join((p or "-").replace("/", "%2F") for p in (r.plan_no, r.block_no)) + f"/{r.parcel_no}" for r in rows
    ]
    page.fill("#parcel", ("، " if language == "ar" else ", ").join(numbers))
    walk.look(page, "opening")
    page.locator("#open button[type=submit], #open button").last.click()
    page.wait_for_url(re.compile(rf"/{language}/cases/{card.reference_prefix}-\d{{4}}-\d{{6}}/"))
    walk.reference = page.url.rstrip("/").rsplit("/", 1)[1]
    walk.look(page, f"draft of {'form' if card.form else 'no form'}")
    fill_and_attach(walk, page, folder)
    walk.look(page, "ready to submit")
    press(page, "submit")
    assert walk.case.state == "submitted"
    page.locator("form[action$='/code/'] button").click()
    page.wait_for_load_state()
    code = re.search(r"\b[2-9a-hjkmnp-z]{10}\b", page.locator(".messages").inner_text())
    assert code is not None
    walk.code = code[0]
    walk.look(page, "submitted")


def fill_and_attach(walk: Walk, page: Page, folder: Path) -> None:
    request = REQUESTS[SHOWN[walk.card.code].request]
    asked = request.proper(walk.town.land, walk.lots)
    for code, value in asked.form.items():
        control = page.locator(f"#f-{code}")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(str(value))
        else:
            control.fill(str(value))
    if asked.form:
        page.locator("#form button").click()
        page.wait_for_load_state()
    for document in walk.card.documents:
        if document.required and document.code != "survey_file":
            form = page.locator(f"form:has(input[name=document][value={document.code}])")
            form.locator("input[type=file]").set_input_files(walk.town.sample.deed)
            form.locator("button").click()
            page.wait_for_load_state()
    page.set_input_files("#file", asked.write(folder / "survey.dxf"))
    page.fill("#crs", asked.crs)
    page.click("form[action$='/file/'] button[type=submit]")
    page.wait_for_load_state()
    expect(page.locator("#findings-title + .chip")).to_have_class(re.compile("chip-ok"))


# The stages -----------------------------------------------------------------------------------------------------------


def carry_to_the_registry(walk: Walk) -> None:
    while True:
        run = walk.case.stages.filter(state="active").order_by("position").first()
        if run is None or run.kind == "registry":
            return
        login = run.role
        if run.kind == "visit":
            visit(walk, run)
        page = walk.at_case(login)
        if run.kind == "payment":
            page.fill("input[name=receipt]", f"R-{walk.reference}")
            press(page, "pay", run.code)
        elif run.kind == "decision":
            page.set_default_timeout(PAPERS_MS)
            press(page, "approve", run.code)
            page.wait_for_selector("a[href^='/verify/']")
        elif run.kind == "issue":
            page.set_default_timeout(PAPERS_MS)
            press(page, "issue", run.code)
        else:
            if run.kind == "committee":
                sit(walk, page, run)
            for referral in walk.card.referrals:
                if referral.stage == run.code:
                    ask(walk, page, run, referral.code)
            press(page, "finish", run.code)
        walk.look(page, f"{run.kind} done")
        page.context.close()


def ask(walk: Walk, page: Page, run: StageRun, agency: str) -> None:
    form = page.locator(f"form:has(input[name=stage][value='{run.code}']):has([name=agency])")
    page.locator("details", has=form).locator("summary").first.click()
    form.locator("[name=agency]").select_option(agency)
    form.locator("[name=question]").fill("هل لكم شبكة هنا؟ / Is there a network of yours here?")
    press(page, "refer", run.code)
    answer = walk.at_case("agency")
    answer.locator("select[name=answer]").select_option("conditions")
    answer.locator("form:has(select[name=answer]) textarea").fill("مترٌ عن الكيبل / One metre from the cable")
    press(answer, "answer_referral")
    answer.context.close()
    page.reload()


def sit(walk: Walk, page: Page, run: StageRun) -> None:
    form = page.locator(f"form:has(input[name=stage][value='{run.code}']):has(input[name=held_on])")
    page.locator("details", has=form).locator("summary").first.click()
    form.locator("input[name=number]").fill(f"M-{walk.reference}")
    form.locator("input[name=held_on]").fill(hijri_of(timezone.localdate()))
    form.locator("[name=present]").fill("رئيس اللجنة وعضوان / The chair and two members")
    form.locator("[name=text]").fill("توصي اللجنة / Recommended")
    if walk.card.stage(run.code).prices:
        form.locator("[name=price_per_m2]").fill("١٬٢٥٠٫٥٠")
    press(page, "minute", run.code)


def visit(walk: Walk, run: StageRun) -> None:
    """Propose a day, and an earlier one that comes while the test waits; the filer agrees, and it is held."""
    inspector = walk.at_case(run.role)
    form = inspector.locator(f"form:has(input[name=stage][value='{run.code}']):has(input[name=day])")
    inspector.locator("details", has=form).locator("summary").first.click()
    form.locator("input[name=day]").fill(hijri_of(timezone.localdate() + timedelta(days=2)))
    form.locator("input[name=time]").fill("09:30")
    press(inspector, "propose_visit", run.code)
    at = timezone.now() + timedelta(seconds=0.5)
    acts.propose_visit(walk.case, at, run.code, viewer=walk.town.sample.viewer(run.role))
    filer = walk.at_case("surveyor")
    press(filer, "agree_visit")
    time.sleep(max(0.0, (at - timezone.now()).total_seconds()))
    inspector.reload()
    inspector.locator("textarea[name=report]").fill("كما في الرفع / as surveyed")
    press(inspector, "hold_visit")
    filer.context.close()
    inspector.context.close()


def papers_are_whole(walk: Walk, page: Page) -> None:
    """Download every paper as the filer does: each names the request, and itself in both languages."""
    documents = list(walk.case.documents.order_by("pk"))
    assert len(documents) == sum(output.per == "case" for output in walk.card.outputs) or len(documents) >= 3
    for document in documents:
        answer = page.request.get(
            f"{walk.town.site.url}/{walk.language}/cases/{walk.reference}/documents/{document.pk}/"
        )
        assert answer.status == 200, document.kind
        if not document.file.name.endswith(".pdf"):
            continue
        arabic, english = re.split(rf"{walk.reference}\S* · ", str(reader(answer.body()).metadata.title))
        text = " ".join(poppler_text(answer.body()).split())
        assert document.number in text, document.kind
        assert english in text and any(word in text for word in arabic.split()), (document.kind, arabic, english)


def the_registry_confirms(walk: Walk) -> None:
    page, on = walk.at_case("registrar"), hijri_of(timezone.localdate())
    page.fill("#answer-no", f"K-{walk.reference}")
    page.fill("#answer-on", on)
    parcels = deed_facts(walk.reference).parcels
    rows = page.locator("select[id^=covers-]")
    assert rows.count() == len(parcels)
    for n, uid in enumerate(
        [(rows.nth(k).get_attribute("id") or "").removeprefix("covers-") for k in range(len(parcels))], 1
    ):
        parcel = next(one for one in parcels if one.uid == uid)
        area = measured_area_m2(parcel) if parcel.official_area_m2 is None else parcel.official_area_m2
        rows.nth(n - 1).select_option(str(n))
        page.fill(f"#deed-{n}-number", f"99{walk.case.pk:06d}{n}")
        page.fill(f"#deed-{n}-dated", on)
        page.fill(f"#deed-{n}-area", str(area))
    press(page, "confirm")
    assert walk.case.state == "closed"
    expect(page.locator("#deeds .chip-ok").first).to_be_visible()
    walk.look(page, "confirmed")


def whoever_filed_follows_it(walk: Walk) -> None:
    page = walk.at_case("surveyor")
    papers_are_whole(walk, page)
    mine = walk.open(f"cases/?q={walk.reference}", "requests", "surveyor")
    expect(mine.locator(f"a[href$='/cases/{walk.reference}/']")).to_have_count(1)
    expect(mine.locator(".file-row .chip").last).to_be_visible()
    anybody = walk.open("follow/", "follow")
    anybody.fill("#reference", walk.reference)
    anybody.fill("#code", walk.code)
    anybody.locator("form[action$='/follow/'] button").click()
    anybody.wait_for_load_state()
    expect(anybody.locator("#found-title")).to_contain_text(walk.reference)
    walk.look(anybody, "followed")


@pytest.mark.parametrize(("service", "first", "then"), WALKS)
def test_a_service_is_run_from_its_card_to_the_registry(
    town: Town, service: str, first: str, then: str, tmp_path: Path
) -> None:
    request = REQUESTS[SHOWN[service].request]
    lots = town.land.take(request.find) or town.land.take(divisible)
    assert lots, "the sample has no land for it"
    walk = Walk(town, load_catalogue()[service], lots, first)
    file_from_the_card(walk, tmp_path)
    walk.language = then
    carry_to_the_registry(walk)
    if any(stage.kind == "registry" for stage in walk.card.stages):
        the_registry_confirms(walk)
    assert walk.case.state == "closed"
    walk.language = first
    whoever_filed_follows_it(walk)
    for context in town.site.contexts:
        context.close()
    town.site.contexts.clear()
    assert not town.site.foreign, town.site.foreign
    assert not town.site.complaints, town.site.complaints
