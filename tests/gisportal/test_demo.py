"""The demonstration: whole in one go, safe to repeat and to interrupt, refused on a real installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from gisportal.accounts.demo import create_demo_accounts
from gisportal.accounts.models import User
from gisportal.demo import LICENCE, OFFICE, Demo
from gisportal.demo_cases import STATES, Shown, file_cases
from gisportal.demo_cases import run as showing
from gisportal.demo_cases.ways import person
from gisportal.management.commands import demo as command
from gisportal.sample.office import join_office
from land_services.cases.at_work import look_at
from land_services.cases.models import Case, CaseStep, IssuedDocument
from land_services.cases.people import agencies_of
from land_services.offices.models import OfficeLicence
from land_services.registry import SERVICES
from layers.models import Parcel
from layers.viewer import ANONYMOUS
from tests.budget import SOAK
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


SHOWN = {
    "merge": ("draft", "stopped"),
    "boundary_adjustment": ("returned", "agency"),
    "update_and_subdivide": ("draft",),
    "deed_update": ("committee", "payment", "registry_returned"),
    "duplex_subdivision": ("visit", "withdrawn"),
    "subdivision": ("decision", "rejected", "confirmed"),
    "survey_decision": ("visit", "finished"),
}
"""What an everyday run looks at: each service, and each way of a state; a small sample has land for it."""
STATES_OF_CASES = {
    "draft": "draft", "returned": "returned", "approved": "approved", "issued": "issued", "rejected": "rejected",
    "registry_returned": "issued", "confirmed": "closed", "finished": "closed",
    "withdrawn": "withdrawn", "stopped": "stopped",
}  # fmt: skip


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    if SOAK:
        return
    some = {
        code: replace(service, without=frozenset(STATES) - set(SHOWN[code]))
        for code, service in showing.SERVICES.items()
    }
    monkeypatch.setattr(showing, "SERVICES", some)


def shown_cases(run: Demo) -> list[Shown]:
    join_office(User.objects.get(login="demo_surveyor"), LICENCE, *OFFICE)
    return file_cases(run.city, run.folder, lambda *_: None)


def test_every_land_service_has_its_place_in_the_demonstration() -> None:
    assert set(showing.SERVICES) == set(SERVICES), "say in gisportal/demo_cases what is shown of it"


def test_each_service_is_shown_in_its_states_and_another_run_adds_nothing(
    demo: tuple[Demo, list[str]], few: None
) -> None:
    run, said = demo
    shown = shown_cases(run)
    there = [one for one in shown if one.reference]
    assert {one.service for one in there} == set(showing.SERVICES), [one.why for one in shown]
    assert SOAK or len(there) == sum(map(len, SHOWN.values())), [one.why for one in shown]
    for one in there:
        case = Case.objects.get(reference=one.reference)
        assert one.is_new and case.service == one.service
        assert case.state == STATES_OF_CASES.get(one.state.code, "submitted"), (one.service, one.state.code)
        assert case.attempts.latest("pk").fit is (one.state.code != "draft")
        if one.state.code == "returned":
            remarks = list(case.remarks.order_by("number"))
            assert len({remark.place for remark in remarks}) == 3
            assert [bool(remark.answer) for remark in remarks] == [True, False, False]
        elif one.state.code == "agency":
            (referral,) = case.referrals.all()
            assert referral.is_open and referral.agency in agencies_of(person("agency"), timezone.now())
        elif one.state.code == "visit":
            assert case.visits.get().agreed_at is not None
        elif one.state.code in ("committee", "payment", "decision"):
            assert [stage.kind for stage in case.stages.filter(state="active")] == [one.state.code]
            assert case.invoices.filter(kind="surplus", paid_at=None).exists() is (one.state.code == "payment")
        elif one.state.code == "confirmed":
            changes = look_at(case, ANONYMOUS).deed_changes
            assert case.documents.exists() and changes and all(change.state == "confirmed" for change in changes)
        elif one.state.code == "registry_returned":
            assert case.documents.exists() and look_at(case, ANONYMOUS).deed_is_returned
    client = Client()
    client.force_login(User.objects.get(login="demo_surveyor"))
    for one in there:
        assert f"/en/cases/{one.reference}/" in client.get(f"/en/cases/?q={one.reference}").content.decode()

    before = CaseStep.objects.count()
    again = shown_cases(run)
    assert [one.reference for one in again] == [one.reference for one in shown]
    assert CaseStep.objects.count() == before and not any(one.is_new for one in again)
    run.show_cases(again)
    assert said[0].startswith("\nCases to look at (0 filed now")
    assert all(any(f"/cases/{one.reference}/" in line for line in said) for one in there)


def test_an_office_that_an_older_release_made_is_licensed_and_classified(demo: tuple[Demo, list[str]]) -> None:
    user = User.objects.get(login="demo_surveyor")
    party = join_office(user, LICENCE, *OFFICE)
    OfficeLicence.objects.filter(party_id=party).update(classes=[])
    assert join_office(user, LICENCE, *OFFICE) == party
    assert "surveying" in OfficeLicence.objects.get(party_id=party).classes
    OfficeLicence.objects.filter(party_id=party).delete()
    assert join_office(user, LICENCE, *OFFICE) == party
    assert "surveying" in OfficeLicence.objects.get(party_id=party).classes


def test_cases_that_an_interrupted_run_began_are_filed_by_the_next(
    demo: tuple[Demo, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = demo
    some = {"deed_update": replace(showing.SERVICES["deed_update"], without=frozenset(STATES) - {"draft", "review"})}
    monkeypatch.setattr(showing, "SERVICES", some)
    with monkeypatch.context() as interrupted:
        interrupted.setattr("gisportal.demo_cases.ways.acts.take", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shown_cases(run)
    assert [case.state for case in Case.objects.all()] == ["draft"], "whole cases or none"
    shown = shown_cases(run)
    assert [(one.state.code, one.is_new) for one in shown] == [("draft", False), ("review", True)]
    assert Case.objects.count() == 2


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
