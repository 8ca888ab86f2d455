"""The registry's answer: a confirmation with its deeds, or a return; and what the municipality does after a return.

The stage stays with the registrar until the registry has confirmed, or it is given up. After a return it begins anew,
with its days; sent again, anew once more. Where no deed waits (a service without land) a number and a date are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from django.utils import timezone

from land_services.cases.advancing import advance
from land_services.cases.at_work import CaseAtWork, look_at, take_up
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.issuing import keep_papers, letter_again
from land_services.cases.may import require
from land_services.cases.models import Case, StageRun
from land_services.checks.issued_deeds import check_deeds
from land_services.deeds import (
    RETURN_REASONS,
    Answer,
    DeedFacts,
    DeedGiven,
    plan_again,
    plan_confirmation,
    plan_return,
)
from land_services.domain import ChangeSet, Finding
from land_services.register.apply import AppliedChange
from land_services.register.deeds import apply_deed_change
from land_services.register.errors import StaleRegister
from land_services.rulebook.in_force import rules_on
from layers.digits import to_latin_digits
from layers.viewer import Viewer

from .review import done

__all__ = ["confirm", "deed_returned", "give_up_deed", "send_again"]

SHORT = 200
Plan = Callable[[DeedFacts], ChangeSet]
Step = Callable[[CaseAtWork, StageRun, AppliedChange], None]


def confirm(
    case: Case, number: str, confirmed_on: date, *, viewer: Viewer, deeds: Sequence[DeedGiven] = ()
) -> tuple[Case, tuple[Finding, ...]]:
    """Record that the notary or registry carried the change out, with the deeds it issued.

    Return the case and what the registrar should know of the deeds: warnings alone.

    Raises
    ------
    ActionRefused
        If it is not open to this person now.
    Incomplete
        If something is missing or does not agree; the findings say all of it.
    ChangeRefused
        If somebody else settled the change meanwhile, or the guard finds a promise broken.
    """
    seen, run = _registry(case, viewer, "confirm")
    answer = _answer(number, confirmed_on)
    if not seen.waits_for_deed:
        if deeds:
            raise ActionRefused("لا ينتظر هذا الطلب صكوكًا جديدة.", "This case waits for no new deeds.")
        return _confirm_alone(case, run.code, answer, viewer), ()
    given = tuple(_cleaned(deed) for deed in deeds)
    warned: list[Finding] = []

    def plan(facts: DeedFacts) -> ChangeSet:
        findings = check_deeds(facts, given, answer, rules_on(case.filed_on))
        if any(finding.severity == "error" for finding in findings):
            raise Incomplete(
                "لم يُسجَّل التأكيد: بيانات الصكوك لا تطابق السجل.",
                "The confirmation was not recorded: the deeds do not agree with the register.",
                findings,
            )
        warned[:] = findings
        return plan_confirmation(facts, given, answer)

    def step(work: CaseAtWork, at_stage: StageRun, applied: AppliedChange) -> None:
        done(work, at_stage, "confirm")
        rules = sorted({finding.rule for finding in warned})
        work.say("confirm", at_stage.code, answer.number, on=answer.on.isoformat(), entry=applied.entry_id,
                 deeds=len(given), warnings=rules)  # fmt: skip

    return _carry_out(case, run.code, "confirm", plan, step, viewer, [d.number for d in given]), tuple(warned)


def deed_returned(case: Case, number: str, returned_on: date, reason: str, *, viewer: Viewer, text: str = "") -> Case:
    """Record that the registry did not carry the change out, with a coded reason; the deeds stay as they were.

    What was said beside the code stays in the case's own record: it may name people.
    """
    _seen, run = _registry(case, viewer, "deed_returned")
    answer = _answer(number, returned_on)
    if reason not in RETURN_REASONS:
        raise Incomplete("اختر سبب الإعادة من القائمة.", "Choose the reason of the return from the list.")
    if reason == "other" and not text.strip():
        raise Incomplete("اكتب سبب الإعادة كما ورد في خطابها.", "Write the reason as the registry's letter gives it.")

    def plan(facts: DeedFacts) -> ChangeSet:
        rules = rules_on(case.filed_on)
        findings = tuple(finding for finding in check_deeds(facts, (), answer, rules) if finding.rule == "LND-34")
        if findings:
            raise Incomplete("لم تُسجَّل الإعادة.", "The return was not recorded.", findings)
        return plan_return(facts, answer, reason)

    def step(work: CaseAtWork, at_stage: StageRun, applied: AppliedChange) -> None:
        _begin_anew(at_stage)
        work.say("deed_returned", at_stage.code, text.strip(), number=answer.number, on=answer.on.isoformat(),
                 reason=reason, entry=applied.entry_id)  # fmt: skip

    return _carry_out(case, run.code, "deed_returned", plan, step, viewer)


def send_again(case: Case, *, viewer: Viewer, note: str = "") -> Case:
    """Send a change that the registry returned once more, with a letter of its own; it is pending again."""
    _seen, run = _registry(case, viewer, "send_again")
    papers = letter_again(case, viewer)
    letter = papers[0].number if papers else case.reference

    def step(work: CaseAtWork, at_stage: StageRun, applied: AppliedChange) -> None:
        _begin_anew(at_stage)
        kept = keep_papers(work.case, papers, supersedes=("registry_letter",)) if papers else []
        work.say("send_again", at_stage.code, note.strip(), entry=applied.entry_id,
                 documents={document.number: document.sha256 for document in kept})  # fmt: skip

    return _carry_out(case, run.code, "send_again", lambda facts: plan_again(facts, letter), step, viewer)


def give_up_deed(case: Case, reason: str, *, viewer: Viewer) -> Case:
    """End the case without the registry: the land stays as the municipality decided, the deed as it was."""
    with take_up(case, viewer) as work:
        run = _run(work)
        require(work, "give_up_deed", run)
        if not reason.strip():
            raise Incomplete("اكتب سبب إنهاء الطلب دون تعديل الصك.", "Say why the case ends without the deed's change.")
        done(work, run, "municipal_only")
        work.say("give_up_deed", run.code, reason.strip())
        advance(work)
        work.case.save()
    return work.case


# Steps they share -----------------------------------------------------------------------------------------------------


def _run(work: CaseAtWork) -> StageRun:
    run = next((r for r in work.runs.values() if r.kind == "registry"), None)
    if run is None:
        raise ActionRefused("لا تنتظر هذه الخدمة تأكيدًا.", "This service waits for no confirmation.")
    return run


def _registry(case: Case, viewer: Viewer, act: str) -> tuple[CaseAtWork, StageRun]:
    """Return the case as it is and its stage at the registry, where the act is open to this person."""
    seen = look_at(Case.objects.get(pk=case.pk), viewer)
    run = _run(seen)
    require(seen, act, run)
    return seen, run


def _answer(number: str, on: date) -> Answer:
    if not number.strip():
        raise Incomplete("اكتب رقم جواب جهة التوثيق.", "Write the number of the registry's answer.")
    if on > timezone.localdate():
        raise Incomplete("تاريخ الجواب في المستقبل.", "The date of the answer is in the future.")
    return Answer(to_latin_digits(number.strip())[:SHORT], on)


def _cleaned(deed: DeedGiven) -> DeedGiven:
    return replace(
        deed,
        number=to_latin_digits(deed.number.strip())[:SHORT],
        issuer=" ".join(deed.issuer.split())[:SHORT],
        registry_no=to_latin_digits(deed.registry_no.strip())[:SHORT],
    )


def _begin_anew(run: StageRun) -> None:
    """Let the stage begin anew when the case is carried on: back on the registrars' list, with its days."""
    run.again()
    run.due_at = run.assignee_id = None
    run.save()


