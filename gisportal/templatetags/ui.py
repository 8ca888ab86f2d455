"""Components of the look (see ``docs/components.md``), available in every template without ``{% load %}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, translate_url
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gisportal import mapdata
from gisportal.dates import gregorian_text, hijri_text
from gisportal.finding_facts import facts_of
from gisportal.numbers import DECIMALS, number_text, unit_text

register = template.Library()

STATES = {"ok": "check", "warning": "alert", "stop": "error", "info": "info", "neutral": "circle"}
SEVERITIES = {"error": "stop", "warning": "warning", "info": "info", "ok": "ok"}
MARKS = {"done": "check", "current": "clock", "failed": "close", "waiting": "circle"}


def _language() -> str:
    return "en" if get_language() == "en" else "ar"


@lru_cache(maxsize=1)
def _icons() -> tuple[frozenset[str], frozenset[str]]:
    path = Path(__file__).resolve().parent.parent / "frontend" / "icons.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    return frozenset(data["icons"]), frozenset(data["directional"])


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of the sprite; with a label it speaks, without one it is hidden from screen readers."""
    return _icon(name, label)


@lru_cache(maxsize=512, typed=True)  # a label that is safe already is another one than the same text that is not
def _icon(name: str, label: str) -> SafeString:
    known, directional = _icons()
    if name not in known:
        raise template.TemplateSyntaxError(f"no icon {name!r}: add it to gisportal/frontend/icons.json")
    classes = "icon icon-mirrored" if name in directional else "icon"
    href = f"{static('build/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def state(kind: str, word: str, icon_name: str = "") -> SafeString:
    """Return a state chip: ``kind`` is ok, warning, stop, info or neutral; the word says what it means."""
    return format_html(
        '<span class="chip chip-{}">{}<span>{}</span></span>', kind, icon(icon_name or STATES[kind]), word
    )


@register.simple_tag
def quantity(value: Any, unit: str = "", decimals: int | None = None) -> SafeString:
    """Return a number in its own left-to-right isolate, its unit outside. Units: m m2 % deg 1 day SAR and ""."""
    if decimals is None and isinstance(value, float):
        decimals = DECIMALS.get(unit)
    text = number_text(value, decimals)
    word = unit_text(unit, _language())
    if not word:
        return format_html('<span class="number" dir="ltr">{}</span>', text)
    return format_html('<span class="quantity"><span class="number" dir="ltr">{}</span> {}</span>', text, word)


@register.simple_tag
def code(value: Any) -> SafeString:
    """Return a reference, rule id, parcel number or uid in its own left-to-right isolate."""
    return format_html('<bdi class="code" dir="ltr">{}</bdi>', value)


@register.simple_tag
def date_pair(value: date | datetime | None, with_time: bool = False) -> SafeString:
    """Return the Umm al-Qura date with the Gregorian one beside it (English: the other way round)."""
    if value is None:
        return mark_safe("—")
    language = _language()
    hijri, gregorian = hijri_text(value, language), gregorian_text(value, language)
    first, second = (hijri, gregorian) if language == "ar" and hijri else (gregorian, hijri)
    clock = ""
    if with_time and isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        clock = format_html(' <span class="number" dir="ltr">{}</span>', local.strftime("%H:%M"))
    beside = format_html(' <span class="muted">{}</span>', second) if second else ""
    dot = mark_safe('<span class="date-dot" aria-hidden="true"> ·</span>') if second else ""
    return format_html(
        '<time class="date-pair" datetime="{}"><span>{}{}</span>{}{}</time>',
        value.isoformat(), first, dot, beside, clock,
    )  # fmt: skip


@register.inclusion_tag("gisportal/components/button.html")
def button(label: str, **options: Any) -> dict[str, Any]:
    """A button, or a link that looks like one; options: href kind icon reason name value type form extra."""
    return {"label": label, "type": "submit", **options}


@register.inclusion_tag("gisportal/components/field.html")
def field(bound: BoundField, icon: str = "") -> dict[str, Any]:
    """A form field: label, help, input, error, all tied together for screen readers."""
    describe = [f"{bound.id_for_label}-help"] if bound.help_text else []
    if bound.errors:
        describe.append(f"{bound.id_for_label}-error")
    kind = "checkbox" if getattr(bound.field.widget, "input_type", "") == "checkbox" else "text"
    attrs: dict[str, str | bool] = {"class": "" if kind == "checkbox" else "input"}
    if describe:
        attrs["aria-describedby"] = " ".join(describe)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {"field": bound, "widget": bound.as_widget(attrs=attrs), "icon": icon, "kind": kind}


