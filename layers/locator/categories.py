"""What people look for, as data: the categories of the layer of places and the kinds within them (``categories.toml``).

The file is read and checked once, when this module is imported: a server with a wrong one does not start. The codes of
the categories are part of the public face and stand here; everything else about them stands in the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "CATEGORIES", "CODES", "KINDS", "CategoriesError", "Category", "Kind", "Tag", "category_spellings", "classify",
    "kind_spellings", "read_categories",
]  # fmt: skip

CODES: Final = (
    "food",
    "health",
    "gas",
    "water",
    "repair",
    "mosque",
    "school",
    "municipal",
    "park",
    "fuel",
    "public_service",
)

_FILE: Final = Path(__file__).with_name("categories.toml")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_ICON: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG: Final = re.compile(r"([a-z][a-z0-9_:]*)=([^\s=&]+)")

Tag = tuple[tuple[str, str], ...]
"""Pairs of key and value that an element has all of."""


class CategoriesError(ValueError):
    """A file of categories that cannot be used: which line, which key, and why."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {key}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason


@dataclass(frozen=True)
class Kind:
    """A finer sort of place: names, the ways in which OpenStreetMap tags it, other words for it in lower case."""

    ar: str
    en: str
    tags: tuple[Tag, ...] = ()
    words: tuple[str, ...] = ()
    code: str = ""
    category: str = ""


