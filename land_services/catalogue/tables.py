"""Reading TOML tables value by value: each fault is written down with its line, and reading goes on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from land_services.catalogue.errors import CatalogueError
from land_services.catalogue.lines import Lines
from land_services.domain import RuleSource

__all__ = ["CODE", "CONFIDENCES", "ENDING", "NO_SOURCE", "Row", "Tables", "parse"]

CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
ENDING: Final = re.compile(r"[a-z0-9]{1,8}")
CONFIDENCES: Final = ("official", "press", "placeholder")
SOURCE_KEYS: Final = ("title_ar", "title_en", "date", "confidence")
NO_SOURCE: Final = RuleSource("", "", "placeholder")


@dataclass(frozen=True)
class Row:
    """A table and its path in the file."""

    path: str
    values: Mapping[str, Any]

    def key(self, name: str) -> str:
        """Return the path of a key of this table."""
        return f"{self.path}.{name}" if self.path else name


def parse(text: str, file: str) -> dict[str, Any]:
    """Return the values of a TOML text; numbers with a point are exact. CatalogueError where it is no TOML."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, InvalidOperation) as error:
        found = re.search(r"line (\d+)", str(error))
        raise CatalogueError(file, int(found.group(1)) if found else 1, "TOML", str(error)) from None


class Tables:
    """The tables of one file, and the faults found in them so far."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.data = Row("", parse(text, file))
        self.lines = Lines(text)
        self.faults: list[CatalogueError] = []
        self.sources: dict[str, RuleSource] = {}

    def fault(self, key: str, reason: str) -> None:
        """Write a fault down."""
        self.faults.append(CatalogueError(self.file, self.lines.of(key), key, reason))

    def done(self) -> None:
        """Raise what was found."""
        if self.faults:
            raise CatalogueError.of(self.faults)

    # Tables -----------------------------------------------------------------------------------------------------------

    def keys(self, row: Row, known: Collection[str], of: str) -> None:
        """Refuse keys that nothing reads: they are typing errors."""
        for name in row.values:
            if name not in known:
                self.fault(row.key(name), f"is not a key of {of}")

    def table(self, name: str) -> Row:
        """Return the table ``[name]``; an empty one where it is missing."""
        table = self.data.values.get(name)
        if not isinstance(table, dict):
            self.fault(name, f"the table [{name}] is missing")
        return Row(name, table if isinstance(table, dict) else {})

    def tables(self, name: str) -> list[Row]:
        """Return the tables ``[name.X]``, none where there are none."""
        table = self.data.values.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
            self.fault(name, f"must be tables [{name}.X]")
            return []
        return [Row(f"{name}.{code}", row) for code, row in table.items()]

    def rows(self, name: str, within: Row | None = None, *, needed: bool = True) -> list[Row]:
        """Return the entries of the list ``[[name]]``."""
        within = within or self.data
        key = within.key(name)
        rows = within.values.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.fault(key, f"must be tables [[{name}]]")
            return []
        if needed and not rows:
            self.fault(key, f"at least one [[{name}]] table is needed")
        return [Row(f"{key}[{index}]", row) for index, row in enumerate(rows)]

    def once(self, rows: list[Row], *names: str) -> None:
        """Refuse an entry whose code, or names taken together, another one before it has."""
        seen = set()
        for row in rows:
            codes = tuple(str(row.values.get(name)) for name in names)
            if codes in seen:
                self.fault(row.key(names[-1]), f"{codes[-1]!r} is given twice")
            seen.add(codes)

    # Values -----------------------------------------------------------------------------------------------------------

    def text(self, row: Row, name: str, *, needed: bool = True) -> str:
        value = row.values.get(name, "")
        if not isinstance(value, str) or (needed and not value.strip()):
            self.fault(row.key(name), "must be a text that is not empty")
            return ""
        return value

    def arabic(self, row: Row, name: str, *, needed: bool = True) -> str:
        value = self.text(row, name, needed=needed)
        if value and not _has_arabic(value):
            self.fault(row.key(name), "must be written in Arabic")
        return value

    def english(self, row: Row, name: str, *, needed: bool = True) -> str:
        value = self.text(row, name, needed=needed)
        if value and _has_arabic(value):
            self.fault(row.key(name), "must be written in English")
        return value

    def code(self, row: Row) -> str:
        value = self.text(row, "code")
        if value and not CODE.fullmatch(value):
            self.fault(row.key("code"), f"{value!r} must be small letters, figures and _, a letter first, 40 at most")
        return value

    def words(self, row: Row) -> dict[str, Any]:
        """Return code and both texts of an entry."""
        return {"code": self.code(row), "ar": self.arabic(row, "ar"), "en": self.english(row, "en")}

    def texts(self, row: Row, name: str, *, needed: bool = True) -> tuple[str, ...]:
        values = row.values.get(name, [])
        good = isinstance(values, list) and all(isinstance(value, str) and value.strip() for value in values)
        if not good or (needed and not values):
            self.fault(row.key(name), "must be a list of texts")
            return ()
        if len(set(values)) != len(values):
            self.fault(row.key(name), "names something twice")
        return tuple(values)

    def among(self, row: Row, name: str, options: Collection[str], default: str = "") -> str:
        value = row.values.get(name, default)
        if not isinstance(value, str) or value not in options:
            self.fault(row.key(name), f"{value!r} is not one of {', '.join(options)}")
            return default
        return value

    def several(self, row: Row, name: str, options: Collection[str]) -> tuple[str, ...]:
        values = self.texts(row, name, needed=False)
        for value in values:
            if value not in options:
                self.fault(row.key(name), f"{value!r} is not one of {', '.join(sorted(options)) or 'none'}")
        return values

    def flag(self, row: Row, name: str, default: bool | None = None) -> bool:
        value = row.values.get(name, default)
        if not isinstance(value, bool):
            self.fault(row.key(name), "must be true or false")
        return bool(value)

    def whole(self, row: Row, name: str, least: int = 0) -> int:
        value = row.values.get(name)
        if type(value) is not int or value < least:
            self.fault(row.key(name), f"must be a whole number of {least} or more")
            return least
        return value

    def money(self, row: Row, name: str) -> Decimal:
        """Return an amount, written as a text so that nobody doubts its decimals."""
        try:
            amount = Decimal(self.text(row, name) or "0")
        except InvalidOperation:
            self.fault(row.key(name), 'must be a decimal number as a text, such as "550.00"')
            return Decimal(0)
        if not amount.is_finite() or amount < 0:
            self.fault(row.key(name), "must be 0 or more")
            return Decimal(0)
        return amount

    def number(self, row: Row, name: str) -> Decimal | None:
        """Return a number, or None where the key is missing."""
        value = row.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            self.fault(row.key(name), "must be a number")
            return None
        return Decimal(value)

    # Sources ----------------------------------------------------------------------------------------------------------

    def read_sources(self) -> None:
        """Read the file's own ``[sources.X]``, which win over those already known."""
        for row in self.tables("sources"):
            self.keys(row, SOURCE_KEYS, "a source")
            title_ar, title_en = self.text(row, "title_ar"), self.text(row, "title_en")
            confidence: Any = self.among(row, "confidence", CONFIDENCES, "")
            date = self.text(row, "date", needed=False)
            self.sources[row.path.partition(".")[2]] = RuleSource(title_en, date, confidence or "placeholder", title_ar)

    def source(self, row: Row) -> RuleSource:
        name = row.values.get("source")
        if not isinstance(name, str) or name not in self.sources:
            self.fault(row.key("source"), f"{name!r} is not among [sources]")
            return NO_SOURCE
        return self.sources[name]


def _has_arabic(text: str) -> bool:
    return any("\u0600" <= letter <= "\u06ff" for letter in text)
