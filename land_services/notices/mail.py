"""A row of the outbox as an e-mail: plain text with HTML beside it, right in both directions."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.safestring import mark_safe

from .models import Notice, Outbox
from .stopping import stop_path
from .words import AREA, CASE, load_words

__all__ = ["case_path", "make_mail", "page_path"]

_OPEN = {
    CASE: {"ar": "افتح الطلب", "en": "Open the request"},
    AREA: {"ar": "افتح المناطق التي تتابعها", "en": "Open the areas that you follow"},
}
_STOP = {"ar": "أوقف متابعة هذه المنطقة", "en": "Stop following this area"}
_WHY = {
    CASE: {
        "ar": "وصلتك هذه الرسالة آليًا لأن لك شأنًا بهذا الطلب. لتغيير لغة الرسائل أو إيقافها افتح صفحة الإشعارات:",
        "en": (
            "This message was sent automatically because you have a part in this request. "
            "To change its language or to stop such messages, open your notices:"
        ),
    },
    AREA: {
        "ar": "وصلتك هذه الرسالة آليًا لأنك تتابع هذه المنطقة. لتغيير لغة الرسائل أو إيقافها افتح صفحة الإشعارات:",
        "en": (
            "This message was sent automatically because you follow this area. "
            "To change its language or to stop such messages, open your notices:"
        ),
    },
}


def case_path(reference: str, language: str) -> str:
    """Return the address of the page of a case; "" where there is none."""
    if not reference:
        return ""
    with translation.override(language):
        try:
            return reverse("case", kwargs={"reference": reference})
        except NoReverseMatch:
            return ""


def page_path(row: Outbox | Notice, language: str) -> str:
    """Return the address of the page that a message leads to; "" where there is none."""
    event = load_words().get(row.event)
    if event is None or event.about == CASE:
        return case_path(row.reference, language)
    with translation.override(language):
        return reverse("areas")


def make_mail(row: Outbox, address: str) -> EmailMultiAlternatives:
    """Return the e-mail of a row. Whoever sends it again sends the same one: the Message-ID is the row's."""
    event, language = load_words()[row.event], row.language
    subject = event.subject(language, row.reference, row.params)
    path, stop = page_path(row, language), stop_path(row, language)
    with translation.override(language):
        notices = settings.PUBLIC_URL + reverse("notices:list")
    name = settings.MUNICIPALITY_NAME_EN if language == "en" else settings.MUNICIPALITY_NAME_AR
    context = {
        "language": language,
        "direction": "ltr" if language == "en" else "rtl",
        "municipality": name,
        "subject": mark_safe(event.subject(language, row.reference, row.params, "html")),  # noqa: S308 - escaped there
        "body": mark_safe(event.body(language, row.reference, row.params, "html")),  # noqa: S308 - escaped there
        "link": settings.PUBLIC_URL + path if path else "",
        "open": _OPEN[event.about][language],
        "stop": settings.PUBLIC_URL + stop if stop else "",
        "stop_words": _STOP[language],
        "why": _WHY[event.about][language],
        "notices": notices,
    }
    lines = [event.body(language, row.reference, row.params)]
    if path:
        lines.append(f"{context['open']}:\n{context['link']}")
    if stop:
        lines.append(f"{_STOP[language]}:\n{context['stop']}")
    lines.append(f"{name}\n\n{context['why']}\n{notices}")
    mail = EmailMultiAlternatives(
        subject=subject,
        body="\n\n".join(lines) + "\n",
        to=[address],
        headers={
            "Message-ID": row.message_id,
            "Content-Language": language,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    if stop:  # mail programs offer it as a button of their own (RFC 2369, RFC 8058)
        mail.extra_headers["List-Unsubscribe"] = f"<{context['stop']}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.attach_alternative(render_to_string("notices/email.html", context), "text/html")
    return mail
