"""Made-up services: valid cards, the same for the same numbers and seed, as many as asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gisportal.sample.services import card_texts, write_services
from land_services.catalogue import FOLDER, read_folders


def test_as_many_cards_as_a_large_city_has_are_valid_beside_the_shipped_ones(tmp_path: Path) -> None:
    assert write_services(tmp_path) == 872
    cards, _ = read_folders([FOLDER, tmp_path])
    made = [card for card in cards.values() if card.code.startswith("sample_")]
    assert sum(card.audience == "staff" for card in made) == 650
    assert sum(card.audience != "staff" for card in made) == 222
    assert len({card.name_ar for card in made}) == len({card.name_en for card in made}) == 872
    assert {card.fee.kind for card in made} == {"none", "fixed", "by_number", "steps"}
    kinds = {stage.kind for card in made for stage in card.stages}
    assert kinds == {"draft", "review", "work", "visit", "committee", "payment", "decision", "issue"}
    assert any(len(stage.after) > 1 for card in made for stage in card.stages)
    assert any(card.referrals for card in made) and any(field.only_if for card in made for field in card.form)


def test_the_same_seed_gives_the_same_texts_and_another_one_others() -> None:
    first, again = dict(card_texts(20, 30, 7)), dict(card_texts(20, 30, 7))
    assert first == again and len(first) == 50
    assert dict(card_texts(20, 30, 8)) != first
    assert dict(card_texts(10, 0, 7)).items() <= first.items()


def test_more_than_can_be_named_is_refused() -> None:
    with pytest.raises(ValueError, match="so many can be named"):
        dict(card_texts(100_000, 0))


def test_the_command_writes_into_an_empty_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    call_command("make_services", folder, services=3, procedures=4)
    assert len(list(folder.glob("*.toml"))) == 7
    with pytest.raises(CommandError, match="is not empty"):
        call_command("make_services", folder)
    with pytest.raises(CommandError, match="so many can be named"):
        call_command("make_services", tmp_path / "other", services=-1)
