"""The demonstration: one real subdivision from a surveyor's drawing to an issued decision, through the same code as
everyone's. It prints each step with its time, and where the papers lie; then cases of each service in each state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from shapely.geometry import Polygon

from gisportal.accounts.models import User
from gisportal.accounts.viewer import viewer_of
from gisportal.demo_cases import STATES, Shown, file_cases
from gisportal.sample.city import City, generate
from gisportal.sample.deed import write_deed
from gisportal.sample.imagery import load_imagery
from gisportal.sample.load import load_city
from gisportal.sample.office import join_office
from gisportal.sample.survey import DemoSurvey, Drawing, demo_subdivision
from land_services.cases import acts
from land_services.cases.models import Attempt, Case, IssuedDocument
from land_services.catalogue import load_catalogue
from land_services.domain import SurveyPart
from land_services.register.apply import AppliedChange
from land_services.register.proof import audit_register
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers import audit
from layers.models import Parcel
from layers.viewer import Viewer
from tiles.generalise.run import generalise_all

__all__ = ["Demo"]

SERVICE = "subdivision"
LICENCE = "5100012345"
OFFICE = ("مكتب الأفق التجريبي للاستشارات الهندسية", "Al Ofuq Sample Engineering Consultants")
Say = Callable[[str], None]


class Demo:
    """The demonstration on a database: loads the sample where it is missing, files and decides one subdivision."""

    def __init__(self, folder: Path, say: Say, *, parcels: int, seed: int, progress: Any) -> None:
        self.folder = folder
        self.say = say
        self.progress = progress
        self.seconds = 0.0
        self.city: City = generate(parcels, seed, settings.STORAGE_SRID)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        self.say(f"{what} …")
        yield
        self.say(f"  done in {time.perf_counter() - started:.2f} s")

    def load(self) -> None:
        """Load the sample municipality into an empty register; a register that holds land is left as it is."""
        if Parcel.objects.exists():
            self.say("The sample municipality is loaded already.")
            return
        with self._step(f"Loading the sample municipality: {self.city.count:,} parcels"):
            report, _ = load_city(self.city, progress=self.progress)
            self.say(f"  {report.written:,} parcels, {report.defective:,} defective")
        with self._step("Outlining blocks and plans for small scales"):
            generalise_all(progress=self.progress)
        with self._step("Drawing it from above: an orthophoto and its terrain"):
            self.say(f"  {', '.join(load_imagery(self.city, progress=self.progress)) or 'there already'}")

    def run(self) -> Case | None:
        """Carry the subdivision through, go on where an earlier run stopped, or show what it issued.

        None where the register holds other land than this sample, which is then left as it is.
        """
        survey = demo_subdivision(self.city)
        uid = str(survey.parcel.uid)
        ours = Case.objects.filter(service=SERVICE, parcel_uids=[uid], filed_by__login="demo_surveyor")
        case = ours.exclude(state__in=["rejected", "withdrawn"]).order_by("pk").first()
        if case is not None and case.state in ("issued", "closed"):
            self.say(f"{case.reference} was issued by an earlier run.")
            self._show(list(case.documents.order_by("pk")))
            return case
        if case is None and not Parcel.objects.filter(uid=uid, end_lifespan_version=None).exists():
            self.say("The register does not hold the demonstration's lot (any more): nothing is filed.")
            return None
        return self._file_and_decide(survey, case)

    def _file_and_decide(self, survey: DemoSurvey, case: Case | None) -> Case:
        join_office(User.objects.get(login="demo_surveyor"), LICENCE, *OFFICE)
        surveyor = _viewer("surveyor")
        if case is None:
            with self._step("Opening the case"):
                case = acts.open_case(SERVICE, [str(survey.parcel.uid)], viewer=surveyor)
                self.say(f"  {case.reference}")
        else:
            self.say(f"Going on with {case.reference}, which an earlier run left {case.state}.")
        if case.state == "draft":
            self._survey(survey, case, surveyor)
        self._pass_on(case)
        if case.stages.filter(code="decision", state="active").exists():
            with self._step("Decision: approved by the mayor, applied to the register"):
                case, applied = acts.approve(case, viewer=_viewer("mayor"))
                self._tell_applied(applied)
        with self._step("Issuing the documents"):
            self._show(acts.issue(case, viewer=_viewer("mayor")))
        case.refresh_from_db()
        return case

    def _pass_on(self, case: Case) -> None:
        """Let each stage before the decision be done by somebody who holds its role."""
        while run := case.stages.filter(state="active", kind__in=["review", "payment"]).order_by("position").first():
            if run.kind == "payment":
                with self._step("Payment: the cashier's receipt"):
                    acts.pay(case, f"R-{case.reference}", run.code, viewer=_viewer(run.role))
            else:
                with self._step(f"Stage {run.code}: recommended by the {run.role.replace('_', ' ')}"):
                    acts.finish(case, run.code, viewer=_viewer(run.role))

    def _tell_applied(self, applied: AppliedChange | None) -> None:
        if applied is not None:
            retired, created, amended = len(applied.retired), len(applied.created), len(applied.amended)
            self.say(f"  retired {retired}, created {created}, amended {amended}")
            self.say("  " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in applied.seconds.items()))

    def _survey(self, survey: DemoSurvey, case: Case, surveyor: Viewer) -> None:
        lot = "/".join((part or "-").replace("/", "%2F") for part in survey.lot[2:4]) + f"/{survey.lot.parcel_no}"
        first = self._write("first-attempt.dxf", survey.first_attempt)
        proper = self._write("subdivision.dxf", survey.proper)
        self.say(f"The surveyor divides parcel {lot} into {len(survey.proper.parts)}: {proper}")
        with self._step(f"First attempt: {first.name}"):
            self._tell(self._hand_in(case, first, surveyor))
        with self._step(f"Second attempt: {proper.name}"):
            self._tell(self._hand_in(case, proper, surveyor))
        with self._step("Attaching the deed and submitting"):
            deed = write_deed(self.folder / "deed.pdf", {"رقم القطعة": lot, "الطلب": case.reference})
            acts.attach(case, deed, viewer=surveyor, document="deed", file_name=deed.name)
            acts.submit(case, viewer=surveyor)
            self.say("  submitted for review")

    def file_cases(self, carried: Case | None) -> list[Shown]:
        """File a case of each service in each state where it is missing; ``carried`` is the one that ``run`` issued."""
        if carried is None:
            return []
        join_office(User.objects.get(login="demo_surveyor"), LICENCE, *OFFICE)
        started = time.perf_counter()
        shown = file_cases(self.city, self.folder, self.progress)
        self.seconds = time.perf_counter() - started
        return [*shown, Shown(SERVICE, STATES["issued"], carried.reference)]

    def show_cases(self, shown: list[Shown]) -> None:
        """Print the cases as a table: service, state, reference, address."""
        if not shown:
            return
        new = sum(one.is_new for one in shown)
        there = sum(bool(one.reference) for one in shown) - new
        self.say(f"\nCases to look at ({new} filed now in {self.seconds:.1f} s, {there} there before):")
        for one in shown:
            address = f"{settings.PUBLIC_URL}{reverse('case', args=[one.reference])}" if one.reference else ""
            where = f"{one.reference}  {address}" if address else f"not filed: {one.why}"
            self.say(f"  {load_catalogue()[one.service].name_en:<37} {one.state.en:<26} {where}")

    def prove(self) -> bool:
        """Seal the audit, prove the register and say what came of it."""
        with self._step("Proving the register: audit_register"):
            while audit.seal() > 0:
                pass
            report = audit_register()
            for name, promise in report["promises"].items():
                self.say(f"  {name:<10} {'holds' if promise['ok'] else 'FAILS'}")
        return bool(report["ok"])

    def _write(self, name: str, drawing: Drawing) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        parts = [SurveyPart(piece.number, _polygon(piece.ring)) for piece in drawing.parts]
        write_subdivision_dxf(path, parts, _polygon(drawing.outer))
        return path

    @staticmethod
    def _hand_in(case: Case, path: Path, viewer: Viewer) -> Attempt:
        attempt, _ = acts.hand_in(case, path, viewer=viewer, crs=f"EPSG:{settings.STORAGE_SRID}")
        return attempt

    def _tell(self, attempt: Attempt) -> None:
        for finding in attempt.report["findings"]:
            self.say(f"  {finding['severity']:<8}{finding['rule']}  {finding['message']['en']}")
            self.say(f"                  {finding['message']['ar']}")
        self.say(f"  {'fit' if attempt.fit else 'refused: not fit'}")

    def _show(self, documents: list[IssuedDocument]) -> None:
        for document in documents:
            self.say(f"  {document.title:<22} {document.file.path}")


def _polygon(ring: Any) -> Polygon:
    return Polygon([(x / 1000, y / 1000) for x, y in ring])


def _viewer(role: str) -> Viewer:
    return viewer_of(User.objects.get(login=f"demo_{role}"))
