"""The list of requests that one may see, and opening a new one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from land_services.cases import actions
from land_services.cases.checking import UnknownService
from land_services.cases.errors import ActionRefused
from land_services.register.selectors import find_parcel
from layers.digits import to_latin_digits

from .access import viewer_of, visible_cases
from .services import service_choices, service_title
from .steps import state_words

__all__ = ["cases", "open_case"]

PER_PAGE = 50


@login_required
@require_safe
def cases(request: HttpRequest, asked: str = "", problem: str = "") -> HttpResponse:
    viewer = viewer_of(request)
    page = Paginator(visible_cases(viewer).order_by("-filed_at"), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [
        {"case": case, "service": service_title(case.service), "state": state_words(case.state)} for case in page
    ]
    context = {
        "page": page,
        "may_open": viewer.has_role(*actions.FILERS),
        "services": service_choices(),
        "asked": asked or request.GET.get("parcel", ""),
        "problem": problem,
    }
    return render(request, "land_services/cases.html", context, status=400 if problem else 200)


@login_required
@require_POST
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case on one parcel; what is wrong with the number is said beside the field."""
    asked = to_latin_digits(request.POST.get("parcel", "")).strip()
    try:
        found = find_parcel(asked)
    except ValueError:
        return _again(request, asked, _("Write the number as PLAN/BLOCK/PARCEL, with - for what is absent."))
    if not found:
        return _again(request, asked, _("There is no parcel with this number today."))
    if len(found) > 1:
        return _again(request, asked, _("Several parcels carry this number: use the identifier of the one you mean."))
    try:
        case = actions.open_case(request.POST.get("service", ""), found, viewer=viewer_of(request))
    except UnknownService:
        return _again(request, asked, _("This service does not exist."))
    except ActionRefused as refused:
        return _again(request, asked, refused.message_en if get_language() == "en" else refused.message_ar)
    return redirect("case", reference=case.reference)


def _again(request: HttpRequest, asked: str, problem: str) -> HttpResponse:
    request.method = "GET"
    return cases(request, asked=asked, problem=problem)
