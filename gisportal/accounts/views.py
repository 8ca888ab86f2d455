"""Sign-in, sign-out, my account."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin, auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gisportal.accounts import brake, factor
from gisportal.accounts.factor_views import ask_for_code
from gisportal.accounts.forms import SignInForm
from gisportal.accounts.models import OfficeMembership, RoleGrant, User, normalise_login
from gisportal.accounts.roles import Role
from gisportal.accounts.standing_in import grants_under
from gisportal.errors import wait_text
from layers.viewer import Viewer

__all__ = ["home", "login", "logout"]


def _next(request: HttpRequest) -> str:
    """Return where to go after signing in: an address of this site, or the account page."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if asked and safe else resolve_url(settings.LOGIN_REDIRECT_URL)


@sensitive_post_parameters("password")
@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(_next(request))
        return _form(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=400)
    name, address = form.cleaned_data["login"], brake.client_address(request)
    wait_s = brake.begin_try(name, address)
    if wait_s:
        return _held_back(request, form, wait_s)
    user = auth.authenticate(request, username=name, password=form.cleaned_data["password"])
    if user is None:
        known = User.objects.filter(login=normalise_login(name)).values_list("pk", flat=True).first()
        factor.tell("sign_in_refused", known, None)
        problem = _("The login or the password is not right.")
        return _form(request, form, status=401, problem=problem)
    brake.give_back(name, address)
    if factor.has_factor(user):  # type: ignore[arg-type]
        return ask_for_code(request, user, _next(request))  # type: ignore[arg-type]
    auth.login(request, user)  # also gives the session a new key
    factor.tell("sign_in", user.pk, user.pk, factor=False)
    return redirect(_next(request))


def _form(request: HttpRequest, form: SignInForm, status: int = 200, problem: str = "") -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "hide_sign_in": True,
    }
    return render(request, "accounts/login.html", context, status=status)


def _held_back(request: HttpRequest, form: SignInForm, wait_s: int) -> HttpResponse:
    problem = _("Too many attempts. Please wait %(wait)s, then try again.") % {"wait": wait_text(wait_s)}
    response = _form(request, form, status=429, problem=problem)
    response["Retry-After"] = str(wait_s)
    return response


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    grants = RoleGrant.objects.filter(user_id=viewer.user_id, role__in=viewer.roles).order_by("role", "area")
    context = {
        "grants": [(Role(grant.role).label, grant) for grant in grants],
        "standing_in": _standing_in(viewer),
        "may_set_up": admin.site.has_permission(request),
        "may_see_looks": viewer.has_role("administrator"),
        "may_be_absent": grants_under(viewer).exists(),
        "offices": OfficeMembership.objects.filter(user_id=viewer.user_id, party_id__in=viewer.parties).count(),
    }
    return render(request, "accounts/home.html", context)


def _standing_in(viewer: Viewer) -> list[tuple[str, str, str]]:
    """Return the roles held for others, with where and for whom."""
    names = User.objects.in_bulk({user for _role, _area, user in viewer.standing_in})
    return [(str(Role(role).label), area, str(names[user])) for role, area, user in sorted(viewer.standing_in)]
