"""The demonstration: whole in one go, safe to repeat and to interrupt, refused on a real installation."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gisportal.accounts.demo import create_demo_accounts
from gisportal.accounts.models import User
from gisportal.demo import Demo
from gisportal.management.commands import demo as command
from land_services.cases.models import Case, IssuedDocument
from layers.models import Parcel
from tests.sample import PARCELS, SEED, Sample, committed_sample

__all__ = ["committed_sample"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def demo(committed_sample: Callable[[str], Sample], tmp_path: Path, settings: Any) -> tuple[Demo, list[str]]:
    settings.DEBUG = True
    committed_sample("land")
    create_demo_accounts(tmp_path / "accounts.json")
    said: list[str] = []
    return Demo(tmp_path / "demo", said.append, parcels=PARCELS, seed=SEED, progress=lambda *_: None), said


def test_it_runs_whole_and_again(demo: tuple[Demo, list[str]]) -> None:
    run, said = demo
    run.load()
    case = run.run()
    assert case is not None and case.state == "issued" and case.documents.count() == 8
    text = "\n".join(said)
    assert "refused: not fit" in text and "SUB-03" in text and "submitted for review" in text
    assert text.index("refused: not fit") < text.index("submitted for review")
    for document in IssuedDocument.objects.all():
        assert document.file.path in text and Path(document.file.path).is_file()
    assert run.prove()
    said.clear()
    assert run.run() == case
    assert Case.objects.count() == 1 and "earlier run" in said[0]


def test_it_goes_on_where_it_was_interrupted(demo: tuple[Demo, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    run, said = demo
    real = run._tell
    monkeypatch.setattr(run, "_tell", lambda attempt: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        run.run()
    monkeypatch.setattr(run, "_tell", real)
    monkeypatch.setattr("gisportal.demo.acts.issue", lambda case, viewer: [])
    case = run.run()
    assert case is not None and case.state == "approved"
    assert any("Going on with" in line for line in said)
    assert case.attempts.count() == 3


def test_other_land_is_left_alone(demo: tuple[Demo, list[str]]) -> None:
    run, said = demo
    other = Demo(run.folder, said.append, parcels=PARCELS, seed=SEED + 1, progress=lambda *_: None)
    before = Parcel.objects.count()
    other.load()
    assert other.run() is None
    assert Parcel.objects.count() == before and not Case.objects.exists()


def test_it_is_refused_while_debug_is_off(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = False
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(command, "Demo", None)
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("demo", stdout=StringIO(), stderr=StringIO())
    assert not User.objects.exists() and not list(tmp_path.rglob("*.json"))
