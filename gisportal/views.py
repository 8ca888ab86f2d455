"""Pages of the site itself."""

from __future__ import annotations

from urllib.parse import unquote

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gisportal import services
from gisportal.finder import Wanted, parse
from gisportal.nearby.asked import FIRST_CATEGORIES
from gisportal.nearby.rows import categories_in
from land_services.register.selectors import find_parcel

__all__ = ["find", "home", "service", "service_list", "set_up_sign_in"]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "gisportal/home.html", _home(request))


@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    """Every service that exists for this viewer, by department and audience, found by its words."""
    viewer = request.viewer  # type: ignore[attr-defined]
    return render(request, "gisportal/services.html", services.listing(request.GET.dict(), viewer, _language()))


@require_safe
def service(request: HttpRequest, code: str) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    found = services.service(code, viewer, _language())
    if found is None:
        raise Http404
    may_file = services.may_file(code, viewer)
    against = services.against(code, viewer, _language()) if may_file else ""
    return render(request, "gisportal/service.html", {"service": found, "may_file": may_file, "against": against})


@require_safe
def set_up_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in; somebody signed in without the right to set up is told so."""
    if request.user.is_authenticated and not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Lead on to the request, document or parcel that was asked for; say what is wrong where that is not possible."""
    text = request.GET.get("q", "")
    wanted = parse(text)
    address = _address(wanted) if wanted else ""
    if address:
        return redirect(address)
    problem = _("There is no parcel with this number today.")
    if wanted is None:
        problem = _("This is not a request number, a document code or a parcel number. Compare it with the examples.")
    return render(request, "gisportal/home.html", {**_home(request), "asked": text[:120], "problem": problem})


def _language() -> str:
    return "en" if get_language() == "en" else "ar"


def _home(request: HttpRequest) -> dict[str, object]:
    language = _language()
    return {
        "services": services.cards(language),
        "service_count": services.count(request.viewer),  # type: ignore[attr-defined]
        "near": categories_in(language, FIRST_CATEGORIES),
    }


def _address(wanted: Wanted) -> str:
    language = get_language() or "ar"
    if wanted.kind == "document":
        return f"/verify/{wanted.value}"
    if wanted.kind == "case":
        return f"/{language}/cases/{wanted.value}/"
    plan, block, parcel = (unquote(part) for part in wanted.value.split("/", 2))
    found = find_parcel("/".join((plan.replace("/", "%2F"), block.replace("/", "%2F"), parcel)))
    return f"/{language}/parcels/{found[0]}/" if found else ""
