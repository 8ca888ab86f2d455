"""A new password: for who knows the old one, or by a link in an e-mail that works once and for an hour."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from gisportal.accounts import brake
from gisportal.accounts.factor import tell
from gisportal.accounts.models import User
from gisportal.errors import wait_text

__all__ = ["ByLink", "change", "forgotten"]


log = logging.getLogger(__name__)

_ADDRESS = {"dir": "ltr", "autocomplete": "email"}


class EmailForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs=_ADDRESS))


def _page(request: HttpRequest, form: Any, title: str, text: str, button: str, **more: Any) -> HttpResponse:
    status = more.pop("status", 400 if form is not None and form.errors else 200)
    context = {"form": form, "title": title, "text": text, "button": button, "hide_sign_in": True, **more}
    return render(request, "accounts/password.html", context, status=status)


def _held_back(name: str, request: HttpRequest) -> str:
    wait_s = brake.begin_try(name, brake.client_address(request))
    return _("Too many attempts. Please wait %(wait)s, then try again.") % {"wait": wait_text(wait_s)} if wait_s else ""


@sensitive_post_parameters()
@never_cache
@login_required
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Change one's password; the old one is braked like a sign-in. Other sessions of the account end."""
    user: Any = request.user
    title, button = _("Change the password"), _("Save")
    if request.method != "POST":
        return _page(request, PasswordChangeForm(user), title, "", button)
    form = PasswordChangeForm(user, request.POST)
    problem = _held_back(user.login, request)
    if problem:
        return _page(request, PasswordChangeForm(user), title, "", button, problem=problem, status=429)
    if "old_password" not in form.errors:
        brake.give_back(user.login, brake.client_address(request))
    if not form.is_valid():
        return _page(request, form, title, "", button)
    form.save()
    update_session_auth_hash(request, user)  # also gives the session a new key
    tell("password_changed", user.pk, user.pk)
    messages.success(request, _("Your password is changed."))
    return redirect("accounts:home")


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Send a link to the address of an account; the answer is the same where there is none."""
    title, text = _("Forgotten password"), _("We send a link to the e-mail address of your account.")
    form = EmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, title, text, _("Send the link"))
    address = form.cleaned_data["email"]
    problem = _held_back(f"forgotten {address}", request)
    if problem:
        return _page(request, form, title, text, _("Send the link"), problem=problem, status=429)
    for user in User.objects.filter(email__iexact=address, is_active=True, is_demo=False)[:5]:
        if user.has_usable_password():
            _send(user)
    said = _("If an account has this address, a link is on its way. It works for an hour, once.")
    return _page(request, None, title, said, "")


def _send(user: User) -> None:
    key = urlsafe_base64_encode(force_bytes(user.pk))
    way = reverse("accounts:password-link", args=[key, default_token_generator.make_token(user)])
    # Never the host of the request: whoever asks could choose it.
    words = _("Set a new password for %(login)s within an hour: %(link)s") % {
        "login": user.login,
        "link": settings.PUBLIC_URL + way,
    }
    rest = _("If you did not ask for this, do nothing: your password stays as it is.")
    try:
        send_mail(_("A new password"), f"{words}\n\n{rest}\n", settings.DEFAULT_FROM_EMAIL, [user.email])
    except (OSError, SMTPException):  # the answer must be the same as for an address that nobody has
        log.exception("the link to a new password could not be sent to account %s", user.pk)
    else:
        tell("password_link_sent", user.pk, None)


class ByLink(PasswordResetConfirmView):
    """The page behind the link. Nobody is signed in by it: the second factor is still asked for."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        gone = "" if self.validlink else _("This link was used already, or its hour is over. Ask for another one.")
        return {**context, "title": _("A new password"), "text": gone, "button": _("Save"), "hide_sign_in": True}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: Any = self.user
        tell("password_changed", user.pk, user.pk)
        messages.success(self.request, _("Your password is changed."))
        return response
