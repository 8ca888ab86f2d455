"""Erasing people: those who gather ask, those who decide see what would go and what is kept, and decide."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from land_services.cases.erasure import ASKERS, DECIDERS, Person, ask, decide, find_person, held_of
from land_services.cases.erasure.asking import is_request
from land_services.cases.erasure.words import REFUSALS, line, refused_because
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import Case, Erasure
from land_services.register.personal import read_parties
from layers.digits import to_latin_digits
from layers.viewer import Viewer

from .access import viewer_of, visible_cases
from .refusals import refusal_status
from .uploads import plain_text

__all__ = ["erasure", "erasure_rows", "erasures", "may_ask"]

MOST = 200


def may_ask(case: Case, viewer: Viewer) -> bool:
    """Return True if this person may ask for the erasure that a case is about, and nobody did."""
    return (
        viewer.holds_itself(*ASKERS)
        and viewer.has_role(*ASKERS)
        and is_request(case)
        and not case.erasures.exclude(outcome="refused").exists()
    )


def erasure_rows(case: Case, language: str) -> list[dict[str, Any]]:
    """Return what was decided on the erasures that a case asked for, in words."""
    return [
        {
            "row": row,
            "lines": [line(told, language) for told in row.report],
            "refused": refused_because(row.reason)[language == "en"] if row.outcome == "refused" else "",
        }
        for row in case.erasures.exclude(outcome="").order_by("pk")
    ]


@never_cache
@login_required
def erasures(request: HttpRequest) -> HttpResponse:
    """The list of erasures; a post looks for a person or asks for their erasure."""
    viewer = _of_the_house(request)
    found, problem, status = None, "", 200
    if request.method == "POST":
        try:
            if request.POST.get("action") == "ask":
                return redirect("erasure", key=ask(_asked(request, viewer), viewer=viewer).pk)
            found = _found(request, viewer)
        except ActionRefused as refused:
            problem, status = refused.message(_language()), refusal_status(refused)
    rows = Erasure.objects.select_related("case").order_by("-pk")[:MOST]
    context = {
        "rows": [{"one": row, "state": _state(row)} for row in rows],
        "found": found,
        "problem": problem,
        "may_ask": viewer.has_role(*ASKERS),
        "ways": [("case", _("Request number")), ("login", _("Login")), ("id_number", _("Id number"))],
    }
    return render(request, "land_services/erasures.html", context, status=status)


def _of_the_house(request: HttpRequest) -> Viewer:
    viewer = viewer_of(request)
    if not viewer.has_role(*ASKERS, *DECIDERS):
        raise Http404
    return viewer


def _language() -> str:
    return "en" if get_language() == "en" else "ar"


def _found(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    by, value = request.POST.get("by", ""), to_latin_digits(plain_text(request.POST.get("value"), 80))
    case = None
    if by == "case":
        case = visible_cases(viewer).filter(reference=value.upper()).first()
        if case is None:
            raise Incomplete("لا يوجد طلب بهذا الرقم.", "There is no request of this number.")
    given = {by: value} if by in ("login", "id_number") else {}
    person, _case = find_person(case=case, viewer=viewer, **given)  # type: ignore[arg-type]
    return {
        "person": person,
        "reference": case.reference if case else "",
        **_who(person, viewer),
        "lines": _lines(person),
    }


def _lines(person: Person) -> list[dict[str, str]]:
    """Return what is held, as it would be told."""
    lines = [line(thing.told(), _language()) for thing in held_of(person, timezone.now())]
    return [{**one, "fate": _("Goes")} if one["done"] == "erased" else {**one, "fate": _("Stays")} for one in lines]


def _who(person: Person, viewer: Viewer) -> dict[str, str]:
    """Return whom it is about, so that two people mean the same one; the look at the register is recorded."""
    user = get_user_model().objects.filter(pk=person.user_id or 0).first()
    login, name = (user.get_username(), str(user)) if user else ("", "")
    if person.party_id is not None:
        known = Viewer(**{field.name: getattr(viewer, field.name) for field in fields(Viewer)})
        reader = replace(known, roles=known.roles | {"registrar"})
        for party in read_parties([person.party_id], viewer=reader, purpose="erasure"):
            name = (party.name_en if _language() == "en" else "") or party.name_ar or party.name_en or name
    return {"login": login, "name": name}


def _asked(request: HttpRequest, viewer: Viewer) -> Person:
    def key(name: str) -> int | None:
        text = request.POST.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 18 else None

    reference = plain_text(request.POST.get("case"), 40)
    case = visible_cases(viewer).filter(reference=reference).first() if reference else None
    if case is not None:  # whom a request is about is not for the page to say
        return find_person(case=case, viewer=viewer)[0]
    person = Person(key("party"), key("user"))
    if person == Person() or (person.user_id and not get_user_model().objects.filter(pk=person.user_id or 0).exists()):
        raise Incomplete("لا يوجد شخص بهذه البيانات.", "There is nobody with these data.")
    return person


@never_cache
@login_required
def erasure(request: HttpRequest, key: int) -> HttpResponse:
    """One erasure: before it is decided what would go, afterwards what went."""
    viewer = _of_the_house(request)
    row = get_object_or_404(Erasure.objects.select_related("case", "user", "asked_by", "decided_by"), pk=key)
    problem, status = "", 200
    if request.method == "POST":
        try:
            approve = request.POST.get("action") == "approve"
            decide(row, approve=approve, viewer=viewer, reason=request.POST.get("reason", ""))
            return redirect("erasure", key=key)
        except ActionRefused as refused:
            problem, status = refused.message(_language()), refusal_status(refused)
    person = Person(row.party_id, row.user_id, row.case_id)
    context = {
        "row": row,
        "state": _state(row),
        "lines": [line(told, _language()) for told in row.report] if row.outcome else _lines(person),
        "refused": refused_because(row.reason)[_language() == "en"] if row.outcome == "refused" else "",
        "name": "" if row.outcome else _who(person, viewer)["name"],
        "may_decide": not row.outcome and viewer.has_role(*DECIDERS) and viewer.user_id != row.asked_by_id,
        "reasons": [(code, words[_language() == "en"]) for code, words in REFUSALS.items()],
        "problem": problem,
    }
    return render(request, "land_services/erasure.html", context, status=status)


def _state(row: Erasure) -> tuple[str, str]:
    if not row.outcome:
        return "info", _("Waits for a decision")
    if row.outcome == "refused":
        return "stop", _("Refused")
    return ("ok", _("Erased")) if row.closed_at else ("warning", _("Erased but for what is kept"))
