"""The catalogue as it is shipped: complete, sourced, read from several folders, one card for one code and prefix."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gisportal.accounts.roles import Role
from land_services.catalogue import (
    FOLDER,
    ROLES,
    CatalogueError,
    Department,
    departments,
    load_catalogue,
    read_card,
    read_folders,
    read_shared,
    use_folders,
)
from land_services.catalogue.fees import fee_of
from land_services.catalogue.model import DEFAULTS, FEE_KINDS, FIELD_KINDS, OUTPUT_KINDS, STAGE_KINDS
from tests.land_services.catalogue.cards import FULL, line_of

ROOT = Path(__file__).parents[3]
SOURCES = """[sources.practice]
title_ar = "ممارسة"
title_en = "Practice"
date = ""
confidence = "placeholder"
"""
DEPARTMENTS = """[[departments]]
code = "balloons"
ar = "المناطيد"
en = "Balloons"
roles = ["inspector", "reviewer"]

[[office_classes]]
code = "aloft"
ar = "الطيران"
en = "Aviation"
"""
DOCUMENTS = """[[documents]]
code = "national_id"
ar = "الهوية"
en = "Identity card"
required = true
formats = ["pdf"]
source = "practice"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the full card and the shared facts it names."""
    (tmp_path / "shared").mkdir()
    for name, text in (("sources", SOURCES), ("departments", DEPARTMENTS), ("documents", DOCUMENTS)):
        (tmp_path / "shared" / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "full_card.toml").write_text(FULL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def put_back() -> Iterator[None]:
    yield
    use_folders(())


def test_subdivision_has_its_stages_in_order_and_ten_working_days() -> None:
    card = load_catalogue()["subdivision"]
    codes = ["draft", "survey_review", "head_review", "payment", "decision", "issued", "registry"]
    assert [stage.code for stage in card.stages] == codes
    kinds = ["draft", "review", "review", "payment", "decision", "issue", "registry"]
    assert [stage.kind for stage in card.stages] == kinds
    assert card.target_days == 10 == sum(s.days for s in card.stages if s.code != "registry")
    assert card.target_source.confidence == "official"
    assert card.register and card.land == "required"


def test_the_stages_after_another_are_known_and_none_after_the_last() -> None:
    card = load_catalogue()["subdivision"]
    assert [stage.code for stage in card.followers("head_review")] == ["payment"]
    assert card.draft.code == "draft" and [stage.code for stage in card.initial()] == ["survey_review"]
    assert card.followers("registry") == ()
    for ask in (card.stage, card.followers, card.before):
        with pytest.raises(KeyError, match="no stage nonsense"):
            ask("nonsense")


def test_every_fact_of_every_card_has_both_languages_and_a_source() -> None:
    for card in load_catalogue().values():
        facts: tuple[Any, ...] = (
            *card.applicants,
            *card.documents,
            *card.conditions,
            *card.stages,
            *card.outputs,
            *card.referrals,
        )
        for fact in (*facts, card.fee, card.retention):
            assert fact.source.title and fact.source.title_ar
            assert any("\u0600" <= letter <= "\u06ff" for letter in fact.ar), fact
            assert fact.en and not any("\u0600" <= letter <= "\u06ff" for letter in fact.en)


def test_every_card_belongs_to_a_department_and_has_a_prefix_of_its_own() -> None:
    cards = load_catalogue()
    assert {card.department for card in cards.values()} <= set(departments())
    assert len({card.reference_prefix for card in cards.values()}) == len(cards)


def test_roles_of_stages_are_the_roles_of_accounts() -> None:
    assert set(ROLES) == set(Role.values) and len(ROLES) == len(set(ROLES))


def test_the_catalogue_is_read_once_and_anew_when_folders_are_added(folder: Path, put_back: None) -> None:
    first = load_catalogue()
    assert load_catalogue() is first and "full_card" not in first
    use_folders([folder])
    added = load_catalogue()
    assert set(added) == {*first, "full_card"} and list(added) == sorted(added)
    assert departments()["balloons"].en == "Balloons"


def test_a_code_and_a_prefix_given_twice_are_refused_naming_the_second_file(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "full_card.toml").write_text(FULL, encoding="utf-8")
    twin = FULL.replace('code = "full_card"', 'code = "twin"', 1)
    (other / "twin.toml").write_text(twin, encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_folders([folder, other])
    faults = [(fault.file, fault.line, fault.key) for fault in refused.value.faults]
    assert faults == [
        ("full_card.toml", line_of(FULL, "code = "), "code"),
        ("full_card.toml", line_of(FULL, "reference_prefix"), "reference_prefix"),
        ("twin.toml", line_of(FULL, "reference_prefix"), "reference_prefix"),
    ]


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    broken = FULL.replace("days = 12", "days = -12").replace('role = "mayor"', 'role = "emperor"')
    (folder / "full_card.toml").write_text(broken, encoding="utf-8")
    (folder / "no_text.toml").write_bytes(b'code = "\xff"')
    with pytest.raises(CatalogueError) as refused:
        read_folders([folder])
    told = str(refused.value).splitlines()
    assert len(told) == 3 == len(refused.value.faults)
    line = line_of(broken, 'role = "emperor"')
    assert told[0].startswith(f"full_card.toml:{line}: stages[4].role: 'emperor'")
    assert told[1].startswith(f"full_card.toml:{line_of(broken, 'days = -12')}: target.days: ")
    assert told[2].startswith("no_text.toml:1: TOML: the file is not UTF-8")


def test_a_fault_of_the_shared_facts_is_told_alone(folder: Path) -> None:
    (folder / "shared" / "sources.toml").write_text(SOURCES.replace("placeholder", "rumour"), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_folders([folder])
    assert str(refused.value).startswith("shared/sources.toml:5: sources.practice.confidence: 'rumour' is not one of")


def test_the_card_of_the_how_to_is_a_card() -> None:
    text = (ROOT / "docs" / "how-to" / "add-a-service.md").read_text(encoding="utf-8")
    card_text = text.partition("```toml\n")[2].partition("```")[0]
    shared = read_shared(FOLDER / "shared")
    shared = replace(shared, departments={"archive": Department("archive", "الأرشيف", "Archive")})
    card = read_card(card_text, "archive_copy.toml", shared)
    assert fee_of(card, {"copies": 4}).amount == 100
    for name in (*STAGE_KINDS, *FIELD_KINDS, *FEE_KINDS, *OUTPUT_KINDS, *DEFAULTS):
        assert re.search(rf"[` ]{name}[` ]", text), name


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="CATALOGUE_DIRS: there is no such folder"):
        read_folders([tmp_path / "absent"])


def test_cards_are_checked_from_the_command_line(folder: Path) -> None:
    def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "land_services.catalogue", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    good = check(str(folder))
    assert (good.returncode, good.stdout) == (0, f"{len(list(FOLDER.glob('*.toml'))) + 1} cards, no fault\n")
    assert check("--only", str(folder)).stdout == "1 cards, no fault\n"
    (folder / "full_card.toml").write_text(FULL.replace("days = 12", "days = 1.5"), encoding="utf-8")
    bad = check(str(folder))
    assert bad.returncode == 1
    assert bad.stderr.startswith(f"full_card.toml:{line_of(FULL, 'days = 12')}: target.days: must be a whole number")
