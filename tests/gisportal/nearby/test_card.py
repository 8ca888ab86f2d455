"""The card of a neighbourhood: its figures against brute force over all places, and its pages."""

from __future__ import annotations

import html
import math
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect
from pyproj import Geod

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.coverage import coverage
from layers.locator.hours import Status
from layers.locator.models import EmergencyList, PlaceClosure
from layers.locator.neighbourhood import ESSENTIAL, Neighbourhood, neighbourhood
from layers.locator.opening import look
from layers.models import Address, District, Place, Street
from layers.querying import TooSlow
from tests.browser import DESKTOP, PHONE, Site, axe_faults
from tests.gisportal.nearby.test_list import get, somewhere
from tests.sample import Sample

GEOD = Geod(ellps="WGS84")


def districts() -> list[District]:
    return list(District.objects.filter(end_lifespan_version=None).order_by("id"))


def places() -> list[Place]:
    return list(Place.objects.filter(end_lifespan_version=None))


def sorts_of(place: Place) -> set[tuple[str, str]]:
    return {(place.category, ""), (place.category, place.kind)}


def shape_of(row: District | Place) -> shapely.Geometry:
    return shapely.from_wkb(bytes(row.geom.wkb))


def small_district(north_m: float = 0.0) -> District:
    """Return a new district of 150 m round a place, or so far north of it: it lacks most things."""
    place = places()[0]
    at = place.geom.clone()
    at.y += north_m
    outline = MultiPolygon(at.buffer(150), srid=at.srid)
    return District.objects.create(
        uid=uuid.uuid4(),
        name_ar="حي التجربة",
        name_en="Trial Quarter",
        geom=outline,
        begin_lifespan_version=timezone.now() - timedelta(days=1),
    )


def check(found: Neighbourhood, district: District, at: object) -> None:
    """Compare a card with what all places say one by one."""
    shape, opening = shape_of(district), look()
    inside, nearest = {}, {}
    away = {}
    for place in places():
        is_inside = shapely.intersects(shape, shape_of(place))
        state = opening.state_of(place.uid, place.hours_key, place.category, place.geom.coords, at)  # type: ignore[arg-type]
        *_, metres = GEOD.inv(found.lon, found.lat, place.geog.x, place.geog.y)
        away[place.uid] = metres
        for sort in sorts_of(place):
            if is_inside:
                n, n_open = inside.get(sort, (0, 0))
                inside[sort] = (n + 1, n_open + (state.status is Status.OPEN))
            nearest[sort] = min(nearest.get(sort, math.inf), metres)
    assert {sort: (tally.places, tally.open) for sort, tally in found.tallies.items()} == inside
    asked = {(code, "") for code in CATEGORIES} | {(KINDS[code].category, code) for code in ESSENTIAL}
    missing = asked - inside.keys()
    assert found.elsewhere.keys() == missing & nearest.keys()
    for sort, place in found.elsewhere.items():
        assert place.distance_m == pytest.approx(nearest[sort], abs=1e-6)
        assert away[place.uid] == pytest.approx(nearest[sort], abs=1e-6)