@register.inclusion_tag("gisportal/components/finding.html")
def finding_row(finding: Mapping[str, Any], map_id: str = "", feature_id: str = "") -> dict[str, Any]:
    """One finding as ``check_survey --json`` prints it; with ``map_id`` and ``feature_id`` a press shows its place."""
    language = _language()
    message = finding["message"]
    severity = str(finding["severity"])
    words = {"error": _("Error"), "warning": _("Warning"), "info": _("Note"), "ok": _("Meets the rule")}
    return {
        "finding": finding,
        "text": message.get(language) or message.get("ar", "") if isinstance(message, Mapping) else message,
        "kind": SEVERITIES[severity],
        "icon_name": STATES[SEVERITIES[severity]],
        "word": words[severity],
        "facts": facts_of(finding, language),
        "map_id": map_id,
        "feature_id": feature_id,
    }


@register.inclusion_tag("gisportal/components/timeline.html")
def timeline(steps: Iterable[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """Steps in time: each has title, state (done, current, waiting, failed) and may have at, by, note, href."""
    words = {"done": _("Done"), "current": _("Now"), "waiting": _("Not yet"), "failed": _("Stopped")}
    return {
        "steps": [{**step, "mark": MARKS[step["state"]], "word": words[step["state"]]} for step in steps],
        "label": label or _("Time line"),
    }


@register.inclusion_tag("gisportal/components/facts.html")
def facts(items: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """A list of facts: pairs of term and value (a value may be the output of another component)."""
    return {"items": [(pair[0], pair[1]) for pair in items if pair[1] not in (None, "")]}


@register.inclusion_tag("gisportal/components/empty.html")
def empty_state(title: str, text: str = "", icon: str = "empty", href: str = "", action: str = "") -> dict[str, Any]:
    """What a list says when there is nothing in it, and what one can do about it."""
    return {"title": title, "text": text, "icon_name": icon, "href": href, "action": action}


@register.inclusion_tag("gisportal/components/map.html", takes_context=True)
def map_frame(
    context: template.Context,
    data: Mapping[str, Any],
    id: str = "map",
    label: str = "",
    tall: bool = False,
    flush: bool = False,
    legend: bool = True,
) -> dict[str, Any]:
    """The parcel map: ``data`` as ``docs/components.md`` describes; one map a page unless ids differ."""
    return {
        "CSP_NONCE": context.get("CSP_NONCE", ""),
        "id": id,
        "data": mapdata.complete(data, _language()),
        "data_id": f"{id}-data",
        "label": label or _("Map of the parcel and its neighbours"),
        "tall": tall,
        "flush": flush,
        "legend": mapdata.legend(data) if legend else [],
        "swipes": bool(mapdata.features(data, "before")) and bool(mapdata.features(data, "after")),
    }


@register.simple_block_tag
def card(content: str, title: str = "", icon_name: str = "", flush: bool = False, aside: str = "") -> str:
    """A white card with an optional heading; ``flush`` leaves the padding to what is inside (tables, lists)."""
    context = {"content": content, "title": title, "icon_name": icon_name, "flush": flush, "aside": aside}
    return render_to_string("gisportal/components/card.html", context)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "") -> str:
    """A message that matters: kind is info, ok, warning or stop."""
    context = {"content": content, "kind": kind, "title": title, "icon_name": STATES[kind]}
    return render_to_string("gisportal/components/alert.html", context)


@register.simple_tag(takes_context=True)
def same_page_in(context: template.Context, language: str) -> str:
    """Return the address of this page in another language, without its query (which may hold what a person typed).

    A page whose address carries no language says itself where it is: ``request.language_addresses``.
    """
    request = context.get("request")
    own = getattr(request, "language_addresses", None)
    if own:
        return str(own[language])
    path = getattr(request, "path", "/")
    try:
        translated = translate_url(path, language)
    except NoReverseMatch:
        translated = path
    return translated if translated != path else f"/{language}/"


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """Return the value under a key, "" where there is none."""
    return (mapping or {}).get(key, "")


@register.filter
def unit_word(unit: str) -> str:
    """Return the unit's sign in the language of the page."""
    return unit_text(unit, _language())


@register.filter
def message_kind(level_tag: str) -> str:
    """Return the alert kind of a message level."""
    return {"error": "stop", "warning": "warning", "success": "ok"}.get(level_tag, "info")
