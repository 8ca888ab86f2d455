"""What staff do with a stage: take it, pass it on, send the case back with remarks, move work between people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import Point

from land_services.cases import flow
from land_services.cases.advancing import advance, pause
from land_services.cases.at_work import CaseAtWork, take_up
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.may import ACTS, holds, require
from land_services.cases.models import Case, Referral, Remark, StageRun
from land_services.cases.people import holds_role, is_absent
from land_services.cases.readers import readable
from land_services.cases.reasons import REASONS
from layers.viewer import Viewer

__all__ = ["RemarkMade", "assign", "finish", "give_back", "run_of", "send_back", "take", "write_remarks"]


@dataclass(frozen=True)
class RemarkMade:
    """A remark as a reviewer makes it: a coded reason, the words, and what it is about.

    At most one place: a point of the map (metres in the storage CRS), a part, a document's key with a page, a field.
    """

    reason: str
    text: str
    point: tuple[float, float] | None = None
    part: str = ""
    file: int | None = None
    page: int | None = None
    field: str = ""


def run_of(work: CaseAtWork, stage: str, act: str = "") -> StageRun:
    """Return a stage of a case by its code; without a code the one under way, where there is one alone.

    Where an act is meant, it is the one stage under way in which this person may do it; else one that it was done in,
    so that whoever does it twice hears where the case stands by now.

    Raises
    ------
    ActionRefused
        If the case has no such stage.
    """
    if not stage and act:
        mine = [one for one in work.runs.values() if one.kind in ACTS[act].kinds and holds(work.viewer, one, act)]
        under_way = [one for one in mine if one.state == flow.ACTIVE]
        passed = [one for one in mine if one.state == flow.DONE and one.done_at is not None]
        if len(under_way) == 1:
            return under_way[0]
        if not under_way and passed:
            return max(passed, key=lambda one: (one.done_at, one.position))
    if not stage and len(work.active) == 1:
        return work.active[0]
    run = work.runs.get(stage)
    if run is None:
        raise ActionRefused("لا توجد مرحلة كهذه في الطلب الآن.", "The case has no such stage now.")
    return run


def take(case: Case, stage: str = "", *, viewer: Viewer) -> Case:
    """Take a stage on oneself: others see that somebody is at it."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "take", run)
        if run.assignee_id not in (None, user_id, work.for_user_id):
            raise ActionRefused("تولّى هذه المرحلة زميل قبلك.", "A colleague took this stage before you.")
        run.assignee_id = user_id
        run.save(update_fields=["assignee"])
        work.say("take", run.code)
    return work.case


def give_back(case: Case, stage: str = "", *, viewer: Viewer) -> Case:
    """Let go of a stage that one took: anyone of the role may take it."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "take", run)
        if run.assignee_id != user_id:
            raise ActionRefused("ليست هذه المرحلة في يدك.", "This stage is not in your hands.")
        run.assignee_id = None
        run.save(update_fields=["assignee"])
        work.say("give_back", run.code)
    return work.case


def assign(case: Case, stage: str, to: int, *, viewer: Viewer) -> Case:
    """Move a stage to a person who holds its role: the head's way to share out work and to help over an absence."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        require(work, "assign", run)
        if run.state != flow.ACTIVE:
            raise ActionRefused("لا تُسند إلا مرحلة جارية.", "Only a stage that is under way is given to somebody.")
        person = get_user_model().objects.filter(pk=to, is_active=True).first()
        if person is None or not holds_role(person, run.role, run.area, work.now):
            raise ActionRefused(
                "لا يحمل هذا الشخص الدور المطلوب لهذه المرحلة.", "This person does not hold the role of this stage."
            )
        if is_absent(person, work.now):
            raise ActionRefused(
                "هذا الشخص غائب الآن؛ اختر من ينوب عنه أو زميلًا آخر.",
                "This person is absent now: choose who stands in, or another colleague.",
            )
        if to == work.case.filed_by_id:
            raise ActionRefused("لا تُسند مرحلة إلى مقدم الطلب.", "A stage is not given to whoever filed the case.")
        run.assignee_id = to
        run.save(update_fields=["assignee"])
        work.say("assign", run.code, to=to)
    return work.case


def finish(case: Case, stage: str = "", *, viewer: Viewer, note: str = "", attempt: int | None = None) -> Case:
    """Pass a stage on: its work is done, and where it judges, the case is recommended.

    With ``attempt``, the number that the reviewer looked at: a newer one handed in meanwhile is not passed unseen.
    """
    with take_up(case, viewer) as work:
        run = run_of(work, stage, "finish")
        after = work.case.state in ("approved", "issued")
        user_id = require(work, "finish_after" if after else "finish", run)
        filed = work.filed
        if attempt is not None and (filed is None or filed.number != attempt):
            raise ActionRefused(
                "رُفع ملف أحدث بعد فتحك الصفحة؛ راجعه قبل التوصية.",
                "A newer file was handed in after you opened the page; look at it before you recommend it.",
            )
        _nothing_open(work, run)
        done(work, run, "recommend" if run.kind in ("review", "committee") else "done")
        if run.kind in ("review", "committee"):
            work.case.recommended_by_id, work.case.recommended_at = user_id, work.now
        facts = {"attempt": filed.number, "change_set": filed.change_set_digest} if filed else {}
        work.say("finish", run.code, note.strip(), **facts)
        advance(work)
        work.case.save()
    return work.case


