"""From the tags of an element of OpenStreetMap to the fields of a place. Pure: no file, no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from layers.locator.categories import classify

__all__ = ["LEFT_OUT", "OsmRows", "is_tagged", "place_values", "read_hstore"]

SOURCE: Final = "OpenStreetMap"
KEYS: Final = (
    *("amenity", "shop", "leisure", "office", "craft", "healthcare", "emergency", "building", "man_made"),
    *("religion", "government", "access", "fuel", "wholesale", "repair", "sport", "garden:type"),
)
"""Keys by which an element is of a kind, or is left out."""

_MAIN: Final = ("amenity", "shop", "leisure", "healthcare")
LEFT_OUT: Final = {
    "no_kind": ("بلا وسم يدل على نوع معروف", "no tag of a kind that is known"),
    "private": ("خاص لا يدخله الناس", "private: not for the public"),
    "gone": ("مهجور أو مغلق نهائيًا", "abandoned or closed for good"),
}
"""Why an element is left out, in both languages."""

_ARABIC: Final = re.compile("[\u0621-\u064a]")
_PAIR: Final = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(.)")


def read_hstore(text: str | None) -> dict[str, str]:
    r"""Return the tags of GDAL's text of them.

    Examples
    --------
    >>> read_hstore('"name"=>"Al \\"Noor\\"","shop"=>"bakery"')
    {'name': 'Al "Noor"', 'shop': 'bakery'}
    >>> read_hstore(None)
    {}
    """
    return {_ESCAPE.sub(r"\1", k): _ESCAPE.sub(r"\1", v) for k, v in _PAIR.findall(text or "")}


def is_tagged(attributes: Sequence[str]) -> bool:
    """Return whether a file's attributes are tags of OpenStreetMap, so that kinds may be read from them."""
    return any(key in attributes for key in _MAIN)


def place_values(tags: Mapping[str, str]) -> dict[str, Any] | str:
    """Return the values of a place by field, or a key of ``LEFT_OUT``.

    Examples
    --------
    >>> place_values({"shop": "bakery", "name": "مخبز النور"})["name_ar"]
    'مخبز النور'
    >>> place_values({"highway": "bus_stop"}), place_values({"leisure": "playground", "access": "private"})
    ('no_kind', 'private')
    """
    kind = classify(tags)
    if kind is None:
        return "no_kind"
    if tags.get("access") in ("private", "no"):
        return "private"
    if any(tags.get(key) == "yes" for key in ("disused", "abandoned", "demolished")):
        return "gone"
    arabic, english = _names(tags)
    return {
        "name_ar": arabic,
        "name_en": english,
        "category": kind.category,
        "kind": kind.code,
        "opening_hours": tags.get("opening_hours", ""),
        "ramadan_hours": tags.get("opening_hours:ramadan", ""),
        "phone": _first(tags, "phone", "contact:phone", "mobile", "contact:mobile"),
        "wheelchair": {"designated": "yes"}.get(access := tags.get("wheelchair", ""), access),
        "address_ar": _address(tags, arabic=True),
        "address_en": _address(tags, arabic=False),
        "source_on": _first(tags, "check_date", "survey:date") or None,
    }


def _first(tags: Mapping[str, str], *keys: str) -> str:
    return next((tags[key] for key in keys if tags.get(key)), "")


def _names(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return both names; the one without a language goes where its letters say."""
    plain = tags.get("name", "")
    is_arabic = bool(_ARABIC.search(plain))
    return (
        tags.get("name:ar") or (plain if is_arabic else ""),
        tags.get("name:en") or tags.get("int_name") or ("" if is_arabic else plain),
    )


def _address(tags: Mapping[str, str], *, arabic: bool) -> str:
    """Return the address in one language: the whole one, or number and street, part of town, town, postcode."""
    suffix = ":ar" if arabic else ":en"

    def part(key: str) -> str:
        value = tags.get(f"addr:{key}{suffix}", "")
        plain = tags.get(f"addr:{key}", "")
        return value or (plain if bool(_ARABIC.search(plain)) == arabic else "")

    if whole := part("full"):
        return whole
    street = part("street")
    if not street:
        return ""
    lines = [f"{tags.get('addr:housenumber', '')} {street}".strip(), part("suburb") or part("district"), part("city")]
    return ("، " if arabic else ", ").join([*filter(None, lines), *filter(None, [tags.get("addr:postcode", "")])])


class OsmRows:
    """Turns rows of tags into rows of places, for ``VectorSource``: a row that is left out comes as its reason.

    Parameters
    ----------
    attributes : sequence of str
        The file's: ``all_tags`` as GDAL gives them of an OpenStreetMap file, or a column for each key.
    """

    fields: Final = (
        *("name_ar", "name_en", "category", "kind", "opening_hours", "ramadan_hours", "phone", "wheelchair"),
        *("address_ar", "address_en", "source", "source_ref", "source_on"),
    )

    def __init__(self, attributes: Sequence[str]) -> None:
        self.packed = next((name for name in ("all_tags", "other_tags") if name in attributes), "")
        self.reads = tuple(attributes)

    def rows(self, columns: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any] | str]:
        """Return a place or a reason for each of ``count`` rows."""
        return [self._row({name: values[i] for name, values in columns.items()}) for i in range(count)]

    def _row(self, row: dict[str, Any]) -> dict[str, Any] | str:
        plain = {k: str(v) for k, v in row.items() if k != self.packed and isinstance(v, str | int) and v != ""}
        tags = {**plain, **read_hstore(row.get(self.packed))} if self.packed else plain
        made = place_values(tags)
        if isinstance(made, str):
            return made
        return {**made, "source": SOURCE, "source_ref": _reference(row), "source_on": _day(made["source_on"], row)}


def _reference(row: Mapping[str, Any]) -> str:
    """Return ``osm:node/42``; "" where the row does not say what it is."""
    stated = row.get("@id") or row.get("id") or ""
    if isinstance(stated, str) and re.fullmatch(r"(node|way|relation)/\d+", stated):
        return f"osm:{stated}"
    if row.get("osm_way_id"):
        return f"osm:way/{row['osm_way_id']}"
    if row.get("osm_id") in (None, ""):
        return ""
    element = row.get("osm_type") or "node"
    return f"osm:{element}/{row['osm_id']}"


def _day(stated: str | None, row: Mapping[str, Any]) -> date | None:
    """Return the day a mapper looked at it, or else the day of its last change."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", stated or "")
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    changed = row.get("osm_timestamp")
    return changed.date() if isinstance(changed, datetime) else None
