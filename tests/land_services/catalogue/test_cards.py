"""The cards themselves: complete, in two languages, each written for its service, and true to the sources they name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest

from land_services.catalogue import FOLDER, ServiceCard, load_catalogue

LAND: Final = frozenset({
    "subdivision", "merge", "boundary_adjustment", "duplex_subdivision", "deed_update", "update_and_subdivide",
    "survey_decision", "layout_approval", "service_project", "remnant_annexation", "alley_annexation",
})  # fmt: skip
NO_REGISTER: Final = frozenset({"service_project"})
FACTS: Final = ("applicants", "documents", "conditions", "stages", "referrals", "outputs")
FORMATS: Final = frozenset({"DXF", "DWG", "LandXML", "GeoPackage", "GeoJSON", "RINEX"})
# Working days that an authority states; all other days are ours and say so.
TARGETS: Final = {
    "subdivision": 10, "merge": 10, "survey_decision": 10, "boundary_adjustment": 25, "layout_approval": 60,
}  # fmt: skip
REGISTRY_DAYS: Final = 7
CONNECTION_DAYS: Final = 1

ARABIC = re.compile(r"[\u0621-\u064a]")
STEMS: Final = sorted(path.stem for path in FOLDER.glob("*.toml"))
every_card = pytest.mark.parametrize("code", STEMS)


@cache
def raw(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def shared(name: str) -> Any:
    return raw(f"shared/{name}")[name]


def card_of(code: str) -> ServiceCard:
    return load_catalogue()[code]


def texts(value: Any, key: str = "", path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield path, key and text of every text of a card; texts of a list have the key of the list."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from texts(part, name, f"{path}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from texts(part, key, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, key, value


def pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each Arabic text with the English one beside it."""
    if isinstance(value, dict):
        for name in value:
            if (name == "ar" or name.endswith("_ar")) and isinstance(value[name], str):
                yield value[name], value[name[:-2] + "en"]
        for part in value.values():
            yield from pairs(part)
    elif isinstance(value, list):
        for part in value:
            yield from pairs(part)


def sources_of(data: dict[str, Any]) -> Iterator[str]:
    """Yield the sources that a card names, also through a shared document."""
    documents = {row["code"]: row for row in shared("documents")}
    for table in FACTS:
        for row in data.get(table, []):
            yield row.get("source") or documents[row["from"]]["source"]
    for table in ("target", "fee", "retention"):
        yield data[table]["source"]


def test_every_file_is_a_card_that_reads() -> None:
    assert sorted(load_catalogue()) == STEMS


def test_there_are_the_land_services_and_far_more_than_forty_others() -> None:
    cards = load_catalogue()
    others = [card for code, card in cards.items() if code not in LAND]
    audiences = Counter(card.audience for card in others)
    assert set(cards) >= LAND
    assert len(others) >= 60
    assert audiences["public"] >= 25
    assert audiences["staff"] + audiences["suppliers"] >= 25


def test_land_services_name_land_and_only_they_change_the_register() -> None:
    for code, card in load_catalogue().items():
        assert card.register == (code in LAND - NO_REGISTER), code
        assert code not in LAND or card.land == "required", code


def test_a_prefix_of_references_belongs_to_one_service() -> None:
    prefixes = Counter(card.reference_prefix for card in load_catalogue().values())
    assert [prefix for prefix, count in prefixes.items() if count > 1] == []


@every_card
def test_arabic_is_arabic_and_english_is_english(code: str) -> None:
    for path, key, text in texts(raw(code)):
        if key == "ar" or key.endswith("_ar"):
            assert ARABIC.search(text), (path, text)
        if key == "en" or key.endswith("_en"):
            assert not ARABIC.search(text), (path, text)


@every_card
def test_each_arabic_text_has_an_english_one_that_differs(code: str) -> None:
    found = list(pairs(raw(code)))
    assert found
    assert [pair for pair in found if pair[0].strip() == pair[1].strip() or not all(pair)] == []


@every_card
def test_arabic_texts_hold_no_latin_words_but_names_of_formats_and_sites(code: str) -> None:
    for path, key, text in texts(raw(code)):
        if key in ("ar", "name_ar", "summary_ar", "help_ar", "keywords_ar"):
            assert set(re.findall(r"[A-Za-z]+", text)) <= FORMATS, (path, text)


@every_card
def test_figures_in_arabic_texts_stand_apart_from_words(code: str) -> None:
    for path, key, text in texts(raw(code)):
        if key == "ar" or key.endswith("_ar"):
            freed = re.sub(r"\bو(?=\d)|(?<=\d)هـ", " ", text)  # "and" and "AH" are written onto a figure
            assert not re.search(r"[\u0621-\u064a]\d|\d[\u0621-\u064a]", freed), (path, text)


@every_card
def test_texts_have_no_stray_spaces(code: str) -> None:
    assert [text for _, _, text in texts(raw(code)) if text != text.strip() or "  " in text] == []


