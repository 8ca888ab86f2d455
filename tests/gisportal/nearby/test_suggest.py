"""Suggestions of residents, from the form to the list that they change: nothing is written before it is sent."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from gisportal.accounts.models import RoleGrant, User
from layers import limits
from layers.locator.hours import HoursText, problem
from layers.locator.models import PlaceSuggestion
from layers.locator.suggestions import DAYS, HoursLine, hours_of, phone_of
from layers.models import AuditRow, Place
from tests.browser import PHONE, Site, axe_faults
from tests.gisportal.nearby.test_list import get, somewhere
from tests.sample import Sample


@pytest.fixture(autouse=True)
def full_buckets() -> Iterator[None]:
    limits._buckets.cache_clear()
    yield
    limits._buckets.cache_clear()


def a_place(**wanted: Any) -> Place:
    return Place.objects.filter(end_lifespan_version=None, **wanted).exclude(name_en="").order_by("id")[0]


def address_of(place: Place, language: str = "en") -> str:
    return f"/{language}/nearby/places/{place.uid}/suggest/"


def send(client: Client, address: str, **fields: str) -> PlaceSuggestion:
    """Go through all steps with a form and return what was kept."""
    before = set(PlaceSuggestion.objects.values_list("pk", flat=True))
    checked = client.post(address, {**fields, "check": "1"})
    page = checked.content.decode()
    assert checked.status_code == 200 and 'name="send"' in page, page
    assert set(PlaceSuggestion.objects.values_list("pk", flat=True)) == before, "looking at it wrote it"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    hidden = {name: html.unescape(value) for name, value in hidden.items() if name != "csrfmiddlewaretoken"}
    done = client.post(address, {**hidden, "send": "1"})
    assert done.status_code == 302
    (row,) = PlaceSuggestion.objects.exclude(pk__in=before)
    answer = client.get(done["Location"])
    assert answer.status_code == 200 and f">{row.pk}</bdi>" in answer.content.decode()
    return row


def refused(client: Client, address: str, **fields: str) -> str:
    answer = client.post(address, {**fields, "send": "1"})
    assert answer.status_code == 422, answer.status_code
    assert not PlaceSuggestion.objects.exists()
    return answer.content.decode()


@pytest.mark.django_db
class TestFromTheFormToTheList:
    def staff(self) -> Client:
        user = User.objects.create_user("who_decides", is_staff=True)
        RoleGrant.objects.create(user=user, role="gis_engineer")
        client = Client()
        client.force_login(user)
        return client

    def test_a_telephone_number_in_arabic_digits_comes_to_stand_in_the_list(
        self, client: Client, sample_land: Sample
    ) -> None:
        place = a_place()
        row = send(client, address_of(place), about="phone", phone="٠١٣ ٨٤١ ٢٢٣٣")
        assert row.values == {"phone": "013 841 2233"} and row.place_uid == place.uid
        admin = f"/en/admin/layers/placesuggestion/{row.pk}/change/"
        staff = self.staff()
        shown = staff.get(admin).content.decode()
        assert f"<del><bdi>{place.phone or '—'}</bdi></del> <ins><bdi>013 841 2233</bdi></ins>" in shown
        assert staff.post(admin, {"_take": "1", "phone": "013 841 2233", "reply": "asked them"}).status_code == 302
        found = get(
            client, f"/en/nearby/?lon={place.geog.x:.3f}&lat={place.geog.y:.3f}&category={place.category}&limit=50"
        )
        assert 'href="tel:013 841 2233"' in found
        versions = Place.objects.filter(uid=place.uid)
        assert versions.count() == 2 and versions.get(end_lifespan_version=None).phone == "013 841 2233"
        assert AuditRow.objects.filter(action="feature.change", subject=str(place.uid)).count() == 1

    def test_hours_are_told_in_words_and_then_decide_what_is_open(self, client: Client, sample_land: Sample) -> None:
        place = a_place(category="food")
        fields = {"days_0": "Sa-Th", "from_0": "08:00", "to_0": "12:00", "days_1": "Sa-Th", "from_1": "16:00"}
        fields |= {"to_1": "23:30", "days_2": "Fr", "from_2": "١٦:٠٠", "to_2": "00:00"}
        page = client.post(address_of(place, "ar"), {"about": "hours", **fields}).content.decode()
        assert "السبت–الخميس" in page and "08:00–12:00" in page and "16:00–24:00" in page
        row = send(client, address_of(place), about="hours", **fields)
        assert row.values == {"opening_hours": "Sa-Th 08:00-12:00,16:00-23:30; Fr 16:00-24:00"}
        self.staff().post(f"/en/admin/layers/placesuggestion/{row.pk}/change/", {"_take": "1", **row.values})
        assert "08:00–12:00" in get(client, f"/en/nearby/places/{place.uid}/")

    def test_a_missing_place_stands_in_the_list_after_it_was_taken(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        row = send(
            client, "/ar/nearby/suggest/", about="missing_place", what="health.pharmacy", name_ar="صيدلية  الشفاء",
            position=f"{lat:.3f}، {lon:.3f}", phone="+966138412233",
        )  # fmt: skip
        assert row.values == {
            "category": "health", "kind": "pharmacy", "name_ar": "صيدلية الشفاء", "phone": "+966138412233",
        }  # fmt: skip
        assert row.place_uid is None and row.geom is not None
        self.staff().post(f"/en/admin/layers/placesuggestion/{row.pk}/change/", {"_take": "1", **row.values})
        found = get(client, f"/ar/nearby/?lon={lon}&lat={lat}&kind=pharmacy")
        assert "صيدلية الشفاء" in found
        assert Place.objects.get(name_ar="صيدلية الشفاء").source.startswith("اقتراح من السكان")

    def test_a_place_is_moved_by_a_press_on_the_drawing(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        page = get(client, address_of(place) + "?about=position")
        lon, lat = re.findall(r'name="tap_l\w\w" value="([\d.]+)"', page)
        tap = {"about": "position", "tap_lon": lon, "tap_lat": lat, "tap.x": "260", "tap.y": "110"}
        moved = client.post(address_of(place), tap).content.decode()
        typed = re.search(r'name="position" value="([\d.]+), ([\d.]+)"', moved)
        assert typed and not PlaceSuggestion.objects.exists()
        row = send(client, address_of(place), about="position", position=f"{typed[1]}, {typed[2]}")
        assert row.geom.x - place.geom.x == pytest.approx(100, abs=1.0)
        assert row.geom.y - place.geom.y == pytest.approx(50, abs=1.0)
        self.staff().post(f"/en/admin/layers/placesuggestion/{row.pk}/change/", {"_take": "1"})
        now = Place.objects.get(uid=place.uid, end_lifespan_version=None)
        assert now.geom.distance(row.geom) < 0.001

    def test_the_keyboards_press_on_the_drawing_moves_nothing(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        at = {"about": "position", "position": f"{place.geog.y + 0.001:.5f}, {place.geog.x:.5f}"}
        answer = client.post(
            address_of(place), {**at, "tap_lon": "50.1", "tap_lat": "26.4", "tap.x": "0", "tap.y": "0"}
        )
        assert answer.status_code == 200 and 'name="send"' in answer.content.decode()

    def test_one_that_closed_leaves_the_list_and_the_sender_sees_what_became_of_it(
        self, client: Client, sample_land: Sample
    ) -> None:
        place = a_place()
        answer = client.post(address_of(place), {"about": "closed_for_good", "send": "1"})
        link = answer["Location"]
        assert "waiting" in get(client, link)
        row = PlaceSuggestion.objects.get()
        staff = self.staff()
        staff.post(f"/en/admin/layers/placesuggestion/{row.pk}/change/", {"_turn_down": "1", "reply": "it moved <b>"})
        page = get(client, link)
        assert "turned down" in page and "it moved &lt;b&gt;" in page
        second = client.post(address_of(place), {"about": "closed_for_good", "send": "1"})
        row = PlaceSuggestion.objects.get(state="waiting")
        staff.post(f"/en/admin/layers/placesuggestion/{row.pk}/change/", {"_take": "1"})
        assert not Place.objects.filter(uid=place.uid, end_lifespan_version=None).exists()
        assert "taken" in get(client, second["Location"])
        get(client, address_of(place), 404)


@pytest.mark.django_db
class TestWhatIsRefused:
    def test_reading_writes_nothing_and_a_form_needs_its_token(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        for address in (address_of(place), "/en/nearby/suggest/"):
            for query in ("", "?about=phone&phone=1234&send=1", "?send=1&about=closed_for_good", "?lon=nan&lat=x"):
                answer = client.get(address + query)
                assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(address_of(place), {"about": "phone", "phone": "1234", "send": "1"}).status_code == 403
        assert not PlaceSuggestion.objects.exists()

    @pytest.mark.parametrize(
        ("about", "fields", "told"),
        [
            ("phone", {"phone": "call me"}, "no telephone number"),
            ("phone", {"phone": "1" * 30}, "no telephone number"),
            ("phone", {}, "Nothing here differs"),
            ("hours", {}, "at least one line"),
            ("hours", {"days_0": "Fr", "from_0": "25:00", "to_0": "26:00"}, "This line needs"),
            ("hours", {"days_1": "Fr", "from_1": "08:00"}, "This line needs"),
            ("hours", {"from_0": "08:00", "to_0": "09:00"}, "This line needs"),
            ("hours", {"hours_text": "whenever I like"}, "not understood at"),
            ("hours", {"hours_text": "24/7", "days_0": "Fr", "from_0": "8:00", "to_0": "9:00"}, "one way only"),
            ("name", {"name_ar": "x" * 121}, "at most 120"),
            ("name", {"name_ar": "a\x00b"}, "Null characters"),
            ("position", {"position": "nan, nan"}, "Say where it is"),
            ("position", {"position": "0.5, 0.5"}, "outside what the map covers"),
            ("position", {"position": "89.99, 179.99"}, "outside what the map covers"),
            ("position", {}, "required"),
            ("other", {"note": "  "}, "required"),
            ("other", {"note": "n" * 501}, "at most 500"),
            ("phone", {"phone": "013 841 2233", "website": "http://spam.example"}, "trap for machines"),
        ],
    )
    def test_what_is_wrong_is_told_at_its_field(
        self, client: Client, sample_land: Sample, about: str, fields: dict[str, str], told: str
    ) -> None:
        place = a_place()
        held = {"name_ar": place.name_ar, "name_en": place.name_en} if about == "name" else {}
        assert told in html.unescape(refused(client, address_of(place), about=about, **{**held, **fields}))
        assert "Not sent yet" in refused(client, address_of(place), about=about, **{**held, **fields})

    @pytest.mark.parametrize("what", ["", "casino.roulette", "health", "health.bakery", "."])
    def test_a_missing_place_has_a_kind_that_there_is(self, client: Client, sample_land: Sample, what: str) -> None:
        refused(client, "/en/nearby/suggest/", what=what, name_ar="شيء", position="26.434, 50.149")

    def test_a_missing_place_needs_a_name(self, client: Client, sample_land: Sample) -> None:
        page = refused(client, "/en/nearby/suggest/", what="health.pharmacy", position="26.434, 50.149")
        assert "at least one name" in page

    def test_what_is_shown_already_is_no_suggestion(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        page = refused(client, address_of(place), about="name", name_ar=place.name_ar, name_en=place.name_en)
        assert "Nothing here differs" in page

    def test_the_same_is_not_kept_twice(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        first = send(client, address_of(place), about="phone", phone="013 841 2233")
        lon, lat = somewhere()
        missing = {"what": "health.pharmacy", "name_ar": "صيدلية", "position": f"{lat}, {lon}"}
        second = send(client, "/en/nearby/suggest/", **missing)
        for address, fields, row in (
            (address_of(place), {"about": "phone", "phone": "٠١٣ ٨٤١ ٢٢٣٣"}, first),
            (
                "/en/nearby/suggest/",
                {**missing, "name_ar": "صيدلية أخرى", "position": f"{lat + 0.0001:.5f}, {lon}"},
                second,
            ),
        ):
            answer = client.post(address, {**fields, "send": "1"})
            assert answer.status_code == 200 and f"number {row.pk}" in answer.content.decode()
        assert PlaceSuggestion.objects.count() == 2
        send(client, address_of(place), about="phone", phone="013 999")

    def test_who_sends_too_many_is_told_to_wait_and_loses_nothing(self, client: Client, sample_land: Sample) -> None:
        place = a_place()
        for n in range(6):
            send(client, address_of(place), about="phone", phone=f"013 841 {n}")
        answer = client.post(address_of(place), {"about": "phone", "phone": "013 000", "send": "1"})
        assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 60
        assert 'name="phone" value="013 000"' in answer.content.decode() and "Wait" in answer.content.decode()
        assert PlaceSuggestion.objects.count() == 6
        other = client.post(
            address_of(place), {"about": "phone", "phone": "013 000", "send": "1"}, REMOTE_ADDR="198.51.100.7"
        )
        assert other.status_code == 302

    def test_nobody_guesses_the_page_of_another(self, client: Client, sample_land: Sample) -> None:
        row = send(client, address_of(a_place()), about="phone", phone="013 841 2233")
        for token in (str(row.pk), f"{row.pk}:", f"{row.pk}:AAAA", "x:y:z", "%00"):
            assert client.get(f"/en/nearby/suggest/{token}/").status_code == 404

    def test_the_drawing_answers_only_for_positions(self, client: Client, sample_land: Sample) -> None:
        lon, lat = somewhere()
        drawn = client.get(f"/en/nearby/suggest/drawing.svg?lon={lon}&lat={lat}")
        assert drawn.status_code == 200 and drawn["Content-Type"] == "image/svg+xml" and b'<path d="M' in drawn.content
        for query in ("", "lon=nan&lat=1", "lon=1e400&lat=2", "lon=x&lat=y", "lon=0&lat=90"):
            assert client.get(f"/en/nearby/suggest/drawing.svg?{query}").status_code == 404


def test_lines_of_hours_are_understood_as_they_are_meant() -> None:
    for days in DAYS:
        assert problem(HoursText(hours_of([HoursLine(days, "7:5" + "0", "٢٣.٣٠")]))) == ""
    assert hours_of([HoursLine("Fr", "22:00", "04:00")]) == "Fr 22:00-04:00"
    for bad in (
        HoursLine("Fr", "08:00", "08:00"),
        HoursLine("PH", "1", "2"),
        HoursLine("Fr", "-1", "2"),
        HoursLine("Fr", "", ""),
    ):
        with pytest.raises(ValueError, match="0"):
            hours_of([bad])


def test_telephone_numbers_of_both_digit_systems() -> None:
    assert phone_of("۹۲۰۰۰۱۲۳۴") == "920001234" and phone_of("00966 13 1") == "+966 13 1"
    for bad in ("", "12", "+", "12a", "1" * 16, "tel:123", "1;2", "(13"):
        assert phone_of(bad) is None or bad == "(13"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_resident_reports_a_missing_place_from_a_phone(
    site: Site, committed_sample: Callable[[str], Sample], language: str
) -> None:
    committed_sample("land")
    lon, lat = somewhere()
    page = site.open(f"/{language}/nearby/?lon={lon}&lat={lat}", size=PHONE)
    page.get_by_role("link", name="أخبرنا" if language == "ar" else "Tell us").click()
    assert not axe_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#id_what").select_option("food.bakery")
    page.locator("#id_name_ar").fill("مخبز الحي")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon + 0.00012, "latitude": lat + 0.00012})
    page.locator("[data-tap-locate]").click()
    expect(page.locator("#id_position")).to_have_value(f"{lat:.3f}, {lon:.3f}")
    expect(page.locator("#id_name_ar")).to_have_value("مخبز الحي")
    drawing = page.locator("input.nearby-tap-drawing")
    assert drawing.evaluate("image => [image.clientWidth, image.clientHeight]") == [320, 320]
    drawing.click(position={"x": 200, "y": 100})
    expect(page.locator("#id_position")).not_to_have_value(f"{lat:.3f}, {lon:.3f}")
    page.locator('button[name="check"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('button[name="send"]')).to_be_visible()
    assert not axe_faults(page)
    page.locator('button[name="send"]').click()
    expect(page.locator(".nearby-reference")).to_have_text(str(PlaceSuggestion.objects.get().pk))
    assert not axe_faults(page)
    moved = PlaceSuggestion.objects.get().geom.transform(4326, clone=True)
    assert abs(moved.x - lon) < 0.001 and abs(moved.y - lat) < 0.001 and moved.y > lat


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_hours_are_corrected_without_script(site: Site, committed_sample: Callable[[str], Sample]) -> None:
    committed_sample("land")
    place = a_place(category="food")
    context = site.browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, java_script_enabled=False)
    site.contexts.append(context)
    page = context.new_page()
    page.goto(f"{site.url}/en/nearby/places/{place.uid}/")
    page.get_by_role("link", name="Suggest a correction").click()
    page.get_by_role("link", name="The opening hours are wrong").click()
    page.locator("#id_days_0").select_option("Sa-Fr")
    page.locator("#id_from_0").fill("09:00")
    page.locator("#id_to_0").fill("22:00")
    page.keyboard.press("Enter")
    expect(page.locator("text=09:00–22:00")).to_be_visible()
    page.get_by_role("button", name="Change it").click()
    expect(page.locator("#id_to_0")).to_have_value("22:00")
    page.locator('button[name="check"]').click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".nearby-reference")).to_be_visible()
    assert PlaceSuggestion.objects.get().values == {"opening_hours": "Mo-Su 09:00-22:00"}
