"""Which attribute of a file goes into which of our fields, and how its values are read.

An attribute is taken by itself only where it has our field's name (in any case, or as our own shapefiles shorten it).
Other likely names are suggested, never taken: LOT is a parcel number in one city and half of one in the next.
"""

from __future__ import annotations

import math
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, Literal

from layers.digits import parse_decimal, to_latin_digits
from layers.files.defects import DefectNote
from layers.files.errors import FileUnreadable

__all__ = ["AttributeMap", "LayerField", "disagreements", "read_value", "resolve"]

TEXT_LIMIT: Final = 500
_AREA_LIMIT: Final = Decimal(10) ** 14
_SUGGESTIONS_SHOWN: Final = 40
_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*)?")


@dataclass(frozen=True)
class LayerField:
    """A field of a layer: its public name, its titles, what it holds, and names that files give it.

    ``short`` is the name of at most ten letters that a shapefile gets; ``likely`` are names worth suggesting. A field
    that is not ``is_imported`` is told in exports and ignored in imports. A field with ``choices`` holds one of them;
    ``spellings`` are other words for a choice, in lower case. ``readers`` says who may see it (``layers.access``);
    ``tile_zoom`` is the first zoom at which vector tiles carry it, None where they never do. ``low`` and ``high`` bound
    an integer. Where ``within`` names another field, each choice goes with one value of that field, by ``within_of``.
    """

    name: str
    ar: str
    en: str
    kind: Literal["text", "decimal", "integer", "uuid", "datetime", "date", "float"] = "text"
    required: bool = False
    is_imported: bool = True
    short: str = ""
    likely: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    readers: Literal["everyone", "staff"] = "everyone"
    tile_zoom: int | None = 0
    low: int = 0
    high: int = 2**31 - 1
    within: str = ""
    within_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AttributeMap:
    """What was decided, field -> attribute; ``suggestions`` are fields left out for which the file may have some."""

    fields: Mapping[str, str]
    suggestions: Mapping[str, str]

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes to read, each once."""
        return tuple(dict.fromkeys(self.fields.values()))


def resolve(
    fields: Sequence[LayerField],
    attributes: Sequence[str],
    given: Mapping[str, str],
    where: str = "",
    one_of: Sequence[str] = (),
) -> AttributeMap:
    """Return which attribute goes into which field.

    Parameters
    ----------
    fields : sequence of LayerField
        The layer's.
    attributes : sequence of str
        The file's.
    given : mapping of str to str
        field -> attribute, from ``--map``.
    where : str
        The file's name, for messages.
    one_of : sequence of str
        Fields of which the file must give at least one, where there are any.

    Raises
    ------
    FileUnreadable
        ``mapping``: a field or attribute that does not exist, or a required field without an attribute; the message
        lists the attributes and suggests.
    """
    importable = {f.name: f for f in fields if f.is_imported}
    for name, attribute in given.items():
        if name not in importable:
            raise _no_field(name, importable, where)
        if attribute not in attributes:
            raise _no_attribute(attribute, attributes, where)
    folded = {a.casefold(): a for a in reversed(attributes)}
    chosen = dict(given)
    suggestions: dict[str, str] = {}
    for name, wanted in importable.items():
        if name in chosen:
            continue
        exact = name if name in attributes else folded.get(name) or (folded.get(wanted.short) if wanted.short else None)
        if exact is not None:
            chosen[name] = exact
        elif likely := _likely(wanted, folded):
            suggestions[name] = likely
    for name, wanted in importable.items():
        if wanted.within in chosen and name not in chosen:  # one word of the file often says both
            chosen[name] = chosen[wanted.within]
            suggestions.pop(name, None)
    for name, wanted in importable.items():
        if wanted.required and name not in chosen:
            raise _required(name, wanted, attributes, suggestions.get(name), where)
    if one_of and not any(name in chosen for name in one_of):
        raise _none_of([importable[name] for name in one_of], attributes, suggestions, where)
    return AttributeMap(chosen, suggestions)


def _likely(wanted: LayerField, folded: Mapping[str, str]) -> str | None:
    for name in wanted.likely:
        if found := folded.get(name.casefold()):
            return found
    return None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SUGGESTIONS_SHOWN]) or "-"
    return shown + (", …" if len(names) > _SUGGESTIONS_SHOWN else "")


def _no_field(name: str, importable: Mapping[str, LayerField], where: str) -> FileUnreadable:
    listed = _listed(list(importable))
    return FileUnreadable(
        f"الطبقة بلا حقل باسم {name}. حقولها: {listed}.",
        f"The layer has no field {name}. Its fields: {listed}.",
        what="mapping",
        where=where,
        todo="write --map field=attribute",
    )


def _no_attribute(attribute: str, attributes: Sequence[str], where: str) -> FileUnreadable:
    listed = _listed(attributes)
    return FileUnreadable(
        f"ليس في الملف عمود باسم {attribute}. أعمدته: {listed}.",
        f"The file has no attribute {attribute}. Its attributes: {listed}.",
        what="mapping",
        where=where,
        todo="write --map field=attribute",
    )


def _required(
    name: str, wanted: LayerField, attributes: Sequence[str], suggestion: str | None, where: str
) -> FileUnreadable:
    listed = _listed(attributes)
    example = suggestion or (attributes[0] if attributes else "attribute")
    return FileUnreadable(
        f"لا يُعرف أي عمود من أعمدة الملف هو {wanted.ar} ({name}). أعمدته: {listed}.",
        f"No attribute of the file is named {name} ({wanted.en}). Its attributes: {listed}.",
        what="mapping",
        where=where,
        todo=f"say which one it is: --map {name}={example}",
    )


def _none_of(
    wanted: Sequence[LayerField], attributes: Sequence[str], suggestions: Mapping[str, str], where: str
) -> FileUnreadable:
    listed = _listed(attributes)
    first = next((f.name for f in wanted if f.name in suggestions), wanted[0].name)
    example = suggestions.get(first) or (attributes[0] if attributes else "attribute")
    return FileUnreadable(
        f"لا يُعرف أي عمود من أعمدة الملف هو {' أو '.join(f'{f.ar} ({f.name})' for f in wanted)}. أعمدته: {listed}.",
        f"No attribute of the file is {' or '.join(f'{f.name} ({f.en})' for f in wanted)}. Its attributes: {listed}.",
        what="mapping",
        where=where,
        todo=f"say which one it is: --map {first}={example}",
    )


# Values -------------------------------------------------------------------------------------------------------------


def read_value(wanted: LayerField, raw: Any) -> tuple[Any, DefectNote | None]:
    """Return a value as the field holds it, and what was wrong with it.

    Text keeps the digits it was written in; numbers are read in both digit systems. What cannot be read becomes None
    (text: the field's default) with a ``bad_value`` note.

    Examples
    --------
    >>> area = LayerField("official_area_m2", "المساحة", "Area", "decimal")
    >>> read_value(area, "٦٠٠٫٥")
    (Decimal('600.50'), None)
    >>> read_value(area, "six hundred")[1][0]
    'bad_value'
    >>> read_value(LayerField("parcel_no", "رقم القطعة", "Parcel number"), 12.0)
    ('12', None)
    """
    if wanted.kind == "text":
        return _text(wanted, raw)
    if _is_missing(raw):
        return None, None
    try:
        if wanted.kind == "decimal":
            return _decimal(raw), None
        if wanted.kind == "integer":
            return _integer(wanted, raw), None
        if wanted.kind == "float":
            return _float(raw), None
        if wanted.kind == "uuid":
            return str(uuid.UUID(str(raw).strip())), None
        if wanted.kind == "date":
            return _day(raw), None
        return _moment(raw), None
    except (ValueError, ArithmeticError, TypeError):
        return None, ("bad_value", {"field": wanted.name, "value": _short(raw)})


def _is_missing(raw: Any) -> bool:
    return raw is None or (isinstance(raw, float) and math.isnan(raw)) or (isinstance(raw, str) and not raw.strip())


def _text(wanted: LayerField, raw: Any) -> tuple[str, DefectNote | None]:
    if _is_missing(raw):
        missing = wanted.required and bool(wanted.choices)
        return wanted.default, ("bad_choice", {"field": wanted.name, "value": "-"}) if missing else None
    if isinstance(raw, bool):
        raw = "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        raw = int(raw)
    if isinstance(raw, bytes):
        return wanted.default, ("bad_value", {"field": wanted.name, "value": _short(raw)})
    # Control characters (PostgreSQL refuses NUL) have no place in a name or number.
    text = str(raw)
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    text = text.strip()
    if wanted.choices and text not in wanted.choices:
        known = wanted.spellings.get(text.casefold())
        kind = "bad_choice" if wanted.required else "bad_value"
        return known or wanted.default, None if known else (kind, {"field": wanted.name, "value": _short(raw)})
    if len(text) > TEXT_LIMIT:
        return text[:TEXT_LIMIT], ("long_value", {"field": wanted.name, "length": len(text), "limit": TEXT_LIMIT})
    return text, None


def _decimal(raw: Any) -> Decimal:
    value = parse_decimal(raw) if isinstance(raw, str) else Decimal(str(raw))
    if not value.is_finite() or value <= 0 or value >= _AREA_LIMIT:
        raise ValueError(raw)
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _integer(wanted: LayerField, raw: Any) -> int:
    value = parse_decimal(raw) if isinstance(raw, str) else Decimal(str(int(raw) if isinstance(raw, bool) else raw))
    if not value.is_finite() or value != value.to_integral_value() or not wanted.low <= value <= wanted.high:
        raise ValueError(raw)
    return int(value)


def _float(raw: Any) -> float:
    value = float(parse_decimal(raw) if isinstance(raw, str) else raw)
    if not math.isfinite(value):
        raise ValueError(raw)
    return value


def _moment(raw: Any) -> datetime:
    """Return a moment; one without a zone stays without, and whoever stores it knows the municipality's."""
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, date):
        return datetime(raw.year, raw.month, raw.day)
    return datetime.fromisoformat(to_latin_digits(str(raw)).strip())


def _day(raw: Any) -> date:
    """Return a day; of a moment the day as it is written. Years come first: 03/04/2026 is refused, not guessed."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    found = _DAY.fullmatch(to_latin_digits(str(raw)).strip())
    if found is None:
        raise ValueError(raw)
    return date(int(found[1]), int(found[2]), int(found[3]))


def disagreements(fields: Iterable[LayerField], values: Mapping[str, Any]) -> Iterator[LayerField]:
    """Yield the fields whose choice does not go with the value of the field that they are within."""
    for wanted in fields:
        if wanted.within and (chosen := values.get(wanted.name)):
            if wanted.within_of.get(chosen) != values.get(wanted.within):
                yield wanted


def _short(raw: Any) -> str:
    text = str(raw)
    return text if len(text) <= 60 else text[:57] + "..."
