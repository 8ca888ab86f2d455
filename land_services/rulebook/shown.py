"""Rules as people read them: their words, values with units, sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.catalogue import load_catalogue
from land_services.checks.land import RESTRICTIONS
from land_services.domain import RuleSource
from land_services.rules import Entry, Pack
from land_services.rules.schema import KEYS

__all__ = ["in_force", "line", "shown_source", "shown_value", "words"]


def is_english() -> bool:
    return get_language() == "en"


def words(pack: Pack, key: str) -> str:
    """Return what a rule says, in the language of the page; its key where the software no longer knows it."""
    pair = pack.about.get(key)
    return key if pair is None else pair[1] if is_english() else pair[0]


def shown_value(key: str, value: Any) -> dict[str, Any]:
    """Return a value for the ``quantity`` tag, or as ``text`` where it is no number."""
    if isinstance(value, bool):
        return {"text": _("yes") if value else _("no")}
    if isinstance(value, list | tuple):
        named = [_word(one) for one in value]
        text = (", " if is_english() else "، ").join(named) or _("none named")
        return {"text": text, "is_code": bool(value) and named == list(value)}
    number = int(value) if float(value).is_integer() else value
    return {"number": str(number), "unit": KEYS[key].unit if key in KEYS else ""}


def _word(code: str) -> str:
    """Return a code of a rule's list in words where it is the kind of a restriction; another is its own name."""
    found = RESTRICTIONS.get(code)
    return code if found is None else found["en" if is_english() else "ar"]


def shown_source(source: RuleSource) -> dict[str, str]:
    """Return a source as the badge of sources takes it."""
    title = source.title if is_english() else source.title_ar or source.title
    return {"confidence": source.confidence, "source": title, "date": source.date}


def line(entry: Entry) -> dict[str, Any]:
    """Return one value of a rule with its dates and source."""
    return {
        "zone": entry.zone or "",
        "value": shown_value(entry.key, entry.value),
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "source": shown_source(entry.source),
    }


def in_force(pack: Pack, day: date) -> Iterator[dict[str, Any]]:
    """Yield each service's rules, those of all services first: what holds on a day, what is decided for later."""
    titles = {code: card.name_en if is_english() else card.name_ar for code, card in load_catalogue().items()}
    for service in dict.fromkeys(key.service for key in KEYS.values()):
        rows = [_row(pack, code, day) for code, key in KEYS.items() if key.service == service]
        yield {"title": titles.get(service, service) if service else _("All services of land"), "rows": rows}


def _row(pack: Pack, key: str, day: date) -> dict[str, Any]:
    zones = sorted({entry.zone or "" for entry in pack.entries if entry.key == key})
    histories = [entry for zone in zones for entry in pack.history(key, zone or None)]
    return {
        "key": key,
        "words": words(pack, key),
        "standing": [line(entry) for entry in histories if entry.holds(day)],
        "coming": [line(entry) for entry in histories if entry.valid_from > day],
        "past": [line(entry) for entry in histories if entry.valid_to is not None and entry.valid_to <= day],
    }
