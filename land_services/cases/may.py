"""Who may do what in a case now. Pages ask it what to offer; every act asks it before it does anything.

The answer of each question is None where the act is open, or the refusal that says why it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from land_services.catalogue import ServiceCard
from land_services.catalogue.seeing import STAFF_ROLES
from layers.viewer import Viewer

from .at_work import CaseAtWork
from .errors import ActionRefused, NotYours
from .models import StageRun

__all__ = [
    "ACTS",
    "COUNTER",
    "HEADS",
    "JUDGING",
    "STAFF",
    "WATCHERS",
    "Act",
    "at_counter",
    "files_itself",
    "holds",
    "may_file",
    "not_now",
    "not_own",
    "offers",
    "refusal",
    "require",
    "require_may_file",
    "stands_for_any",
]

STAFF: Final = STAFF_ROLES
HEADS: Final = frozenset({"survey_head", "planning_head", "building_head", "mayor", "director"})
"""Who may move work between people, stop a case and open it again."""
WATCHERS: Final = frozenset({"administrator", "director", "archive", "mayor"})
"""Who sees every case that was submitted."""
FILERS: Final[Mapping[str, frozenset[str]]] = {
    "applicant": frozenset({"applicant", "resident", "surveyor"}),
    "employee": STAFF,
}
"""Which roles file where a card's first stage names one that several people are."""

COUNTER: Final = "clerk"
"""Who takes requests at the counter; a colleague judges them."""
VISITORS: Final = frozenset({"applicant", "resident"})
"""Who comes to the counter: an office's surveyor files from the office."""

STATES_AR: Final = {
    "draft": "لدى مقدمه ولم يُقدَّم بعد",
    "submitted": "قيد الدراسة",
    "returned": "معاد إلى مقدمه بملاحظات",
    "stopped": "موقوف",
    "approved": "معتمد",
    "issued": "صادر",
    "closed": "منتهٍ",
    "rejected": "مرفوض",
    "withdrawn": "مسحوب",
}
STATES_EN: Final = {
    "draft": "still with whoever files it",
    "submitted": "under review",
    "returned": "with whoever filed it, with remarks",
    "stopped": "stopped",
    "approved": "approved",
    "issued": "issued",
    "closed": "closed",
    "rejected": "turned down",
    "withdrawn": "withdrawn",
}
_NOT_A_TASK = NotYours("هذا الإجراء ليس من صلاحياتك.", "This action is not one of yours.")
_NOT_YOUR_CASE = NotYours("هذا الطلب ليس من طلباتك.", "This case is not one of yours.")
_OWN_CASE = NotYours("لا يبت أحد في طلب قدّمه بنفسه.", "Nobody decides a case they filed.")
_ERASED = ActionRefused(
    "مُحي ملف هذا الطلب بعد انقضاء مدة حفظه؛ لا إجراء فيه.",
    "The file of this case was erased after the time for which it is kept; nothing is done in it any more.",
)
_TWO_PEOPLE = NotYours(
    "القرار الذي يغيّر السجل يحتاج شخصين: من أوصى لا يعتمد.",
    "A decision that changes the register needs two people: whoever recommended it does not approve it.",
)

_RETURNED = ActionRefused(
    "أعادت جهة التوثيق التعديل؛ أرسله من جديد قبل تسجيل التأكيد.",
    "The registry returned the change; send it again before its confirmation is recorded.",
)
_NOT_PENDING = ActionRefused(
    "لا تعديل في هذا الطلب ينتظر جهة التوثيق.", "No change of this case waits for the registry."
)
_NOT_RETURNED = ActionRefused(
    "لم تُعد جهة التوثيق تعديل هذا الطلب.", "The registry has not returned the change of this case."
)


def may_file(card: ServiceCard, viewer: Viewer) -> bool:
    """Return True if this person may file for a service, for themselves or for a visitor at the counter."""
    return files_itself(card, viewer) or at_counter(card, viewer)


def files_itself(card: ServiceCard, viewer: Viewer) -> bool:
    """Return True if this person may file for a service as who they are."""
    role = card.draft.role
    return not viewer.is_anonymous and viewer.has_role(*FILERS.get(role, {role}))


def at_counter(card: ServiceCard, viewer: Viewer) -> bool:
    """Return True if this person files for visitors: a clerk, where the card is taken at the counter from anybody."""
    return "counter" in card.channels and card.draft.role in VISITORS and viewer.has_role(COUNTER)


def require_may_file(card: ServiceCard, viewer: Viewer) -> int:
    """Return who files, or raise NotYours."""
    if viewer.user_id is None or not may_file(card, viewer):
        raise _NOT_A_TASK
    return viewer.user_id


