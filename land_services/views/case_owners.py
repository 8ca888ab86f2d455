"""The owners of the land of a case and who acts for each of them, as the page of the case shows it: without names."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.cases.acts.filing import acted_for
from land_services.cases.at_work import CaseAtWork
from land_services.isolated import shown
from land_services.offices.owners import OwnerActedFor

__all__ = ["owner_rows"]

UNDECIDED = ("draft", "submitted", "returned", "stopped")


def owner_rows(work: CaseAtWork, *, inside: bool) -> list[dict[str, Any]]:
    """Return a row for each owner of the land of an undecided case, to those ``inside``."""
    if not inside or work.case.state not in UNDECIDED:
        return []
    return [_row(owner) for owner in acted_for(work, timezone.localdate(work.now))]


def _row(owner: OwnerActedFor) -> dict[str, Any]:
    kind, word = {
        "self": ("ok", _("Files for themselves")),
        "registered": ("ok", _("Agent named in the register")),
        "authorised": ("ok", _("Authorised")),
        "lapsed": ("stop", _("Authorisation does not hold")),
        "attached": ("warning", _("A paper is attached: look at it")),
        "unproven": ("warning", _("No authorisation on record")),
    }[owner.how]
    return {
        "number": owner.number,
        "share": f"{owner.share.numerator}/{owner.share.denominator}",
        "heirs": owner.heirs,
        "state": (kind, word),
        "paper": owner.paper,
        "why": "" if owner.finding is None else shown(owner.finding, "en" if get_language() == "en" else "ar"),
    }
