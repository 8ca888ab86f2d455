"""The categories of places: whole, named in both languages, unambiguous, and refused with file and line where not."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalog.places import CATEGORIES as PUBLIC
from layers.files.mapping import read_value
from layers.locator import categories
from layers.locator.categories import (
    CATEGORIES,
    CODES,
    KINDS,
    CategoriesError,
    Category,
    Kind,
    category_spellings,
    classify,
    kind_spellings,
    read_categories,
)
from layers.registry import LAYERS
from tests.budget import budget

TEXT = Path(categories.__file__).with_name("categories.toml").read_text(encoding="utf-8")
ICONS = Path(__file__).resolve().parents[3] / "node_modules/@tabler/icons/icons/outline"
ARABIC = re.compile(r"[\u0621-\u064a]")


def test_the_eleven_codes_are_those_of_the_public_face() -> None:
    assert " ".join(PUBLIC) == "food health gas water repair mosque school municipal park fuel public_service"
    assert tuple(CATEGORIES) == CODES == PUBLIC


def test_every_name_is_in_its_own_language() -> None:
    things: list[Category | Kind] = [*CATEGORIES.values(), *KINDS.values()]
    for thing in things:
        assert ARABIC.search(thing.ar), thing
        assert not ARABIC.search(thing.en), thing


def test_names_within_a_list_are_different() -> None:
    for names in ([c.ar for c in CATEGORIES.values()], [c.en for c in CATEGORIES.values()]):
        assert len(set(names)) == len(names)
    for category in CATEGORIES.values():
        assert len({k.ar for k in category.kinds.values()}) == len(category.kinds)
        assert len({k.en for k in category.kinds.values()}) == len(category.kinds)


def test_every_icon_is_one_of_tablers() -> None:
    if not ICONS.is_dir():
        pytest.skip("node_modules is not installed")
    for category in CATEGORIES.values():
        assert (ICONS / f"{category.icon}.svg").is_file(), category.icon


def test_every_tag_finds_its_own_kind() -> None:
    for kind in KINDS.values():
        for tag in kind.tags:
            assert classify(dict(tag)) == kind, tag


def test_a_church_is_no_mosque_and_an_unknown_shop_is_nothing() -> None:
    assert classify({"amenity": "place_of_worship"}) is None
    assert classify({"amenity": "place_of_worship", "religion": "christian"}) is None
    assert classify({"amenity": "place_of_worship", "religion": "muslim"}) == KINDS["mosque"]
    assert classify({"shop": "yes"}) is None
    assert classify({"amenity": ""}) is None


def test_the_longer_tag_wins() -> None:
    office = {"office": "government"}
    assert classify(office) == KINDS["government_office"]
    assert classify(office | {"government": "public_service"}) == KINDS["service_centre"]


def test_the_first_of_several_values_counts() -> None:
    assert classify({"shop": "bakery;butcher"}) == KINDS["bakery"]
    assert classify({"shop": "butcher; bakery"}) == KINDS["butcher"]
    assert classify({"shop": "toys;butcher"}) == KINDS["butcher"]


TAGS = sorted({pair for kind in KINDS.values() for tag in kind.tags for pair in tag})


@settings(max_examples=budget(200, 20_000), deadline=None)
@given(st.dictionaries(st.sampled_from([k for k, _ in TAGS]), st.sampled_from([v for _, v in TAGS]), max_size=4))
def test_classification_agrees_with_trying_every_kind(tags: dict[str, str]) -> None:
    fitting = {
        kind.code: max(len(tag) for tag in kind.tags if set(tag) <= tags.items())
        for kind in KINDS.values()
        if any(set(tag) <= tags.items() for tag in kind.tags)
    }
    found = classify(tags)

    assert (found is None) == (not fitting)
    if found is not None:
        assert fitting[found.code] == max(fitting.values())


def test_words_of_files_are_read_into_codes() -> None:
    field = LAYERS["places"].field("category")
    for word, code in {
        "pharmacy": "health",
        "Pharmacy": "health",
        "صيدلية": "health",
        "محطة وقود": "fuel",
        "محطة_وقود": "fuel",
        "place_of_worship": "mosque",
        "fire station": "public_service",
        "town_hall": "municipal",
        "food": "food",
    }.items():
        assert read_value(field, word) == (code, None), word
    assert read_value(field, "casino")[1] is not None


def test_no_word_means_two_things() -> None:
    spelled = kind_spellings()
    for word, code in category_spellings().items():
        if word in spelled:
            assert KINDS[spelled[word]].category == code, word
        if word in CODES:
            assert code == word
    for one, other in product(KINDS.values(), KINDS.values()):
        if one.category != other.category:
            assert not {*one.words, one.code} & {*other.words, other.code}, (one.code, other.code)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


@pytest.mark.parametrize(
    ("was", "becomes", "key", "reason"),
    [
        ('icon = "flame"', 'icon = "../flame"', "gas.icon", "no name of an icon"),
        ('icon = "flame"', "", "gas.icon", "missing"),
        ('icon = "flame"', 'icon = "flame"\ncolour = "red"', "gas.colour", "is not one of"),
        ('ar = "سباك"', 'ar = ""', "repair.kinds.plumber.ar", "missing"),
        ('ar = "سباك"', "ar = 7", "repair.kinds.plumber.ar", "missing"),
        ('["craft=plumber"]', '"craft=plumber"', "repair.kinds.plumber.tags", "list"),
        ('["craft=plumber"]', '["plumber"]', "repair.kinds.plumber.tags", "key=value"),
        ('["craft=plumber"]', '["craft=plumber &"]', "repair.kinds.plumber.tags", "key=value"),
        ('["craft=plumber"]', '["craft=hvac"]', "repair.kinds.air_conditioning.tags", "already"),
        ('"سباكة"', '"بنشر"', "repair.kinds.plumber.words", "already"),
        ('"سباكة"', '"Fuel"', "repair.kinds.plumber.words", "code of a category"),
        ('"سباكة"', '" "', "repair.kinds.plumber.words", "empty"),
        ("[repair.kinds.plumber]", "[repair.kinds.Plumber]", "repair.kinds.Plumber", "small letters"),
        ("[repair.kinds.plumber]", "[food.kinds.plumber]", "food.kinds.plumber", ""),
    ],
)
def test_a_wrong_file_is_refused_naming_line_and_key(was: str, becomes: str, key: str, reason: str) -> None:
    assert was in TEXT
    changed = TEXT.replace(was, becomes, 1)
    if key.startswith("food"):  # that is a sound file: the kind has moved
        assert read_categories(changed)["food"].kinds["plumber"].category == "food"
        return
    with pytest.raises(CategoriesError) as refused:
        read_categories(changed, "x.toml")

    assert (refused.value.file, refused.value.key) == ("x.toml", key)
    assert reason in refused.value.reason
    table = key.rpartition(".")[0] if changed.count(f"[{key}]") == 0 else key
    lines = changed.splitlines()
    start = lines.index(f"[{table}]") + 1
    assert start <= refused.value.line <= start + 6


def test_a_category_too_few_or_too_many_is_refused() -> None:
    gone = re.sub(r"\[fuel.*?(?=\[public_service\])", "", TEXT, flags=re.DOTALL)
    with pytest.raises(CategoriesError, match="fuel: is missing"):
        read_categories(gone)
    with pytest.raises(CategoriesError, match="bank: is no category"):
        read_categories(TEXT + '\n[bank]\nar = "مصرف"\nen = "Bank"\nicon = "bank"\n')


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(CategoriesError) as refused:
        read_categories(TEXT.replace('en = "Water"', "en = Water", 1))
    assert refused.value.line == line_of(TEXT, 'en = "Water"')
