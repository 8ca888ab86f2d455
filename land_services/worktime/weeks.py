"""Reads ``weeks.toml``: the working weeks of municipalities, each with its dates and sources. Pure."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from land_services.domain import RuleSource
from land_services.worktime.calendar import Spans, Week

__all__ = ["DatedWeek", "WeekPack", "WeeksError", "load_weeks", "read_weeks"]

FILE: Final = Path(__file__).with_name("weeks.toml")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONFIDENCES: Final = ("official", "press", "placeholder")
KEYS: Final = frozenset({"valid_from", "usual", "ramadan", "days_source", "hours_source", "ramadan_source"})
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")


class WeeksError(ValueError):
    """A file of weeks that cannot be used: which line, which key, and why."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {key}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason


@dataclass(frozen=True)
class DatedWeek:
    """A working week with what its days, its hours and its hours in Ramadan rest on."""

    week: Week
    days_source: RuleSource
    hours_source: RuleSource
    ramadan_source: RuleSource


@dataclass(frozen=True)
class WeekPack:
    """The weeks of one group of municipalities, in order of their dates."""

    code: str
    title_ar: str
    title_en: str
    dated: tuple[DatedWeek, ...]

    @property
    def weeks(self) -> tuple[Week, ...]:
        return tuple(each.week for each in self.dated)


@lru_cache(maxsize=1)
def load_weeks() -> dict[str, WeekPack]:
    """Return all packs by their codes, checked."""
    return read_weeks(FILE.read_text(encoding="utf-8"), FILE.name)


def read_weeks(text: str, file: str = "weeks.toml") -> dict[str, WeekPack]:
    """Return the packs that a TOML text describes.

    Raises
    ------
    WeeksError
        Not TOML; an unknown or missing key, day or source; hours out of order; weeks out of the order of their dates.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise WeeksError(file, int(found[1]) if found else 1, "TOML", str(error)) from None
    return _Reader(text, file).packs(data)


class _Reader:
    """Reads one file; finds the line of a table again, so that an error can say where."""

    def __init__(self, text: str, file: str) -> None:
        self.lines, self.file = text.splitlines(), file
        self.sources: dict[str, RuleSource] = {}

    def packs(self, data: Mapping[str, Any]) -> dict[str, WeekPack]:
        sources = data.get("sources")
        if not isinstance(sources, dict):
            raise self.error("[sources", "sources", "the tables are missing")
        self.sources = {code: self.source(f"[sources.{code}]", row) for code, row in sources.items()}
        packs = {code: self.pack(code, row) for code, row in data.items() if code != "sources"}
        if not packs:
            raise self.error("", "file", "there is no working week in it")
        return packs

    def pack(self, code: str, row: Any) -> WeekPack:
        where = f"[{code}]"
        if not isinstance(row, dict) or set(row) - {"title_ar", "title_en", "week"}:
            raise self.error(where, code, "must hold title_ar, title_en and [[week]] tables, nothing else")
        rows = row.get("week")
        if not isinstance(rows, list) or not rows:
            raise self.error(where, f"{code}.week", "at least one [[week]] is needed")
        dated = tuple(self.week(code, n, each) for n, each in enumerate(rows))
        for first, second in itertools.pairwise(dated):
            if second.week.valid_from <= first.week.valid_from:
                raise self.error(where, f"{code}.week", f"{second.week.valid_from} is not after the week before it")
        return WeekPack(code, self.text(where, row, "title_ar"), self.text(where, row, "title_en"), dated)

    def week(self, code: str, n: int, row: Any) -> DatedWeek:
        where = (f"[[{code}.week]]", n)
        if not isinstance(row, dict) or set(row) != KEYS:
            raise self.error(where, f"{code}.week", f"must hold exactly {', '.join(sorted(KEYS))}")
        if type(row["valid_from"]) is not date:
            raise self.error(where, "valid_from", "must be a date such as 2022-01-01")
        usual, ramadan = self.hours(where, row, "usual"), self.hours(where, row, "ramadan")
        if not any(usual) or not any(ramadan):
            raise self.error(where, f"{code}.week", "nobody works in this week")
        named = [row[f"{what}_source"] for what in ("days", "hours", "ramadan")]
        for name in named:
            if name not in self.sources:
                raise self.error(where, "source", f"{name!r} is not among [sources]")
        return DatedWeek(Week(row["valid_from"], usual, ramadan), *(self.sources[name] for name in named))

    def hours(self, where: tuple[str, int], row: Mapping[str, Any], key: str) -> tuple[Spans, ...]:
        given = row[key]
        if not isinstance(given, dict) or set(given) - set(DAYS):
            raise self.error(where, key, f"must name days among {' '.join(DAYS)}")
        return tuple(self.spans(where, f"{key}.{day}", given[day]) if day in given else () for day in DAYS)

    def spans(self, where: tuple[str, int], key: str, text: Any) -> Spans:
        parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else []
        found = [_SPAN.fullmatch(part) for part in parts]
        if not found or not all(found):
            raise self.error(where, key, f'{text!r} is not written as "07:30-14:30"')
        spans = tuple(_span(match) for match in found if match)
        flat = list(itertools.chain.from_iterable(spans))
        if any(second <= first for first, second in itertools.pairwise(flat)):
            raise self.error(where, key, f"{text!r} is not in order")
        return spans

    def source(self, where: str, row: Any) -> RuleSource:
        if not isinstance(row, dict) or row.get("confidence") not in CONFIDENCES:
            raise self.error(where, f"{where}.confidence", f"must be one of {', '.join(CONFIDENCES)}")
        if not isinstance(row.get("date"), str):
            raise self.error(where, f"{where}.date", 'must be a text such as "2026-02" ("" where it shows none)')
        title, arabic = self.text(where, row, "title_en"), self.text(where, row, "title_ar")
        return RuleSource(title=title, date=row["date"], confidence=row["confidence"], title_ar=arabic)

    def text(self, where: str, row: Mapping[str, Any], name: str) -> str:
        value = row.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(where, name, "must be a text that is not empty")
        return value

    def error(self, where: str | tuple[str, int], key: str, reason: str) -> WeeksError:
        head, n = (where, 0) if isinstance(where, str) else where
        lines = [number for number, line in enumerate(self.lines, start=1) if head and line.strip().startswith(head)]
        return WeeksError(self.file, lines[min(n, len(lines) - 1)] if lines else 1, key, reason)


def _span(match: re.Match[str]) -> tuple[time, time]:
    end = time(int(match[3]), int(match[4])) if match[3] else time.max
    return time(int(match[1]), int(match[2])), end
