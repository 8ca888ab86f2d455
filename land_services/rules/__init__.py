"""The rules of an authority: dated data with a source, read from one TOML file per authority.

``load_rules("eastern_province", on=filed_on)`` gives the rules as they stood on the day a case was filed. A pack says
what is the authority's own and names the files of ``shared/`` that say the rest; it is validated as a whole when it is
loaded, and each error names the file and the key. What an installation decided itself is laid over it by
``land_services.rulebook``.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from land_services.domain import RuleSource
from land_services.rules.schema import KEYS, known_checks

__all__ = [
    "DatedRules",
    "Entry",
    "Pack",
    "RuleError",
    "authorities",
    "checked_value",
    "load_pack",
    "load_rules",
    "read_pack",
    "use_added",
]

FOLDER: Final = Path(__file__).parent
SHARED: Final = FOLDER / "shared"
CONFIDENCES: Final = ("official", "press", "placeholder")

_added: tuple[Path, ...] = ()


class RuleError(ValueError):
    """A rule pack that cannot be used: says in which file, at which key, and why."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}")
        self.file, self.key, self.reason = file, key, reason


@dataclass(frozen=True)
class Entry:
    """One value of one rule, for one zone or in general (None), from ``valid_from`` until before ``valid_to``."""

    key: str
    zone: str | None
    value: Any
    source: RuleSource
    valid_from: date
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Return True if the value is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True)
class DatedRules:
    """The rules of one authority on one day (``land_services.domain.Rules``)."""

    authority: str
    on: date
    entries: Mapping[tuple[str, str | None], Entry]

    def _entry(self, key: str, zone: str | None) -> Entry:
        if zone is not None and (key, zone) in self.entries:
            return self.entries[(key, zone)]
        try:
            return self.entries[(key, None)]
        except KeyError:
            raise KeyError(f"{self.authority}: {key} is not a rule in force on {self.on.isoformat()}") from None

    def value(self, key: str, zone: str | None = None) -> Any:
        """Return the value in force; a zone's own value goes before the general one. KeyError names an unknown key."""
        return self._entry(key, zone).value

    def source(self, key: str, zone: str | None = None) -> RuleSource:
        """Return where that value comes from. ``key`` may also be a check's id such as ``LND-01``."""
        return self._entry(key, zone).source

    def replaced(self, **values: Any) -> DatedRules:
        """Return the same rules with some general values changed: to ask what another number would have meant.

        Examples
        --------
        >>> rules = load_rules("eastern_province", date(2026, 1, 1))
        >>> rules.replaced(min_frontage_m=15.0).value("min_frontage_m")
        15.0
        """
        entries = dict(self.entries)
        for key, value in values.items():
            if key not in KEYS:
                raise KeyError(f"{key} is not a rule")
            entries = {name: entry for name, entry in entries.items() if name[0] != key or name[1] is None}
            entries[(key, None)] = replace(entries[(key, None)], value=value)
        return replace(self, entries=entries)


@dataclass(frozen=True)
class Pack:
    """All entries of one authority, whenever they hold, and what each rule says in Arabic and English."""

    authority: str
    title_ar: str
    title_en: str
    entries: tuple[Entry, ...]
    about: Mapping[str, tuple[str, str]]

    def history(self, key: str, zone: str | None = None) -> tuple[Entry, ...]:
        """Return the values of a rule, the oldest first."""
        found = (entry for entry in self.entries if (entry.key, entry.zone) == (key, zone))
        return tuple(sorted(found, key=lambda entry: entry.valid_from))

    def overlaid(self, decided: Iterable[Entry]) -> Pack:
        """Return the pack with decided values laid over it, in the order in which they were decided.

        Each holds from its first day until a later one begins, and ends the one before it. Of two that begin on the
        same day the one decided last holds. Days before the first of them stay as they were.
        """
        lines: dict[tuple[str, str | None], dict[date, Entry]] = {}
        for entry in (*self.entries, *decided):
            lines.setdefault((entry.key, entry.zone), {})[entry.valid_from] = entry
        entries = (entry for line in lines.values() for entry in _closed(line.values()))
        return replace(self, entries=tuple(entries))

    def on(self, day: date) -> DatedRules:
        """Return the rules in force on a day. RuleError names a rule that has no value then."""
        chosen = {(entry.key, entry.zone): entry for entry in self.entries if entry.holds(day)}
        for key in (*KEYS, *known_checks()):
            if (key, None) not in chosen:
                raise RuleError(f"{self.authority}.toml", key, f"has no value in force on {day.isoformat()}")
        return DatedRules(self.authority, day, chosen)


