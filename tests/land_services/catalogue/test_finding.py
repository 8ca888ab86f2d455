"""Finding services: folded words and their beginnings, names first, quick however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gisportal.sample.services import write_services
from land_services.catalogue import ServiceCard, finding, load_catalogue, use_folders, visible_cards
from land_services.catalogue.finding import Index, index, search
from layers.locator.normalise import fold
from layers.viewer import ANONYMOUS, Viewer
from tests.land_services.catalogue.cards import full_card


def card(code: str, ar: str, en: str, **more: Any) -> ServiceCard:
    plain: dict[str, Any] = {
        "keywords_ar": (), "keywords_en": (), "summary_ar": "", "summary_en": "", "conditions": (), "documents": (),
        "outputs": (), "reference_prefix": "XX",
    }  # fmt: skip
    return replace(full_card(), code=code, name_ar=ar, name_en=en, **{**plain, **more})


CARDS = (
    card("permit", "رخصة بِنَاء", "Building permit", keywords_ar=("إنشاء فيلا",), keywords_en=("villa",)),
    card("villa", "إضافة فيلا", "Adding a villa", summary_en="An addition to a permit for a house"),
    card("works", "أعمال الطرق ١٢", "Road works 12", keywords_en=("permit", "digging")),
    card("letters", "خطابات للبناء", "Letters", summary_en="With documents of a villa", keywords_ar=("ـ",)),
    card("stairs", "مبنى المدرسة", "School", conditions=full_card().conditions),
)
INDEX = Index(CARDS)


def found(text: str) -> list[str]:
    return [one.code for one in INDEX.search(text)]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("رخصه", ["permit"]),  # ta marbuta
        ("رُخْصَةُ", ["permit"]),  # diacritics
        ("رخـــصة", ["permit"]),  # tatweel
        ("اضافه", ["villa"]),  # alef with hamza
        ("مبني", ["stairs"]),  # alef maqsura
        ("بناء", ["permit", "letters"]),  # a whole name first, "for building" too
        ("للبناء", ["letters", "permit"]),  # as it was asked for
        ("الطرق 12", ["works"]),  # Western digits
        ("طرق ۱۲", ["works"]),  # Persian digits, without the article
        ("BUILD", ["permit"]),  # a beginning, any case
        ("permit build", ["permit"]),  # every word, in any order
        ("permit", ["permit", "works", "villa"]),  # name, keyword, summary
        ("villa", ["villa", "permit", "letters"]),
        ("insur", ["stairs"]),  # a condition
        ("XX", sorted(one.code for one in CARDS)),
        ("", []),
        ("!?", []),
        ("zeppelin", []),
        ("zeppelin villa", ["villa", "permit", "letters"]),  # nothing holds both: what holds most
        ("uildi", []),  # only beginnings
    ],
)
def test_words_are_folded_and_ranked(asked: str, codes: list[str]) -> None:
    assert found(asked) == codes


def test_a_name_as_it_was_asked_for_stands_first() -> None:
    cards = (
        card("a", "طلب", "Copy of a permit"),
        card("b", "إذن", "Permit copy"),
        card("c", "ترخيص", "Permit"),
    )
    assert [one.code for one in Index(cards).search("permit")] == ["c", "b", "a"]


def test_only_what_may_be_found_is_found() -> None:
    assert [one.code for one in INDEX.search("villa", {"permit", "works"})] == ["permit"]
    assert search(CARDS[:1], "villa") == [CARDS[0]]


def test_long_questions_are_cut_and_odd_ones_break_nothing() -> None:
    for text in ("ا" * 5000, "\x00\ud800", "٪" * 300, " ".join(f"w{n}" for n in range(500))):
        assert found(text) == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServiceCard]]:
    """222 services and 650 procedures beside those of the software."""
    folder: Path = tmp_path_factory.mktemp("cards")
    assert write_services(folder) == 872
    use_folders([folder])
    yield load_catalogue()
    use_folders(())


def test_the_index_is_built_once_and_a_question_folds_only_itself(
    many: dict[str, ServiceCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(many) >= 873
    first = index()
    folded: list[str] = []

    def counted(text: str) -> str:
        folded.append(text)
        return fold(text)

    monkeypatch.setattr(finding, "fold", counted)
    hits = search(many.values(), "تجديد رخصه بنا سكني")
    assert index() is first and folded == ["تجديد رخصه بنا سكني"]
    assert hits and "تجديد" in hits[0].name_ar


def test_a_question_looks_at_the_words_that_begin_with_it_and_no_others(
    many: dict[str, ServiceCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counted(list[str]):
        looks = 0

        def __getitem__(self, place):  # type: ignore[no-untyped-def, override]
            type(self).looks += 1
            return super().__getitem__(place)

    of = Index(many.values())
    words = Counted(of.words)
    monkeypatch.setattr(of, "words", words)
    of.search("renewal permit")
    beginning = sum(word.startswith(("renewal", "permit")) for word in of.words[:])
    halvings = 2 * (len(words).bit_length() + 2)
    assert Counted.looks <= beginning + halvings + 3


def test_every_made_up_service_is_found_by_its_name_in_both_languages(many: dict[str, ServiceCard]) -> None:
    for one in list(many.values())[::37]:
        assert index().search(one.name_ar)[0].name_ar == one.name_ar
        assert index().search(one.name_en)[0].name_en == one.name_en


def test_procedures_of_the_house_exist_for_its_own_people_alone(many: dict[str, ServiceCard]) -> None:
    house = {code for code, one in many.items() if one.audience == "staff"}
    assert len(house) >= 650
    for role in ("surveyor", "agency", "resident", "applicant", "supplier"):
        assert house.isdisjoint(one.code for one in visible_cards(Viewer(1, frozenset({role}))))
    assert house.isdisjoint(one.code for one in visible_cards(ANONYMOUS))
    assert house.isdisjoint(one.code for one in visible_cards(Viewer(None, frozenset({"mayor"}))))
    for role in ("clerk", "employee", "committee", "mayor"):
        assert len(visible_cards(Viewer(1, frozenset({role})))) == len(many)
