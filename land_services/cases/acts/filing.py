"""Opening a request, filling in its form, answering remarks, and handing it to the municipality."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from land_services.cases import flow
from land_services.cases.advancing import advance, begin_stages, resume, set_due
from land_services.cases.at_work import CaseAtWork, look_at, take_up
from land_services.cases.cards import card_of, current_version
from land_services.cases.checking import asks_for_answers, facts_wanted
from land_services.cases.conflicts import hold_land, note_conflicts
from land_services.cases.decisions import against_amending
from land_services.cases.differences import keep_submission
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.issued import AMENDING, DECISION_NO
from land_services.cases.may import STAFF, at_counter, files_itself, not_now, require, require_may_file
from land_services.cases.models import Case
from land_services.cases.outline import show_outline
from land_services.cases.people import at_moment
from land_services.cases.readers import by_the_filer, document_of
from land_services.cases.references import next_reference
from land_services.cases.visitors import read_visitor
from land_services.catalogue import ServiceCard
from land_services.catalogue.forms import check_form, plain
from land_services.domain import Finding
from land_services.messages import message
from land_services.offices.owners import OwnerActedFor, owners_acted_for
from land_services.offices.standing import asks_for_office, lacking_class, offices_among, standing
from land_services.offices.work_areas import area_of
from land_services.register.selectors import load_facts
from land_services.registry import SERVICES
from layers.viewer import Viewer

__all__ = ["answer", "fill", "missing", "no_office_for", "open_case", "secret_of", "submit"]


def open_case(
    service_code: str,
    parcel_uids: Sequence[str] = (),
    *,
    viewer: Viewer,
    form: Mapping[str, Any] | None = None,
    filed_on: date | None = None,
    party_id: int | None = None,
    channel: str = "web",
    area: str | None = None,
    visitor: Mapping[str, str] | None = None,
) -> Case:
    """Open a case as a draft. The rules of its filing date judge it, and its card stays as it is today.

    Parameters
    ----------
    form : mapping, optional
        What is known of the form already; it may be filled in later.
    party_id : int, optional
        The office, company or owner it is filed for: one that the person speaks for, or that authorised one of those.
        Where only offices file, the one office of the person need not be named.
    area : str, optional
        The area of work it lies in, where that is not to be found by its land.
    visitor : mapping, optional
        ``name`` and ``phone`` of whoever came to the counter, for whom a clerk files.

    Raises
    ------
    ActionRefused
        If the service does not exist, cannot be filed for, or is not for this person.
    Incomplete
        If what was filled in cannot stand; its findings name the fields.
    """
    parcel_uids = list(dict.fromkeys(parcel_uids))
    version = current_version(service_code)
    day = filed_on or timezone.localdate()
    case = Case(service=service_code, version_id=version, parcel_uids=list(parcel_uids), filed_on=day)
    card = card_of(case)
    user_id = require_may_file(card, viewer)
    if visitor or not files_itself(card, viewer):
        case.visitor, channel = _at_the_counter(card, viewer, visitor or {}), "counter"
    party_id = _filed_for(card, viewer, party_id)
    if card.land == "none" and parcel_uids:
        raise ActionRefused("هذه الخدمة لا تتعلق بقطعة أرض.", "This service is not about a parcel.")
    case.form = _cleaned(card, form or {}, whole=False)
    case.filed_by_id, case.party_id, case.channel = user_id, party_id, channel
    case.area = area_of(parcel_uids) if area is None else area
    case.roles = sorted({stage.role for stage in card.stages if stage.kind != "draft"})
    with transaction.atomic():
        case.reference = next_reference(card.reference_prefix, day)
        case.save()
        work = look_at(case, viewer)
        work.say("open", parcels=list(parcel_uids))
    return case


def _at_the_counter(card: ServiceCard, viewer: Viewer, visitor: Mapping[str, str]) -> dict[str, str]:
    if not at_counter(card, viewer):
        raise NotYours(
            "لا تُقدَّم هذه الخدمة عن مراجع عند الشباك.", "This service is not filed for a visitor at the counter."
        )
    return read_visitor(visitor)


def _filed_for(card: ServiceCard, viewer: Viewer, party_id: int | None) -> int | None:
    """Return the party a case is filed for; refuse one whose licence or authorisation does not hold today."""
    only_offices = card.draft.role == "surveyor" or not viewer.has_role("applicant", "resident", *STAFF)
    if party_id is None and only_offices:
        offices = offices_among(viewer.parties)
        if len(offices) > 1:
            raise Incomplete(
                "اختر المكتب الذي تقدّم عنه.", "Choose the office you file for.", (Finding("REQ-29", "error"),)
            )
        party_id = offices[0] if offices else None
    today = timezone.localdate()
    against = standing(party_id, viewer.parties, today, card.code) if party_id is not None else ()
    against = against or lacking_class(card, party_id, viewer.parties, today)
    if against:
        finding = against[0]
        raise ActionRefused(message(finding, "ar"), message(finding, "en"), against)
    return party_id


def no_office_for(card: ServiceCard, viewer: Viewer) -> tuple[Finding, ...]:
    """Return why none of a person's offices may file for a service; () where one may, or no office is needed.

    Whoever speaks for several is told of the first; who has none files for themselves where that is open to them.
    """
    if not asks_for_office(card) or viewer.user_id is None:
        return ()
    day, offices = timezone.localdate(), offices_among(viewer.parties)
    if card.draft.role != "surveyor" and (not offices or viewer.has_role("applicant", "resident", *STAFF)):
        return ()
    if not offices:
        return lacking_class(card, None, viewer.parties, day)
    own = viewer.parties
    found = [standing(one, own, day, card.code) or lacking_class(card, one, own, day) for one in offices]
    return () if () in found else found[0]


def fill(case: Case, values: Mapping[str, Any], *, viewer: Viewer) -> Case:
    """Fill in the form of a draft, or of a case that came back; what is left out stays as it was."""
    with take_up(case, viewer) as work:
        require(work, "fill")
        before = work.case.form
        work.case.form = _cleaned(work.card, {**before, **values}, whole=False)
        work.case.save(update_fields=["form"])
        changed = sorted(k for k in {*before, *work.case.form} if before.get(k) != work.case.form.get(k))
        work.say("fill", fields=changed)
    return work.case


def _cleaned(card: ServiceCard, values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    cleaned, findings = check_form(card, values)
    against = tuple(f for f in findings if f.severity == "error" and (whole or f.rule != MISSING))
    if against:
        raise Incomplete("في النموذج ما لا يصح؛ انظر الحقول.", "Something in the form cannot stand.", against)
    return plain(cleaned)


def answer(case: Case, number: int, text: str, *, viewer: Viewer) -> Case:
    """Answer one remark; the answer stands."""
    text = text.strip()
    if not text:
        raise Incomplete("اكتب ما فعلته بهذه الملاحظة.", "Write what was done about this remark.")
    with take_up(case, viewer) as work:
        user_id = require(work, "answer")
        remark = next((one for one in work.remarks if one.number == number), None)
        if remark is None:
            raise ActionRefused("لا توجد ملاحظة بهذا الرقم.", "There is no remark of this number.")
        if remark.answer:
            raise ActionRefused(
                "أُجيب عن هذه الملاحظة، والجواب ثابت.", "This remark is answered, and the answer stands."
            )
        remark.answer, remark.answered_by_id, remark.answered_at = text, user_id, work.now
        remark.save(update_fields=["answer", "answered_by", "answered_at"])
        work.say("answer", remark.stage, remark=number)
    return work.case


def missing(work: CaseAtWork) -> tuple[Finding, ...]:
    """Return what a case still needs before it can be handed in: fields, documents, a fit survey, answers."""
    found = [f for f in check_form(work.card, work.case.form)[1] if f.severity == "error"]
    there = {file.document for file in work.files}
    for document in work.card.documents:
        handed_in = document.code in there or document.code == SURVEY_FILE
        if document.required and not handed_in and by_the_filer(document):
            names = {"ar": document.ar, "en": document.en}
            found.append(Finding("REQ-21", "error", {"document": names, "code": document.code}))
    if work.card.land == "required" and not work.case.parcel_uids:
        found.append(Finding("REQ-22", "error"))
    if work.case.service in SERVICES and work.filed is None:
        found.append(Finding("REQ-23", "error"))
    elif work.case.service in SERVICES and work.filed is not None and _was_checked_on_another_form(work):
        found.append(Finding("REQ-23", "error", variant="form"))
    day, party_id = timezone.localdate(work.now), work.case.party_id
    against = standing(party_id, work.viewer.parties, day, work.card.code) if party_id is not None else ()
    found += against or lacking_class(work.card, party_id, work.viewer.parties, day)
    found += [owner.finding for owner in acted_for(work, day) if owner.finding is not None]
    if work.case.service in AMENDING and work.case.form.get(DECISION_NO):
        found += against_amending(work.case, work.viewer)
    for remark in work.open_remarks():
        found.append(Finding("REQ-24", "error", {"number": remark.number}))
    return tuple(found)


def acted_for(work: CaseAtWork, day: date) -> tuple[OwnerActedFor, ...]:
    """Return the owners of the land of a case that changes the register, with how whoever files acts for each."""
    if not work.card.register or not work.case.parcel_uids:
        return ()
    filer = work.case.filed_by
    own = work.viewer.parties if work.is_filer else [m.party_id for m in at_moment(filer, "memberships", work.now)]
    acting = {party for party in (*own, work.case.party_id) if party is not None}
    attached = {file.document for file in work.files}
    return owners_acted_for(work.case.parcel_uids, acting, work.card.code, day, attached=attached)


MISSING = "REQ-10"
"""The rule of an answer that is not given; in a draft it may wait."""
SURVEY_FILE = "survey_file"
"""The document that is not attached but handed in and checked."""


def submit(case: Case, *, viewer: Viewer) -> Case:
    """Hand a case to the municipality, for the first time or with remarks answered.

    Raises
    ------
    Incomplete
        If something is missing; its findings say what, all of it at once.
    """
    with transaction.atomic():
        hold_land(case.parcel_uids)
        return _submit(case, viewer)


def _submit(case: Case, viewer: Viewer) -> Case:
    with take_up(case, viewer) as work:
        require(work, "submit")
        lacking = missing(work)
        if lacking:
            raise Incomplete("لم يكتمل الطلب بعد.", "The request is not complete yet.", lacking)
        first = work.case.state == "draft"
        work.case.submit()
        work.case.round += 1
        if first:
            work.case.submitted_at = work.now
            begin_stages(work)
            set_due(work, [])
        else:
            _again(work)
        advance(work)
        work.case.save()
        _show(work)
        attempt = work.filed
        keep_submission(work)
        work.say("submit", round=work.case.round, attempt=attempt.number if attempt else 0)
        note_conflicts(work)
    return work.case


def _again(work: CaseAtWork) -> None:
    """Look again at what changed: a new survey or another document goes back to everyone who judged the old."""
    asked = [run.code for run in work.runs.values() if run.state == flow.RETURNED]
    for code in flow.renewed(work.card.stages, work.states, changed=_changed(work), asked=asked):
        run = work.runs[code]
        if run.state == flow.RETURNED and not _changed(work):
            run.resume()
        else:
            run.again()
        run.save()
    resume(work)


def _was_checked_on_another_form(work: CaseAtWork) -> bool:
    """Whether the form was changed since the survey was checked beside it."""
    if work.filed is None or not asks_for_answers(SERVICES[work.case.service]):
        return False
    return _filled_since(work, work.filed.at)


def _filled_since(work: CaseAtWork, since: datetime) -> bool:
    return bool(work.case.steps.filter(act="fill", at__gt=since).exclude(details__fields=[]).exists())


def _changed(work: CaseAtWork) -> bool:
    """Whether anything that is judged was handed in since the last round."""
    last = work.case.steps.filter(act="submit").order_by("-pk").first()
    since = last.at if last else work.now
    if work.filed is not None and work.filed.at > since:
        return True
    handed_in = (file for file in work.files if by_the_filer(document_of(work, file.document)))
    return any(file.at > since for file in handed_in) or _filled_since(work, since)


def _show(work: CaseAtWork) -> None:
    """Put the land of the case on everyone's map."""
    if not work.case.parcel_uids:
        return
    facts = load_facts(facts_wanted(work.case.service, work.case.parcel_uids))
    if facts.parcels:
        show_outline(work.case, [parcel.geometry for parcel in facts.parcels])


def secret_of(case: Case, *, viewer: Viewer) -> str:
    """Return a new secret with which anyone can follow the case by its reference; the one before is void.

    Only its hash is kept.
    """
    with take_up(case, viewer) as work:
        if not work.is_filer:
            require(work, "fill")
        if work.case.erased_at is not None:
            raise not_now(work)
        secret = "".join(secrets.choice(_LETTERS) for _ in range(10))
        Case.objects.filter(pk=work.case.pk).update(secret=hash_of(secret))
        work.say("share")
    return secret


_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def hash_of(secret: str) -> str:
    """Return the form in which a secret is kept: 50 random bits need no salt."""
    return hashlib.sha256(secret.strip().lower().encode()).hexdigest()
