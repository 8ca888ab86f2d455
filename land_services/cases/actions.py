"""What people do with a case: open it, hand in a survey file, recommend, approve, reject, withdraw.

Each function is one transaction, checks who may do it now, and leaves an audit row. The pages, the command and the
tests call these and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from shapely.geometry import mapping

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import run_checks
from land_services.checks.survey_crs import is_in_storage
from land_services.domain import ChangeSet, Facts, Finding
from land_services.findings import unreadable_json
from land_services.register.apply import AppliedChange, apply_change_set
from land_services.register.errors import ChangeRefused
from land_services.surveys.errors import SurveyUnreadable
from layers import audit
from layers.viewer import Viewer

from .checking import Checked, check_file, service_of, without_own_case
from .errors import ActionRefused, Incomplete, NotYours
from .keeping import HandedIn, keep_file, kept_file, sha256_of
from .models import Attempt, Case
from .outline import close_outline, show_outline
from .references import next_reference

__all__ = ["approve", "filed_attempt", "hand_in", "open_case", "recommend", "reject", "withdraw"]

FILERS = ("surveyor",)
RECOMMENDERS = ("reviewer", "planner")
DECIDERS = ("survey_head", "mayor")
HAND_IN_STATES = ("draft", "submitted")
OPEN_STATES = ("draft", "submitted", "recommended")
STATES_AR = {
    "draft": "لدى المكتب الهندسي ولم يُقدَّم بعد",
    "submitted": "قيد المراجعة",
    "recommended": "بانتظار القرار",
    "approved": "معتمد",
    "issued": "صادر",
    "rejected": "مرفوض",
    "withdrawn": "مسحوب",
}
STATES_EN = {
    "draft": "still with the engineering office",
    "submitted": "under review",
    "recommended": "waiting for the decision",
    "approved": "approved",
    "issued": "issued",
    "rejected": "turned down",
    "withdrawn": "withdrawn",
}


def _require(viewer: Viewer, *roles: str) -> int:
    if viewer.user_id is None or not viewer.has_role(*roles):
        raise NotYours("هذا الإجراء ليس من صلاحياتك.", "This action is not one of yours.")
    return viewer.user_id


def _require_own(case: Case, viewer: Viewer) -> int:
    user_id = _require(viewer, *FILERS)
    if user_id != case.filed_by_id:
        raise NotYours("هذا الطلب ليس من طلباتك.", "This case is not one of yours.")
    return user_id


def _locked(case: Case, *states: str) -> Case:
    """Return the case as it is now, its row locked; refuse if it is not in one of the states."""
    now = Case.objects.select_for_update().get(pk=case.pk)
    _require_state(now, *states)
    return now


def _require_state(case: Case, *states: str) -> None:
    if case.state not in states:
        raise ActionRefused(
            f"لا يمكن هذا الإجراء الآن: الطلب {case.reference} {STATES_AR[case.state]}.",
            f"This cannot be done now: case {case.reference} is {STATES_EN[case.state]}.",
        )


def open_case(service_code: str, parcel_uids: Sequence[str], *, viewer: Viewer, filed_on: date | None = None) -> Case:
    """Open a case as a draft. The rules of its filing date judge it."""
    user_id = _require(viewer, *FILERS)
    service_of(service_code)
    with transaction.atomic():
        day = filed_on or timezone.localdate()
        case = Case.objects.create(
            reference=next_reference(service_code, day),
            service=service_code,
            parcel_uids=list(parcel_uids),
            filed_by_id=user_id,
            filed_on=day,
        )
        audit.record("case.open", subject=case.reference, actor_id=user_id, payload={"parcels": list(parcel_uids)})
    return case


def hand_in(
    case: Case, path: Path, *, viewer: Viewer, file_name: str = "", crs: str = "", unit: str = ""
) -> tuple[Attempt, Checked | None]:
    """Check a survey file for the case and keep the attempt, fit or not; a fit one is submitted for review.

    Nothing a person hands in is lost: an unreadable file is kept with its findings too.
    """
    user_id = _require_own(case, viewer)
    _require_state(Case.objects.get(pk=case.pk), *HAND_IN_STATES)  # before the long reading; and once more after it
    handed = HandedIn(path, file_name or path.name, sha256_of(path), crs, unit)
    checked: Checked | None = None
    try:
        checked = _check(case, path, handed.name, crs, unit)
        report = checked.report()
    except SurveyUnreadable as error:
        report = unreadable_json(error.findings)
    with transaction.atomic():
        current = _locked(case, *HAND_IN_STATES)
        attempt = _keep(current, handed, user_id, checked, report)
        if checked is not None and checked.fit:
            Case.objects.filter(pk=current.pk).update(state="submitted")
            show_outline(current, [parcel.geometry for parcel in checked.facts.parcels])
        payload = {"attempt": attempt.number, "fit": attempt.fit, "sha256": attempt.sha256}
        audit.record("case.hand_in", subject=case.reference, actor_id=user_id, payload=payload)
    case.refresh_from_db()
    return attempt, checked


def _check(case: Case, path: Path, name: str, crs: str, unit: str) -> Checked:
    return check_file(
        case.service,
        path,
        case.parcel_uids,
        reference=case.reference,
        filed_on=case.filed_on,
        crs=crs or None,
        unit=unit or None,
        file_name=name,
    )


def _keep(case: Case, handed: HandedIn, user_id: int, checked: Checked | None, report: dict[str, Any]) -> Attempt:
    attempt = Attempt(
        case=case,
        number=case.attempts.count() + 1,
        file_name=handed.name,
        sha256=handed.sha256,
        crs=handed.crs,
        unit=handed.unit,
        by_id=user_id,
        fit=checked is not None and checked.fit,
        report=report,
        drawn=_drawn(checked),
    )
    if checked is not None and checked.change_set is not None:
        attempt.change_set = to_json(checked.change_set)
        attempt.change_set_digest = digest(checked.change_set)
    keep_file(attempt, handed)
    attempt.save()
    return attempt


def _drawn(checked: Checked | None) -> list[dict[str, Any]]:
    """The parts as drawn, where they lie in the storage CRS."""
    if checked is None or not is_in_storage(checked.inputs.survey, settings.STORAGE_SRID):
        return []
    return [{"number": p.number, "geometry": mapping(p.geometry)} for p in checked.inputs.survey.parts]


def recommend(case: Case, *, viewer: Viewer, attempt: int | None = None) -> Case:
    """A reviewer recommends the filed attempt for approval; somebody else decides.

    With ``attempt``, the number that the reviewer looked at: a newer one handed in meanwhile is not recommended unseen.
    """
    user_id = _require(viewer, *RECOMMENDERS)
    with transaction.atomic():
        current = _locked(case, "submitted")
        _refuse_own(current, user_id)
        filed = filed_attempt(current)
        if filed is None or attempt not in (None, filed.number):
            raise ActionRefused(
                "رُفع ملف أحدث بعد فتحك الصفحة؛ راجعه قبل التوصية.",
                "A newer file was handed in after you opened the page; look at it before you recommend it.",
            )
        current.state, current.recommended_by_id, current.recommended_at = "recommended", user_id, timezone.now()
        current.save(update_fields=["state", "recommended_by", "recommended_at"])
        payload = {"attempt": filed.number, "change_set": filed.change_set_digest}
        audit.record("case.recommend", subject=current.reference, actor_id=user_id, payload=payload)
    return current


def filed_attempt(case: Case) -> Attempt | None:
    """Return the attempt that the case stands on: the last fit one."""
    return case.attempts.filter(fit=True).order_by("-number").first()


def _refuse_own(case: Case, user_id: int) -> None:
    if user_id == case.filed_by_id:
        raise NotYours("لا يبت أحد في طلب قدّمه بنفسه.", "Nobody decides a case they filed.")


def approve(case: Case, *, viewer: Viewer) -> tuple[Case, AppliedChange]:
    """Approve a recommended case: the change set as recommended is applied to the register, in one transaction.

    Raises
    ------
    ActionRefused
        If this person may not decide it, or the case is not waiting for a decision.
    ChangeRefused
        If the land or the facts changed since: nothing is applied, the findings say what stands against it.
    """
    user_id = _require(viewer, *DECIDERS)
    current = Case.objects.get(pk=case.pk)
    _refuse_own(current, user_id)
    if user_id == current.recommended_by_id:
        raise NotYours(
            "القرار الذي يغيّر السجل يحتاج شخصين: من أوصى لا يعتمد.",
            "A decision that changes the register needs two people: whoever recommended it does not approve it.",
        )
    attempt = filed_attempt(current)
    if current.state != "recommended" or attempt is None:
        raise ActionRefused(
            f"الطلب {current.reference} لا ينتظر قرارًا.", f"Case {current.reference} is not waiting for a decision."
        )
    change_set = _recommended(attempt)
    checked = _read_again(current, attempt)
    service, inputs = checked.service, checked.inputs

    def recheck(facts: Facts) -> tuple[Finding, ...]:
        return run_checks(service, inputs, without_own_case(facts, current.reference), checked.rules)

    def also(applied: AppliedChange) -> None:
        changed = Case.objects.filter(pk=current.pk, state="recommended").update(
            state="approved", decided_by_id=user_id, decided_at=applied.at, entry_id=applied.entry_id
        )
        if not changed:
            raise ChangeRefused(f"case {current.reference} was decided in the meantime")
        close_outline(current)
        payload = {"entry": applied.entry_id, "change_set": attempt.change_set_digest}
        audit.record("case.approve", subject=current.reference, actor_id=user_id, payload=payload)

    applied = apply_change_set(
        change_set,
        reference=current.reference,
        acting_user_id=user_id,
        recheck=recheck,
        query=service.needs(inputs),
        also=also,
    )
    current.refresh_from_db()
    return current, applied


def _recommended(attempt: Attempt) -> ChangeSet:
    """The change set as it was planned and recommended; nothing is applied that does not match its fingerprint."""
    change_set = from_json(attempt.change_set or {})
    if digest(change_set) != attempt.change_set_digest:
        raise ActionRefused(
            "التغيير المحفوظ لا يطابق بصمته؛ لا يُعتمد الطلب.",
            "The stored change does not match its fingerprint; the case cannot be approved.",
        )
    return change_set


def _read_again(case: Case, attempt: Attempt) -> Checked:
    """Read the kept file once more: what is decided is checked from the file itself."""
    path = kept_file(attempt)
    try:
        return _check(case, path, attempt.file_name, attempt.crs, attempt.unit)
    except SurveyUnreadable as error:
        raise ChangeRefused("the kept survey file cannot be read now", error.findings) from error


def reject(case: Case, reason: str, *, viewer: Viewer) -> Case:
    """Turn a case down with a reason."""
    user_id = _require(viewer, *DECIDERS, *RECOMMENDERS)
    if not reason.strip():
        raise Incomplete("اكتب سبب الرفض.", "Give the reason for turning it down.")
    return _end(case, "rejected", user_id, reason.strip(), own=False)


def withdraw(case: Case, *, viewer: Viewer) -> Case:
    """Take back a case that was filed and is not decided."""
    return _end(case, "withdrawn", _require_own(case, viewer), "", own=True)


def _end(case: Case, state: str, user_id: int, reason: str, *, own: bool) -> Case:
    with transaction.atomic():
        current = _locked(case, *OPEN_STATES)
        current.decided_at = timezone.now()
        if not own:
            if current.state == "draft":  # what was not filed is nobody's to decide
                _require_state(current, "submitted", "recommended")
            _refuse_own(current, user_id)
            current.decided_by_id = user_id
            if current.recommended_by_id == user_id:  # turning down one's own recommendation takes it back
                current.recommended_by_id = current.recommended_at = None
        current.state, current.reason = state, reason
        current.save()
        close_outline(current)
        audit.record(f"case.{state}", subject=current.reference, actor_id=user_id)
    return current