@dataclass(frozen=True)
class Act:
    """One thing that can be done: in which states of the case, by whom, and in stages of which kinds.

    ``who`` is filer, stage (whoever holds the stage's role), part (either side), head or agency; ``allowed`` the word
    that a card's stage must hold in ``may``.
    """

    code: str
    states: tuple[str, ...]
    who: str
    kinds: tuple[str, ...] = ()
    allowed: str = ""
    also: Callable[[CaseAtWork, StageRun | None], ActionRefused | None] | None = None


def _not_own(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    return _OWN_CASE if work.case.filed_by_id in _acting(work, run) or work.is_filer else None


def _two_people(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    own = _not_own(work, run)
    if own is not None or not work.card.register:
        return own
    return None if _acting(work, run).isdisjoint(_judged(work)) else _TWO_PEOPLE


def _judged(work: CaseAtWork) -> set[int | None]:
    """Who judged the case, and in whose place they did."""
    runs = [run for run in work.runs.values() if run.kind in JUDGING]
    found = {run.done_by_id for run in runs} | {run.done_for_id for run in runs} | {work.case.recommended_by_id}
    return found - {None}


def _acting(work: CaseAtWork, run: StageRun | None) -> set[int | None]:
    """Who acts, and in whose place: where two people are needed, they are one."""
    absent = _stands_for(work, _roles_of(run, "approve") if run else _heads(work), run)
    return {work.user_id} if absent is None else {work.user_id, absent}


def _stands_for(work: CaseAtWork, roles: Collection[str], run: StageRun | None) -> int | None:
    """Return in whose place this person acts with one of these roles; None by their own right.

    Of several absent people the one who had no part in the case yet; what lies with one of them is done for that one.
    """
    area = run.area if run else work.case.area
    absent = work.viewer.stood_in_for(*roles, area=area)
    if run is not None and run.assignee_id in absent:
        return run.assignee_id
    if not absent or work.viewer.holds_itself(*roles, area=area):
        return None
    return min(absent - _judged(work) - {work.case.filed_by_id} or absent)


def _not_returned(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    return _RETURNED if work.deed_is_returned else None


def _while_pending(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    return None if work.waits_for_deed else _NOT_PENDING


def _after_return(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    return None if work.deed_is_returned else _NOT_RETURNED


def _not_where_applied(work: CaseAtWork, run: StageRun | None) -> ActionRefused | None:
    if work.case.entry_id is not None:
        return ActionRefused(
            "غيّر هذا القرار السجل؛ ما بعده طلب جديد.", "This decision changed the register; what follows is a new case."
        )
    return _not_own(work, run)


JUDGING: Final = ("review", "work", "visit", "committee")
_FILER = ("draft", "returned")
_OPEN = ("submitted",)
_RUNNING = ("submitted", "approved", "issued")

ACTS: Final[Mapping[str, Act]] = {
    act.code: act
    for act in (
        Act("fill", _FILER, "filer"),
        Act("attach", _FILER, "filer"),
        Act("hand_in", _FILER, "filer"),
        Act("answer", ("returned",), "filer"),
        Act("submit", _FILER, "filer"),
        Act("withdraw", ("draft", "submitted", "returned", "stopped"), "filer"),
        Act("take", _RUNNING, "stage", also=_not_own),
        Act("finish", _OPEN, "stage", JUDGING, also=_not_own),
        Act("return", _OPEN, "stage", (*JUDGING, "decision"), "return", also=_not_own),
        Act("reject", _OPEN, "stage", (*JUDGING, "decision"), "reject", also=_not_own),
        Act("refer", _RUNNING, "stage", JUDGING, "refer", also=_not_own),
        Act("minute", _RUNNING, "stage", JUDGING, "committee", also=_not_own),
        Act("visit", _RUNNING, "stage", JUDGING, "visit", also=_not_own),
        Act("approve", _OPEN, "stage", ("decision",), also=_two_people),
        Act("pay", _RUNNING, "stage", ("payment",), also=_not_own),
        Act("issue", ("approved",), "stage", ("issue",), also=_not_own),
        Act("confirm", ("approved", "issued"), "stage", ("registry",), also=_not_returned),
        Act("deed_returned", ("approved", "issued"), "stage", ("registry",), also=_while_pending),
        Act("send_again", ("approved", "issued"), "stage", ("registry",), also=_after_return),
        Act("give_up_deed", ("approved", "issued"), "stage", ("registry",), also=_after_return),
        Act("finish_after", ("approved", "issued"), "stage", JUDGING, also=_not_own),
        Act("assign", _RUNNING, "head", also=_not_own),
        Act("stop", ("submitted", "returned"), "head", also=_not_own),
        Act("reopen", ("stopped", "rejected"), "head", also=_not_where_applied),
        Act("say", tuple(state for state in STATES_EN if state != "draft"), "part"),
        Act("answer_referral", _RUNNING, "agency"),
    )
}


def refusal(work: CaseAtWork, code: str, run: StageRun | None = None) -> ActionRefused | None:
    """Return why an act is not open to this person now, None where it is."""
    act = ACTS[code]
    yours = _whose(work, act, run)
    if yours is not None:
        return yours
    if work.case.erased_at is not None:
        return _ERASED
    if work.case.state not in act.states:
        return _not_now(work)
    if run is not None and act.who == "stage":
        refused = _stage_says(work, act, run)
        if refused is not None:
            return refused
    return act.also(work, run) if act.also else None


def require(work: CaseAtWork, code: str, run: StageRun | None = None) -> int:
    """Return who does it, or raise the refusal."""
    refused = refusal(work, code, run)
    if refused is not None:
        raise refused
    if work.user_id is None:
        raise _NOT_A_TASK
    work.for_user_id = _in_place_of(work, ACTS[code], run)
    return work.user_id


def _in_place_of(work: CaseAtWork, act: Act, run: StageRun | None) -> int | None:
    if act.who == "head":
        return _stands_for(work, _heads(work), None)
    if act.who == "stage" and run is not None:
        return _stands_for(work, _roles_of(run, act.code), run)
    return None


def not_own(work: CaseAtWork) -> ActionRefused | None:
    """Return the refusal where this person, or whom they stand in for, filed the case."""
    return _OWN_CASE if work.is_filer or work.case.filed_by_id in work.viewer.stood_in_for(*STAFF) else None


def not_now(work: CaseAtWork) -> ActionRefused:
    """Return the refusal that says where the case stands instead."""
    return _ERASED if work.case.erased_at is not None else _not_now(work)


def stands_for_any(work: CaseAtWork, roles: Collection[str]) -> int | None:
    """Return in whose place this person acts with one of these roles; None by their own right."""
    return _stands_for(work, roles, None)


def offers(work: CaseAtWork) -> dict[str, list[str]]:
    """Return what this person may do now: each act with the stages it is open in; without one, an empty list."""
    found: dict[str, list[str]] = {}
    for code, act in ACTS.items():
        if act.who == "stage":
            stages = [run.code for run in work.active if refusal(work, code, run) is None]
            if stages:
                found[code] = stages
        elif act.who != "agency" and refusal(work, code) is None:
            found[code] = []
    return found


def _whose(work: CaseAtWork, act: Act, run: StageRun | None) -> ActionRefused | None:
    viewer = work.viewer
    if viewer.user_id is None:
        return _NOT_A_TASK
    if act.who == "filer":
        return None if work.is_filer else _NOT_YOUR_CASE
    if act.who == "part":
        staff = STAFF & {*work.case.roles, *WATCHERS}
        return None if work.is_filer or viewer.holds_in(work.case.area, *staff) else _NOT_A_TASK
    if act.who == "head":
        return None if _is_head(work) else _NOT_A_TASK
    if act.who == "agency":
        return None if viewer.has_role("agency") else _NOT_A_TASK
    return None if run is not None and holds(viewer, run, act.code) else _NOT_A_TASK


def holds(viewer: Viewer, run: StageRun, act: str = "") -> bool:
    """Return True if this person holds the role of a stage, where the case belongs; who decides also issues."""
    return viewer.holds_in(run.area, *_roles_of(run, act))


def _roles_of(run: StageRun, act: str) -> set[str]:
    roles = {run.role} if run.role != "employee" else set(STAFF)
    return roles | {"survey_head", "mayor", "registrar"} if act == "issue" else roles


def _heads(work: CaseAtWork) -> frozenset[str]:
    return frozenset({"mayor", "director"}) | (HEADS & set(work.case.roles))


def _is_head(work: CaseAtWork) -> bool:
    return work.viewer.holds_in(work.case.area, *_heads(work))


def _not_now(work: CaseAtWork) -> ActionRefused:
    case = work.case
    return ActionRefused(
        f"لا يمكن هذا الإجراء الآن: الطلب {case.reference} {STATES_AR[case.state]}.",
        f"This cannot be done now: case {case.reference} is {STATES_EN[case.state]}.",
    )


def _stage_says(work: CaseAtWork, act: Act, run: StageRun) -> ActionRefused | None:
    stage = work.stage(run)
    if run.state != "active":
        return ActionRefused(f"مرحلة «{stage.ar}» ليست جارية الآن.", f"The stage “{stage.en}” is not under way now.")
    if (act.kinds and run.kind not in act.kinds) or (act.allowed and act.allowed not in stage.may):
        return ActionRefused(
            f"لا يُتخذ هذا الإجراء في مرحلة «{stage.ar}».", f"This is not done in the stage “{stage.en}”."
        )
    in_hands = (None, work.user_id, _in_place_of(work, act, run))
    if run.assignee_id not in in_hands and act.code != "take":
        return NotYours(
            "هذه المرحلة مسندة إلى زميل؛ يستطيع رئيس القسم نقلها.",
            "This stage is assigned to a colleague; the head can move it.",
        )
    return None
