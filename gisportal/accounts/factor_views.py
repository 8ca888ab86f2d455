"""Pages of the second factor: asked for at sign-in, set up, recovery codes, taken away."""

from __future__ import annotations

import time
from typing import Any

import segno
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gisportal.accounts import brake, factor
from gisportal.accounts.models import User
from gisportal.errors import wait_text

__all__ = ["ask_for_code", "codes", "factor_page", "set_up", "take_away", "verify"]

PENDING, SECRET = "sign_in_pending", "second_factor_secret"
PENDING_S = 300
BACKEND = "gisportal.accounts.backend.AccountBackend"


def ask_for_code(request: HttpRequest, user: User, then: str) -> HttpResponse:
    """Keep for five minutes that the password of ``user`` was right, and ask for the code."""
    request.session.cycle_key()
    request.session[PENDING] = {"user": user.pk, "until": time.time() + PENDING_S, "next": then}
    return redirect("accounts:second-factor-verify")


def _pending(request: HttpRequest) -> tuple[User | None, str]:
    """Return who is asked for a code and where to go then: after the password, or signed in without having shown it."""
    kept: dict[str, Any] = request.session.get(PENDING) or {}
    if kept.get("until", 0) > time.time():
        return User.objects.filter(pk=kept["user"], is_active=True).first(), kept["next"]
    if request.user.is_authenticated and not factor.passed(request) and factor.has_factor(request.user):
        asked = request.GET.get("next") or request.POST.get("next") or ""
        safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        return request.user, asked if safe else ""
    return None, ""


@sensitive_post_parameters("code")
@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the app or a recovery code; the brake counts tries as it counts passwords."""
    user, then = _pending(request)
    if user is None:
        return redirect("accounts:login")
    if request.method != "POST":
        return _verify_page(request, then)
    problem, status = _wrong_code(request, user)
    if problem:
        return _verify_page(request, then, problem, status)
    request.session.pop(PENDING, None)
    auth.login(request, user, backend=BACKEND)
    factor.mark_passed(request)
    factor.tell("sign_in", user.pk, user.pk, factor=True)
    return redirect(then or resolve_url(settings.LOGIN_REDIRECT_URL))


def _verify_page(request: HttpRequest, then: str, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"problem": problem, "next": then, "hide_sign_in": True}
    return render(request, "accounts/second_factor_verify.html", context, status=status)


def _wrong_code(request: HttpRequest, user: User) -> tuple[str, int]:
    """Return what stands against the code that was sent, with its status; ("", 200) where it is right and used up."""
    name, address = f"second factor of {user.pk}", brake.client_address(request)
    wait_s = brake.begin_try(name, address)
    if wait_s:
        return _("Too many attempts. Please wait %(wait)s, then try again.") % {"wait": wait_text(wait_s)}, 429
    if not factor.accepts(user, request.POST.get("code", "")[:40]):
        factor.tell("factor_refused", user.pk, user.pk)
        return _("This code is not right, or it was used already. Wait for the next one."), 401
    brake.give_back(name, address)
    return "", 200


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def factor_page(request: HttpRequest) -> HttpResponse:
    """Show whether the account has a second factor, and what to do about it."""
    user: Any = request.user
    if factor.has_factor(user):
        if not factor.passed(request):
            return redirect("accounts:second-factor-verify")
        return _page(request, {"on": True, "left": factor.codes_left(user)})
    secret = request.session.get(SECRET) or factor.new_secret()
    request.session[SECRET] = secret
    return _page(request, _setting_up(user, secret))


def _setting_up(user: User, secret: str) -> dict[str, Any]:
    drawn = segno.make(factor.otpauth(user, secret), error="m").svg_inline(scale=5, border=2, light="#fff")
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"on": False, "qr": mark_safe(drawn), "secret": spaced}  # noqa: S308 - segno's own drawing


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {**context, "needed": settings.STAFF_SECOND_FACTOR}
    return render(request, "accounts/second_factor.html", context, status=status)


@sensitive_post_parameters("code")
@never_cache
@login_required
@require_POST
def set_up(request: HttpRequest) -> HttpResponse:
    """Turn the factor on once the app shows the right code; the recovery codes are shown this once."""
    user: Any = request.user
    secret = request.session.get(SECRET, "")
    if factor.has_factor(user) or not secret:
        return redirect("accounts:second-factor")
    if not factor.right_code(secret, request.POST.get("code", "")[:40]):
        problem = _("The app does not show this code now. Check its clock, and enter the code that it shows.")
        return _page(request, {**_setting_up(user, secret), "problem": problem}, 400)
    made = factor.enrol(user, secret)
    request.session.pop(SECRET, None)
    factor.mark_passed(request)
    return _page(request, {"on": True, "codes": made, "left": len(made)})


@sensitive_post_parameters("code")
@never_cache
@login_required
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes for whoever shows a code now."""
    return _with_code(request, lambda user: factor.renew_codes(user))


@sensitive_post_parameters("code")
@never_cache
@login_required
@require_POST
def take_away(request: HttpRequest) -> HttpResponse:
    """Take the factor away for whoever shows a code now."""
    return _with_code(request, lambda user: factor.remove(user, user.pk))


def _with_code(request: HttpRequest, do: Any) -> HttpResponse:
    user: Any = request.user
    if not factor.has_factor(user) or not factor.passed(request):
        return redirect("accounts:second-factor")
    problem, status = _wrong_code(request, user)
    if problem:
        return _page(request, {"on": True, "left": factor.codes_left(user), "problem": problem}, status)
    made = do(user)
    if made:
        return _page(request, {"on": True, "codes": made, "left": len(made)})
    messages.success(request, _("The second factor is off."))
    return redirect("accounts:second-factor")
