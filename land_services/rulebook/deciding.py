"""Proposing a value of a rule, and deciding it: the one way in which an installation changes its rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from land_services.rules import Entry, RuleError, checked_value
from land_services.rules.schema import KEYS
from layers import audit
from layers.viewer import Viewer

from .errors import RuleRefused
from .in_force import pack_in_force
from .models import RuleChange

__all__ = ["DECIDERS", "PROPOSERS", "Proposal", "accept", "may_decide", "may_propose", "propose", "refuse", "withdraw"]

PROPOSERS: Final = ("planner", "planning_head")
DECIDERS: Final = ("planning_head", "mayor")
_SOURCE_DATE: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True)
class Proposal:
    """What somebody proposes; an empty ``zone`` is the value that holds in general."""

    key: str
    value: Any
    valid_from: date
    source_ar: str
    source_en: str
    source_date: str
    confidence: str
    reason: str
    zone: str = ""


def may_propose(viewer: Viewer) -> bool:
    """Return whether this person proposes values: a rule holds everywhere, so must the role."""
    return _everywhere(viewer, PROPOSERS)


def may_decide(viewer: Viewer, change: RuleChange) -> bool:
    """Return whether this person decides on a change: not who proposed it, nor who only stands in for them."""
    if not _everywhere(viewer, DECIDERS) or viewer.user_id in (None, change.proposed_by_id):
        return False
    return viewer.holds_itself(*DECIDERS) or viewer.stood_in_for(*DECIDERS) != {change.proposed_by_id}


def _everywhere(viewer: Viewer, roles: tuple[str, ...]) -> bool:
    return viewer.has_role(*roles) and not viewer.areas_of(*roles)


# Proposing ----------------------------------------------------------------------------------------------------------


def propose(proposal: Proposal, *, viewer: Viewer) -> RuleChange:
    """Put a value before those who decide; nothing changes yet.

    Raises
    ------
    RuleRefused
        Where it cannot stand; ``field`` names what is wrong.
    """
    if not may_propose(viewer) or viewer.user_id is None:
        raise RuleRefused("اقتراح القواعد للمخططين.", "Planners propose rules.")
    _refuse_unsound(proposal)
    change = RuleChange(authority=settings.AUTHORITY, proposed_by_id=viewer.user_id, **vars(proposal))
    _refuse_unchanged(change)
    with transaction.atomic():
        change.save()
        _tell("propose", change, viewer, value=proposal.value, valid_from=proposal.valid_from.isoformat())
    return change


def _refuse_unsound(proposal: Proposal) -> None:
    if proposal.key not in KEYS:
        raise RuleRefused("لا توجد قاعدة بهذا الاسم.", "There is no rule of this name.", "key")
    if proposal.zone and not KEYS[proposal.key].by_zone:
        raise RuleRefused("ليس لهذه القاعدة قيم بحسب النطاق.", "This rule has no values by zone.", "zone")
    try:
        checked_value(proposal.value, proposal.key)
    except RuleError:
        raise RuleRefused(
            "القيمة ليست من نوع هذه القاعدة، أو أقل من الصفر.",
            "The value is not of this rule's kind, or is below zero.",
            "value",
        ) from None
    _refuse_past(proposal.valid_from)
    for name in ("source_ar", "source_en", "reason"):
        if not getattr(proposal, name).strip():
            raise RuleRefused("لا تُقترح قيمة دون مصدر وسبب.", "A value has a source and a reason.", name)
    dated = _SOURCE_DATE.fullmatch(proposal.source_date)
    if not dated and (proposal.source_date or proposal.confidence != "placeholder"):
        raise RuleRefused(
            "اكتب تاريخ المصدر: 2026-11-30 أو 2026-11 أو 2026.",
            "Write the date of the source: 2026-11-30, 2026-11 or 2026.",
            "source_date",
        )


def _refuse_past(valid_from: date) -> None:
    today = timezone.localdate()
    if valid_from < today:
        raise RuleRefused(
            f"لا تسري قاعدة على ما قُدّم قبلها: أقرب يوم تسري منه {today.isoformat()}.",
            f"A rule does not reach back to cases filed before it: the earliest day is {today.isoformat()}.",
            "valid_from",
        )


def _refuse_unchanged(change: RuleChange) -> None:
    proposed = change.entry()
    standing = [e for e in pack_in_force().history(change.key, change.zone or None) if e.holds(change.valid_from)]
    if any(_same(entry, proposed) for entry in standing):
        raise RuleRefused(
            "هذه القيمة بمصدرها سارية في ذلك اليوم، فلا يتغير شيء.",
            "This value holds on that day already, from the same source: nothing would change.",
            "value",
        )


def _same(one: Entry, other: Entry) -> bool:
    return (one.value, one.source) == (other.value, other.source)


# Deciding -----------------------------------------------------------------------------------------------------------


def accept(change: RuleChange, *, viewer: Viewer, note: str = "") -> RuleChange:
    """Put a proposed value in force from its day on; it ends the one before it.

    Raises
    ------
    RuleRefused
        If it was decided meanwhile, is not this person's to decide, or would reach a case that is filed already.
    """
    return _decide(change, "accepted", viewer, note)


def refuse(change: RuleChange, *, viewer: Viewer, note: str) -> RuleChange:
    """Turn a proposal down, with a remark that says why."""
    if not note.strip():
        raise RuleRefused("اكتب سبب الرفض.", "Write why it is turned down.", "note")
    return _decide(change, "refused", viewer, note)


def withdraw(change: RuleChange, *, viewer: Viewer, note: str = "") -> RuleChange:
    """Take one's own proposal back."""
    return _decide(change, "withdrawn", viewer, note)


