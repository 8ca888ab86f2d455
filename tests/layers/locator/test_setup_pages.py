"""The locator in the set-up: who may, what is written, that each change is audited, and suggestions decided once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, box

from gisportal.accounts.models import RoleGrant, User
from layers.editing import create_feature, retire_feature
from layers.locator.models import (
    EmergencyEntry,
    EmergencyList,
    Holiday,
    PlaceClosure,
    PlaceSuggestion,
    PrayerPause,
    PrayerTime,
    RamadanPeriod,
)
from layers.locator.moderation import AlreadyDecided, take, turn_down
from layers.locator.opening import look
from layers.locator.prayer_csv import PrayerTableError, read_prayer_table
from layers.models import AuditRow, Place, Zone
from layers.registry import LAYERS
from tests.budget import budget

database = pytest.mark.django_db(databases=["default", "owner"])
BASE = "/en/admin/layers"
HERE = Point(410_000, 2_923_000)
GROCERY = {"name_ar": "بقالة النور", "name_en": "Al Noor", "category": "food", "kind": "convenience"}
TABLES = ["holiday", "ramadanperiod", "prayertime", "prayerpause", "placeclosure", "emergencylist", "placesuggestion"]
DAYS = ["2027-01-01,05:03,11:44,14:39,16:59,18:29", "2027-01-02,05:04,11:45,14:40,17:00,18:30", ""]
TABLE = "\n".join(["date,fajr,dhuhr,asr,maghrib,isha", *DAYS])

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(login: str = "engineer", role: str = "gis_engineer", area: str = "") -> Client:
        user = User.objects.create_user(login, is_staff=True)
        RoleGrant.objects.create(user=user, role=role, area=area)
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def place(**values: Any) -> Place:
    written = create_feature(LAYERS["places"], {**GROCERY, **values}, HERE, acting_user_id=None)
    return Place.objects.get(uid=written.uid)


def told(action: str) -> list[dict[str, Any]]:
    return [row.payload for row in AuditRow.objects.filter(action=action).order_by("id")]


def moment(text: str, name: str) -> dict[str, str]:
    day, _, hour = text.partition(" ")
    return {f"{name}_0": day, f"{name}_1": hour}


# Who ----------------------------------------------------------------------------------------------------------------


@database
def test_only_who_writes_the_map_opens_these_pages(sign_in: SignIn, client: Client) -> None:
    planner, engineer = sign_in("p", "planner"), sign_in()
    for table in TABLES:
        assert client.get(f"{BASE}/{table}/").status_code == 302
        assert planner.get(f"{BASE}/{table}/").status_code == 403, table
        assert engineer.get(f"{BASE}/{table}/").status_code == 200, table
        assert engineer.get(f"/ar/admin/layers/{table}/").status_code == 200, table
        if table != "placesuggestion":
            assert engineer.get(f"{BASE}/{table}/add/").status_code == 200, table
            assert engineer.get(f"/ar/admin/layers/{table}/add/").status_code == 200, table
    assert planner.post(f"{BASE}/holiday/add/", {"on": "2027-01-01", "name_ar": "x", "name_en": "x"}).status_code == 403
    assert not Holiday.objects.exists()


@database
def test_days_hold_everywhere_so_a_role_of_one_area_changes_none(sign_in: SignIn) -> None:
    client = sign_in(area="west")
    for table in ("holiday", "ramadanperiod", "prayertime", "prayerpause", "emergencylist"):
        assert client.get(f"{BASE}/{table}/add/").status_code == 403, table
    assert client.get(f"{BASE}/prayertime/load/").status_code == 403


# Days ---------------------------------------------------------------------------------------------------------------


@database
def test_a_holiday_is_written_moved_and_removed_each_with_an_audit_row(sign_in: SignIn) -> None:
    client = sign_in()
    values = {"on": "2027-03-09", "name_ar": "عيد الفطر", "name_en": "Eid al-Fitr", "source": "announced"}
    client.post(f"{BASE}/holiday/add/", values)
    row = Holiday.objects.get()
    assert (row.on, row.is_confirmed) == (date(2027, 3, 9), False)
    client.post(f"{BASE}/holiday/{row.pk}/change/", {**values, "on": "2027-03-10", "is_confirmed": "on"})
    row.refresh_from_db()
    assert (row.on, row.is_confirmed) == (date(2027, 3, 10), True)
    client.post(f"{BASE}/holiday/{row.pk}/delete/", {"post": "yes"})
    assert not Holiday.objects.exists()
    assert told("holiday.create")[0]["values"]["on"] == "2027-03-09"
    assert told("holiday.change")[0]["values"] == {"on": "2027-03-10", "is_confirmed": True}
    assert told("holiday.delete")[0]["values"]["on"] == "2027-03-10"
    actors = set(AuditRow.objects.filter(action__startswith="holiday.").values_list("actor_id", flat=True))
    assert actors == {User.objects.get(login="engineer").pk}


@database
def test_what_is_out_of_order_is_refused_in_words(sign_in: SignIn) -> None:
    client = sign_in()
    client.post(f"{BASE}/ramadanperiod/add/", {"year_ah": "1448", "first_on": "2027-03-09", "last_on": "2027-02-08"})
    pause = {
        "prayer": "asr",
        "begins_min": "0",
        "lasts_min": "30",
        "valid_from": "2027-01-02",
        "valid_to": "2027-01-01",
    }
    client.post(f"{BASE}/prayerpause/add/", pause)
    assert not RamadanPeriod.objects.exists() and not PrayerPause.objects.exists()
    client.post(f"{BASE}/ramadanperiod/add/", {"year_ah": "1448", "first_on": "2027-02-09", "last_on": "2027-03-09"})
    client.post(f"{BASE}/prayerpause/add/", {**pause, "valid_to": ""})
    assert RamadanPeriod.objects.count() == PrayerPause.objects.count() == 1


@database
def test_a_year_of_prayers_takes_the_place_of_its_days(sign_in: SignIn) -> None:
    client = sign_in()
    PrayerTime.objects.create(on=date(2027, 1, 1), prayer="fajr", at=time(4, 0), source="old")
    PrayerTime.objects.create(on=date(2027, 1, 3), prayer="fajr", at=time(5, 5), source="kept")
    file = SimpleUploadedFile("t.csv", TABLE.encode())
    answer = client.post(f"{BASE}/prayertime/load/", {"file": file, "source": "Umm al-Qura"})
    assert answer.status_code == 302
    assert PrayerTime.objects.count() == 11
    assert PrayerTime.objects.get(on=date(2027, 1, 1), prayer="fajr").at == time(5, 3)
    assert PrayerTime.objects.get(on=date(2027, 1, 3)).source == "kept"
    (row,) = told("prayertime.load")
    assert (row["first"], row["last"], row["days"], row["rows"]) == ("2027-01-01", "2027-01-02", 2, 10)


@database
@pytest.mark.parametrize("content", [b"", b"\0\0", b"a,b\n1,2\n", TABLE.replace("17:00", "13:00").encode()])
def test_a_table_that_is_none_changes_nothing(content: bytes, sign_in: SignIn) -> None:
    client = sign_in()
    file = SimpleUploadedFile("t.csv", content)
    assert client.post(f"{BASE}/prayertime/load/", {"file": file, "source": "x"}).status_code == 200
    assert not PrayerTime.objects.exists() and not told("prayertime.load")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("2027-01-02", "2027-01-01"), "Row 2: a day that repeats"),
        (("2027-01-02", "02/01/2027"), "Row 2: no day"),
        (("05:04", "25:04"), "Row 2: no time"),
        (("05:04", "13:04 am"), "Row 2: no time"),
        (("05:04", ""), "Row 2: no time"),
        ((",18:30", ""), "Row 2: the number of columns"),
        (("14:40", "11:45"), "Row 2: times that are not in order"),
        (("isha", "night"), "no column isha"),
        ((TABLE[TABLE.index("2027") :], ""), "0 days"),
    ],
)
def test_a_wrong_table_says_what_and_where(change: tuple[str, str], words: str) -> None:
    with pytest.raises(PrayerTableError) as refused:
        read_prayer_table(TABLE.replace(*change))
    assert words in refused.value.message_en and refused.value.message_ar


def test_tables_in_arabic_and_on_a_clock_of_twelve_hours_are_read() -> None:
    text = "التاريخ;الفجر;الظهر;العصر;المغرب;العشاء\n٢٠٢٧/٠١/٠١;٥:٠٣ ص;١١:٤٤ ص;٢:٣٩ م;٤:٥٩ م;٦:٢٩ م\n"
    assert read_prayer_table(text) == read_prayer_table("\n".join(TABLE.splitlines()[:2]))


@settings(max_examples=budget(200, 20_000), deadline=None)
@given(st.text(max_size=60), st.integers(0, len(TABLE)))
def test_whatever_stands_in_a_table_is_read_or_told(noise: str, at: int) -> None:
    try:
        found = read_prayer_table(TABLE[:at] + noise + TABLE[at:])
    except PrayerTableError:
        return
    assert found.rows and found.first <= found.last


# Closures and emergencies -------------------------------------------------------------------------------------------


@database
def test_a_place_is_closed_for_a_time_and_the_closure_is_called_off(sign_in: SignIn) -> None:
    client, row = sign_in(), place()
    assert f"place_uid={row.uid}" in client.get(f"{BASE}/place/").content.decode()
    assert str(row.uid) in client.get(f"{BASE}/placeclosure/add/?place_uid={row.uid}").content.decode()
    values = {
        "place_uid": str(row.uid),
        "reason_ar": "صيانة",
        "reason_en": "Repairs",
        **moment("2027-01-01 08:00", "begins_at"),
    }
    client.post(f"{BASE}/placeclosure/add/", {**values, "place_uid": str(uuid.uuid4())})
    assert not PlaceClosure.objects.exists()
    client.post(f"{BASE}/placeclosure/add/", values)
    closure = PlaceClosure.objects.get()
    client.post(f"{BASE}/placeclosure/{closure.pk}/change/", moment("2027-02-01 08:00", "ends_at"))
    closure.refresh_from_db()
    assert closure.ends_at is not None and closure.reason_en == "Repairs"
    client.post(f"{BASE}/placeclosure/", {"action": "call_off", "_selected_action": [closure.pk]})
    closure.refresh_from_db()
    assert closure.called_off_at is not None
    assert client.post(f"{BASE}/placeclosure/{closure.pk}/delete/", {"post": "yes"}).status_code == 403
    assert [len(told(f"placeclosure.{what}")) for what in ("create", "change", "call_off")] == [1, 1, 1]


@database
def test_a_role_of_one_area_closes_places_there_only(sign_in: SignIn) -> None:
    row = place()
    client = sign_in(area="west")
    values = {"place_uid": str(row.uid), **moment("2027-01-01 08:00", "begins_at")}
    assert client.post(f"{BASE}/placeclosure/add/", values).status_code == 403
    create_west(box(409_000, 2_922_000, 411_000, 2_924_000))
    assert client.post(f"{BASE}/placeclosure/add/", values).status_code == 302
    assert PlaceClosure.objects.count() == 1


def create_west(land: Any) -> None:
    Zone.objects.create(  # type: ignore[misc]  # GEOS makes the right one
        uid=uuid.uuid4(), kind="municipality", code="west", name_ar="غرب", name_en="West",
        begin_lifespan_version=timezone.now(), geom=GEOSGeometry(MultiPolygon([land]).wkt, srid=32639),
    )  # fmt: skip


def emergency(client: Client, **values: Any) -> Any:
    begins, ends = timezone.localtime() - timedelta(hours=1), timezone.localtime() + timedelta(days=2)
    sent = {
        "title_ar": "منع تجول", "title_en": "Curfew", "categories": ["food", "health"], "area_crs": "EPSG:32639",
        "area_text": box(409_000, 2_922_000, 411_000, 2_924_000).wkt, **moment(f"{begins:%Y-%m-%d %H:%M}", "begins_at"),
        **moment(f"{ends:%Y-%m-%d %H:%M}", "ends_at"),
        "entries-TOTAL_FORMS": "0", "entries-INITIAL_FORMS": "0", **values,
    }  # fmt: skip
    return client.post(f"{BASE}/emergencylist/add/", sent)


@database
def test_an_emergency_list_is_made_filled_from_places_and_switched_off(sign_in: SignIn) -> None:
    client = sign_in()
    assert emergency(client).status_code == 302
    row = EmergencyList.objects.get()
    assert row.categories == ["food", "health"] and row.area.area == pytest.approx(4_000_000.0)
    first, second = place(), place(name_en="Other")
    chosen = {"action": "put_on_list", "emergency": row.pk, "_selected_action": [first.pk, second.pk]}
    client.post(f"{BASE}/place/?q=Noor", {**chosen, "_selected_action": [first.pk]})
    client.post(f"{BASE}/place/", chosen)
    assert set(EmergencyEntry.objects.values_list("place_uid", flat=True)) == {first.uid, second.uid}
    client.post(f"{BASE}/place/", {**chosen, "emergency": ""})
    assert "بقالة النور" in client.get(f"/ar/admin/layers/emergencylist/{row.pk}/change/").content.decode()
    client.post(f"{BASE}/emergencylist/", {"action": "switch_off", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.switched_off_at is not None
    assert [payload["places"] for payload in told("emergencylist.put")] == [[str(first.uid)], [str(second.uid)]]
    assert len(told("emergencylist.create")) == len(told("emergencylist.switch_off")) == 1


@database
def test_a_place_is_taken_off_a_list_and_put_on_again(sign_in: SignIn) -> None:
    client = sign_in()
    emergency(client)
    row, first, second = EmergencyList.objects.get(), place(), place(name_en="Other")
    chosen = {"action": "put_on_list", "emergency": row.pk, "_selected_action": [first.pk, second.pk]}
    client.post(f"{BASE}/place/", chosen)
    entries = {entry.place_uid: entry.pk for entry in EmergencyEntry.objects.all()}
    address = f"{BASE}/emergencylist/{row.pk}/change/"

    def send(by: Client, *taken: uuid.UUID) -> int:
        sent = {
            "note_ar": "تنبيه", "note_en": "", **moment(f"{timezone.localtime(row.ends_at):%Y-%m-%d %H:%M}", "ends_at"),
            "entries-TOTAL_FORMS": "2", "entries-INITIAL_FORMS": "2",
        }  # fmt: skip
        for n, (uid, pk) in enumerate(entries.items()):
            sent |= {f"entries-{n}-id": str(pk), f"entries-{n}-emergency": str(row.pk)}
            sent |= {f"entries-{n}-DELETE": "on"} if uid in taken else {}
        return by.post(address, sent).status_code

    def standing() -> set[uuid.UUID]:
        return set(look().exceptions(timezone.now()).hours_by_uid)

    assert 'name="entries-0-DELETE"' in client.get(address).content.decode()
    assert "تُرفع من القائمة" in client.get(address.replace("/en/", "/ar/")).content.decode()
    assert send(client) == 302 and standing() == {first.uid, second.uid}
    row.refresh_from_db()
    assert row.note_ar == "تنبيه" and row.categories == ["food", "health"] and row.area.area > 0
    for outsider in (sign_in("p", "planner"), sign_in("w", area="west")):
        assert send(outsider, first.uid) == 403
    assert standing() == {first.uid, second.uid}

    assert send(client, first.uid) == 302
    assert standing() == {second.uid}
    assert EmergencyEntry.objects.count() == 2  # taken off, not deleted
    assert [payload["values"] for payload in told("emergencylist.take_off")] == [{"places": str(first.uid)}]
    assert str(first.uid) not in client.get(address).content.decode()

    client.post(f"{BASE}/place/", chosen)
    assert standing() == {first.uid, second.uid}
    assert told("emergencylist.put")[-1]["places"] == [str(first.uid)]

    client.post(f"{BASE}/emergencylist/", {"action": "switch_off", "_selected_action": [row.pk]})
    assert send(client, second.uid) == 403
    assert "entries-0-DELETE" not in client.get(address).content.decode()
    assert len(told("emergencylist.take_off")) == 1


@database
def test_the_area_of_a_list_may_be_districts_and_must_be_something(sign_in: SignIn) -> None:
    client = sign_in()
    written = create_feature(
        LAYERS["districts"], {"name_ar": "حي", "name_en": "D"},
        MultiPolygon([box(409_000, 2_922_000, 410_000, 2_923_000)]), acting_user_id=None,
    )  # fmt: skip
    for area in ("", "POINT (1 2)", "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", '{"type": "Polygon"}', "x" * 100):
        assert emergency(client, area_text=area).status_code == 200, area
    assert not EmergencyList.objects.exists()
    assert emergency(client, area_text="", districts=[written.id]).status_code == 302
    assert EmergencyList.objects.get().area.area == pytest.approx(1_000_000.0)


# Suggestions --------------------------------------------------------------------------------------------------------


def suggest(
    kind: str, row: Place | None, values: dict[str, Any] | None = None, point: Point | None = None
) -> PlaceSuggestion:
    return PlaceSuggestion.objects.create(  # type: ignore[misc]  # a point
        kind=kind, place_uid=None if row is None else row.uid, values=values or {},
        geom=None if point is None else GEOSGeometry(point.wkt, srid=32639),
    )  # fmt: skip


def current(row: Place) -> Place | None:
    return Place.objects.filter(uid=row.uid, end_lifespan_version__isnull=True).first()


@database
def test_a_suggestion_that_is_taken_is_a_new_version_with_its_audit(sign_in: SignIn) -> None:
    client, row = sign_in(), place()
    sent = suggest("hours", row, {"opening_hours": "24/7", "uid": str(uuid.uuid4()), "password": "x"})
    page = client.get(f"{BASE}/placesuggestion/{sent.pk}/change/")
    assert page.status_code == 200 and "24/7" in page.content.decode()
    address = f"{BASE}/placesuggestion/{sent.pk}/change/"
    assert (
        client.post(address, {"_take": "1", "opening_hours": "Mo-Su 08:00-22:00", "reply": "checked"}).status_code
        == 302
    )
    new, sent = current(row), PlaceSuggestion.objects.get(pk=sent.pk)
    assert new is not None and new.opening_hours == "Mo-Su 08:00-22:00" and new.pk != row.pk
    assert (sent.state, sent.reply, sent.decided_by_id) == ("taken", "checked", User.objects.get().pk)
    assert AuditRow.objects.filter(action="feature.change", subject=str(row.uid)).count() == 1
    assert told("suggestion.take") == [{"suggestion": sent.pk, "kind": "hours", "is_changed": True}]


@database
def test_each_kind_of_suggestion_does_what_it_says() -> None:
    row, there = place(), Point(410_100, 2_923_000)
    take(suggest("position", row, point=there), acting_user_id=1)
    moved = current(row)
    assert moved is not None and moved.geom.coords == (410_100.0, 2_923_000.0)
    uid = take(suggest("missing_place", None, {"category": "health", "name_ar": "صيدلية"}, there), acting_user_id=1)
    assert uid is not None
    new = Place.objects.get(uid=uid)
    assert new.category == "health" and "Suggested" in new.source and new.source_on == timezone.localdate()
    assert take(suggest("other", row), acting_user_id=1) is None
    take(suggest("closed_for_good", row), acting_user_id=1)
    assert current(row) is None
    assert PlaceSuggestion.objects.filter(state="taken").count() == 4


@database
def test_a_suggestion_is_decided_once_and_turned_down_with_a_remark(sign_in: SignIn) -> None:
    client, row = sign_in(), place()
    sent = suggest("phone", row, {"phone": "+966 13"})
    address = f"{BASE}/placesuggestion/{sent.pk}/change/"
    assert client.post(address, {"_turn_down": "1", "reply": " "}).status_code == 422
    assert client.post(address, {"_turn_down": "1", "reply": "not true"}).status_code == 302
    sent.refresh_from_db()
    assert (sent.state, sent.reply) == ("turned_down", "not true")
    assert client.post(address, {"_take": "1"}).status_code == 200
    with pytest.raises(AlreadyDecided):
        take(sent, acting_user_id=1)
    with pytest.raises(AlreadyDecided):
        turn_down(sent, acting_user_id=1, reply="again")
    kept = current(row)
    assert kept is not None and kept.phone == ""


@database
def test_what_cannot_be_written_leaves_the_suggestion_waiting(sign_in: SignIn) -> None:
    client, row = sign_in(), place()
    wrong = suggest("missing_place", None, {"category": "casino"}, HERE)
    assert (
        client.post(f"{BASE}/placesuggestion/{wrong.pk}/change/", {"_take": "1", "category": "casino"}).status_code
        == 422
    )
    gone = suggest("phone", row, {"phone": "1"})
    retire_feature(LAYERS["places"], row.uid, expected=row.begin_lifespan_version, acting_user_id=None)
    page = client.post(f"{BASE}/placesuggestion/{gone.pk}/change/", {"_take": "1", "phone": "1"})
    assert page.status_code == 422
    assert set(PlaceSuggestion.objects.values_list("state", flat=True)) == {"waiting"}
    assert not told("suggestion.take")


@database
def test_a_suggestion_is_read_in_both_languages(sign_in: SignIn) -> None:
    client, row = sign_in(), place()
    sent = suggest("name", row, {"name_en": "<script>alert(1)</script>"})
    for language, words in (("ar", "الاسم بالإنجليزية"), ("en", "Name in English")):
        text = client.get(f"/{language}/admin/layers/placesuggestion/{sent.pk}/change/").content.decode()
        assert words in text and "<script>alert" not in text
    assert json.dumps(sent.values)


@database
def test_codes_are_shown_as_words_in_both_languages(sign_in: SignIn) -> None:
    client = sign_in()
    PrayerTime.objects.create(on=date(2027, 1, 1), prayer="fajr", at=time(4, 0))
    suggest("closed_for_good", place())
    for page, arabic, english in (
        ("prayertime/", "الفجر", "Fajr"),
        ("prayerpause/add/", "صلاة الجمعة", "Friday prayer"),
        ("placesuggestion/", "أُغلق نهائيًا", "Closed for good"),
        ("placesuggestion/", "بانتظار البتّ", "Waiting"),
        ("holiday/add/", "الاسم بالعربية", "Name in Arabic"),
        ("emergencylist/add/", "التموين الغذائي", "Food supply"),
    ):
        assert arabic in client.get(f"/ar/admin/layers/{page}").content.decode(), page
        assert english in client.get(f"{BASE}/{page}").content.decode(), page
