"""Cases as JSON: the same rows that the page shows to the same people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from land_services.cases.acts.escalate import DUE_ACTS
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import CaseAtWork
from land_services.cases.checking import to_wgs84
from land_services.cases.conflicts import conflicts_of
from land_services.cases.differences import difference
from land_services.cases.erasure.words import line
from land_services.cases.may import ACTS, offers
from land_services.cases.models import (
    Attempt,
    Case,
    CaseFile,
    CaseStep,
    Erasure,
    Invoice,
    IssuedDocument,
    Minutes,
    Referral,
    Remark,
    StageRun,
    Visit,
)
from land_services.cases.people import agencies_of
from land_services.cases.readers import adding_refused, may_read, readable
from land_services.catalogue import load_catalogue
from land_services.deeds import RETURN_REASONS
from land_services.findings import to_json
from land_services.register.deed_state import DeedState, deed_states, state_words
from land_services.register.deeds import parcels_of
from land_services.views.access import is_staff
from land_services.views.case import conflicts_seen
from land_services.views.case_offers import offered

__all__ = ["attempt_json", "case_json", "deed_state_json", "document_json", "file_json", "row_json", "visit_json"]


def _at(moment: datetime | date | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _said(item: Any) -> dict[str, str]:
    return {"ar": item.ar, "en": item.en}


def row_json(case: Case) -> dict[str, Any]:
    """Return a case as lists show it; ``under_way`` of it holds its stages that are active."""
    card = load_catalogue().get(case.service)
    return {
        "reference": case.reference,
        "service": case.service,
        "title": {"ar": card.name_ar, "en": card.name_en} if card else {"ar": case.service, "en": case.service},
        "state": case.state,
        "round": case.round,
        "parcels": case.parcel_uids,
        "filed_at": _at(case.filed_at),
        "submitted_at": _at(case.submitted_at),
        "due_at": _at(case.due_at),
        "decided_at": _at(case.decided_at),
        "stages": [run.code for run in case.under_way],  # type: ignore[attr-defined]
        "href": reverse("api-case", args=[case.reference]),
    }


def case_json(work: CaseAtWork) -> dict[str, Any]:
    """Return everything of a case that whoever is at it may see, and what they may do now."""
    case = work.case
    case.under_way = work.active  # type: ignore[attr-defined]
    staff = is_staff(work.viewer) and not work.is_filer
    mine = agencies_of(work.viewer, work.now)
    open_acts = _offers(work)
    invoices = [_invoice(one) for one in case.invoices.filter(void_at=None).order_by("pk")]
    return {
        **row_json(case),
        "title": {"ar": work.card.name_ar, "en": work.card.name_en},
        "card": case.version_id,
        "filed_on": _at(case.filed_on),
        "channel": case.channel,
        "visitor": (case.visitor or None) if staff or work.is_filer else None,
        "area": case.area,
        "party": case.party_id,
        "is_mine": work.is_filer,
        "reason": case.reason,
        "erased_at": _at(case.erased_at),
        "erasures": [_erasure(one) for one in case.erasures.exclude(outcome="").order_by("pk")],
        "form": case.form,
        "stages": [_stage(work, run, staff=staff) for run in work.runs.values()],
        "steps": [_step(work, step, staff=staff) for step in _steps(work, staff=staff)],
        "remarks": [_remark(remark) for remark in work.remarks],
        "referrals": [_referral(one) for one in work.referrals if staff or one.answer or one.agency in mine],
        "minutes": [_minutes(one) for one in case.minutes.order_by("held_on", "pk")] if staff else [],
        "visits": [visit_json(visit) for visit in work.visits if visit.cancelled_at is None],
        "invoices": invoices,
        "invoice": next((one for one in reversed(invoices) if one["kind"] == "fee"), None),
        "files": [file_json(case, file) for file in readable(work)],
        "may_add": _may_add(work),
        "conflicts": _conflicts(work),
        "differences": _differences(work),
        "attempts": [attempt_json(case, attempt) for attempt in case.attempts.order_by("number")],
        "documents": [document_json(case, document) for document in case.documents.order_by("pk")],
        "deeds": _deeds(work, inside=staff or work.is_filer),
        "warnings": [],
        "offers": open_acts,
        "lacking": _lacking(work) if any(offer["act"] == "submit" for offer in open_acts) else [],
    }


def _deeds(work: CaseAtWork, *, inside: bool) -> list[dict[str, Any]]:
    """Return how land and deed stand of each parcel whose deed the case changed; more to those ``inside``."""
    if work.case.entry_id is None or not work.deed_changes:
        return []
    states = deed_states(parcels_of(work.case.reference))
    return [deed_state_json(uid, state, with_deeds=inside) for uid, state in states.items()]


def deed_state_json(uid: str, state: DeedState, *, with_deeds: bool) -> dict[str, Any]:
    """Return how land and deed of a parcel stand."""
    reason = RETURN_REASONS.get(state.reason) if with_deeds else None
    return {
        "parcel": uid,
        "state": state.kind,
        "agrees": state.agrees,
        "at": _at(state.at),
        "on": state.on or None,
        "reason": state.reason if reason else None,
        "reason_words": {"ar": reason[0], "en": reason[1]} if reason else None,
        "numbers": list(state.deeds) if with_deeds else [],
        "words": {language: state_words(state, language, with_deeds=with_deeds) for language in ("ar", "en")},
    }


def _conflicts(work: CaseAtWork) -> dict[str, Any]:
    """Return other open cases on the same land: those that the viewer may see, and how many others there are."""
    others = conflicts_of(work.case) if work.case.parcel_uids else []
    return conflicts_seen(work, others) or {"seen": [], "unseen": 0}


def _differences(work: CaseAtWork) -> dict[str, Any] | None:
    """Return what the last round changed; None where there was one round."""
    found = difference(work) if work.case.round > 1 else None
    if found is None:
        return None
    before, after = found.attempts
    return {
        "round": found.round,
        "fields": [{"code": one.code, "before": one.before, "after": one.after} for one in found.fields],
        "parts": [
            {"number": one.code, "before_m2": _area(one.before), "after_m2": _area(one.after)} for one in found.parts
        ],
        "files": [file.pk for file in found.files if may_read(work, file)],
        "attempts": {"before": before.number if before else None, "after": after.number if after else None},
    }


def _area(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _lacking(work: CaseAtWork) -> list[dict[str, Any]]:
    return to_json(missing(work), to_wgs84=to_wgs84)


def _offers(work: CaseAtWork) -> list[dict[str, Any]]:
    """Return what may be done now: acts as their addresses name them, with the stage, question or date they are of."""
    found: list[dict[str, Any]] = []
    for code, stages in offers(work).items():
        if ACTS[code].who == "stage":
            found += [_offer(act, stage=stage) for stage in stages for act in _named(work, code, stage)]
        elif code == "assign":
            found += [_offer(code, stage=run.code) for run in work.active]
        elif code == "answer":
            found += [_offer(code, remark=remark.number) for remark in work.open_remarks()]
        else:
            found.append(_offer(code))
    may = offered(work)
    for one in may["stages"]:
        if one.visit_act in ("agree", "hold") and one.visit is not None:
            found.append(_offer(f"{one.visit_act}_visit", stage=one.run.code, visit=one.visit.pk))
    found += [_offer("answer_referral", stage=one.stage, referral=one.pk) for one, _, _ in may["referrals"]]
    return found


def _offer(act: str, **of: Any) -> dict[str, Any]:
    return {"act": act, "stage": None, "remark": None, "referral": None, "visit": None, **of}


def _named(work: CaseAtWork, code: str, stage: str) -> list[str]:
    """Return the acts of the API that an act of the engine stands for."""
    if code == "take":
        return ["give_back"] if work.runs[stage].assignee_id == work.user_id else ["take"]
    return [{"finish_after": "finish", "visit": "propose_visit"}.get(code, code)]


# Rows -----------------------------------------------------------------------------------------------------------------


def _stage(work: CaseAtWork, run: StageRun, *, staff: bool) -> dict[str, Any]:
    return {
        "code": run.code,
        "title": _said(work.stage(run)),
        "kind": run.kind,
        "role": run.role,
        "state": run.state,
        "outcome": run.outcome,
        "started_at": _at(run.started_at),
        "due_at": _at(run.due_at),
        "done_at": _at(run.done_at),
        "assignee": run.assignee_id if staff else None,
    }


def _steps(work: CaseAtWork, *, staff: bool) -> Iterable[CaseStep]:
    """Return what was done; how near the target is, is told to staff alone."""
    steps = work.case.steps.select_related("by").order_by("pk")
    return steps if staff else steps.exclude(act__in=DUE_ACTS)


def _step(work: CaseAtWork, step: CaseStep, *, staff: bool) -> dict[str, Any]:
    """A step; who did it inside the house is named to staff alone."""
    told = staff or (step.by_id is not None and step.by_id == work.case.filed_by_id)
    return {
        "id": step.pk,
        "act": step.act,
        "stage": step.stage,
        "round": step.round,
        "at": _at(step.at),
        "by": str(step.by) if told and step.by else None,
        "note": step.note,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "number": remark.number,
        "stage": remark.stage,
        "round": remark.round,
        "reason": remark.reason,
        "text": remark.text,
        "place": remark.place,
        "point": [remark.point.x, remark.point.y] if remark.point else None,
        "part": remark.part,
        "file": remark.file_id,
        "page": remark.page,
        "field": remark.field,
        "at": _at(remark.at),
        "answer": remark.answer,
        "answered_at": _at(remark.answered_at),
    }


def _referral(one: Referral) -> dict[str, Any]:
    return {
        "id": one.pk,
        "stage": one.stage,
        "agency": one.agency,
        "component": one.component,
        "question": one.question,
        "required": one.required,
        "asked_at": _at(one.asked_at),
        "due_at": _at(one.due_at),
        "answer": one.answer,
        "text": one.text,
        "answered_at": _at(one.answered_at),
        "by_clock": one.by_clock,
        "cancelled_at": _at(one.cancelled_at),
    }


def _may_add(work: CaseAtWork) -> list[str]:
    """Return the codes of the documents that this person may add now, "" for others beside them."""
    wanted = [one.code for one in work.card.documents if adding_refused(work, one) is None]
    return wanted + ([""] if adding_refused(work, None) is None else [])


def _erasure(one: Erasure) -> dict[str, Any]:
    """What was decided on a request to erase a person: each thing with its fate, in words of both languages."""
    return {
        "outcome": one.outcome,
        "reason": one.reason,
        "decided_at": _at(one.decided_at),
        "report": [{**told, "ar": line(told, "ar"), "en": line(told, "en")} for told in one.report],
    }


def _minutes(one: Minutes) -> dict[str, Any]:
    return {
        "number": one.number,
        "stage": one.stage,
        "held_on": _at(one.held_on),
        "present": one.present,
        "outcome": one.outcome,
        "text": one.text,
        "price_per_m2": None if one.price_per_m2 is None else str(one.price_per_m2),
    }


def visit_json(visit: Visit) -> dict[str, Any]:
    """Return a visit."""
    return {
        "id": visit.pk,
        "stage": visit.stage,
        "at": _at(visit.at),
        "agreed_at": _at(visit.agreed_at),
        "held_at": _at(visit.held_at),
        "report": visit.report,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "kind": invoice.kind,
        "number": invoice.number,
        "amount": str(invoice.amount),
        "currency": invoice.currency,
        "basis": {"ar": invoice.basis_ar, "en": invoice.basis_en},
        "issued_at": _at(invoice.issued_at),
        "paid_at": _at(invoice.paid_at),
        "receipt": invoice.receipt,
    }


def file_json(case: Case, file: CaseFile) -> dict[str, Any]:
    """Return a document that was handed in, and where it lies."""
    return {
        "id": file.pk,
        "document": file.document,
        "version": file.version,
        "name": file.name,
        "type": file.type,
        "size": file.size,
        "sha256": file.sha256,
        "at": _at(file.at),
        "href": reverse("api-case-file", args=[case.reference, file.pk]),
    }


def attempt_json(case: Case, attempt: Attempt) -> dict[str, Any]:
    """Return a survey file that was handed in, without what was found in it."""
    return {
        "number": attempt.number,
        "name": attempt.file_name,
        "sha256": attempt.sha256,
        "crs": attempt.crs,
        "unit": attempt.unit,
        "at": _at(attempt.at),
        "fit": attempt.fit,
        "href": reverse("api-case-attempt", args=[case.reference, attempt.number]),
    }


def document_json(case: Case, document: IssuedDocument) -> dict[str, Any]:
    """Return a document that was issued, and where it lies."""
    return {
        "id": document.pk,
        "kind": document.kind,
        "number": document.number,
        "title": {"ar": document.title_ar, "en": document.title_en},
        "parcel": str(document.parcel_uid) if document.parcel_uid else None,
        "sha256": document.sha256,
        "code": document.code,
        "issued_at": _at(document.issued_at),
        "valid_until": _at(document.valid_until),
        "superseded": document.superseded_by_id is not None,
        "href": reverse("api-case-document", args=[case.reference, document.pk]),
    }