def _decide(change: RuleChange, state: str, viewer: Viewer, note: str) -> RuleChange:
    try:
        with transaction.atomic():
            current = RuleChange.objects.select_for_update().get(pk=change.pk)
            _require(current, state, viewer)
            current.state, current.decided_by_id = state, viewer.user_id
            current.decided_on, current.note = timezone.localdate(), note.strip()
            current.save(update_fields=["state", "decided_by", "decided_on", "note"])
            current.refresh_from_db()
            _tell(_ACTS[state], current, viewer, number=current.number)
    except IntegrityError as error:
        refused = _reaches_back(error, change)
        if refused is None:
            raise
        raise refused from error
    return current


_ACTS: Final = {"accepted": "accept", "refused": "refuse", "withdrawn": "withdraw"}


def _require(change: RuleChange, state: str, viewer: Viewer) -> None:
    if change.state != "proposed":
        raise RuleRefused("بُتّ في هذا المقترح من قبل.", "This proposal was decided already.")
    if state == "withdrawn":
        if viewer.user_id != change.proposed_by_id:
            raise RuleRefused("يسحب المقترح صاحبه.", "A proposal is taken back by who made it.")
        return
    if viewer.user_id == change.proposed_by_id:
        raise RuleRefused("لا يبت في المقترح صاحبه.", "Who proposed a value does not decide on it.")
    if not may_decide(viewer, change):
        raise RuleRefused(
            "يبت في القواعد رئيس التخطيط أو رئيس البلدية.", "The head of planning or the mayor decides on rules."
        )
    if state == "accepted":
        _refuse_past(change.valid_from)


def _reaches_back(error: IntegrityError, change: RuleChange) -> RuleRefused | None:
    """Return what the database said of a value that would reach filed cases, in words; None of anything else."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    if diagnostics is None or diagnostics.constraint_name != "rulechange_reaches_no_filed_case":
        return None
    last = date.fromisoformat(diagnostics.message_detail)
    earliest = (last + timedelta(1)).isoformat()
    begins = change.valid_from.isoformat()
    return RuleRefused(
        f"قُدّمت طلبات حتى {last.isoformat()}، والقاعدة لا تسري على ما قُدّم قبل البت فيها. تسري هذه القيمة من {begins}؛"
        f" ارفضها واقترحها من {earliest} أو بعده.",
        f"Cases are filed up to {last.isoformat()}, and a rule never reaches back to cases already filed. This value"
        f" would hold from {begins}: turn it down and propose it from {earliest} or later.",
        "valid_from",
    )


def _tell(act: str, change: RuleChange, viewer: Viewer, **details: Any) -> None:
    payload = {"change": change.pk, "zone": change.zone, **details}
    audit.record(f"rule.{act}", subject=f"{change.authority}/{change.key}", actor_id=viewer.user_id, payload=payload)
