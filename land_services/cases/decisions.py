"""Survey decisions that were issued: found by number and owner, and what may be said of them to who knows both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from land_services.changesets import from_json
from land_services.documents.build import areas_of, units_of
from land_services.documents.model import AreaLines, Text
from land_services.domain import CreateSpatialUnit, Finding
from land_services.register.personal import ID_KINDS, owned_by
from land_services.register.selectors import titles_of
from layers.digits import to_latin_digits
from layers.viewer import Viewer

from .issued import DECISION_NO, Standing, decision_by_number, origin_of, standing_of
from .land_papers import facts_at_decision, purpose_of
from .models import Attempt, Case, IssuedDocument

__all__ = ["DecisionView", "against_amending", "against_document", "inquire", "unit_and_areas"]

LONGEST_ID = 30


@dataclass(frozen=True)
class DecisionView:
    """What is said of a decision to who knows its number and its owner's: nothing of the owner."""

    document: IssuedDocument
    standing: Standing
    purpose: Text
    issued_on: date
    valid_until: date | None
    parcel_no: str
    areas: AreaLines
    is_part: bool
    """The deed is of the parcels that it came from."""


def inquire(number: str, id_kind: str, id_number: str) -> DecisionView | None:
    """Return what is said of a decision, or None: for an unknown number and for a wrong owner alike.

    That the owner's number was looked at is recorded, where it was the right one.
    """
    document = decision_by_number(number)
    held = "".join(to_latin_digits(id_number).split())
    if document is None or id_kind not in ID_KINDS or not held or len(held) > LONGEST_ID:
        return None
    entry = origin_of(document).case.entry_id or 0
    uid, purpose = str(document.parcel_uid), f"inquiry {document.number}"
    if not owned_by(uid, id_kind, held, since_entry=entry, purpose=purpose):
        return None
    return _view(document)


def _view(document: IssuedDocument) -> DecisionView:
    unit, areas = unit_and_areas(document)
    return DecisionView(
        document=document,
        standing=standing_of(document),
        purpose=purpose_of(document.case),
        issued_on=timezone.localdate(document.issued_at),
        valid_until=document.valid_until,
        parcel_no=unit.parcel_no,
        areas=areas,
        is_part=any(uid != unit.uid for uid in unit.parents),
    )


def unit_and_areas(document: IssuedDocument) -> tuple[CreateSpatialUnit, AreaLines]:
    """Return the parcel of a decision and the areas that it states, as it was decided."""
    case = origin_of(document).case
    attempt = Attempt.objects.filter(case=case, fit=True).order_by("-number").first()
    change_set = from_json((attempt.change_set if attempt else None) or {})
    facts = facts_at_decision(case)
    unit = next(one for one in units_of(change_set, facts) if one.uid == str(document.parcel_uid))
    return unit, areas_of(unit, change_set, facts)


# Printing a decision again --------------------------------------------------------------------------------------------

PERMIT = "building_permit"
PERMIT_NAMES = "survey_decision_no"
"""The permit's field that names the decision on which it is built."""
NOTHING_BUILT = ("draft", "withdrawn", "rejected")


def against_amending(case: Case, viewer: Viewer) -> tuple[Finding, ...]:
    """Return why the decision that a case names cannot be printed again for it; () where it can."""
    document = decision_by_number(str(case.form.get(DECISION_NO, "")))
    if document is None:
        return (Finding("REQ-32", "error", {"number": str(case.form.get(DECISION_NO, ""))[:40]}, variant="unknown"),)
    told = {"number": document.number}
    if not _may_amend(case, document, viewer):
        return (Finding("REQ-32", "error", told, variant="not_yours"),)
    return against_document(document)


def against_document(document: IssuedDocument) -> tuple[Finding, ...]:
    """Return what stands against printing a decision again, whoever asks."""
    standing, told = standing_of(document), {"number": document.number}
    if standing.by is not None:
        return (Finding("REQ-32", "error", {**told, "by": standing.by.number}, variant="superseded"),)
    if standing.kind != "valid":
        return (Finding("REQ-32", "error", told, variant=standing.kind),)
    permit = _permit_on(document)
    return (Finding("REQ-32", "error", {**told, "permit": permit}, variant="permit"),) if permit else ()


def _may_amend(case: Case, document: IssuedDocument, viewer: Viewer) -> bool:
    """Return whether a case is the owner's, or that of the office or person through whom the decision was issued."""
    first = origin_of(document).case
    titles = titles_of([str(document.parcel_uid)])
    owners = {right.party_id for title in titles for right in title.rights if right.kind == "ownership"}
    speaks_for = set(viewer.parties) | ({case.party_id} if case.party_id is not None else set())
    by_office = first.party_id is not None and first.party_id in speaks_for
    return by_office or first.filed_by_id == case.filed_by_id or not owners.isdisjoint(speaks_for)


def _permit_on(document: IssuedDocument) -> str:
    """Return the reference of a building permit that is asked for or issued on a decision; "" where there is none."""
    permits = Case.objects.filter(service=PERMIT, parcel_uids__contains=[str(document.parcel_uid)])
    for permit in permits.exclude(state__in=NOTHING_BUILT).order_by("pk"):
        if to_latin_digits(str(permit.form.get(PERMIT_NAMES, ""))).strip().upper() == document.number:
            return permit.reference
    return ""
