"""What the locator's pages need besides: symbols that a phone reads, the moment that a page is made."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from gisportal.nearby import kiosk, markup, offline
from gisportal.templatetags.ui import date_pair

register = template.Library()
register.simple_tag(kiosk.place_qr)
register.simple_tag(kiosk.phone_qr)
register.simple_tag(offline.kept_words)
for tag in (markup.category_chips, markup.filter_chip, markup.place_rows, markup.minutes_text, markup.sketch_pins):
    register.simple_tag(tag)


@register.simple_tag
def kept_moment() -> dict[str, SafeString | str]:
    """Return when the page is made: ``date`` in both calendars with the time, ``clock`` alone."""
    now = timezone.now()
    return {"date": date_pair(now, with_time=True), "clock": f"{timezone.localtime(now):%H:%M}"}
