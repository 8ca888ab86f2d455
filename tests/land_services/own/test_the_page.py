"""``docs/how-to/add-a-land-service.md`` followed word by word: its files make a service, filed to the issued paper."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from land_services.catalogue import load_catalogue
from land_services.documents.model import Text
from land_services.messages import MESSAGES
from land_services.own_services import OwnService, OwnServiceError, PaperWords, use_services
from land_services.registry import SERVICES
from land_services.rules.schema import KEYS, Key, known_checks
from tests import databases
from tests.layers.fabrics import ROOT
from tests.sample import sample_city, sample_stage

from .filing import NUMBER

pytestmark = pytest.mark.usefixtures("django_db_setup")
PAGE = ROOT / "docs" / "how-to" / "add-a-land-service.md"
FILE = re.compile(r"^`(ourtown/[\w./]+)`:\n\n```(?:python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files(page: str) -> dict[str, str]:
    return dict(FILE.findall(page))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the package, each file as the page has it."""
    folder = tmp_path_factory.mktemp("services")
    for name, text in {**files(PAGE.read_text(encoding="utf-8")), "ourtown/__init__.py": ""}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def land(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[databases.Database]:
    """A database with the sample's land, for processes of their own."""
    with django_db_blocker.unblock():
        made = databases.make()
        databases.renew(made.name, sample_stage("land"))
    yield made
    databases.drop(made.name)


def run(package: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in this tree as the page says, the package on its path."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package), "LAND_SERVICES": "ourtown.renumbering", **environment},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_the_page_gives_every_file_and_the_commands_that_are_run_here(package: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(files(page)) == [
        "ourtown/cards/renumbering.toml", "ourtown/messages.py", "ourtown/renumbering.py", "ourtown/rules.toml",
        "ourtown/test_renumbering.py",
    ]  # fmt: skip
    assert [text.split("\n")[:-1] for text in COMMAND.findall(page)] == [
        ["python -m land_services.catalogue ourtown/cards"],
        [
            "export PYTHONPATH=/etc/gisportal/services LAND_SERVICES=ourtown.renumbering",
            "python manage.py check",
        ],
    ]


def test_the_card_is_checked_alone(package: Path) -> None:
    done = run(package, "-m", "land_services.catalogue", package / "ourtown" / "cards", LAND_SERVICES="")

    assert (done.returncode, done.stdout) == (0, f"{len(load_catalogue()) + 1} cards, no fault\n"), done.stderr


def test_the_service_is_filed_and_carried_to_its_papers(
    package: Path, land: databases.Database, tmp_path: Path
) -> None:
    uid = sample_city().uid
    done = run(package, "-m", "tests.land_services.own.filing", tmp_path, uid, **land.environment())
    assert done.returncode == 0, done.stderr[-4000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])

    assert "System check identified no issues" in told["check"]
    assert len(told["tests"]) == 2
    assert set(told["packs"].values()) == {5} and "generic" in told["packs"]
    ((rule, arabic, english, source),) = told["refused"]
    assert rule == "RNM-02" and "لقطعة أخرى" in arabic and "another parcel of the block" in english
    assert source.endswith("| Practice of the municipality, no official text found")
    assert told["numbers"][1] == str(NUMBER) != told["numbers"][0]
    assert told["pending"] and not told["moved"]
    assert told["kinds"] == ["survey_decision", "number_drawing", "registry_letter"]
    assert "Renumbering Drawing" in told["papers"]["number_drawing"]
    assert "amend the number of the parcel" in " ".join(told["papers"]["registry_letter"].split())
    assert all(str(NUMBER) in text for text in told["papers"].values())


def test_nothing_of_it_is_in_this_process() -> None:
    assert "renumbering" not in load_catalogue()
    assert not any(name.startswith("ourtown") for name in sys.modules)


def like_the_page(tmp_path: Path) -> OwnService:
    """A service that fits as far as these checks look: that of a merger under another code."""
    rules = tmp_path / "rules.toml"
    rules.touch()
    text = Text("نص", "text")
    words = PaperWords(text, text, text, text)
    messages = {"RNM-01": {"": {"ar": "نص", "en": "text"}}}
    service = replace(SERVICES["merge"], code="renumbering")
    return OwnService(service, tmp_path, messages, words, rules=rules)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service": SERVICES["merge"]}, ["the service 'merge' exists already"]),
        (
            {"messages": {"MRG-01": {"": {"ar": "نص", "en": ""}}}},
            ["the check 'MRG-01' exists", "lacks Arabic or English"],
        ),
        ({"keys": {"max_parts": Key("integer", "1")}}, ["the rule 'max_parts' exists already"]),
        ({"outputs": {"geojson": "painting"}}, ["the output 'geojson' exists already", "made like 'painting'"]),
        ({"cards": Path("/nowhere")}, ["there is no folder /nowhere"]),
        ({"rules": None}, ["need a file of values and sources"]),
        ({"rules": Path("/nowhere.toml")}, ["there is no file /nowhere.toml"]),
    ],
)
def test_what_does_not_fit_is_said_whole_and_nothing_is_added(
    changes: dict[str, Any], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("elsewhere_town")
    module.OWN_SERVICE = replace(like_the_page(tmp_path), **changes)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "elsewhere_town", module)
    before = [dict(SERVICES), dict(MESSAGES), dict(KEYS), known_checks()]

    with pytest.raises(OwnServiceError) as refused:
        use_services(["elsewhere_town"])

    assert all(any(text in fault for fault in refused.value.faults) for text in said), refused.value.faults
    assert str(refused.value).startswith("LAND_SERVICES: elsewhere_town: ")
    assert [dict(SERVICES), dict(MESSAGES), dict(KEYS), known_checks()] == before


@pytest.mark.parametrize(
    ("name", "said"), [("no_such_town", "cannot be imported"), ("tests.budget", "has no OWN_SERVICE")]
)
def test_a_module_that_is_none_is_named(name: str, said: str) -> None:
    with pytest.raises(OwnServiceError, match=f"{name}.*{said}"):
        use_services([name])
