"""A row of the outbox as an e-mail: plain text with HTML beside it, right in both directions."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.safestring import mark_safe

from .models import Outbox
from .words import load_words

__all__ = ["case_path", "make_mail"]

_OPEN = {"ar": "افتح الطلب", "en": "Open the request"}
_WHY = {
    "ar": ("وصلتك هذه الرسالة آليًا لأن لك شأنًا بهذا الطلب. لتغيير لغة الرسائل أو إيقافها افتح صفحة الإشعارات:"),
    "en": (
        "This message was sent automatically because you have a part in this request. "
        "To change its language or to stop such messages, open your notices:"
    ),
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


def make_mail(row: Outbox, address: str) -> EmailMultiAlternatives:
    """Return the e-mail of a row. Whoever sends it again sends the same one: the Message-ID is the row's."""
    event, language = load_words()[row.event], row.language
    subject = event.subject(language, row.reference, row.params)
    path = case_path(row.reference, language)
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
        "open": _OPEN[language],
        "why": _WHY[language],
        "notices": notices,
    }
    lines = [event.body(language, row.reference, row.params)]
    if path:
        lines.append(f"{_OPEN[language]}:\n{settings.PUBLIC_URL}{path}")
    lines.append(f"{name}\n\n{_WHY[language]}\n{notices}")
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
    mail.attach_alternative(render_to_string("notices/email.html", context), "text/html")
    return mail
