"""The page of one's access tokens: make one, see it once, revoke it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from land_services.views.uploads import plain_text
from layers.digits import to_latin_digits

from .models import ApiToken
from .tokens import LONGEST_DAYS, MOST_TOKENS, make_token, revoke_token

__all__ = ["revoke", "tokens"]


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens; a post makes a new one, which this answer alone shows."""
    word, problem = "", ""
    if request.method == "POST":
        word, problem = _made(request)
    context: dict[str, Any] = {
        "tokens": ApiToken.objects.filter(user_id=_mine(request)).order_by("-pk"),
        "now": timezone.now(),
        "scopes": ApiToken.SCOPES,
        "longest": LONGEST_DAYS,
        "word": word,
        "problem": problem,
        "name": "" if word else plain_text(request.POST.get("name"), 80),
    }
    return render(request, "land_services/tokens.html", context, status=400 if problem else 200)


def _mine(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _made(request: HttpRequest) -> tuple[str, str]:
    """Return the new token, or what is wrong with what was asked for."""
    name, scope = plain_text(request.POST.get("name"), 80), request.POST.get("scope", "")
    days = to_latin_digits(plain_text(request.POST.get("days"), 6))
    if not name or scope not in dict(ApiToken.SCOPES):
        return "", _("Give the token a name and a scope.")
    if not days.isdecimal() or not 1 <= int(days) <= LONGEST_DAYS:
        return "", _("A token holds for 1 to %(days)d days.") % {"days": LONGEST_DAYS}
    now = timezone.now()
    if ApiToken.objects.filter(user_id=_mine(request), revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
        return "", _("You have %(count)d tokens that hold; revoke one first.") % {"count": MOST_TOKENS}
    return make_token(request.user, name, scope, now + timedelta(days=int(days))), ""


@never_cache
@login_required
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """End one of one's tokens."""
    token = get_object_or_404(ApiToken, pk=key, user_id=_mine(request))
    if request.method == "POST":
        revoke_token(token, by=_mine(request))
        messages.success(request, _("The token does not hold any more."))
    return redirect("api-tokens")
