"""From an approved case to the papers that leave the house: decisions, drawing, letter, and the result as files.

Documents are made once. A crash on the way leaves the case approved and its documents to be issued again; what was
written before is not referred to by anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from land_services.changesets import from_json
from land_services.documents import build
from land_services.documents.decision import render_decision
from land_services.documents.letter import render_letter
from land_services.documents.model import Authority, OwnerLine, RepresentativeLine, Text
from land_services.documents.qr import new_verification_code
from land_services.documents.subdivision_drawing import render_subdivision_drawing
from land_services.domain import ChangeSet, CreateSpatialUnit, Facts
from land_services.register.adapters import as_multipolygon
from land_services.register.personal import PersonView, read_parties
from land_services.register.selectors import load_facts
from land_services.register.surroundings import surroundings
from land_services.rules import load_rules
from layers.catalog.parcels import LAYER as PARCELS
from layers.files.writer import FeatureBatch, write_features
from layers.models import District, Plan
from layers.viewer import Viewer

from .cards import card_of
from .checking import facts_wanted
from .errors import ActionRefused
from .models import Attempt, Case, IssuedDocument
from .outcomes import outcome_papers
from .papers import Paper
from .signing import OFFICE_LICENCE, person_name, sign_offs

__all__ = ["facts_at_decision", "keep_papers", "make_papers"]

INSET_M = 300
"""How far around the land the location inset looks."""
VALIDITY = Text(
    "لا تنتهي صلاحية القرار ما لم تتغير بيانات الأرض أو المخطط تغيرًا جوهريًا",
    "No expiry unless data of the land or the plan change materially",
)
"""Draft national guide of the survey decision, February 2026 (press)."""
PARTY_KINDS = {
    "person": Text("فرد", "Person"),
    "company": Text("شركة", "Company"),
    "government": Text("جهة حكومية", "Government body"),
    "group": Text("ورثة", "Heirs"),
}
ID_KINDS = {
    "national_id": Text("الهوية الوطنية", "National ID"),
    "iqama": Text("هوية مقيم", "Resident ID"),
    "commercial_registration": Text("السجل التجاري", "Commercial registration"),
    "government_code": Text("رمز الجهة", "Body code"),
    OFFICE_LICENCE: Text("ترخيص مكتب هندسي", "Engineering office licence"),
}


def facts_at_decision(case: Case) -> Facts:
    """Return the facts around the land of a case: as they are; once approved, as they were before the decision."""
    return load_facts(facts_wanted(case.service, case.parcel_uids), at=_before_decision(case))


def _before_decision(case: Case) -> datetime | None:
    return case.entry.at - timedelta(microseconds=1) if case.entry and case.entry.at else None


def make_papers(case: Case, viewer: Viewer) -> list[Paper]:
    """Make the documents of an approved case, which takes seconds; nothing is kept yet."""
    case = Case.objects.select_related("entry", "filed_by", "recommended_by", "decided_by").get(pk=case.pk)
    if case.state != "approved":
        raise ActionRefused("لم يُعتمد هذا الطلب بعد.", "This case is not approved yet.")
    printer = _printer(viewer)
    return list(_papers(case, printer) if card_of(case).register else outcome_papers(case, printer))


def _printer(viewer: Viewer) -> Viewer:
    """Return who prints: papers name the owners, whoever of the house issues them; the look is recorded as theirs."""
    known = {field.name: getattr(viewer, field.name) for field in fields(Viewer)}  # a request's viewer is a lazy one
    return Viewer(**{**known, "roles": viewer.roles | {"registrar"}})


def keep_papers(case: Case, papers: Iterable[Paper]) -> list[IssuedDocument]:
    """Keep documents of a case that is held; papers of the parcels that it ended are superseded by its drawing."""
    kept = [_keep(case, paper) for paper in papers]
    if card_of(case).register:
        _supersede(kept, case.parcel_uids)
    return kept


def _keep(case: Case, paper: Paper) -> IssuedDocument:
    document = IssuedDocument(
        case=case,
        kind=paper.kind,
        title_ar=paper.title_ar,
        title_en=paper.title_en,
        valid_until=paper.valid_until,
        number=paper.number,
        parcel_uid=paper.parcel_uid,
        code=paper.code,
        sha256=hashlib.sha256(paper.content).hexdigest(),
        issued_at=timezone.now(),
    )
    name = f"{case.reference}/{paper.number}{paper.suffix}"
    # A file that an earlier try left behind without its row: nothing refers to it, and the case is locked.
    document.file.storage.delete(f"documents/{name}")
    document.file.save(name, ContentFile(paper.content), save=False)
    document.save()
    return document


def _supersede(kept: list[IssuedDocument], retired: list[str]) -> None:
    """Papers of the parcels that this case ended are superseded by its drawing."""
    drawing = next(document for document in kept if document.kind == "subdivision_drawing")
    IssuedDocument.objects.filter(parcel_uid__in=retired, superseded_by=None).exclude(case=drawing.case).update(
        superseded_by=drawing
    )


# Making


def _papers(case: Case, viewer: Viewer) -> Iterator[Paper]:
    attempt: Attempt | None = case.attempts.filter(fit=True).order_by("-number").first()
    if attempt is None or not attempt.change_set:
        raise ActionRefused("لا يوجد تغيير معتمد لهذا الطلب.", "This case has no approved change.")
    change_set = from_json(attempt.change_set)
    file = _case_file(case, change_set, viewer)
    for n, unit in enumerate(build.created_units(file), start=1):
        number, code = f"{case.reference}-D{n}", new_verification_code()
        pdf = render_decision(build.decision(file, unit, number, code))
        yield Paper("survey_decision", number, code, ".pdf", pdf, unit.uid)
    number, code = f"{case.reference}-P", new_verification_code()
    yield Paper(
        "subdivision_drawing",
        number,
        code,
        ".pdf",
        render_subdivision_drawing(build.subdivision_drawing(file, number, code)),
    )
    number, code = f"{case.reference}-L", new_verification_code()
    yield Paper("registry_letter", number, code, ".pdf", render_letter(build.letter(file, number, code)))
    for kind, suffix in (("result_gpkg", ".gpkg"), ("result_geojson", ".geojson")):
        number = f"{case.reference}-{suffix[1:]}"
        yield Paper(kind, number, new_verification_code(), suffix, _result(case, change_set, suffix))


def _case_file(case: Case, change_set: ChangeSet, viewer: Viewer) -> build.CaseFile:
    facts = facts_at_decision(case)
    parties = {right.party_id for title in facts.titles for right in title.rights}
    people = read_parties(sorted(parties), viewer=viewer, purpose=case.reference)
    municipality = Text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN)
    around = surroundings(shapely.union_all([p.geometry for p in facts.parcels]), INSET_M, at=_before_decision(case))
    names = District.objects.filter(end_lifespan_version=None, name_ar__in={p.district for p in facts.parcels})
    return build.CaseFile(
        reference=case.reference,
        issued_at=timezone.localtime(case.entry.at if case.entry else None),
        base_url=settings.PUBLIC_URL,
        authority=Authority(Text(settings.AMANAH_NAME_AR, settings.AMANAH_NAME_EN), municipality),
        crs=f"EPSG:{settings.STORAGE_SRID}",
        facts=facts,
        change_set=change_set,
        owners={person.id: _owner(person) for person in people},
        city=municipality,
        subdivision=_subdivision(case, facts),
        districts={d.name_ar: Text(d.name_ar, d.name_en) for d in names},
        representatives=_representatives(people, case, viewer),
        sign_offs=sign_offs(case, viewer),
        validity=VALIDITY,
        rules=load_rules(settings.AUTHORITY, case.filed_on),
        context_parcels=around.parcels,
        context_streets=around.streets,
    )


def _subdivision(case: Case, facts: Facts) -> Text:
    """What the land was divided by: the service, and the name of the plan where it has one."""
    card = card_of(case)
    plans = Plan.objects.filter(end_lifespan_version=None, plan_no__in={p.plan_no for p in facts.parcels} - {""})
    names = [(plan.name_ar or plan.name_en, plan.name_en or plan.name_ar) for plan in plans.order_by("plan_no")]
    return Text(
        "، ".join([card.name_ar, *(arabic for arabic, _ in names if arabic)]),
        ", ".join([card.name_en, *(english for _, english in names if english)]),
    )


def _representatives(people: list[PersonView], case: Case, viewer: Viewer) -> tuple[RepresentativeLine, ...]:
    """Who acts for the owners, with the authorisation as it is registered."""
    acting = sorted({person.represented_by for person in people if person.represented_by is not None})
    agents = read_parties(acting, viewer=viewer, purpose=case.reference) if acting else []
    return tuple(
        RepresentativeLine(
            name=person_name(agent),
            kind=Text(f"وكيل عن {person_name(owner).ar}", f"Agent for {person_name(owner).en or owner.name_ar}"),
            authorisation_no=owner.representation,
        )
        for agent in agents
        for owner in people
        if owner.represented_by == agent.id
    )


def _owner(person: PersonView) -> OwnerLine:
    return OwnerLine(
        name=person_name(person),
        share=0,  # type: ignore[arg-type]  # the share comes from the title
        kind=PARTY_KINDS.get(person.kind, Text(person.kind)),
        id_kind=ID_KINDS.get(person.id_kind, Text(person.id_kind)),
        id_number=person.id_number,
    )


def _result(case: Case, change_set: ChangeSet, suffix: str) -> bytes:
    """The created parcels as a file of the parcels layer."""
    units: tuple[CreateSpatialUnit, ...] = change_set.of(CreateSpatialUnit)
    values = [tuple(_value(unit, case, field.name) for field in PARCELS.fields) for unit in units]
    wkb = [shapely.to_wkb(as_multipolygon(unit.geometry)) for unit in units]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{case.reference}{suffix}"
        write_features(path, PARCELS.fields, [FeatureBatch(values, wkb)], settings.STORAGE_SRID, layer="parcels")
        return path.read_bytes()


def _value(unit: CreateSpatialUnit, case: Case, name: str) -> Any:
    given: Mapping[str, Any] = {
        "calculated_area_m2": unit.geometry.area,
        "begin_lifespan_version": case.entry.at if case.entry else None,
        "end_lifespan_version": None,
    }
    return given[name] if name in given else getattr(unit, name)
