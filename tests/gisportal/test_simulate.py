"""``manage.py simulate``: real processes, and what they leave behind holds."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
import shapely
from django.core.management import CommandError, call_command
from django.db import connections

from gisportal.accounts.models import RoleGrant, User
from gisportal.management.commands import simulate as command
from gisportal.sample.services import write_services
from gisportal.simulation import run
from gisportal.simulation.client import run_client
from gisportal.simulation.land import Wanted, read_land
from gisportal.simulation.life import World
from gisportal.simulation.measuring import Measures
from gisportal.simulation.people import make_people
from gisportal.simulation.requests import draw_form, paper_for, write_papers
from land_services.cases.checking import check_file
from land_services.cases.models import Attempt, Case, CaseFile, IssuedDocument
from land_services.cases.proof import case_faults
from land_services.cases.sniffing import kind_of
from land_services.catalogue import load_catalogue, use_folders
from land_services.catalogue.forms import check_form
from layers.models import AuditRow
from tests import databases
from tests.sample import Sample, committed_sample, sample_land

__all__ = ["committed_sample", "sample_land"]

Put = Callable[[str], Sample]


@pytest.fixture
def debug(settings: Any) -> Any:
    settings.DEBUG = True
    yield settings
    use_folders(settings.CATALOGUE_DIRS)


def simulated(*words: str) -> str:
    out = StringIO()
    call_command("simulate", *words, stdout=out, stderr=StringIO())
    connections.close_all()
    return out.getvalue()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_processes_carry_cases_of_all_services_and_everything_holds(
    committed_sample: Put, debug: Any, tmp_path: Path
) -> None:
    committed_sample("land")
    write_services(tmp_path / "cards", 20, 10)
    said = simulated("--cases", "70", "--clients", "2", "--services", str(tmp_path / "cards"), "--with-documents", "2")
    assert Case.objects.count() >= 60 and not list(case_faults())
    assert "FAIL" not in said and re.search(r"[\d.]+ cases/s", said) and "refusals" in said
    services = set(Case.objects.values_list("service", flat=True))
    assert len(services) > 25 and any(service.startswith("sample_") for service in services)
    acts_done = set(AuditRow.objects.filter(action__startswith="case.").values_list("action", flat=True))
    assert acts_done >= {"case.open", "case.attach", "case.submit", "case.finish", "case.approve", "case.issue"}
    assert IssuedDocument.objects.values("case").distinct().count() == 2, said
    assert CaseFile.objects.values("sha256").distinct().count() <= 9, "one file of each kind, shared by all"
    assert not RoleGrant.objects.filter(user__is_demo=True, valid_until=None).exists(), "their roles end with the run"
    assert not User.objects.filter(login__startswith="sim_", is_demo=False).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_seed_draws_the_same_requests(committed_sample: Put, debug: Any) -> None:
    drawn = []
    for _ in range(2):
        committed_sample("land")
        simulated("--cases", "8", "--clients", "2", "--seed", "7", "--keep")
        cases = Case.objects.values_list("service", "form", "parcel_uids")
        drawn.append(sorted(cases, key=str))
        assert RoleGrant.objects.filter(user__is_demo=True, valid_until=None).exists()
    assert drawn[0] == drawn[1]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_client_that_falls_over_is_told_and_the_run_fails(
    committed_sample: Put, debug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed_sample("land")

    def falls(*args: Any, **more: Any) -> None:
        raise ZeroDivisionError("a fault of the software")

    monkeypatch.setattr(run, "run_client", falls)
    with pytest.raises(CommandError, match="a fault of the software"):
        simulated("--cases", "4")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_it_stops_between_two_acts_when_asked(committed_sample: Put, tmp_path: Path) -> None:
    committed_sample("land")
    here = databases.database(databases.worker_name()).environment()
    command = [sys.executable, "manage.py", "simulate", "--cases", "5000"]
    environment = {**os.environ, **here, "DEBUG": "1", "MEDIA_ROOT": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None and "cases" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and said.startswith("Stopped") and "FAIL" not in said
    assert 0 < Case.objects.count() < 5000 and not list(case_faults())


def test_it_is_refused_while_debug_is_off(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = False
    monkeypatch.setattr(command, "simulate", None)
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("simulate", stdout=StringIO(), stderr=StringIO())


def test_drawn_answers_stand_and_papers_are_what_they_say(tmp_path: Path) -> None:
    papers = write_papers(tmp_path)
    assert {kind: kind_of(path) for kind, path in papers.items()} == {kind: kind for kind in papers}
    for card in load_catalogue().values():
        for n in range(5):
            _, findings = check_form(card, draw_form(card, Random(n)))
            assert not findings, (card.code, findings)
        for document in card.documents:
            assert document.code == "survey_file" or paper_for(document, papers), (card.code, document)


def test_land_around_other_land_is_not_drawn(tmp_path: Path) -> None:
    lot, around = shapely.box(0, 0, 9, 9), shapely.box(0, 0, 20, 20).difference(shapely.box(5, 5, 9, 9))
    assert Wanted(["a"], [("1", lot)]).write(tmp_path / "lot.dxf")
    for parts in ([], [("1", lot), ("2", around)]):
        assert not Wanted(["a"], parts).write(tmp_path / "nothing.dxf")
    assert [path.name for path in tmp_path.iterdir()] == ["lot.dxf"]


@pytest.mark.django_db(databases=["default", "owner"])
def test_everybody_needed_is_there_and_nobody_twice() -> None:
    cards = [card for card in load_catalogue().values() if card.status == "open"]
    people = make_people(cards)
    before = User.objects.count()
    make_people(cards)
    assert User.objects.count() == before
    for card in cards:
        assert all(len(people.by_role[stage.role]) == 3 for stage in card.stages if stage.role != "applicant")
        assert all(people.by_agency[referral.code] for referral in card.referrals)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE cases_stagerun SET state = 'done', done_at = now() WHERE state = 'active'", "nobody has a turn"),
        ("INSERT INTO cases_casestep (case_id, act, stage, round, at, note, details) "
         "SELECT id, 'made_up', '', 0, now(), '', '{}' FROM cases_case", "no row of audit"),
        ("INSERT INTO cases_casepause (case_id, began_at) SELECT id, now() FROM cases_case", "clock"),
    ],
)  # fmt: skip
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_proof_finds_a_case_that_does_not_stand(committed_sample: Put, statement: str, fault: str) -> None:
    committed_sample("recommended")
    assert not list(case_faults())
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)
    assert [case.reference for case in Case.objects.all()] == [reference for reference, _ in case_faults()]
    assert fault in next(case_faults())[1]


@pytest.mark.django_db(databases=["default", "owner"])
def test_subdivisions_are_surveyed_and_change_the_register(sample_land: Sample, tmp_path: Path) -> None:
    cards, measures = [load_catalogue()["subdivision"]], Measures()
    world = World(cards, make_people(cards), read_land(3), write_papers(tmp_path), tmp_path, measures)
    run_client(world, 12, "3/0", stopped=lambda: False, told=lambda done: None)
    cases = Case.objects.all()
    assert measures.cases == cases.count() == 12
    assert Attempt.objects.filter(fit=True).exists() and cases.filter(state="approved", entry__isnull=False).exists()
    assert not list(case_faults()) and not list(tmp_path.glob("3-*.dxf"))


@pytest.mark.django_db
def test_survey_decisions_are_drawn_on_the_national_reference(sample_land: Sample, tmp_path: Path) -> None:
    wanted = read_land(3).wanted("survey_decision", Random(4))
    assert wanted.crs == "EPSG:9359"
    assert wanted.write(tmp_path / "survey.dxf")
    answers = {**wanted.answers, "instruments": "both", "accuracy_mm": "20"}
    checked = check_file(
        "survey_decision", tmp_path / "survey.dxf", wanted.parcels, reference="x", filed_on=date(2026, 11, 22),
        crs=wanted.crs, answers=answers,
    )  # fmt: skip
    assert {f.rule for f in checked.findings if f.rule.startswith("SVD") and f.severity == "error"} == set()
    assert checked.inputs.survey.crs == "EPSG:32639"
