"""Names are folded alike here and in the database, for every letter that a name can have."""

from __future__ import annotations

import random
import unicodedata

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.locator.normalise import fold
from tests.budget import budget

pytestmark = pytest.mark.django_db

WORDS = (
    "صيدلية الصيدلية آل النخيل مَدْرَسَةُ شاطئ شاطيء ـــ مؤسسة گاز چای پارک ﷲ لا ١٢ ۷ ² № Al al-Rashid El ΑΣ İstanbul café"
).split()


def folded_by_the_database(texts: list[str], others: list[str] | None = None) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT layers_fold(a, b) FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY t(a, b, n) ORDER BY n",
            [texts, others or [""] * len(texts)],
        )
        return [row[0] for row in cursor.fetchall()]


def assert_equal(texts: list[str]) -> None:
    for text, found in zip(texts, folded_by_the_database(texts), strict=True):
        assert found == fold(text), ascii(text)


def test_every_letter_folds_alike_alone_and_between_others() -> None:
    letters = [chr(c) for c in range(1, 0x2FFFF) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]
    chosen = [c for c in letters if ord(c) < 0x3200 or ord(c) > 0xF900]
    assert_equal(chosen)
    assert_equal([f"ال{c} al {c}x{c}Σ" for c in chosen])


@settings(max_examples=budget(150, 20_000), deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_random_text_folds_alike(text: str) -> None:
    assert_equal([text])


def test_random_names_fold_alike() -> None:
    chance = random.Random(5)
    marks = ["", " ", "-", "/", "ـ", "َ", "ّ", "\u200c", "\u200f", "ٔ", "\u0307", "ال", "al "]
    texts = [
        "".join(chance.choice(WORDS) + chance.choice(marks) for _ in range(chance.randint(1, 6)))
        for _ in range(budget(5_000, 200_000))
    ]
    assert_equal(texts)


def test_both_names_are_folded_together() -> None:
    found = folded_by_the_database(["صيدلية النخيل", ""], ["Al Nakheel Pharmacy", "Shop"])

    assert found == [fold("صيدلية النخيل Al Nakheel Pharmacy"), "shop"]


@pytest.mark.parametrize(
    "spellings",
    [
        ["مدرسة أحمد", "مدرسه احمد", "مَدرَسَة أحْمَد", "مـــدرسة  أحمد", "المدرسة الأحمد"],
        ["مستشفى الملك", "مستشفي الملك", "مستشفی الملک"],
        ["شارع ١٢", "شارع 12", "شارع ۱۲", "الشارع 12."],
        ["Al-Nakheel", "al nakheel", "NAKHEEL", "El Nakheel"],
        ["سماء", "سما", "السماء"],
        ["رئيس", "رييس"],
        ["ﻣﺴﺠﺪ", "مسجد", "م‌سجد"],
    ],
)
def test_spellings_of_one_name_are_one(spellings: list[str]) -> None:
    assert len({fold(s) for s in spellings}) == 1, [fold(s) for s in spellings]


@pytest.mark.parametrize("pair", [("آل راشد", "راشد"), ("الا", "ا"), ("بنك", "بنت"), ("12", "21")])
def test_different_names_stay_different(pair: tuple[str, str]) -> None:
    assert fold(pair[0]) != fold(pair[1])


@given(st.text(max_size=80))
def test_folding_takes_any_text_and_leaves_single_spaces(text: str) -> None:
    found = fold(text)
    assert "  " not in found
    assert found == found.strip(" ")