def _nothing_open(work: CaseAtWork, run: StageRun) -> None:
    waiting = [one for one in work.open_referrals(run.code) if one.required]
    if waiting:
        arabic, english = _agencies(work, waiting)
        raise ActionRefused(
            f"لم تُجب بعد جهات مطلوب رأيها: {arabic}.", f"Agencies whose answer is needed have not answered: {english}."
        )
    said = [one for one in work.last_referrals if one.stage == run.code]
    objected = [one for one in said if one.answer == "object" and one.required]
    if objected and run.kind == "review":
        arabic, english = _agencies(work, objected)
        raise ActionRefused(
            f"اعترضت جهة مطلوب رأيها ({arabic})؛ أعد الطلب أو ارفضه أو اسألها من جديد.",
            f"An agency whose answer is needed objected ({english}): return the case, turn it down, or ask again.",
        )
    if run.kind == "visit" and not any(v.stage == run.code and v.held_at for v in work.visits):
        raise ActionRefused("لم تُسجَّل الزيارة بعد.", "The visit is not recorded yet.")
    if run.kind == "committee":
        _recommended(work, run)


def _recommended(work: CaseAtWork, run: StageRun) -> None:
    """Refuse to pass a committee whose last word on the case as it is now is not in its favour."""
    sat = work.case.minutes.filter(stage=run.code, at__gte=run.started_at).order_by("-pk").first()
    if sat is None:
        raise ActionRefused(
            "لا محضر للجنة عن الطلب كما هو الآن؛ سجّل محضرًا جديدًا.",
            "There are no minutes of the committee on the case as it is now: record new ones.",
        )
    if sat.outcome != "recommend":
        raise ActionRefused(
            f"آخر محضر للجنة ({sat.number}) لا يوصي بالطلب.",
            f"The last minutes of the committee ({sat.number}) do not recommend the case.",
        )


def _agencies(work: CaseAtWork, asked: Iterable[Referral]) -> tuple[str, str]:
    """Return the names of agencies as the card gives them, each once, in Arabic and in English."""
    known = {one.code: (one.ar, one.en) for one in work.card.referrals}
    names = dict.fromkeys(known.get(one.agency, (one.agency, one.agency)) for one in asked)
    return "، ".join(f"«{ar}»" for ar, _ in names), ", ".join(f"“{en}”" for _, en in names)


def done(work: CaseAtWork, run: StageRun, outcome: str) -> None:
    """Mark a stage as done by the person at work."""
    run.finish()
    run.done_at, run.outcome, run.due_at = work.now, outcome, None
    run.done_by_id, run.done_for_id = work.user_id, work.for_user_id
    run.save()


def send_back(case: Case, remarks: Sequence[RemarkMade], stage: str = "", *, viewer: Viewer, note: str = "") -> Case:
    """Return a case to whoever filed it, with what is to be mended: one remark at least."""
    with take_up(case, viewer) as work:
        run = run_of(work, stage)
        user_id = require(work, "return", run)
        numbers = write_remarks(work, run, remarks, user_id)
        returned(work, run, note, numbers)
    return work.case


def returned(work: CaseAtWork, run: StageRun, note: str, numbers: list[int], act: str = "return") -> None:
    """Put the case in the applicant's hands and stop its clocks."""
    run.send_back()
    run.due_at = None
    run.save()
    work.case.send_back()
    pause(work)
    work.case.save()
    work.say(act, run.code, note.strip(), remarks=numbers)


def write_remarks(work: CaseAtWork, run: StageRun, remarks: Sequence[RemarkMade], user_id: int) -> list[int]:
    """Keep remarks; return their numbers.

    Raises
    ------
    Incomplete
        If there is none, or one lacks words, a known reason or an existing place.
    """
    if not remarks:
        raise Incomplete("اكتب ملاحظة واحدة على الأقل.", "Write one remark at least.")
    number = max((one.number for one in work.remarks), default=0)
    kept = []
    for made in remarks:
        number += 1
        kept.append(_remark(work, run, made, number, user_id))
    Remark.objects.bulk_create(kept)
    work.remarks.extend(kept)
    return [one.number for one in kept]


def _remark(work: CaseAtWork, run: StageRun, made: RemarkMade, number: int, user_id: int) -> Remark:
    if made.reason not in REASONS:
        raise Incomplete("اختر سبب الملاحظة من القائمة.", "Choose the remark's reason from the list.")
    if not made.text.strip():
        raise Incomplete("اكتب نص الملاحظة.", "Write the text of the remark.")
    remark = Remark(
        case=work.case,
        stage=run.code,
        round=work.case.round,
        number=number,
        reason=made.reason,
        text=made.text.strip(),
        by_id=user_id,
        at=work.now,
    )
    _pin(work, remark, made)
    return remark


def _pin(work: CaseAtWork, remark: Remark, made: RemarkMade) -> None:
    if made.point is not None:
        remark.place, remark.point = "map", Point(*made.point, srid=settings.STORAGE_SRID)
    elif made.part:
        remark.place, remark.part = "part", made.part
    elif made.file is not None:
        if made.file not in {file.pk for file in readable(work)}:
            raise Incomplete("ليست هذه من وثائق الطلب.", "This is not a document of the case.")
        remark.place, remark.file_id, remark.page = "document", made.file, made.page
    elif made.field:
        if made.field not in {one.code for one in work.card.form}:
            raise Incomplete("ليس في النموذج حقل كهذا.", "The form has no such field.")
        remark.place, remark.field = "field", made.field
