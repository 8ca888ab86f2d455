"""A person's messages: the list, marking them as read, and how to be told by e-mail."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .mail import page_path
from .models import Notice, Preference
from .stopping import stop_path
from .words import load_words

__all__ = ["mark_read", "notices", "wishes"]

PER_PAGE: Final = 30
_ALL: Final = "all"


class WishForm(forms.ModelForm):
    class Meta:
        model = Preference
        fields = ("by_email", "language")


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    return _list(request, WishForm(instance=_preference(request)))


@login_required
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one message as read, or all of one's own; somebody else's are left alone without a word."""
    if request.method == "POST":
        asked = request.POST.get("notice", "")
        mine = Notice.objects.filter(recipient_id=request.user.pk, read_at__isnull=True)
        if asked == _ALL:
            mine.update(read_at=timezone.now())
        elif asked.isdecimal() and len(asked) < 19:
            mine.filter(pk=int(asked)).update(read_at=timezone.now())
    page = request.POST.get("page", "")
    answer = redirect("notices:list")
    if page.isdecimal() and len(page) < 7:
        answer["Location"] += f"?page={int(page)}"
    return answer


@login_required
def wishes(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("notices:list")
    form = WishForm(request.POST, instance=_preference(request))
    if not form.is_valid():
        return _list(request, form, status=422)
    form.save()
    messages.success(request, _("Kept: this is how you are told from now on."))
    return redirect("notices:list")


def _preference(request: HttpRequest) -> Preference:
    language = "en" if get_language() == "en" else "ar"
    user_id = int(request.user.pk or 0)  # signed in: the views see to that
    return Preference.objects.filter(user_id=user_id).first() or Preference(user_id=user_id, language=language)


def _list(request: HttpRequest, form: WishForm, status: int = 200) -> HttpResponse:
    rows = Notice.objects.filter(recipient_id=request.user.pk).order_by("-created_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    language = "en" if get_language() == "en" else "ar"
    context: dict[str, Any] = {
        "page": page,
        "rows": [_row(notice, language) for notice in page],
        "has_unread": rows.filter(read_at__isnull=True).exists(),
        "form": form,
        "has_address": bool(getattr(request.user, "email", "")),
    }
    return render(request, "notices/list.html", context, status=status)


def _row(notice: Notice, language: str) -> dict[str, Any]:
    """Return a message in words; one whose event is no longer known is shown by its code."""
    event = load_words().get(notice.event)
    subject: SafeString | str = notice.event
    body: SafeString | str = notice.reference
    if event is not None:
        subject = mark_safe(event.subject(language, notice.reference, notice.params, "html"))  # noqa: S308 - escaped
        body = mark_safe(event.body(language, notice.reference, notice.params, "html"))  # noqa: S308 - escaped there
    links = {"href": page_path(notice, language), "stop": stop_path(notice, language)}
    return {"notice": notice, "subject": subject, "body": body, **links}