@dataclass(frozen=True)
class Category:
    """A category of places with its kinds by code, in the order of the file; ``icon`` is a name of Tabler's."""

    code: str
    ar: str
    en: str
    icon: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def read_categories(text: str, file: str = "categories.toml") -> dict[str, Category]:
    """Return the categories that a TOML text describes, in the order of ``CODES``.

    Raises
    ------
    CategoriesError
        Not TOML; a category that is missing or unknown; a key that is missing, unknown or wrong; a kind, tag or word
        that stands in two places.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise CategoriesError(file, int(found[1]) if found else 1, "TOML", str(error)) from None
    return _Reader(text, file).categories(data)


class _Reader:
    """Reads one file; finds the line of a table or key again, so that an error can say where."""

    def __init__(self, text: str, file: str) -> None:
        self.lines, self.file = text.splitlines(), file
        self.seen: dict[tuple[str, Any], str] = {}

    def categories(self, data: Mapping[str, Any]) -> dict[str, Category]:
        for code in data:
            if code not in CODES:
                raise self._error(code, "", f"is no category; these are: {' '.join(CODES)}")
        for code in CODES:
            if not isinstance(data.get(code), dict):
                raise self._error(code, "", "is missing")
        return {code: self._category(code, data[code]) for code in CODES}

    def _category(self, code: str, row: Mapping[str, Any]) -> Category:
        self._only(code, row, ("ar", "en", "icon", "words", "kinds"))
        icon = self._text(code, row, "icon")
        if not _ICON.fullmatch(icon):
            raise self._error(code, "icon", f"{icon!r} is no name of an icon")
        kinds = row.get("kinds")
        if not isinstance(kinds, dict) or not kinds:
            raise self._error(code, "kinds", "a category has at least one kind")
        return Category(
            code,
            self._text(code, row, "ar"),
            self._text(code, row, "en"),
            icon,
            MappingProxyType({name: self._kind(code, name, value) for name, value in kinds.items()}),
            self._words(code, row, ("category", code)),
        )

    def _kind(self, category: str, code: str, row: Any) -> Kind:
        where = f"{category}.kinds.{code}"
        if not isinstance(row, dict):
            raise self._error(where, "", "is a table")
        if not _CODE.fullmatch(code):
            raise self._error(where, "", "a code is small letters, digits and _")
        self._once(where, "", "kind", code)
        self._only(where, row, ("ar", "en", "tags", "words"))
        tags = tuple(self._tag(where, tag) for tag in self._list(where, row, "tags"))
        words = self._words(where, row, ("kind", code))
        if not tags and not words:
            raise self._error(where, "tags", "a kind has tags or words, or nothing would ever be of it")
        return Kind(self._text(where, row, "ar"), self._text(where, row, "en"), tags, words, code, category)

    def _tag(self, where: str, text: str) -> Tag:
        pairs = []
        for part in text.split("&"):
            found = _TAG.fullmatch(part.strip())
            if found is None:
                raise self._error(where, "tags", f"{text!r} is not key=value, or several with & between")
            pairs.append((found[1], found[2]))
        tag = tuple(sorted(pairs))
        self._once(where, "tags", "tag", tag, text)
        return tag

    def _words(self, where: str, row: Mapping[str, Any], holder: tuple[str, str]) -> tuple[str, ...]:
        words = tuple(word.casefold().strip() for word in self._list(where, row, "words"))
        for word in words:
            if not word:
                raise self._error(where, "words", "a word is empty")
            self._once(where, "words", "word", word)
            if holder[0] == "kind" and word in CODES and word != holder[1]:
                raise self._error(where, "words", f"{word!r} is the code of a category")
        return words

    def _once(self, where: str, key: str, sort: str, value: Any, shown: str = "") -> None:
        first = self.seen.setdefault((sort, value), where)
        if first != where:
            raise self._error(where, key, f"{sort} {shown or value!r} stands in {first} already")

    def _only(self, where: str, row: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in row:
            if key not in known:
                raise self._error(where, key, f"is not one of {', '.join(known)}")

    def _text(self, where: str, row: Mapping[str, Any], key: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._error(where, key, "is missing or not a text")
        return value.strip()

    def _list(self, where: str, row: Mapping[str, Any], key: str) -> list[str]:
        value = row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._error(where, key, "is a list of texts")
        return value

    def _error(self, where: str, key: str, reason: str) -> CategoriesError:
        return CategoriesError(self.file, self._line(where, key), f"{where}.{key}" if key else where, reason)

    def _line(self, where: str, key: str) -> int:
        """Return the line of a key in its table, of the table where the key is not there, 1 where neither is."""
        table = 0
        for number, line in enumerate(self.lines, 1):
            if line.strip() == f"[{where}]":
                table = number
            elif table and line.lstrip().startswith("["):
                break
            elif table and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return table or 1


CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(read_categories(_FILE.read_text(encoding="utf-8")))

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {code: kind for category in CATEGORIES.values() for code, kind in category.kinds.items()}
)
"""Every kind by its code; it knows its category."""

_BY_TAG: Final[tuple[tuple[Tag, Kind], ...]] = tuple(
    sorted(((tag, kind) for kind in KINDS.values() for tag in kind.tags), key=lambda pair: -len(pair[0]))
)
_KEYS: Final = frozenset(key for tag, _ in _BY_TAG for key, _ in tag)


def classify(tags: Mapping[str, str]) -> Kind | None:
    """Return the kind of an element of OpenStreetMap, None where its tags are of no kind.

    A tag of several pairs wins over one of fewer. Of a value with several parts (``bakery;cafe``) the first part that
    is of a kind counts.

    Examples
    --------
    >>> classify({"amenity": "pharmacy"}).code
    'pharmacy'
    >>> classify({"amenity": "place_of_worship", "religion": "christian"}) is None
    True
    >>> classify({"shop": "toys;bakery"}).category
    'food'
    >>> classify({}) is None
    True
    """
    parts = {key: [part.strip() for part in tags[key].split(";")] for key in _KEYS if tags.get(key)}
    best: tuple[int, int, Kind] | None = None
    for tag, kind in _BY_TAG:
        if all(value in parts.get(key, ()) for key, value in tag):
            rank = (-len(tag), sum(parts[key].index(value) for key, value in tag))
            if best is None or rank < best[:2]:
                best = (*rank, kind)
    return best[2] if best else None


def _spelled(word: str) -> Iterator[str]:
    """Yield a word as files write it: with spaces or with underscores."""
    yield word.replace(" ", "_")
    yield word.replace("_", " ")


def kind_spellings() -> dict[str, str]:
    """Return word in lower case -> code of the kind: codes, words, and values of tags that need no second pair."""
    found: dict[str, str] = {}
    for code, kind in KINDS.items():
        values = [tag[0][1] for tag in kind.tags if len(tag) == 1]
        for word in (code, *kind.words, *values):
            for written in _spelled(word.casefold()):
                if written not in CODES or written == code:
                    found.setdefault(written, code)
    return found


def category_spellings() -> dict[str, str]:
    """Return word in lower case -> code of the category: its own words, and every word of its kinds."""
    found = {written: c.code for c in CATEGORIES.values() for word in c.words for written in _spelled(word)}
    return {word: KINDS[code].category for word, code in kind_spellings().items() if word not in CODES} | found
