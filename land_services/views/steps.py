"""A case in words: its state as a chip, its way as a time line."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from land_services.cases.models import Case

__all__ = ["case_steps", "state_words"]


def state_words(state: str) -> tuple[str, str]:
    """Return the chip's kind and word of a state."""
    return {
        "draft": ("neutral", _("With the office")),
        "submitted": ("info", _("Under review")),
        "recommended": ("warning", _("Waiting for the decision")),
        "approved": ("info", _("Approved, documents in preparation")),
        "issued": ("ok", _("Issued")),
        "rejected": ("stop", _("Turned down")),
        "withdrawn": ("neutral", _("Withdrawn")),
    }[state]


def case_steps(case: Case) -> list[dict[str, Any]]:
    """Return the way of a case as the time line shows it; who did what is named by office, not by id."""
    ended = case.state in ("rejected", "withdrawn")
    fit = case.attempts.filter(fit=True).order_by("number").first()
    steps = [
        _step(_("Filed"), case.filed_at, case.filed_by),
        _step(_("Survey file fit"), fit.at if fit else None, case.filed_by if fit else None),
        _step(_("Recommended"), case.recommended_at, case.recommended_by),
    ]
    if ended:
        word = _("Turned down") if case.state == "rejected" else _("Withdrawn")
        steps = [s for s in steps if s["at"]]
        steps.append(
            {
                "title": word,
                "state": "failed",
                "at": case.decided_at,
                "by": str(case.decided_by or ""),
                "note": case.reason,
            }
        )
        return steps
    steps.append(_step(_("Approved"), case.decided_at, case.decided_by))
    issued = case.documents.order_by("issued_at").first()
    steps.append(_step(_("Documents issued"), issued.issued_at if issued else None, None))
    steps.append(_step(_("Confirmed by the registry"), None, None))
    for step in steps:
        if step["state"] == "waiting":
            step["state"] = "current"
            break
    return steps


def _step(title: str, at: Any, by: Any) -> dict[str, Any]:
    return {"title": title, "state": "done" if at else "waiting", "at": at, "by": str(by) if by else ""}
