"""Cards of services: complete, sourced, and refused with file, line and key where they are wrong."""

from __future__ import annotations

import pytest

from land_services.catalogue import FOLDER, ROLES, CatalogueError, load_catalogue, read_card

TEXT = (FOLDER / "subdivision.toml").read_text(encoding="utf-8")


def test_subdivision_has_its_stages_in_order_and_ten_working_days() -> None:
    card = load_catalogue()["subdivision"]
    codes = ["draft", "survey_review", "head_review", "payment", "decision", "issued", "registry"]
    assert [stage.code for stage in card.stages] == codes
    assert card.target_days == 10 == sum(s.days for s in card.stages if s.code != "registry")
    assert card.target_source.confidence == "official"


def test_the_stage_after_another_is_known_and_none_after_the_last() -> None:
    card = load_catalogue()["subdivision"]
    after = card.after("head_review")
    assert after is not None and after.code == "payment"
    assert card.after("registry") is None
    with pytest.raises(KeyError, match="no stage nonsense"):
        card.stage("nonsense")


def test_every_fact_of_every_card_has_both_languages_and_a_source() -> None:
    for card in load_catalogue().values():
        facts = (*card.applicants, *card.documents, *card.conditions, *card.stages, *card.outputs, card.fee)
        for fact in facts:
            assert fact.source.title and fact.source.title_ar
            assert any("\u0600" <= letter <= "\u06ff" for letter in fact.ar), fact
            assert fact.en and not any("\u0600" <= letter <= "\u06ff" for letter in fact.en)


def test_roles_of_stages_are_roles_of_accounts() -> None:
    roles = pytest.importorskip("gisportal.accounts.roles")
    assert set(ROLES) <= set(roles.Role.values)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "key", "line"),
    [
        ('code = "subdivision"', 'code = "merge"', "code", 'code = "merge"'),
        ('name_ar = "فرز الأراضي"', 'name_ar = ""', "name_ar", 'name_ar = ""'),
        ('role = "survey_head"', 'role = "emperor"', "stages[2].role", '[[stages]]\ncode = "head_review"'),
        ("days = 7", "days = -7", "stages[6].days", '[[stages]]\ncode = "registry"'),
        ("days = 4", "days = 4.5", "stages[1].days", '[[stages]]\ncode = "survey_review"'),
        ('amount = "0.00"', "amount = 0.0", "fee.amount", "[fee]"),
        ('amount = "0.00"', 'amount = "free"', "fee.amount", "[fee]"),
        ('amount = "0.00"', 'amount = "-1"', "fee.amount", "[fee]"),
        ('formats = ["pdf"]', "formats = []", "documents[4].formats", '[[documents]]\ncode = "delegation"'),
        ("required = true", 'required = "yes"', "documents[0].required", '[[documents]]\ncode = "survey_file"'),
        ('per = "part"', 'per = "page"', "outputs[0].per", '[[outputs]]\ncode = "survey_decision"'),
        ('code = "lots"', 'code = "sound_parcel"', "conditions[1].code", '[[conditions]]\ncode = "sound_parcel"'),
        ("[target]", "[goal]", "goal", "[goal]"),
        ("[sources.balady]", "[sources.bilady]", "applicants[1].source", '[[applicants]]\ncode = "owner"'),
        ('confidence = "press"', 'confidence = "rumour"', "sources.registry.confidence", "[sources.registry]"),
    ],
)
def test_a_wrong_card_is_refused_naming_file_line_and_key(old: str, new: str, key: str, line: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(CatalogueError) as refused:
        read_card(text, "subdivision.toml")
    assert refused.value.key == key
    assert refused.value.line == line_of(text, line)
    assert str(refused.value).startswith(f"subdivision.toml:{refused.value.line}: {key}: ")


def test_a_card_that_is_no_toml_names_the_line() -> None:
    broken = TEXT.replace("[fee]", "[fee", 1)
    with pytest.raises(CatalogueError) as refused:
        read_card(broken, "subdivision.toml")
    assert refused.value.line == line_of(broken, "[fee\n")


def test_a_card_without_stages_is_refused() -> None:
    head, _, rest = TEXT.partition("# Stages")
    _, mark, tail = rest.partition("# Time and money")
    with pytest.raises(CatalogueError, match="stages: at least one"):
        read_card(head + mark + tail, "subdivision.toml")
