"""A small sample municipality for tests: loaded once a run, cloned by whoever needs it.

``sample_land``, ``sample_recommended`` and ``sample_issued`` serve a module whose tests roll back
(``@pytest.mark.django_db``); ``committed_sample("land")`` serves one test that commits
(``@pytest.mark.django_db(transaction=True, databases=["default", "owner"])``). What is made on the way of a case, each
stage on top of the one before: the land and one account for each role; a case with a refused and a fit attempt,
passed by the reviewer and the head of survey, so that it waits for the mayor; the same case approved and issued.
``sample_measured`` is the land with a survey decision issued for one lot.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from shapely.geometry import Polygon

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role
from gisportal.accounts.viewer import viewer_of
from gisportal.sample.city import City, generate
from gisportal.sample.load import load_city
from gisportal.sample.survey import DemoSurvey, Drawing, demo_subdivision
from land_services.cases import acts
from land_services.cases.models import Case
from land_services.domain import SurveyPart, SurveyPlan
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers.viewer import Viewer
from tests import databases

__all__ = [
    "CRS",
    "Sample",
    "committed_sample",
    "sample_city",
    "sample_files",
    "sample_issued",
    "sample_land",
    "sample_measured",
    "sample_recommended",
    "sample_stage",
]

PARCELS, SEED, SRID = 300, 1448, 32639
CRS = f"EPSG:{SRID}"

# Besides one account for each role, named after it.
MORE_PEOPLE = {
    "outsider": ("surveyor",),
    "reviewing_head": ("reviewer", "survey_head"),
    "filing_head": ("surveyor", "survey_head", "reviewer"),
    "second_head": ("survey_head",),
    "reviewing_mayor": ("reviewer", "mayor"),
    "second_mayor": ("mayor",),
}


@dataclass(frozen=True)
class Sample:
    """The land, the survey of the demonstration lot and its files, and the people."""

    city: City
    survey: DemoSurvey
    first: Path
    proper: Path
    deed: Path

    @property
    def uid(self) -> str:
        """The identifier of the lot that the survey divides."""
        return str(self.survey.parcel.uid)

    @property
    def label(self) -> str:
        """The lot as PLAN/BLOCK/PARCEL."""
        lot = self.survey.lot
        return "/".join([*((p or "-").replace("/", "%2F") for p in (lot.plan_no, lot.block_no)), lot.parcel_no])

    def user(self, login: str) -> User:
        return User.objects.get(login=login)

    def viewer(self, login: str) -> Viewer:
        """Who is looking, by login: a role, or one of ``MORE_PEOPLE``."""
        return viewer_of(self.user(login))

    def situation(self, code: str) -> str:
        """Return the identifier of the first parcel of a situation, such as ``seized``."""
        return str(self.city.situation(code).uid)

    def plan(self, drawing: Drawing | None = None) -> SurveyPlan:
        """Return a drawing, the proper one if not said, as a survey plan in the storage CRS."""
        drawn = drawing or self.survey.proper
        return SurveyPlan(
            parts=tuple(_parts(drawn)),
            outer=SurveyPart("", _polygon(drawn.outer)),
            crs=CRS,
            unit="m",
            format="",
            file_name="",
            sha256="",
        )

    def open(self, login: str = "surveyor") -> Case:
        """Open a case on the lot, with its deed."""
        case = acts.open_case("subdivision", [self.uid], viewer=self.viewer(login))
        acts.attach(case, self.deed, viewer=self.viewer(login), document="deed", file_name="deed.pdf")
        return case

    def submitted(self, login: str = "surveyor") -> Case:
        """Open a case, hand the proper file in and submit it."""
        case = self.open(login)
        attempt, _ = acts.hand_in(case, self.proper, viewer=self.viewer(login), crs=CRS)
        assert attempt.fit, attempt.report
        return acts.submit(case, viewer=self.viewer(login))

    def reviewed(self, case: Case) -> Case:
        """Pass a submitted case on to the mayor."""
        acts.finish(case, "survey_review", viewer=self.viewer("reviewer"))
        return acts.finish(case, "head_review", viewer=self.viewer("survey_head"))

    def case(self) -> Case:
        """Return the case of the later stages, the first, as it stands."""
        return Case.objects.order_by("pk")[0]


def _polygon(ring: object) -> Polygon:
    return Polygon([(x / 1000, y / 1000) for x, y in ring])  # type: ignore[attr-defined]


def _parts(drawing: Drawing) -> list[SurveyPart]:
    return [SurveyPart(piece.number, _polygon(piece.ring)) for piece in drawing.parts]


@cache
def sample_city() -> Sample:
    """Return the city without a database: same rows on every machine."""
    city = generate(PARCELS, SEED, SRID)
    survey = demo_subdivision(city)
    folder = databases.run_folder()
    paths = {}
    for name, drawing in (("first-attempt.dxf", survey.first_attempt), ("subdivision.dxf", survey.proper)):
        paths[name] = folder / name
        # A DXF holds the time it was written: the first process writes the one that all of them hand in.
        mine = folder / f"{os.getpid()}-{name}"
        write_subdivision_dxf(mine, _parts(drawing), _polygon(drawing.outer))
        with suppress(FileExistsError):
            os.link(mine, paths[name])
        mine.unlink()
    deed = folder / "deed.pdf"
    if not deed.exists():
        deed.write_bytes(b"%PDF-1.4\n% a deed, as far as its first bytes say\n%%EOF\n")
    return Sample(city, survey, paths["first-attempt.dxf"], paths["subdivision.dxf"], deed)


# Stages: each is a template database and a folder of files -----------------------------------------------------------


def _build_land() -> None:
    load_city(sample_city().city, progress=lambda *_: None)
    people = {role.value: (role.value,) for role in Role} | MORE_PEOPLE
    for login, roles in people.items():
        user = User(login=login, name_ar=f"حساب {login}", name_en=f"Account {login}")
        user.set_unusable_password()
        user.save()
        for role in roles:
            RoleGrant.objects.create(user=user, role=role)


def _build_recommended() -> None:
    sample = sample_city()
    case = sample.open()
    surveyor = sample.viewer("surveyor")
    attempt, _ = acts.hand_in(case, sample.first, viewer=surveyor, crs=CRS)
    assert not attempt.fit
    attempt, _ = acts.hand_in(case, sample.proper, viewer=surveyor, crs=CRS)
    assert attempt.fit, attempt.report
    sample.reviewed(acts.submit(case, viewer=surveyor))


def _build_issued() -> None:
    sample = sample_city()
    case, _ = acts.approve(sample.case(), viewer=sample.viewer("mayor"))
    acts.issue(case, viewer=sample.viewer("mayor"))


def _build_measured() -> None:
    from tests.land_services.cases.survey_cases import decided

    decided(sample_city(), databases.run_folder())


_BUILD: dict[str, tuple[str, Callable[[], None]]] = {
    "land": ("", _build_land),
    "recommended": ("land", _build_recommended),
    "issued": ("recommended", _build_issued),
    "measured": ("land", _build_measured),
}


def sample_files(stage: str) -> Path:
    """Return the folder of the files that belong to a stage."""
    folder = databases.run_folder() / f"media-{stage}"
    folder.mkdir(exist_ok=True)
    return folder


def sample_stage(stage: str) -> str:
    """Return the template database of a stage, made once in this run."""
    before, build = _BUILD[stage]
    source = sample_stage(before) if before else databases.base()

    def fill() -> None:
        media = sample_files(stage)
        if before:
            shutil.copytree(sample_files(before), media, dirs_exist_ok=True)
        with override_settings(MEDIA_ROOT=media):
            build()

    return databases.template(f"sample_{stage}", source, fill)


# Fixtures -------------------------------------------------------------------------------------------------------------


def _for_module(stage: str, blocker: DjangoDbBlocker, media: Path) -> Iterator[Sample]:
    name = databases.worker_name()
    with blocker.unblock():
        databases.renew(name, sample_stage(stage))
    shutil.copytree(sample_files(stage), media, dirs_exist_ok=True)
    with override_settings(MEDIA_ROOT=media):
        yield sample_city()
    with blocker.unblock():
        databases.renew(name)


@pytest.fixture(scope="module")
def sample_land(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """The sample municipality and its people, for a module whose tests roll back."""
    yield from _for_module("land", django_db_blocker, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def sample_recommended(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """The same with a case that waits for its decision."""
    yield from _for_module("recommended", django_db_blocker, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def sample_issued(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """The same with the case approved and its documents issued."""
    yield from _for_module("issued", django_db_blocker, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def sample_measured(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """The sample land with a survey decision issued for one lot, for a module whose tests roll back."""
    yield from _for_module("measured", django_db_blocker, tmp_path_factory.mktemp("media"))


@pytest.fixture
def committed_sample(transactional_db: None, tmp_path: Path) -> Iterator[Callable[[str], Sample]]:
    """Return a function that puts this test's own database into a stage; what the test commits goes with it."""
    media = tmp_path / "media"

    def put(stage: str) -> Sample:
        databases.renew(databases.worker_name(), sample_stage(stage))
        shutil.copytree(sample_files(stage), media, dirs_exist_ok=True)
        return sample_city()

    with override_settings(MEDIA_ROOT=media):
        yield put
