"""The list of requests that one may see, and opening a new one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from land_services.cases import actions
from land_services.cases.checking import UnknownService
from land_services.cases.errors import ActionRefused
from land_services.register.selectors import find_parcel
from layers.digits import to_latin_digits

from .access import viewer_of, visible_cases
from .case_acts import refusal_status
from .services import service_choices, service_title
from .steps import state_words
from .uploads import plain_text

__all__ = ["cases", "open_case"]

PER_PAGE = 50


@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    return _list(request, plain_text(request.GET.get("parcel"), 120))


@login_required
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case on one parcel; what is wrong with the number is said beside the field."""
    if request.method != "POST":  # the language switch of an answer that refused leads here
        return redirect("cases")
    asked = to_latin_digits(plain_text(request.POST.get("parcel"), 120))
    try:
        found = find_parcel(asked)
    except ValueError:
        return _list(request, asked, _("Write the number as PLAN/BLOCK/PARCEL, with - for what is absent."))
    if not found:
        return _list(request, asked, _("There is no parcel with this number today."))
    if len(found) > 1:
        return _list(request, asked, _("Several parcels carry this number: use the identifier of the one you mean."))
    try:
        case = actions.open_case(request.POST.get("service", ""), found, viewer=viewer_of(request))
    except UnknownService:
        return _list(request, asked, _("This service does not exist."))
    except ActionRefused as refused:
        return _list(request, asked, refused.message(get_language() or "ar"), refusal_status(refused))
    return redirect("case", reference=case.reference)


def _list(request: HttpRequest, asked: str, problem: str = "", status: int = 400) -> HttpResponse:
    viewer = viewer_of(request)
    page = Paginator(visible_cases(viewer).order_by("-filed_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"case": case, "service": service_title(case.service), "state": state_words(case.state)} for case in page]
    context = {
        "page": page,
        "rows": rows,
        "may_open": viewer.has_role(*actions.FILERS),
        "services": service_choices(),
        "chosen": request.POST.get("service") or request.GET.get("service", ""),
        "asked": asked,
        "problem": problem,
    }
    return render(request, "land_services/cases.html", context, status=status if problem else 200)
