"""What a text finds: numbers, names with slips, kinds of places; and that no text does harm."""

from __future__ import annotations

import doctest
import importlib
import random
import subprocess
import sys
import uuid

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.locator.find import find, words
from layers.locator.normalise import fold
from layers.locator.parse import Number, read_question
from layers.locator.positions import Position
from layers.locator.rank import likeness, trigrams
from tests.budget import budget

SQUARE = "MULTIPOLYGON(((410000 2923000, 410000 2924000, 411000 2924000, 411000 2923000, 410000 2923000)))"


@pytest.mark.parametrize("name", ["normalise", "parse", "positions", "rank"])
def test_the_examples_of_a_module_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"layers.locator.{name}"))

    assert result.attempted > 0
    assert result.failed == 0


def test_what_reads_and_compares_texts_needs_no_framework() -> None:
    names = ", ".join(f"layers.locator.{name}" for name in ("normalise", "parse", "positions", "rank"))
    done = subprocess.run(
        [sys.executable, "-c", f"import {names}, sys; print([m for m in sys.modules if m.split('.')[0] == 'django'])"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


# What a text means --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("414/7/208", Number("414", "7", "208")),
        ("٤١٤/٧/٢٠٨", Number("414", "7", "208")),
        (" ۴۱۴ / ۷ / ۲۰۸ ", Number("414", "7", "208")),
        ("ش د 414%2F2/-/208/3", Number("ش د 414/2", "", "208/3")),
        ("-/-/9", Number("", "", "9")),
        ("مخطط ٤١٤ قطعة رقم ٢٠٨", Number(plan_no="414", parcel_no="208")),
        ("plot 208, block 7, plan 414", Number("414", "7", "208")),
        ("المخطط 414", Number(plan_no="414")),
        ("414/7", Number(plan_no="414", parcel_no="7")),
        ("414", Number(parcel_no="414")),
    ],
)
def test_a_number_is_read_in_both_digit_systems(text: str, number: Number) -> None:
    assert read_question(text, {}).numbers[0] == number


@pytest.mark.parametrize("text", ["", "صيدلية", "//", "a/b/c", "/7/", "1" * 500, "مخطط", "12 شارع الملك"])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert read_question(text, {}).numbers == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("صيدلية", ("health", "pharmacy")),
        ("الصيدليه", ("health", "pharmacy")),
        ("Pharmacy", ("health", "pharmacy")),
        ("مسجد", ("mosque", "mosque")),
        ("health", ("health", "")),
        ("محطة وقود", ("fuel", "fuel_station")),
        ("سوبرماركت", ("food", "supermarket")),
    ],
)
def test_the_word_for_a_kind_is_understood(text: str, code: tuple[str, str]) -> None:
    question = read_question(text, words())

    assert question.category == code[0]
    if code[1] in ("pharmacy", ""):
        assert question.kind == code[1]


def test_every_category_and_kind_is_found_by_its_names() -> None:
    from layers.locator.categories import CATEGORIES, KINDS

    for category in CATEGORIES.values():
        for name in (category.ar, category.en, category.code):
            assert read_question(name, words()).category == category.code, name
    missed = [
        (kind.code, name)
        for kind in KINDS.values()
        for name in (kind.ar, kind.en)
        if read_question(name, words()).kind != kind.code
    ]
    # A kind that is named as its category is means the whole category.
    assert all(words()[fold(name)][0] == KINDS[code].category for code, name in missed)


@pytest.mark.parametrize(("text", "at"), [("26.43, 50.1", (50.1, 26.43)), ("٢٦٫٤٣ ٥٠٫١", (50.1, 26.43))])
def test_a_position_is_latitude_first(text: str, at: tuple[float, float]) -> None:
    assert read_question(text, {}).position == Position(*at)


@pytest.mark.parametrize("text", ["26 50", "126.43, 50.1", "nan, 1.0", "1e5, 2.0", "26.43"])
def test_other_numbers_are_no_position(text: str) -> None:
    assert read_question(text, {}).position is None


@given(st.text(max_size=300))
@settings(max_examples=budget(200, 20_000), deadline=None)
def test_any_text_is_read(text: str) -> None:
    question = read_question(text, words())
    assert len(question.folded) <= 20 * 200
    assert (question.kind == "") or question.category


@given(st.text("اب نمليخ ", max_size=20).map(fold), st.text("اب نمليخ ", max_size=20).map(fold))
def test_likeness_is_a_measure(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 5.0
    if one:
        assert likeness(one, one) == 5.0 >= likeness(one, other)


@pytest.mark.django_db
def test_trigrams_are_those_of_the_database() -> None:
    chance = random.Random(2)
    with connections["default"].cursor() as cursor:
        for _ in range(budget(200, 5_000)):
            word = "".join(chance.choices("ابتنخيل12ab", k=chance.randint(1, 9)))
            cursor.execute("SELECT show_trgm(%s)", [word])
            found = cursor.fetchone()[0]
            if word.isascii():  # of other letters pg_trgm shows a hash
                assert set(found) == trigrams(word)
            assert len(set(found)) == len(trigrams(word))


# What is there ------------------------------------------------------------------------------------------------------


def place(name_ar: str, name_en: str = "", category: str = "health", kind: str = "", x: float = 410_300.0) -> uuid.UUID:
    uid = uuid.uuid4()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind, opening_hours,"
            " phone, geom) VALUES (%s, now(), %s, %s, %s, %s, '', '', ST_SetSRID(ST_Point(%s, 2923600), 32639))",
            [uid, name_ar, name_en, category, kind, x],
        )
    return uid


