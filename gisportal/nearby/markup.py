"""HTML of what a list repeats: its places, the categories above it, the pins of its drawing.

Written here and not in templates because these are most of the page: a template takes some microseconds for each value
and each condition, and a list has hundreds of them. Every value from outside is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gisportal.nearby.asked import Asked
from gisportal.nearby.rows import PlaceRow
from gisportal.nearby.sketch import Pin
from gisportal.templatetags.ui import icon, quantity, state

__all__ = ["category_chips", "filter_chip", "minutes_text", "place_rows", "sketch_pins"]

_SOME_UID: Final = "00000000-0000-0000-0000-000000000000"
_MINUTES: Final = '<span class="number" dir="ltr">%(n)s</span> min on foot'


def category_chips(asked: Asked, categories: Iterable[tuple[str, str, str]]) -> SafeString:
    """Return the categories (code, name, icon) as a list's items: each leads to the same search for it alone."""
    without = asked.link_no_category
    more = escape(without if without == "?" else f"{without}&")
    return _html(_chip(code in asked.categories, escape(without), more, code, *of) for code, *of in categories)


def _chip(is_on: bool, without: str, more: str, code: str, name: str, icon_name: str) -> str:
    shown = f"{icon(icon_name)}<span>{escape(name)}</span></a></li>"
    if is_on:
        return f'<li><a class="btn btn-pill btn-primary" href="{without}" aria-current="true">{shown}'
    return f'<li><a class="btn btn-pill" href="{more}category={code}">{shown}'


def filter_chip(word: str, is_on: bool, href: str) -> SafeString:
    """Return what narrows a list as an item: a link that sets it, or takes it away where it is set."""
    is_set, check = (' aria-current="true"', icon("check")) if is_on else ("", "")
    classes = "btn btn-pill nearby-on" if is_on else "btn btn-pill"
    return _html(f'<li><a class="{classes}" href="{escape(href)}"{is_set}>{check}<span>{escape(word)}</span></a></li>')


def place_rows(rows: Sequence[PlaceRow], *, target: str = "", kiosk: Any = None, is_embed: bool = False) -> SafeString:
    """Return places as a list's items. ``target`` stands in each link; a kiosk inside another site has none."""
    start, _uid, end = reverse("nearby:place", kwargs={"uid": _SOME_UID}).partition(_SOME_UID)
    end = escape(f"{end}?{kiosk.query}") if kiosk else end
    words = {"call": escape(_("Call")), "directions": escape(_("Directions to")), "free": _("Step-free")}
    made = []
    for row in rows:
        name = f"<bdi>{escape(row.name)}</bdi>"
        link = f"<b>{name}</b>" if kiosk and is_embed else f'<a href="{start}{row.uid}{end}"{target}>{name}</a>'
        kind = f' <span class="muted">{escape(row.kind)}</span>' if row.kind else ""
        free = f" {icon('wheelchair', words['free'])}" if row.wheelchair == "yes" else ""
        acts = _acts(row, words) if not kiosk else _on_my_phone(row) if is_embed else ""
        made.append(f"""
        <li class="nearby-row"><span class="nearby-number" aria-hidden="true"><span dir="ltr">{row.number}</span></span>
          <div class="nearby-facts"><h3>{link}{kind}</h3>
            <p>{quantity(*row.distance)}{minutes_text(row.minutes)}</p>
            <p class="nearby-state">{state(row.chip, row.line.text, row.chip_icon)}{free}</p></div>
          {acts}</li>""")
    return _html(made)


def minutes_text(minutes: int | None) -> SafeString:
    """Return how long a walk takes, with what parts it from the distance before it; nothing where nobody knows."""
    return _html([f" · {ngettext(_MINUTES, _MINUTES, minutes) % {'n': minutes}}"] if minutes else ())


def _acts(row: PlaceRow, words: dict[str, str]) -> str:
    name, button = escape(row.name), 'class="btn btn-quiet btn-icon"'
    call = ""
    if row.phone:
        call = f'<a {button} href="tel:{escape(row.phone)}" aria-label="{words["call"]} {name}">{icon("phone")}</a>'
    return (
        f'<div class="nearby-acts">{call}<a {button} href="{escape(row.geo)}"'
        f' aria-label="{words["directions"]} {name}">{icon("directions")}</a></div>'
    )


def _on_my_phone(row: PlaceRow) -> str:
    context = {"uid": row.uid, "name": row.name, "phone": row.phone}
    symbols = render_to_string("gisportal/nearby/_kiosk_qr.html", context)
    words = escape(_("On my phone"))
    return f'<details><summary class="btn">{icon("qr")}<span>{words}</span></summary>{symbols}</details>'


def sketch_pins(pins: Iterable[Pin], radius_m: int) -> SafeString:
    """Return the pins of a drawing as SVG, each with its number."""
    return _html(
        f'<svg x="{pin.x}%" y="{pin.y}%" overflow="visible"><circle class="nearby-pin" r="{radius_m}"/>'
        f'<text class="nearby-pin-number" font-size="{radius_m}" dy="0.36em">{pin.number}</text></svg>'
        for pin in pins
    )


def _html(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  every value above is escaped