def _closed(line: Iterable[Entry]) -> Iterator[Entry]:
    """The values of one rule, each ended where the next begins."""
    ordered = sorted(line, key=lambda entry: entry.valid_from)
    for entry, after in itertools.zip_longest(ordered, ordered[1:]):
        ends = entry.valid_to or date.max
        yield replace(entry, valid_to=after.valid_from) if after is not None and after.valid_from < ends else entry


def load_rules(authority: str, on: date) -> DatedRules:
    """Return the rules of an authority as they stand on ``on``: for a case, the date it was filed.

    Raises
    ------
    RuleError
        If there is no such pack, the pack is wrong, or a rule has no value on that day.
    """
    return load_pack(authority).on(on)


def authorities() -> tuple[str, ...]:
    """Return the codes of the packs that exist, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def use_added(paths: Iterable[Path]) -> None:
    """Put these files, in the form of those in ``shared/``, before every pack; packs are read anew."""
    global _added  # set once at start, from a setting that this package cannot know
    _added = tuple(paths)
    load_pack.cache_clear()


@lru_cache(maxsize=16)
def load_pack(authority: str) -> Pack:
    """Return the validated pack of an authority by its code."""
    if authority not in authorities():
        raise RuleError(f"{authority}.toml", "authority", f"no such rule pack; there are {', '.join(authorities())}")
    path = FOLDER / f"{authority}.toml"
    return read_pack(path.read_text(encoding="utf-8"), authority)


def read_pack(text: str, authority: str) -> Pack:
    """Return the pack that a TOML text describes, fully validated.

    Raises
    ------
    RuleError
        Naming the file and the key: unknown or missing key, wrong type, unknown source, unit that is not the rule's,
        or two values of one key that hold on the same day.
    """
    file = f"{authority}.toml"
    data = _parsed(text, file)
    head = _table(data, "pack", file)
    reading = _Reading()
    for path in _added:
        reading.take(_parsed(path.read_text(encoding="utf-8"), path.name), path.name)
    for code in head.get("shared", ()):
        reading.take(_shared(code, file), f"shared/{code}.toml")
    reading.take(data, file)
    entries = [entry for group in reading.entries.values() for entry in group]
    _refuse_gaps_in_the_list(entries, file)
    _refuse_overlaps(entries, file)
    title_ar, title_en = (_text(head, name, file, "pack") for name in ("title_ar", "title_en"))
    return Pack(authority, title_ar, title_en, tuple(entries), reading.about)


@dataclass
class _Reading:
    """A pack while its files are read: what a later file says of a rule or check takes the place of all before it."""

    sources: dict[str, RuleSource] = field(default_factory=dict)
    about: dict[str, tuple[str, str]] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)

    def take(self, data: Mapping[str, Any], file: str) -> None:
        for code, raw in data.get("sources", {}).items():
            self.sources[code] = _source(raw, file, f"sources.{code}")
        own: dict[str, list[Entry]] = {}
        for entry in (*_rule_entries(data, self, file), *_basis_entries(data, self.sources, file)):
            own.setdefault(entry.key, []).append(entry)
        self.entries |= own


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(file, "TOML", str(error)) from None


def _shared(code: Any, file: str) -> dict[str, Any]:
    known = sorted(path.stem for path in SHARED.glob("*.toml"))
    if code not in known:
        raise RuleError(file, "pack.shared", f"{code!r} is not a shared file; there are {', '.join(known)}")
    return _parsed((SHARED / f"{code}.toml").read_text(encoding="utf-8"), f"shared/{code}.toml")


def _table(data: Mapping[str, Any], name: str, file: str) -> dict[str, Any]:
    table = data.get(name)
    if not isinstance(table, dict):
        raise RuleError(file, name, "the table is missing")
    return table


def _rows(data: Mapping[str, Any], name: str, file: str) -> list[dict[str, Any]]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RuleError(file, name, f"must be a list of [[{name}]] tables")
    return rows


def _text(row: Mapping[str, Any], name: str, file: str, key: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(file, f"{key}.{name}", "must be a text that is not empty")
    return value


def _source(raw: Any, file: str, key: str) -> RuleSource:
    if not isinstance(raw, dict):
        raise RuleError(file, key, "must be a table")
    if raw.get("confidence") not in CONFIDENCES:
        raise RuleError(file, f"{key}.confidence", f"must be one of {', '.join(CONFIDENCES)}")
    day = raw.get("date", "")
    if not isinstance(day, str):
        raise RuleError(file, f"{key}.date", 'must be a text such as "2026-02" ("" where the source shows no date)')
    return RuleSource(
        title=_text(raw, "title_en", file, key),
        date=day,
        confidence=raw["confidence"],
        title_ar=_text(raw, "title_ar", file, key),
    )


def _rule_entries(data: Mapping[str, Any], reading: _Reading, file: str) -> Iterator[Entry]:
    for row in _rows(data, "rule", file):
        key = _text(row, "key", file, "rule")
        if key not in KEYS:
            raise RuleError(file, key, "is not a rule that any check asks for, or a service that is coming")
        if row.get("unit", "") != KEYS[key].unit:
            raise RuleError(file, f"{key}.unit", f"must be {KEYS[key].unit!r}")
        if key not in reading.about or {"about_ar", "about_en"} & set(row):
            reading.about[key] = (_text(row, "about_ar", file, key), _text(row, "about_en", file, key))
        for value in _rows(row, "values", file):
            yield _entry(key, value, checked_value(value.get("value"), key, file), reading.sources, file)


def _basis_entries(data: Mapping[str, Any], sources: Mapping[str, RuleSource], file: str) -> Iterator[Entry]:
    for row in _rows(data, "basis", file):
        for check in row.get("checks", ()):
            if check not in known_checks():
                raise RuleError(file, f"basis.{check}", "is not the id of a check")
            yield _entry(check, row, True, sources, file)


def _entry(key: str, row: Mapping[str, Any], value: Any, sources: Mapping[str, RuleSource], file: str) -> Entry:
    zone = row.get("zone")
    if zone is not None and not (isinstance(zone, str) and key in KEYS and KEYS[key].by_zone):
        raise RuleError(file, f"{key}.zone", "this rule has no values by zone")
    if row.get("source") not in sources:
        raise RuleError(file, f"{key}.source", f"{row.get('source')!r} is not among [sources]")
    begin, end = row.get("valid_from"), row.get("valid_to")
    if type(begin) is not date:
        raise RuleError(file, f"{key}.valid_from", "must be a date such as 2026-02-01")
    if end is not None and (type(end) is not date or end <= begin):
        raise RuleError(file, f"{key}.valid_to", "must be a date after valid_from")
    return Entry(key, zone, value, sources[row["source"]], begin, end)


def checked_value(value: Any, name: str, file: str = "") -> Any:
    """Return a value as checks ask for it; RuleError where it is not of the rule's kind."""
    key = KEYS[name]
    if key.kind == "flag" and isinstance(value, bool):
        return value
    if key.kind == "integer" and type(value) is int and value >= 0:
        return value
    if key.kind == "number" and type(value) in (int, float) and 0 <= value < float("inf"):
        return float(value)
    if key.kind == "codes" and isinstance(value, list) and all(isinstance(code, str) for code in value):
        return tuple(value)
    raise RuleError(file, f"{name}.value", f"{value!r} is not a {key.kind} in {key.unit or 'words'} that is 0 or more")


def _refuse_gaps_in_the_list(entries: list[Entry], file: str) -> None:
    given = {entry.key for entry in entries if entry.zone is None}
    for key in (*KEYS, *known_checks()):
        if key not in given:
            raise RuleError(file, key, "is missing: every check needs a value or basis that holds in general")


def _refuse_overlaps(entries: list[Entry], file: str) -> None:
    ordered = sorted(entries, key=lambda entry: (entry.key, entry.zone or "", entry.valid_from))
    for first, second in itertools.pairwise(ordered):
        if (first.key, first.zone) != (second.key, second.zone):
            continue
        if first.valid_to is None or second.valid_from < first.valid_to:
            where = f"{first.key} ({first.zone})" if first.zone else first.key
            raise RuleError(file, where, f"two values hold from {second.valid_from.isoformat()}")
