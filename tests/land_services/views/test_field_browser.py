"""A field visit in a real browser with the network cut: prepared, collected offline, sent once."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from land_services.cases import acts
from land_services.cases.models import CaseFile, FieldFile, FieldRecord, Visit
from tests.browser import Site, axe_faults
from tests.budget import SOAK
from tests.gisportal.nearby.cut import Line, line_to
from tests.gisportal.nearby.test_offline_browser import cut_off, wait_for
from tests.land_services.cases.test_field import complaint, picture, registered, table
from tests.sample import Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]

TABLET = (1024, 1366)
EXPECTED = ("ERR_", "Failed to load resource")
"""What a browser says of a line that was cut."""


@pytest.fixture
def line_in(site: Site) -> Iterator[Line]:
    with line_to(site.url) as found:
        site.url = found.url
        yield found
    site.complaints[:] = [one for one in site.complaints if not any(word in one for word in EXPECTED)]


def back(page: Page, line: Line) -> None:
    line.cut("through")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    there = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", there)
    page.context.set_offline(False)


def opened(site: Site, sample: Sample, visit: Visit, language: str) -> Page:
    page = site.open(address(visit, language), size=TABLET, user=sample.user("reviewer"))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 50.1, "latitude": 26.43, "accuracy": 4})
    expect(page.locator("[data-app]")).to_be_visible()
    return page


def address(visit: Visit, language: str) -> str:
    return f"/{language}/cases/{visit.case.reference}/field/{visit.pk}/"


def prepare(page: Page) -> None:
    page.locator("[data-prepare]").click()
    expect(page.locator("[data-field]")).to_have_attribute("data-prepared", "true", timeout=30_000)
    wait_for(page, "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")


def photo(page: Page, colour: str) -> None:
    before = page.locator("[data-photos] > li").count()
    content = {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": picture(colour)}
    page.locator("[data-photo]").first.set_input_files(content)  # type: ignore[arg-type]
    expect(page.locator("[data-photos] > li")).to_have_count(before + 1)
    expect(page.locator("[data-photos] > li").last).to_contain_text(re.compile("±"))


def stored(visit: Visit) -> tuple[int, int, int]:
    return (
        FieldFile.objects.filter(visit=visit).count(),
        CaseFile.objects.filter(case=visit.case, document__startswith="field_").count(),
        FieldRecord.objects.filter(visit=visit).count(),
    )


@pytest.mark.parametrize("language", ["ar", "en"] if SOAK else ["ar"])
def test_a_visit_without_a_network_is_sent_once(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample], tmp_path: Path, language: str
) -> None:
    sample = committed_sample("land")
    visit = complaint(sample)
    page = opened(site, sample, visit, language)
    prepare(page)
    expect(page.locator("[data-map]")).to_have_attribute("data-ready", "true")
    assert not axe_faults(page)
    cut_off(page, line_in)
    page.reload()
    expect(page.locator("[data-corners] > li")).to_have_count(len(registered(visit.case)))
    expect(page.locator("[data-map]")).to_have_attribute("data-ready", "true")
    # Photos, a file of corners, a corner typed in, marks, an offence and the report.
    photo(page, "green")
    page.locator("[data-photos] input").first.fill("من الشمال")
    page.locator("[data-photos] select").first.select_option(index=1)
    page.locator("[data-file-form]").evaluate("form => (form.closest('details').open = true)")
    file = tmp_path / "gnss.csv"
    file.write_bytes(table(registered(visit.case), east_m=0.01))
    page.locator("#field-file").set_input_files(file)
    page.locator("#field-file-crs").select_option("EPSG:32639")
    page.locator("[data-file-form] button").click()
    expect(page.locator("[data-points] tbody tr")).to_have_count(len(registered(visit.case)))
    expect(page.locator("[data-corners] [data-f=distance]").first).to_contain_text("0.010")
    page.locator("[data-corners] label", has=page.locator("[value=moved]")).first.click()
    page.locator("#field-offence").fill("سور على الشارع")
    page.locator("[data-offence-form] button").click()
    page.locator("[data-report]").fill("العلامات في مواضعها عدا واحدة")
    assert not axe_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # All of it is there after the page was closed and opened without a network.
    context = page.context
    page.wait_for_timeout(500)
    page.close()
    page = context.new_page()
    page.goto(site.url + address(visit, language))
    expect(page.locator("[data-report]")).to_have_value("العلامات في مواضعها عدا واحدة")
    expect(page.locator("[data-photos] > li")).to_have_count(1)
    expect(page.locator("[data-points] tbody tr")).to_have_count(len(registered(visit.case)))
    expect(page.locator("[data-corners] [value=moved]").first).to_be_checked()
    page.locator("[data-send]").click()
    expect(page.locator("[data-problem]")).to_be_visible()
    assert stored(visit) == (0, 0, 0)
    # Asked for while there was no network, it goes by itself when there is one, and says what it does.
    back(page, line_in)
    expect(page.locator("[data-done]")).to_be_visible(timeout=30_000)
    assert stored(visit) == (2, 2, 1)
    record = FieldRecord.objects.get(visit=visit)
    assert record.data["photos"][0]["note"] == "من الشمال" and record.data["photos"][0]["position"]["lat"] == 26.43
    assert {row["verdict"] for row in record.compared["rows"]} == {"within"}
    left = (
        page.evaluate("caches.keys()"),
        page.evaluate("navigator.serviceWorker.getRegistrations().then(a => a.length)"),
    )
    assert left == ([], 0) and kept(page) == [0, 0]


FILES = {
    "header": "no e n h code\n101 {x:.3f} {y:.3f} 3.1 corner peg\n",
    "nehc": "١٠١ {y:.3f} {x:.3f} ٣٫١ corner peg\n102 {y:.3f} {x:.3f} 3.1 corner peg\n",
    "gsi": "*110001+0000000000000101 81..10+{x_mm:016d} 82..10+{y_mm:016d} 83..10+0000000000003100"
    " 71....+000000000000peg \n*110002+0000000000000102 21.322+0000000013572460 31..00+0000000000012345 \n",
}
"""Files of instruments in forms that have no comma."""


def test_a_file_of_an_instrument_is_seen_on_the_device_as_the_server_reads_it(
    site: Site, committed_sample: Callable[[str], Sample], tmp_path: Path
) -> None:
    sample = committed_sample("land")
    visit = complaint(sample)
    page = opened(site, sample, visit, "en")
    prepare(page)
    page.locator("[data-file-form]").evaluate("form => (form.closest('details').open = true)")
    corner = registered(visit.case)[0]
    for name, text in FILES.items():
        file = tmp_path / f"{name}.txt"
        mm = {"x_mm": round(corner.x * 1000), "y_mm": round(corner.y * 1000)}
        file.write_text(text.format(x=corner.x, y=corner.y, **mm), "utf-8")
        page.locator("#field-file").set_input_files(file)
        page.locator("#field-file-crs").select_option("EPSG:32639")
        page.locator("#field-file-columns").select_option("nehc" if name == "nehc" else "header")
        page.locator("[data-file-form] button").click()
        expect(page.locator("[data-points] > li", has_text=file.name)).to_be_visible()
    shown = {
        row.locator("bdi[data-f=name]").inner_text(): [
            line.locator("th, td").all_inner_texts() for line in row.locator("tbody tr").all()
        ]
        for row in page.locator("[data-points] > li").all()
    }
    page.locator("[data-report]").fill("As measured")
    page.locator("[data-send]").click()
    expect(page.locator("[data-done]")).to_be_visible(timeout=30_000)
    taken = {file.file.name: file.read["points"] for file in FieldFile.objects.filter(visit=visit, kind="points")}
    assert len(taken) == len(FILES)
    for name, points in taken.items():
        seen = [(n, float(x), float(y), float(h), code) for n, x, y, h, code in shown[name]]
        assert seen == [(p["number"], p["x"], p["y"], p["h"], p["code"]) for p in points], name


def kept(page: Page) -> Any:
    return page.evaluate(
        """() => new Promise(done => { const asking = indexedDB.open("field"); asking.onsuccess = async () => {
          const of = name => asking.result.transaction(name).objectStore(name);
          const count = name => new Promise(told => { const all = of(name).count();
            all.onsuccess = () => told(all.result); });
          done([await count("visits"), await count("files")]); asking.result.close(); }; })"""
    )


def test_sending_that_breaks_in_the_middle_stores_nothing_twice(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = committed_sample("land")
    visit = complaint(sample)
    page = opened(site, sample, visit, "en")
    prepare(page)
    for colour in ("red", "blue", "teal"):
        photo(page, colour)
    page.locator("[data-report]").fill("As drawn")
    assert not axe_faults(page)

    def then_the_line_breaks(name: str) -> None:
        """The server takes it, and its answer never comes; once."""
        act = getattr(acts, name)

        def taken(*args: Any, **kwargs: Any) -> Any:
            kept = act(*args, **kwargs)
            monkeypatch.setattr(acts, name, act)
            line_in.cut("refuse")
            return kept

        monkeypatch.setattr(acts, name, taken)

    problem = page.locator("[data-problem]")
    then_the_line_breaks("take_from_field")
    page.evaluate("document.querySelector('[data-send]').click(); document.querySelector('[data-send]').click()")
    expect(problem).to_be_visible(timeout=30_000)
    assert stored(visit) == (1, 1, 0)
    # It was asked for: opened again it goes on by itself, breaks at the record, and finds its receipt at the next try.
    line_in.cut("through")
    then_the_line_breaks("hold_in_field")
    page.reload()
    expect(problem).to_be_visible(timeout=30_000)
    assert stored(visit) == (3, 3, 1)
    line_in.cut("through")
    page.locator("[data-send]").dblclick()
    expect(page.locator("[data-done]")).to_be_visible(timeout=30_000)
    assert stored(visit) == (3, 3, 1)
    assert visit.case.steps.filter(act="hold_visit").count() == 1


def test_what_is_left_on_a_device_opens_for_its_person_alone(
    site: Site, line_in: Line, committed_sample: Callable[[str], Sample]
) -> None:
    sample = committed_sample("land")
    visit = complaint(sample)
    page = opened(site, sample, visit, "en")
    prepare(page)
    page.locator("[data-report]").fill("Seen by nobody else")
    page.wait_for_timeout(600)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    cut_off(page, line_in)
    page.goto(site.url + address(visit, "en"))
    expect(page.locator("[data-nothing]")).to_be_visible()
    assert "resident" not in page.content() and page.locator("[data-report]").input_value() == ""
    sealed = page.evaluate(
        """() => new Promise(done => { const asking = indexedDB.open("field"); asking.onsuccess = () => {
          const all = asking.result.transaction("visits").objectStore("visits").getAll();
          all.onsuccess = () => { done(all.result.map(row => new TextDecoder().decode(row.sealed.box)).join());
            asking.result.close(); }; }; })"""
    )
    assert sealed and "Seen by nobody" not in sealed
    page.context.add_cookies(cookies)
    page.reload()
    expect(page.locator("[data-report]")).to_have_value("Seen by nobody else")
    with page.expect_download() as saved:
        page.locator("[data-export]").click()
    assert saved.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("record.json"))["report"] == "Seen by nobody else"
