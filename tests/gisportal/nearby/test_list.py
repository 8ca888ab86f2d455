"""The locator's pages: right without script, a link is a search, and nothing of a position but its neighbourhood."""

from __future__ import annotations

import gzip
import html
import re
import uuid
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from gisportal.nearby.rows import chip_of, distance_of, geo_link
from layers.locator import counts
from layers.locator.hours_words import line
from layers.locator.network.store import Mode
from layers.locator.search import NearbyQuery, nearby
from layers.models import District, Place
from layers.querying import TooSlow
from tests.browser import BUILD, DESKTOP, PHONE, Site, axe_faults
from tests.sample import Sample

NUMBER = re.compile(r'<span class="number" dir="ltr">([\d.,]+)</span>')


def somewhere() -> tuple[float, float]:
    """Return a position beside a place of the sample, as an address holds it."""
    place = Place.objects.filter(end_lifespan_version=None, category="mosque").order_by("id")[0]
    return round(place.geog.x, 3), round(place.geog.y, 3)


def uids(page: str) -> list[str]:
    """Return the places of a list, in its order."""
    return re.findall(r'<h3><a href="/\w\w/nearby/places/([0-9a-f-]{36})/"', page)


def get(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.django_db
class TestTheList:
    def test_it_is_the_search_in_the_same_order_and_goes_on_where_it_ended(
        self, client: Client, sample_land: Sample
    ) -> None:
        lon, lat = somewhere()
        wanted = [str(found.uid) for found in nearby(NearbyQuery(lon, lat, limit=25, mode=Mode.FOOT))]
        first = get(client, f"/en/nearby/?lon={lon}&lat={lat}")
        assert uids(first) == wanted[:10] and len(wanted) > 20
        more = re.search(r'href="([^"]+)" rel="next"', first)
        assert more
        second = get(client, "/en/nearby/" + html.unescape(more[1]))
        assert uids(second) == wanted[10:20]
        assert 'start="11"' in second

    def test_a_row_tells_state_distance_call_and_directions(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/?lon={lon}&lat={lat}&category=health")
        now = timezone.now()
        rows = nearby(NearbyQuery(lon, lat, ("health",), limit=10, mode=Mode.FOOT))
        assert uids(page) == [str(row.uid) for row in rows] and rows
        for row in rows:
            number, _unit = distance_of(row.distance_m)
            assert number in NUMBER.findall(page)
            if row.phone:
                assert f'href="tel:{html.escape(row.phone)}"' in page
            assert html.escape(geo_link(row.lon, row.lat, row.name_en)) in page
            assert row.state is not None and chip_of(line(row.state, now, "en"))[0] in (
                "ok",
                "stop",
                "neutral",
                "warning",
            )

    def test_every_filter_is_in_the_address_and_does_what_it_says(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        base = f"/ar/nearby/?lon={lon}&lat={lat}"
        assert set(uids(get(client, f"{base}&wheelchair=1"))) <= {
            str(u) for u in Place.objects.filter(wheelchair="yes").values_list("uid", flat=True)
        }
        pharmacies = {str(u) for u in Place.objects.filter(kind="pharmacy").values_list("uid", flat=True)}
        assert set(uids(get(client, f"{base}&category=health&kind=pharmacy"))) <= pharmacies and pharmacies
        night = get(client, f"{base}&open_at=2027-01-03T03:30")
        assert uids(night) != uids(get(client, base)) and "مغلق" not in night.split('id="found"')[1].split("<figure")[0]
        inside = uids(get(client, f"{base}&inside=1"))
        assert inside and len(inside) <= 10

    def test_a_district_is_a_start_without_a_position(self, client: Client, sample_land: Sample) -> None:
        district = District.objects.filter(end_lifespan_version=None).order_by("id")[0]
        start = get(client, "/en/nearby/")
        assert str(district.uid) in start and html.escape(district.name_en) in start and not uids(start)
        page = get(client, f"/en/nearby/?district={district.uid}&category=food")
        assert html.escape(district.name_en) in page and uids(page)

    def test_a_typed_name_leads_there_or_asks_which(self, client: Client, sample_land: Sample) -> None:
        district = District.objects.filter(end_lifespan_version=None).order_by("id")[0]
        place = Place.objects.filter(end_lifespan_version=None).exclude(name_ar="").order_by("id")[0]
        page = get(client, f"/ar/nearby/?q={place.name_ar}")
        assert f"places/{place.uid}/" in page
        assert uids(get(client, f"/ar/nearby/?q={district.name_ar}")) or "أيها تقصد" in get(
            client, f"/ar/nearby/?q={district.name_ar}"
        )
        number = f"{sample_land.label}"
        assert uids(get(client, f"/en/nearby/?q={number}")), "a parcel's number is a place to start from"

    def test_positions_leave_the_page_rounded_only(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/?lon={lon}12345&lat={lat}98765")
        links = [html.unescape(href) for href in re.findall(r'href="(\?[^"]*)"', page)]
        assert links
        for link in links:
            for name in ("lon", "lat"):
                (value,) = parse_qs(urlsplit(link).query)[name]
                assert len(value.partition(".")[2]) == 3
        assert "12345" not in page and "98765" not in page

    @pytest.mark.parametrize(
        "query",
        [
            "lon=nan&lat=26",
            "lon=50&lat=95",
            "lon=1e999&lat=2",
            "lon=x&lat=",
            "district=none",
            f"district={uuid.UUID(int=7)}",
            "category=spaceships",
            "kind=%00",
            "q=%00%00",
            "q=" + "س" * 3000,
            "q='; DROP TABLE layers_place; --",
            "lon=50.1&lat=26.4&after=zzz",
            "lon=50.1&lat=26.4&open_at=yesterday",
            "lon=50.1&lat=26.4&n=-5&open=maybe",
            "lon=180&lat=89.9999",
            "lon=-180&lat=-90&open=arrive",
        ],
    )
    def test_whatever_is_wrong_in_an_address_is_told_on_the_page(
        self, client: Client, sample_land: Sample, query: str
    ) -> None:
        for language in ("ar", "en"):
            page = get(client, f"/{language}/nearby/?{query}")
            assert "</html>" in page

    def test_a_search_that_takes_too_long_says_what_to_do(
        self, client: Client, sample_land: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(*_: object, **__: object) -> None:
            raise TooSlow("page")

        lon, lat = somewhere()
        monkeypatch.setattr("gisportal.nearby.views.answer", slow)
        monkeypatch.setattr("gisportal.nearby.asked.find", slow)
        assert "took too long" in get(client, f"/en/nearby/?lon={lon}&lat={lat}")
        assert "took too long" in get(client, f"/en/nearby/embed/?lon={lon}&lat={lat}")
        assert "Type more of it" in get(client, "/en/nearby/?q=al")

    def test_names_are_text(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/?lon={lon}&lat={lat}&at_name=<script>alert(1)</script>")
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page

    def test_it_is_small_and_counts_nobody(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        answer = client.get(f"/ar/nearby/?lon={lon}&lat={lat}&category=health")
        assert len(gzip.compress(answer.content)) < 50_000
        scripts = [BUILD / "site.js", BUILD / "nearby.js"]
        assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) < 120_000
        assert not answer.cookies.get(settings.SESSION_COOKIE_NAME)
        taken, visits = counts._buffer.take()
        assert sum(taken.values()) == 1 and {key[2] for key in taken} == {"health"}
        assert {page for _, page in visits} == {"nearby"}


@pytest.mark.django_db
class TestAPlace:
    def test_it_tells_the_week_and_where_the_facts_come_from(self, client: Client, sample_land: Sample) -> None:
        place = Place.objects.filter(end_lifespan_version=None, category="municipal").order_by("id")[0]
        page = get(client, f"/en/nearby/places/{place.uid}/")
        assert html.escape(place.name_en) in page and html.escape(place.source) in page
        assert page.count("<dt>") >= 4

    def test_one_that_is_not_there_is_not_found(self, client: Client, sample_land: Sample) -> None:
        get(client, f"/en/nearby/places/{uuid.uuid4()}/", 404)

    def test_every_place_of_the_sample_has_a_page(self, client: Client, sample_land: Sample) -> None:
        for uid in Place.objects.filter(end_lifespan_version=None).values_list("uid", flat=True):
            get(client, f"/ar/nearby/places/{uid}/")


def test_distances_are_as_exact_as_a_walker_wants() -> None:
    assert distance_of(4) == ("4", "m") and distance_of(994) == ("990", "m")
    assert distance_of(1000) == ("1.0", "km") and distance_of(123_456) == ("123", "km")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("language", "size"), [("ar", PHONE), ("en", DESKTOP)], ids=["Arabic phone", "English desktop"]
)
def test_a_resident_finds_a_clinic_from_the_start_page_to_its_hours(
    site: Site, committed_sample: Callable[[str], Sample], language: str, size: tuple[int, int]
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open(f"/{language}/nearby/", size=size)
    assert not axe_faults(page)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon + 0.000123, "latitude": lat + 0.000123})
    page.locator("[data-locate]").click()
    expect(page.locator(".nearby-row").first).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["lon"] == [f"{lon:.3f}"]
    page.get_by_role("link", name="الصحة" if language == "ar" else "Health", exact=True).click()
    expect(page.locator('.nearby-chips [aria-current="true"]')).to_have_count(1)
    assert not axe_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".nearby-row h3 a").first.click()
    expect(page.locator("dl.facts").first).to_be_visible()
    assert not axe_faults(page)
