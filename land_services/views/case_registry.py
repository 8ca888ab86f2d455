"""What the page of a case shows of its deeds: how each stands, and the registrar's form for the registry's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.cases.at_work import CaseAtWork
from land_services.cases.may import offers
from land_services.deeds import RETURN_REASONS
from land_services.register.deed_state import DeedState, deed_states, state_words
from land_services.register.deeds import deed_facts, parcels_of
from land_services.register.selectors import numbers_of

__all__ = ["CHIPS", "deed_chip", "registry"]

CHIPS: Mapping[str, str] = {
    "none": "info",
    "no_deed": "warning",
    "on_record": "ok",
    "confirmed": "ok",
    "pending": "warning",
    "returned": "stop",
}
ACTS = ("confirm", "deed_returned", "send_again", "give_up_deed")


def deed_chip(state: DeedState, language: str, *, with_deeds: bool) -> tuple[str, str, str]:
    """Return the chip's kind and word of a deed's state, and the sentence."""
    return CHIPS[state.kind], _word(state.kind), state_words(state, language, with_deeds=with_deeds)


def _word(kind: str) -> str:
    return {
        "none": _("No title"),
        "no_deed": _("No valid deed"),
        "on_record": _("Land and deed agree"),
        "confirmed": _("Land and deed agree"),
        "pending": _("The deed is not changed yet"),
        "returned": _("Returned by the registry"),
    }[kind]


def registry(work: CaseAtWork, posted: Mapping[str, str], *, inside: bool) -> dict[str, Any] | None:
    """Return the state of each parcel's deed and what may be recorded; None where the case changed no deed.

    ``inside`` tells whether the viewer is staff or filed the case: they see the numbers of deeds.
    """
    if work.case.entry_id is None or not work.deed_changes:
        return None
    language = get_language() or "ar"
    parcels = numbers_of(parcels_of(work.case.reference))
    states = deed_states([parcel["uid"] for parcel in parcels])
    open_acts = {act: stages[0] for act, stages in offers(work).items() if act in ACTS and stages}
    return {
        "rows": _rows(parcels, states, language, inside=inside),
        "acts": open_acts,
        "waits": work.waits_for_deed,
        "form": _form(work, posted) if "confirm" in open_acts and work.waits_for_deed else None,
        "reasons": [
            (code, english if language == "en" else arabic) for code, (arabic, english) in RETURN_REASONS.items()
        ],
        "posted": posted,
    }


def _rows(
    parcels: list[dict[str, str]], states: Mapping[str, DeedState], language: str, *, inside: bool
) -> list[dict[str, Any]]:
    """Return each state once, with the parcels that are in it."""
    rows: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for parcel in parcels:
        rows.setdefault(deed_chip(states[parcel["uid"]], language, with_deeds=inside), []).append(parcel)
    return [{"state": state, "parcels": inside_it} for state, inside_it in rows.items()]


def _form(work: CaseAtWork, posted: Mapping[str, str]) -> dict[str, Any]:
    """Return a row for each parcel that waits, and as many deeds: one each, unless the registrar says otherwise."""
    facts = deed_facts(work.case.reference)
    order = {uid: n for n, uid in enumerate(uid for title in facts.titles for uid in title.parcel_uids)}
    parcels = sorted(facts.parcels, key=lambda parcel: order[parcel.uid])
    known = {title.id: next((deed.issuer for deed in title.deeds if deed.is_valid), "") for title in facts.titles}
    numbers = range(1, len(parcels) + 1)
    return {
        "parcels": [
            {
                "uid": parcel.uid,
                "number": parcel.parcel_no,
                "area": parcel.official_area_m2 if parcel.official_area_m2 is not None else parcel.surveyed_area_m2,
                "deed": _covered_by(posted, parcel.uid, n),
            }
            for n, parcel in zip(numbers, parcels, strict=True)
        ],
        "deeds": [
            {
                "n": n,
                "number": posted.get(f"deed-{n}-number", ""),
                "dated": posted.get(f"deed-{n}-dated", ""),
                "issuer": posted.get(f"deed-{n}-issuer", next(iter(known.values()), "")),
                "form": posted.get(f"deed-{n}-form", "electronic"),
                "area": posted.get(f"deed-{n}-area", ""),
                "registry_no": posted.get(f"deed-{n}-registry_no", ""),
            }
            for n in numbers
        ],
    }


def _covered_by(posted: Mapping[str, str], uid: str, usual: int) -> int:
    text = posted.get(f"covers-{uid}", str(usual))
    return int(text) if text.isdecimal() and len(text) < 4 else usual