@pytest.mark.django_db
class TestTheFigures:
    def test_they_are_those_of_all_places_one_by_one(self, sample_land: Sample) -> None:
        small_district()
        day = timezone.localtime().replace(hour=10, minute=0)
        for at in (day, day + timedelta(hours=17)):
            for district in districts():
                found = neighbourhood(district.uid, at)
                assert found is not None
                check(found, district, at)

    def test_the_nearest_is_true_where_many_are_nearly_as_near(self, sample_land: Sample) -> None:
        district, now = small_district(north_m=40_000.0), timezone.now()
        seen = neighbourhood(district.uid, now)
        assert seen is not None
        for n in range(40):  # a ring round the middle: the sphere sees other distances than the spheroid
            lon, lat, _back = GEOD.fwd(seen.lon, seen.lat, 9.0 * n, 9_000.0 + n % 7)
            point = GEOSGeometry(f"SRID=4326;POINT({lon} {lat})").transform(district.geom.srid, True)
            Place.objects.create(
                uid=uuid.uuid4(), name_ar="مكتبة", name_en="", category="public_service", kind="library", geom=point,
                begin_lifespan_version=now,
            )  # fmt: skip
        found = neighbourhood(district.uid, now)
        assert found is not None and 8_999.9 < found.elsewhere["public_service", ""].distance_m < 9_000.1
        check(found, district, now)

    def test_closures_and_emergencies_count(self, sample_land: Sample) -> None:
        district, now = districts()[0], timezone.now()
        inside = [p for p in places() if shapely.intersects(shape_of(district), shape_of(p))]
        before = neighbourhood(district.uid, now)
        PlaceClosure.objects.create(place_uid=inside[0].uid, begins_at=now - timedelta(hours=1))
        EmergencyList.objects.create(
            title_ar="حظر", title_en="Curfew", categories=["food", "mosque"], area=district.geom,
            begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1),
        )  # fmt: skip
        found = neighbourhood(district.uid, now)
        assert found is not None and before is not None
        check(found, district, now)
        assert found.tallies["food", ""].open == 0 and found.tallies["food", ""].places > 0
        assert before.tallies["food", ""].places == found.tallies["food", ""].places

    def test_homes_near_are_those_of_the_planners_measure(self, sample_land: Sample) -> None:
        measured = coverage()
        for district in districts():
            found = neighbourhood(district.uid, timezone.now())
            assert found is not None and found.homes > 0 and found.homes_from == "addresses"
            for code in CATEGORIES:
                assert found.near[code] == measured.share(code, 10.0, district.uid)
            middle = GEOSGeometry(f"SRID=4326;POINT({found.lon} {found.lat})").transform(district.geom.srid, True)
            homes = Address.objects.filter(end_lifespan_version=None, geom__intersects=district.geom)
            assert min(home.geom.distance(middle) for home in homes) < 1e-3

    def test_what_is_kept_in_memory_follows_every_commit(self, sample_land: Sample) -> None:
        district, now = districts()[0], timezone.now()
        first = neighbourhood(district.uid, now)
        one = Address.objects.filter(end_lifespan_version=None, geom__intersects=district.geom)[0]
        Address.objects.filter(pk=one.pk).update(end_lifespan_version=timezone.now())
        second = neighbourhood(district.uid, now)
        assert first is not None and second is not None and second.homes == first.homes - 1
        Street.objects.update(end_lifespan_version=timezone.now())
        third = neighbourhood(district.uid, now)
        assert third is not None and third.near == {}
        assert all(place.minutes is None for place in third.elsewhere.values())

    def test_homes_are_parcels_where_there_are_no_addresses_and_a_point_where_neither(
        self, sample_land: Sample
    ) -> None:
        district, now = districts()[0], timezone.now()
        Address.objects.update(end_lifespan_version=timezone.now())
        found = neighbourhood(district.uid, now)
        assert found is not None and found.homes_from == "parcels" and found.looked_from == "homes"
        assert found.near["food"] == coverage().share("food", 10.0, district.uid)
        lonely = small_district(north_m=30_000.0)
        found = neighbourhood(lonely.uid, now)
        assert found is not None and (found.homes, found.homes_from, found.looked_from) == (0, "none", "middle")
        assert found.tallies == {}
        assert {code for code, kind in found.elsewhere if not kind} == {p.category for p in places()}

    def test_its_statements_do_not_grow_with_what_is_found(self, sample_land: Sample) -> None:
        district = small_district()

        def statements() -> int:
            neighbourhood(district.uid, timezone.now())
            with CaptureQueriesContext(connection) as taken:
                assert neighbourhood(district.uid, timezone.now())
            return len(taken)

        few = statements()
        Place.objects.bulk_create(
            Place(
                uid=uuid.uuid4(),
                name_ar=f"موقع {n}",
                name_en=f"Place {n}",
                category=code,
                geom=district.geom.point_on_surface,
                begin_lifespan_version=timezone.now(),
            )
            for n in range(20)
            for code in ("food", "health", "gas")
        )
        assert statements() == few <= 8

    def test_every_statement_goes_by_an_index(self, sample_land: Sample) -> None:
        district = small_district()
        neighbourhood(district.uid, timezone.now())
        with CaptureQueriesContext(connection) as taken:
            neighbourhood(district.uid, timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            read = 0
            for query in taken:
                sql = query["sql"].rpartition("SET LOCAL max_parallel_workers_per_gather = 0;")[2]
                if "layers_place t" not in sql:
                    continue
                cursor.execute("EXPLAIN " + sql)
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan on layers_place" not in plan, plan
                read += 1
        assert read == 2


@pytest.mark.django_db
class TestThePages:
    def test_a_card_says_what_is_there_and_what_is_missing(self, client: Client, sample_land: Sample) -> None:
        district = small_district()
        found = neighbourhood(district.uid, timezone.now())
        assert found is not None and found.elsewhere
        for language, none_here in (("ar", "لا يوجد هنا"), ("en", "None here")):
            page = get(client, f"/{language}/nearby/district/{district.uid}/")
            assert "حي التجربة" in page and "Trial Quarter" in page and none_here in page
            for place in found.elsewhere.values():
                assert f"/{language}/nearby/places/{place.uid}/" in page
            for (category, kind), tally in found.tallies.items():
                if not kind:
                    assert f"?district={district.uid}&amp;category={category}&amp;inside=1" in page
                    assert f'<span class="number" dir="ltr">{tally.places}</span>' in page

    def test_its_links_lead_to_the_places_that_it_counts(self, client: Client, sample_land: Sample) -> None:
        district = districts()[0]
        found = neighbourhood(district.uid, timezone.now())
        assert found is not None
        page = get(client, f"/en/nearby/district/{district.uid}/")
        links = [html.unescape(one) for one in re.findall(r'href="(/en/nearby/\?[^"]*inside=1)"', page)]
        assert len(links) == sum(1 for _, kind in found.tallies if not kind)
        for link in links:
            listed = get(client, link + "&limit=50")
            code = re.search(r"category=(\w+)", link)
            assert code and listed.count('class="nearby-row"') == min(50, found.tallies[code[1], ""].places)

    def test_the_list_and_a_place_lead_to_it(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        page = get(client, f"/en/nearby/?lon={lon}&lat={lat}")
        (link,) = re.findall(r'href="(/en/nearby/district/[^"]{36}/)"', page)
        assert "What is here" in get(client, link)
        uid = re.findall(r"/en/nearby/places/([0-9a-f-]{36})/", page)[0]
        assert re.search(r"/en/nearby/district/[^\"]{36}/", get(client, f"/en/nearby/places/{uid}/"))
        assert "/en/nearby/district/" in get(client, "/en/nearby/")

    def test_a_district_is_found_by_its_name_in_any_spelling(self, client: Client, sample_land: Sample) -> None:
        district = small_district()
        address = f"/ar/nearby/district/{district.uid}/"
        for text in ("حي التجربه", "التجربة", "Trial Quarter", "trial quarter"):
            answer = client.get("/ar/nearby/district/", {"q": text})
            assert answer.status_code == 302 and answer["Location"] == address, text
        for text in ("zzzzqqq", "\x00", "س" * 4000, "'; --"):
            page = client.get("/en/nearby/district/", {"q": text})
            assert page.status_code == 200 and str(district.uid) in page.content.decode()

    def test_one_that_is_not_there_is_not_found(self, client: Client, sample_land: Sample) -> None:
        get(client, f"/en/nearby/district/{uuid.uuid4()}/", 404)
        gone = small_district()
        District.objects.filter(pk=gone.pk).update(end_lifespan_version=timezone.now())
        get(client, f"/en/nearby/district/{gone.uid}/", 404)

    def test_what_takes_too_long_says_so(
        self, client: Client, sample_land: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(*_: object, **__: object) -> None:
            raise TooSlow("page")

        monkeypatch.setattr("gisportal.nearby.card.neighbourhood", slow)
        assert "took too long" in get(client, f"/en/nearby/district/{uuid.uuid4()}/", 503)

    def test_an_emergency_in_force_here_stands_on_top(self, client: Client, sample_land: Sample) -> None:
        district, now = districts()[0], timezone.now()
        EmergencyList.objects.create(
            title_ar="حظر تجول", title_en="Curfew <b>", categories=["food"], area=district.geom,
            begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1),
        )  # fmt: skip
        page = get(client, f"/en/nearby/district/{district.uid}/")
        assert "Curfew &lt;b&gt;" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("language", "size"), [("ar", PHONE), ("en", DESKTOP)], ids=["Arabic phone", "English desktop"]
)
def test_from_the_list_to_the_card_and_back_by_keyboard(
    site: Site, committed_sample: Callable[[str], Sample], language: str, size: tuple[int, int]
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open(f"/{language}/nearby/?lon={lon}&lat={lat}", size=size)
    link = page.get_by_role("link", name="عن هذا الحي" if language == "ar" else "About this neighbourhood")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".nearby-tally").first).to_be_visible()
    assert not axe_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator('.nearby-tally h3 a[href*="inside=1"]').first.click()
    expect(page.locator(".nearby-row").first).to_be_visible()
