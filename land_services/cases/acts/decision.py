"""The decision. Where it changes the register, the change is applied in the same transaction or nothing happens."""

from __future__ import annotations

from land_services.cases.advancing import advance
from land_services.cases.at_work import CaseAtWork, look_at, take_up
from land_services.cases.checking import Checked, without_own_case
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.keeping import kept_file
from land_services.cases.may import not_now, require
from land_services.cases.models import Attempt, Case, StageRun
from land_services.cases.outline import close_outline
from land_services.cases.readers import staff_papers_missing
from land_services.cases.surplus import SURPLUS, owed, price_of, surplus_m2
from land_services.changesets import digest, from_json, is_same_change
from land_services.checks.engine import run_checks
from land_services.domain import ChangeSet, Facts, Finding
from land_services.messages import message
from land_services.register.apply import AppliedChange, apply_change_set
from land_services.register.errors import ChangeRefused, NotFit, StaleRegister
from land_services.surveys.errors import SurveyUnreadable
from layers.viewer import Viewer

from .review import RemarkMade, done, returned, run_of, write_remarks
from .survey import check_for

__all__ = ["approve"]

REMARKS_MADE = 20


def approve(case: Case, stage: str = "", *, viewer: Viewer, note: str = "") -> tuple[Case, AppliedChange | None]:
    """Decide a case in the applicant's favour; the change set as recommended goes into the register.

    Raises
    ------
    ActionRefused
        If this person may not decide it, or the case is not waiting for a decision.
    ChangeRefused
        If the land or the facts changed since: nothing is applied, the findings say what stands against it, and the
        case is sent back with them as remarks.
    """
    seen = look_at(Case.objects.get(pk=case.pk), viewer)
    run = run_of(seen, stage, "approve")
    require(seen, "approve", run)
    _require_papers(seen)
    _require_paid(seen)
    if not seen.card.register:
        return _approve_alone(case, run.code, viewer, note), None
    try:
        applied = _apply(seen, run.code, viewer, note)
    except (StaleRegister, NotFit) as refused:
        _send_back_unfit(case, run.code, viewer, refused)
        now = look_at(Case.objects.get(pk=case.pk), viewer)
        if now.case.state in ("approved", "issued", "closed"):  # at the same moment by somebody else, or pressed twice
            raise not_now(now) from refused
        raise
    case.refresh_from_db()
    return case, applied


def _require_papers(work: CaseAtWork) -> None:
    """Refuse a decision without the papers of the house and of agencies that the card requires."""
    lacking = staff_papers_missing(work)
    if lacking:
        names = [{"ar": one.ar, "en": one.en} for one in lacking]
        findings = tuple(Finding("REQ-21", "error", {"document": name}) for name in names)
        raise Incomplete("لم تُضف بعد وثائق يلزم القرار.", "Papers that the decision needs are not added yet.", findings)


def _require_paid(work: CaseAtWork) -> None:
    """Refuse a decision that grants a surplus which was not priced and paid, where the card has it paid."""
    if all(stage.charges != SURPLUS for stage in work.card.stages) or surplus_m2(work.case) == 0:
        return
    if price_of(work.case) is None or owed(work.case) > 0:
        raise ActionRefused(
            "لم تُسعّر زائدة هذه الأرض أو لم تُسدد بعد؛ أعد الطلب ليمر باللجنة والسداد.",
            "The surplus of this land is not priced or not paid yet: return the case so that it passes both.",
        )


def _approve_alone(case: Case, stage: str, viewer: Viewer, note: str) -> Case:
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        require(work, "approve", run)
        _decide(work, run, note)
    return work.case


def _decide(work: CaseAtWork, run: StageRun, note: str, **details: object) -> None:
    done(work, run, "approve")
    work.case.approve()
    work.case.decided_by_id, work.case.decided_at = work.user_id, work.now
    work.case.save()
    close_outline(work.case)
    work.say("approve", run.code, note.strip(), **details)
    advance(work)
    work.case.save()


def _apply(seen: CaseAtWork, stage: str, viewer: Viewer, note: str) -> AppliedChange:
    case, attempt = seen.case, seen.filed
    if attempt is None:
        raise ActionRefused(
            f"الطلب {case.reference} لا ينتظر قرارًا.", f"Case {case.reference} is not waiting for a decision."
        )
    checked = _read_again(case, attempt)
    change_set = _on_the_register_as_it_is(_recommended(attempt), checked.change_set)
    service, inputs = checked.service, checked.inputs

    def recheck(facts: Facts) -> tuple[Finding, ...]:
        return run_checks(service, inputs, without_own_case(facts, case.reference), checked.rules)

    def also(applied: AppliedChange) -> None:
        with take_up(case, viewer) as work:
            run = run_of(work, stage)
            try:
                require(work, "approve", run)
            except ActionRefused as refused:
                raise ChangeRefused(f"case {case.reference} was decided in the meantime") from refused
            if work.filed is None or work.filed.pk != attempt.pk:
                raise ChangeRefused(f"case {case.reference} stands on another file by now")
            work.now = max(work.now, applied.at)
            work.case.entry_id = applied.entry_id
            work.case.decided_at = applied.at
            _decide(work, run, note, entry=applied.entry_id, change_set=digest(change_set))

    return apply_change_set(
        change_set,
        reference=case.reference,
        acting_user_id=viewer.user_id,
        recheck=recheck,
        query=service.needs(inputs),
        also=also,
    )


def _recommended(attempt: Attempt) -> ChangeSet:
    """The change set as it was planned and recommended; nothing is applied that does not match its fingerprint."""
    change_set = from_json(attempt.change_set or {})
    if digest(change_set) != attempt.change_set_digest:
        raise ActionRefused(
            "التغيير المحفوظ لا يطابق بصمته؛ لا يُعتمد الطلب.",
            "The stored change does not match its fingerprint; the case cannot be approved.",
        )
    return change_set


def _on_the_register_as_it_is(recommended: ChangeSet, fresh: ChangeSet | None) -> ChangeSet:
    """Return the recommended change on the versions that are current now, where it is still the same change.

    A neighbour that got a vertex or another deed since has a later version; that is no reason to send a case back.
    """
    return fresh if fresh is not None and is_same_change(recommended, fresh) else recommended


def _read_again(case: Case, attempt: Attempt) -> Checked:
    """Read the kept file once more: what is decided is checked from the file itself."""
    path = kept_file(attempt)
    try:
        return check_for(case, path, attempt.file_name, attempt.crs, attempt.unit)
    except SurveyUnreadable as error:
        raise ChangeRefused("the kept survey file cannot be read now", error.findings) from error


def _send_back_unfit(case: Case, stage: str, viewer: Viewer, refused: ChangeRefused) -> None:
    """Return a case whose land changed since it was recommended, with each difference as a remark."""
    with take_up(case, viewer) as work:
        run = work.runs.get(stage)
        if run is None or run.state != "active" or work.case.state != "submitted":
            return
        remarks = [_remark(finding) for finding in refused.findings[:REMARKS_MADE]] or [_MOVED]
        numbers = write_remarks(work, run, remarks, require(work, "approve", run))
        returned(work, run, "", numbers, act="return_unfit")


_MOVED = RemarkMade("register_changed", "تغير السجل منذ التوصية. / The register changed since the recommendation.")


def _remark(finding: Finding) -> RemarkMade:
    words = f"{message(finding, 'ar')} / {message(finding, 'en')}"
    where = finding.where.representative_point() if finding.where is not None and not finding.where.is_empty else None
    return RemarkMade("register_changed", words, point=(where.x, where.y) if where is not None else None)
