"""Every rule id has a text, a legal source, a line in the documentation and a test."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from land_services.catalogue import load_catalogue
from land_services.messages import MESSAGES
from land_services.registry import SERVICES
from land_services.rules import authorities, load_pack
from land_services.rules.document import PAGE, document
from land_services.rules.schema import BASES, KEYS

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ("services", "checks")
    for path in sorted((ROOT / "land_services" / folder).glob("*.py"))
]  # fmt: skip
SOURCE = {path: path.read_text(encoding="utf-8") for path in CODE}
TESTS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "tests" / "land_services").rglob("test_*.py"))
    if "surveys" not in path.parts
)
SURVEY_TESTS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "land_services" / "surveys").rglob("*.py"))
)


def test_the_page_of_rules_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "run: python -m land_services.rules.document"


def test_every_id_that_a_check_uses_is_known_and_every_known_id_is_used() -> None:
    used = {rule for text in SOURCE.values() for rule in re.findall(r'"((?:LND|SUB|MRG|BDA|DED|DUP|SVD)-\d\d)"', text)}
    assert used == set(BASES)


@pytest.mark.parametrize("rule", BASES)
def test_every_check_has_a_text_a_source_a_line_and_a_test(rule: str) -> None:
    assert MESSAGES[rule]
    for authority in authorities():
        assert any(entry.key == rule and entry.source.title for entry in load_pack(authority).entries)
    assert f"| {rule} " in document() or f"| {rule} |" in document()
    assert f'"{rule}"' in TESTS, f"no test names {rule}"


@pytest.mark.parametrize("rule", sorted(rule for rule in MESSAGES if rule.startswith("SRV")))
def test_every_remark_of_the_reader_has_a_line_and_a_test(rule: str) -> None:
    assert f"| {rule}" in document()
    assert rule in SURVEY_TESTS, f"no test names {rule}"


ASKING = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("services", "checks", "documents", "cases")
    for path in sorted((ROOT / "land_services" / folder).rglob("*.py"))
)


@pytest.mark.parametrize("key", KEYS)
def test_every_rule_value_is_asked_for_once_its_service_is_open(key: str) -> None:
    """A rule that nobody asks for is a promise not kept; one of a coming service may wait for its check."""
    service = KEYS[key].service
    if service and service not in SERVICES:
        assert load_catalogue()[service].status == "planned", f"{key}: {service} is open, and nothing asks"
        return
    assert f'"{key}"' in ASKING, f"nothing asks for {key}"


@pytest.mark.parametrize("authority", authorities())
def test_every_rule_is_said_in_both_languages_and_a_placeholder_too(authority: str) -> None:
    pack = load_pack(authority)
    for key in KEYS:
        assert re.search("[\u0621-\u064a]", pack.about[key][0]) and re.search("[a-z]", pack.about[key][1]), key
    for entry in pack.entries:
        assert re.search("[\u0621-\u064a]", entry.source.title_ar) and entry.source.title, entry
        traced = entry.source.date or re.search(r"\(.*\w.*\)", entry.source.title)
        assert traced or entry.source.confidence != "official", f"{entry.key}: {entry.source.title} cannot be found"


def test_no_check_holds_a_municipal_number_of_its_own() -> None:
    """A number with a unit of law in a message or comparison comes from the pack; tolerances of rounding have names."""
    for path, text in SOURCE.items():
        assert not re.search(r"(?:<|>|<=|>=)\s*\d{2,}(?:\.\d+)?\s*(?:#|:|$|and|or)", text), path


def test_every_spatial_service_is_registered_under_its_code_and_has_a_card() -> None:
    cards = load_catalogue()
    for code, service in SERVICES.items():
        assert service.code == code
        assert code in cards
    files = {path.stem for path in (ROOT / "land_services" / "services").glob("*.py")} - {"__init__"}
    assert files == set(SERVICES)


@pytest.mark.parametrize("code", SERVICES)
def test_every_check_has_a_sentence_and_a_name_of_its_own(code: str) -> None:
    names = [check.__name__ for check in SERVICES[code].checks]
    assert len(names) == len(set(names))
    for check in SERVICES[code].checks:
        assert check.__name__.startswith("check_")
        assert (check.__doc__ or "").strip(), check.__name__


def test_services_checks_and_rules_import_without_django() -> None:
    modules = "land_services.registry, land_services.changesets, land_services.catalogue, land_services.rules.document"
    probe = f"import {modules}, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0
