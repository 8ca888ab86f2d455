"""Requests: the list that one may see, searching it, and opening a new one."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from land_services.cases import acts
from land_services.cases.errors import ActionRefused
from land_services.cases.may import at_counter, may_file
from land_services.cases.models import Case
from land_services.cases.references import is_reference
from land_services.catalogue import ServiceCard, departments, load_catalogue
from land_services.isolated import shown
from land_services.offices.standing import authorised_by, warnings
from land_services.register.personal import read_parties
from land_services.register.selectors import find_parcel
from layers.digits import to_latin_digits
from layers.viewer import Viewer

from .access import viewer_of, visible_cases
from .case_acts import refusal_status
from .case_order import NEWEST, InTurn, by_due, for_agencies, with_answer_due
from .case_search import about
from .paging import page_of
from .services import service_title
from .steps import due_words, state_words
from .uploads import plain_text

__all__ = ["cases", "filing_for", "open_case"]

ORDERS = ("due", "new")
MOST_ASKED = 800
_BETWEEN = re.compile(r"[,،;؛\n]")
"""What stands between the numbers of several parcels, in either script."""


@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The requests that one may see, found by reference, parcel, plan, deed, service or state."""
    return _list(request, plain_text(request.GET.get("parcel"), 120))


@login_required
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case; what is wrong with the parcel's number is said beside the field."""
    if request.method != "POST":  # the language switch of an answer that refused leads here
        return redirect("cases")
    code = plain_text(request.POST.get("service"), 60)
    asked = plain_text(request.POST.get("parcel"), MOST_ASKED)
    card = load_catalogue().get(code)
    if card is None:
        return _list(request, asked, _("This service does not exist."))
    uids, problem = _parcels(card, asked)
    if problem:
        return _list(request, asked, problem)
    viewer = viewer_of(request)
    try:
        case = acts.open_case(code, uids, viewer=viewer, party_id=_party(request, viewer), visitor=_visitor(request))
    except ActionRefused as refused:
        return _list(request, asked, refused.message(get_language() or "ar"), refusal_status(refused))
    return redirect("case", reference=case.reference)


def _visitor(request: HttpRequest) -> dict[str, str] | None:
    """Return who stands at the counter, where the clerk wrote anything of them."""
    given = {name: plain_text(request.POST.get(f"visitor_{name}"), 200) for name in ("name", "phone")}
    return given if any(given.values()) else None


def _party(request: HttpRequest, viewer: Viewer) -> int | None:
    """Return whom the request is filed for: the one chosen, or the only one there is; "self" names nobody."""
    chosen = plain_text(request.POST.get("party"), 20)
    if chosen.isdecimal():
        return int(chosen)
    return min(viewer.parties) if not chosen and len(viewer.parties) == 1 else None


def filing_for(viewer: Viewer) -> list[tuple[int, str]]:
    """Return for whom this person may file, where there is a choice: offices by name, principals by their paper."""
    if viewer.user_id is None or not viewer.parties:
        return []
    papers = authorised_by(viewer.parties, timezone.localdate())
    if len(viewer.parties) + len(papers) < 2:
        return []
    english = get_language() == "en"
    people = read_parties(sorted(viewer.parties), viewer=viewer, purpose="filing")
    own = [(p.id, (p.name_en if english else "") or p.name_ar or p.name_en) for p in people]
    for_others = {paper.principal_id: _("Authorisation %(number)s") % {"number": paper.number} for paper in papers}
    return own + [(key, words) for key, words in for_others.items() if key not in viewer.parties]


def _parcels(card: ServiceCard, asked: str) -> tuple[list[str], str]:
    """Return the parcels asked for, or what is wrong with the number of one of them."""
    if card.land == "none" or (card.land == "optional" and not asked):
        return [], ""
    numbers = list(dict.fromkeys(n.strip() for n in _BETWEEN.split(asked) if n.strip())) or [asked]
    uids: list[str] = []
    for number in numbers:
        found, problem = _parcel(number)
        if problem:
            return [], problem if len(numbers) == 1 else f"{number}: {problem}"
        uids.append(found)
    return list(dict.fromkeys(uids)), ""


