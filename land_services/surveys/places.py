"""Places in a survey file, which readers name in the words of the file's format, as Arabic texts say them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["place_in_arabic"]

ENTITIES: Final = {
    "LWPOLYLINE": "الخط المتعدد",
    "POLYLINE": "الخط المتعدد",
    "LINE": "الخط",
    "ARC": "القوس",
    "TEXT": "النص",
    "MTEXT": "النص",
    "ATTRIB": "النص",
    "INSERT": "البلوك",
}
FORMS: Final = (
    (re.compile(r"lines (.+)"), "الخطوط {}"),
    (re.compile(r"line (\d+)"), "السطر {}"),
    (re.compile(r"parcel (.+)"), "القطعة {}"),
    (re.compile(r"(.+) row (\S+)"), "الصف {1} من {0}"),
    (re.compile(r"(.+) record (\d+)"), "السجل {1} من {0}"),
    (re.compile(r"(.+) ring (\d+)"), "الحلقة {1} من {0}"),
)


def place_in_arabic(place: str) -> str:
    """Return a place with the words around its names and numbers in Arabic; one of an unknown form stays as it is.

    Examples
    --------
    >>> place_in_arabic("LWPOLYLINE 37 on layer PARTS")
    'الخط المتعدد 37 في الطبقة PARTS'
    >>> place_in_arabic("line 12"), place_in_arabic("features[3]")
    ('السطر 12', 'features[3]')
    """
    return "؛ ".join(_one(part) for part in place.split("; "))


def _one(place: str) -> str:
    entity = re.fullmatch(r"([A-Z]+)( \S+)?(?: on layer (.*))?", place)
    if entity is not None and entity[1] in ENTITIES:
        layer = f" في الطبقة {entity[3]}" if entity[3] else ""
        return f"{ENTITIES[entity[1]]}{entity[2] or ''}{layer}"
    for form, words in FORMS:
        if found := form.fullmatch(place):
            return words.format(*map(_one, found.groups()))
    return place