@pytest.fixture
def city(db: None) -> dict[str, uuid.UUID]:
    made = {
        "nakheel": place("صيدلية النخيل", "Al Nakheel Pharmacy", kind="pharmacy"),
        "nakheel_shop": place("تموينات النخيل", "Nakheel Grocery", "food"),
        "noor": place("مسجد النّور", "Al Noor Mosque", "mosque", "mosque"),
        "huda": place("مسجد الهدى", "Al Huda Mosque", "mosque", "mosque"),
        "ahmad": place("مدرسة أحمد بن حنبل", "", "school"),
    }
    with connections["default"].cursor() as cursor:
        made["faisaliah"] = uuid.uuid4()
        cursor.execute(
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " VALUES (%s, now(), 'الفيصلية', 'Al Faisaliah', '', '', ST_GeomFromText(%s, 32639))",
            [made["faisaliah"], SQUARE],
        )
        made["street"] = uuid.uuid4()
        for n in range(3):
            cursor.execute(
                "INSERT INTO layers_street (uid, begin_lifespan_version, name_ar, name_en, road_class, geom) VALUES"
                " (%s, now(), 'شارع الملك فهد', 'King Fahd Road', 'local', ST_GeomFromText(%s, 32639))",
                [
                    made["street"] if n == 0 else uuid.uuid4(),
                    f"MULTILINESTRING(({410_000 + n} 2923000, {410_001 + n} 2923000))",
                ],
            )
        made["plan"] = uuid.uuid4()
        cursor.execute(
            "INSERT INTO layers_plan (uid, begin_lifespan_version, plan_no, name_ar, name_en, geom)"
            " VALUES (%s, now(), '414', 'مخطط الفيصلية', '', ST_GeomFromText(%s, 32639))",
            [made["plan"], SQUARE],
        )
    return made


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("صيدلية النخيل", "nakheel"),
        ("صيدليه النخل", "nakheel"),
        ("Nakheel pharmcy", "nakheel"),
        ("al-nakeel pharmacy", "nakheel"),
        ("تموينات نخيل", "nakheel_shop"),
        ("جامع النور", "noor"),
        ("Huda mosque", "huda"),
        ("مدرسة احمد", "ahmad"),
        ("مَدْرَسَة أحـــمد بن حنبل", "ahmad"),
        ("الفيصليه", "faisaliah"),
        ("faisaliyah", "faisaliah"),
        ("حي الفيصلية", "faisaliah"),
        ("شارع الملك فهد", "street"),
        ("king fahad road", "street"),
        ("مخطط ٤١٤", "plan"),
        ("414", "plan"),
    ],
)
def test_it_is_found_first_however_it_is_written(text: str, first: str, city: dict[str, uuid.UUID]) -> None:
    hits = find(text).hits

    assert hits, text
    assert hits[0].uid == city[first], [hit.name_ar for hit in hits]


def test_a_street_of_many_pieces_is_found_once(city: dict[str, uuid.UUID]) -> None:
    assert [hit.what for hit in find("شارع الملك فهد").hits].count("street") == 1


def test_the_word_for_a_kind_alone_finds_the_kind(city: dict[str, uuid.UUID]) -> None:
    found = find("صيدليات" if fold("صيدليات") in words() else "صيدلية")

    assert found.is_kind_only
    assert (found.question.category, found.question.kind, found.hits) == ("health", "pharmacy", ())


def test_of_things_alike_the_nearer_comes_first(city: dict[str, uuid.UUID]) -> None:
    far = place("صيدلية النخيل", "Al Nakheel Pharmacy", kind="pharmacy", x=440_000.0)

    by_far = find("صيدلية النخيل", position=Position(50.4, 26.43)).hits
    by_near = find("صيدلية النخيل", position=Position(50.1, 26.43)).hits

    assert [by_far[0].uid, by_near[0].uid] == [far, city["nakheel"]]
    assert by_near[0].distance_m is not None and by_near[0].distance_m < 1_000


def test_what_ended_is_not_found(city: dict[str, uuid.UUID]) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE layers_place SET end_lifespan_version = now() + interval '1 s' WHERE uid = %s", [city["noor"]]
        )

    assert city["noor"] not in [hit.uid for hit in find("مسجد النور").hits]


@pytest.mark.django_db
@settings(max_examples=budget(60, 5_000), deadline=None)
@given(
    st.text(max_size=80) | st.sampled_from(["\x00", "'; DROP TABLE x; --", "%s %(lon)s %%", "\\", "١" * 90, "/" * 40])
)
def test_no_text_does_harm(text: str) -> None:
    assert len(find(text, limit=5).hits) <= 5