def _confirm_alone(case: Case, stage: str, answer: Answer, viewer: Viewer) -> Case:
    with take_up(case, viewer) as work:
        run = work.runs[stage]
        require(work, "confirm", run)
        done(work, run, "confirm")
        work.say("confirm", run.code, answer.number, on=answer.on.isoformat())
        advance(work)
        work.case.save()
    return work.case


def _carry_out(
    case: Case, stage: str, act: str, plan: Plan, step: Step, viewer: Viewer, numbers: Sequence[str] = ()
) -> Case:
    """Change deeds and case in one transaction, or neither.

    Whether the act is open is asked once the land is held and before anything is written: afterwards the change is
    settled, and it would not be.
    """
    for_user: list[int | None] = []

    def held(facts: DeedFacts) -> ChangeSet:
        with take_up(case, viewer) as work:  # its row stays held until all is written
            require(work, act, work.runs[stage])
            for_user.append(work.for_user_id)
        return plan(facts)

    def also(applied: AppliedChange) -> None:
        with take_up(case, viewer) as work:
            work.now, work.for_user_id = max(work.now, applied.at), for_user[-1]
            step(work, work.runs[stage], applied)
            advance(work)
            work.case.save()

    try:
        apply_deed_change(case.reference, acting_user_id=viewer.user_id, plan=held, also=also, numbers=numbers)
    except StaleRegister as stale:
        raise ActionRefused(
            f"سُجّل جواب جهة التوثيق على الطلب {case.reference} قبلك.",
            f"The registry's answer to case {case.reference} was recorded before you.",
        ) from stale
    case.refresh_from_db()
    return case
