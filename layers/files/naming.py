"""Names for fields out of the names that files give: short, plain, never a word that means something elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from layers.digits import to_latin_digits

__all__ = ["NAME_LIMIT", "RESERVED", "safe_name", "safe_names", "short_names"]

NAME_LIMIT: Final = 40
_SHORT: Final = 10

_OURS: Final = (
    "id uid geom geom_3857 geometry properties layer layer_id feature fid begin_lifespan_version end_lifespan_version"
    " begin_life end_life tile mvt count total t r p g"
)
"""Columns of the table, and short names that our own queries give to tables."""

_PARAMETERS: Final = "f lang crs bbox limit offset datetime filter sortby cursor token q skipgeometry resulttype"
"""What an address of features already means by these words."""

_SQL: Final = (
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation"
    " column concurrently constraint create cross current_catalog current_date current_role current_schema"
    " current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for"
    " foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral"
    " leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps"
    " placing primary references returning right select session_user similar some symmetric table tablesample then to"
    " trailing true union unique user using variadic verbose when where window with between exists casei accenti"
)
"""Reserved words of PostgreSQL 15 (pg_get_keywords, categories R and T) and of CQL2."""

RESERVED: Final = frozenset(f"{_OURS} {_PARAMETERS} {_SQL}".split())

_LETTERS: Final = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ء": "", "ؤ": "o", "ئ": "e", "ب": "b", "ت": "t", "ث": "th", "ج": "j",
    "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t",
    "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ة": "a",
    "و": "w", "ي": "y", "ى": "a", "پ": "p", "چ": "ch", "ڤ": "v", "گ": "g", "ک": "k", "ی": "y", "ـ": "",
}  # fmt: skip


def safe_name(text: str, number: int = 1) -> str:
    """Return a name of lower-case Latin letters, digits and underscores for what a file calls an attribute.

    Parameters
    ----------
    text : str
        The attribute's name, in any script.
    number : int
        What to call it by where nothing of the name can be written so.

    Examples
    --------
    >>> safe_name("Building Height (m)"), safe_name("رقم القطعة"), safe_name("ORDER"), safe_name("٢٠٢٦")
    ('building_height_m', 'rqm_alqtaa', 'order_value', 'f_2026')
    >>> safe_name("名", 3)
    'field_3'
    """
    letters = "".join(_LETTERS.get(c, c) for c in unicodedata.normalize("NFC", to_latin_digits(text)))
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:NAME_LIMIT].rstrip("_")
    if not name:
        return f"field_{number}"
    if not name[0].isalpha():
        name = f"f_{name}"[:NAME_LIMIT].rstrip("_")
    return f"{name[: NAME_LIMIT - 6].rstrip('_')}_value" if name in RESERVED else name


def safe_names(texts: Sequence[str]) -> list[str]:
    """Return a name for each attribute, all different.

    Examples
    --------
    >>> safe_names(["Name", "name", "NAME ", "name_2"])
    ['name', 'name_2', 'name_3', 'name_2_2']
    """
    names: list[str] = []
    for number, text in enumerate(texts, start=1):
        names.append(_unused(safe_name(text, number), names, NAME_LIMIT, "_"))
    return names


def short_names(names: Sequence[str]) -> list[str]:
    """Return names of at most ten letters for a shapefile, all different.

    Examples
    --------
    >>> short_names(["building_height", "building_h", "x"])
    ['building_h', 'building_2', 'x']
    """
    short: list[str] = []
    for name in names:
        short.append(_unused(name[:_SHORT], short, _SHORT, ""))
    return short


def _unused(name: str, taken: Sequence[str], limit: int, joint: str) -> str:
    candidate, n = name, 1
    while candidate in taken or candidate in RESERVED:
        n += 1
        ending = f"{joint}{n}"
        candidate = name[: limit - len(ending)].rstrip("_") + ending
    return candidate