def _parcel(number: str) -> tuple[str, str]:
    """Return the parcel of a number, or what is wrong with it."""
    try:
        found = find_parcel(number)
    except ValueError:
        return "", _("Write the number as PLAN/BLOCK/PARCEL, with - for what is absent.")
    if not found:
        return "", _("There is no parcel with this number today.")
    if len(found) > 1:
        return "", _("Several parcels carry this number: use the identifier of the one you mean.")
    return found[0], ""


def _list(request: HttpRequest, asked: str, problem: str = "", status: int = 400) -> HttpResponse:
    viewer = viewer_of(request)
    found, chosen = _searched(request, viewer)
    opening = [card for card in load_catalogue().values() if card.status == "open" and may_file(card, viewer)]
    context = {
        "list": page_of(request, found, lambda cases: [_row(case, viewer) for case in cases]),
        "services": _by_department(opening),
        "parties": filing_for(viewer) if opening else [],
        "counter": any(at_counter(card, viewer) for card in opening),
        "visitor": _visitor(request) or {},
        "office_says": [
            (finding.severity, shown(finding, "en" if get_language() == "en" else "ar"))
            for finding in warnings(viewer.parties, timezone.localdate())
        ],
        "wanted": plain_text(request.POST.get("service") or request.GET.get("open"), 60),
        "all_services": [(code, service_title(code)) for code in load_catalogue()],
        "states": [(state, state_words(state)[1]) for state, _label in Case.STATES],
        "chosen": chosen,
        "sought": any(chosen[name] for name in ("q", "service", "state")),
        "asked": asked,
        "problem": problem,
    }
    return render(request, "land_services/cases.html", context, status=status if problem else 200)


def _by_department(cards: list[ServiceCard]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return services with their titles, under the departments that answer for them."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for card in cards:
        grouped.setdefault(card.department, []).append((card.code, service_title(card.code)))
    english = get_language() == "en"
    known = {code: one.en if english else one.ar for code, one in departments().items()}
    return [(known[code], sorted(grouped[code], key=lambda pair: pair[1])) for code in known if code in grouped]


def _row(case: Case, viewer: Viewer) -> dict[str, Any]:
    """Return a case as the list shows it; to an agency it is due when its answer is, where it did not file it."""
    asked = bool(for_agencies(viewer)) and case.filed_by_id != viewer.user_id and case.party_id not in viewer.parties
    due_at = case.answer_due if asked else case.due_at  # type: ignore[attr-defined]
    return {
        "case": case,
        "service": service_title(case.service),
        "state": state_words(case.state),
        "asked": asked,
        "due_at": due_at,
        "due": due_words(due_at),
    }


def _searched(request: HttpRequest, viewer: Viewer) -> tuple[QuerySet[Case] | InTurn, dict[str, str]]:
    """Return the cases that the address asks for, in its order, and what it asks for."""
    found, agencies = visible_cases(viewer), for_agencies(viewer)
    chosen = {name: plain_text(request.GET.get(name), 120) for name in ("q", "service", "state", "order")}
    if chosen["order"] not in ORDERS:
        chosen["order"] = "due"
    reference = to_latin_digits(chosen["q"]).upper()
    if reference:
        is_whole = is_reference(reference)
        found = found.filter(Q(reference=reference) if is_whole else about(chosen["q"], viewer))
    if chosen["service"]:
        found = found.filter(service=chosen["service"])
    if chosen["state"]:
        found = found.filter(state=chosen["state"])
    if agencies:
        found = with_answer_due(found, agencies)
    return (by_due(found, viewer) if chosen["order"] == "due" else found.order_by(*NEWEST)), chosen