@every_card
def test_a_card_is_full(code: str) -> None:
    card = card_of(code)
    assert card.applicants and card.documents and card.conditions and card.outputs
    assert card.keywords_ar and card.keywords_en
    assert "issue" in {stage.kind for stage in card.stages}
    assert card.target_days > 0
    assert code == "subdivision" or 3 <= len(card.form) <= 8  # a subdivision reads its survey file instead


@every_card
def test_what_is_typed_in_has_limits(code: str) -> None:
    for field in card_of(code).form:
        if field.kind in ("text", "long_text"):
            assert field.max_length, field.code
        if field.kind in ("integer", "number"):
            assert field.min is not None and field.max is not None, field.code
        if field.kind == "money":
            assert field.min is not None, field.code


def test_no_two_services_share_a_condition_or_a_summary() -> None:
    sentences = Counter(row["ar"] for code in STEMS for row in raw(code)["conditions"])
    sentences.update(raw(code)["summary_ar"] for code in STEMS)
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_every_shared_source_department_and_document_is_used() -> None:
    cards = [raw(code) for code in STEMS]
    assert {source for data in cards for source in sources_of(data)} >= set(shared("sources"))
    assert {data["department"] for data in cards} == {row["code"] for row in shared("departments")}
    named = {row["from"] for data in cards for row in data["documents"] if "from" in row}
    assert named == {row["code"] for row in shared("documents")}


def test_a_source_of_weight_is_named_in_both_languages() -> None:
    for code, source in shared("sources").items():
        assert source["title_ar"] != source["title_en"], code
        assert ARABIC.search(source["title_ar"]) and not ARABIC.search(source["title_en"]), code
        sites = re.compile(r"[a-z0-9]+(?:\.[a-z]+)+")
        assert sites.findall(source["title_ar"]) == sites.findall(source["title_en"]), code


def test_common_practice_is_the_only_placeholder() -> None:
    weak = [code for code, source in shared("sources").items() if source["confidence"] == "placeholder"]
    assert weak == ["practice"]


@every_card
def test_a_target_that_rests_on_an_authority_is_the_one_it_states(code: str) -> None:
    card = card_of(code)
    if card.target_source.confidence == "placeholder":
        assert code not in TARGETS
    else:
        assert card.target_days == TARGETS[code]


@every_card
def test_days_of_a_stage_are_ours_but_those_of_the_registry(code: str) -> None:
    for stage in card_of(code).stages:
        if stage.days and stage.source.confidence != "placeholder":
            assert (stage.kind, stage.days) == ("registry", REGISTRY_DAYS), stage.code


@every_card
def test_days_of_a_referral_are_ours_but_those_of_connections(code: str) -> None:
    for referral in card_of(code).referrals:
        if referral.source.confidence != "placeholder":
            assert code == "utility_connection"
            assert (referral.days, referral.default) == (CONNECTION_DAYS, "consent")


@every_card
def test_an_amount_that_no_authority_publishes_says_so(code: str) -> None:
    fee = card_of(code).fee
    if fee.amount or any(step.amount for step in fee.steps):
        assert fee.source.confidence == "placeholder"
        assert re.search(r"مؤقت|منشور", fee.ar) and re.search(r"placeholder|published", fee.en)


def test_fees_are_of_every_kind() -> None:
    kinds = {card.fee.kind for card in load_catalogue().values()}
    assert kinds == {"none", "fixed", "per_part", "by_number", "steps"}


def test_some_services_work_in_parallel_and_come_together_again() -> None:
    apart = together = 0
    for card in load_catalogue().values():
        starts = Counter(code for stage in card.stages for code in stage.after)
        apart += any(count > 1 for count in starts.values())
        together += any(len(stage.after) > 1 for stage in card.stages)
    assert apart >= 20
    assert together >= 20


def test_agencies_that_do_not_answer_count_in_every_way() -> None:
    defaults = Counter(referral.default for card in load_catalogue().values() for referral in card.referrals)
    assert set(defaults) == {"consent", "object", "not_required"}


@every_card
def test_whoever_reviews_does_not_decide(code: str) -> None:
    card = card_of(code)
    reviewers = {stage.role for stage in card.stages if stage.kind == "review"}
    assert {stage.role for stage in card.stages if stage.kind == "decision"}.isdisjoint(reviewers)


@every_card
def test_a_request_is_begun_by_those_the_service_is_for(code: str) -> None:
    card = card_of(code)
    begins = card.draft.role
    applicants = {applicant.code for applicant in card.applicants}
    if card.audience == "public":
        assert begins in ("surveyor", "applicant") and applicants != {"supplier"}
    elif card.audience == "suppliers":
        assert (begins, applicants) == ("supplier", {"supplier"})
    else:
        assert begins not in ("surveyor", "applicant", "supplier") and applicants == {"employee"}
