"""The catalogue of land services: one TOML card per service, validated when it is loaded.

A card says what a service is to people and to the workflow: who may apply, which documents it takes, its conditions,
stages, days, fee and outputs. Each fact names its source; one without an official source is marked ``placeholder``.
Errors name the file, the key, and the line of the table it stands in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from land_services.domain import RuleSource

__all__ = [
    "CatalogueError",
    "CataloguedFee",
    "Document",
    "Item",
    "Output",
    "ServiceCard",
    "Stage",
    "load_catalogue",
    "read_card",
]

FOLDER: Final = Path(__file__).parent
CONFIDENCES: Final = ("official", "press", "placeholder")
PER: Final = ("case", "part")
LISTS: Final = ("applicants", "documents", "conditions", "stages", "outputs")
ROLES: Final = (
    "surveyor", "reviewer", "planner", "survey_head", "mayor", "cashier", "archive", "agency", "registrar",
    "administrator",
)  # fmt: skip


class CatalogueError(ValueError):
    """A card that cannot be used: which file, which line, which key, and why."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {key}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason


@dataclass(frozen=True)
class Item:
    """A fact of a card in two languages, with its source."""

    code: str
    ar: str
    en: str
    source: RuleSource


@dataclass(frozen=True)
class Document(Item):
    """A document that is filed; ``formats`` are the endings accepted."""

    required: bool = False
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage(Item):
    """A stage of a case: whose turn it is, and the target in working days (0: none)."""

    role: str = ""
    days: int = 0


@dataclass(frozen=True)
class Output(Item):
    """What comes out: a file of ``format`` for the whole case or for each part."""

    format: str = "pdf"
    per: str = "case"


@dataclass(frozen=True)
class CataloguedFee:
    """The fee, exact, in the smallest unit that is paid; ``per`` case or part."""

    amount: Decimal
    currency: str
    per: str
    ar: str
    en: str
    source: RuleSource


@dataclass(frozen=True)
class ServiceCard:
    """A service as people and the workflow know it."""

    code: str
    name_ar: str
    name_en: str
    summary_ar: str
    summary_en: str
    reference_prefix: str
    applicants: tuple[Item, ...]
    documents: tuple[Document, ...]
    conditions: tuple[Item, ...]
    stages: tuple[Stage, ...]
    outputs: tuple[Output, ...]
    fee: CataloguedFee
    target_days: int
    target_source: RuleSource

    def stage(self, code: str) -> Stage:
        """Return a stage by its code; KeyError where the service has none of that name."""
        for stage in self.stages:
            if stage.code == code:
                return stage
        raise KeyError(f"{self.code} has no stage {code}")

    def after(self, code: str) -> Stage | None:
        """Return the stage that follows, None after the last."""
        position = self.stages.index(self.stage(code)) + 1
        return self.stages[position] if position < len(self.stages) else None


@lru_cache(maxsize=1)
def load_catalogue() -> dict[str, ServiceCard]:
    """Return every card by its code, in alphabetical order; CatalogueError names what is wrong and where."""
    cards = {}
    for path in sorted(FOLDER.glob("*.toml")):
        card = read_card(path.read_text(encoding="utf-8"), path.name)
        cards[card.code] = card
    return cards


def read_card(text: str, file: str) -> ServiceCard:
    """Return the card that a TOML text describes; ``file`` is its name, whose stem must be the service's code."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(file, _line_of(str(error)), "TOML", str(error)) from None
    return _Reader(text, file, data).card()


def _line_of(message: str) -> int:
    found = re.search(r"line (\d+)", message)
    return int(found.group(1)) if found else 1


class _Reader:
    """Reads one card; knows in which line each table begins, so that an error can say where."""

    def __init__(self, text: str, file: str, data: Mapping[str, Any]) -> None:
        self.lines = text.splitlines()
        self.file, self.data = file, data
        self.sources = {code: self._source(code, row) for code, row in self._table("sources").items()}

    def card(self) -> ServiceCard:
        head = {name: self._text(self.data, name, name) for name in HEAD}
        if head["code"] != Path(self.file).stem:
            raise self._error("code", f"must be {Path(self.file).stem!r}, as the file is named")
        known = {*HEAD, *LISTS, "sources", "fee", "target"}
        for key in self.data:
            if key not in known:
                raise self._error(key, "is not a key of a card")
        target = self._table("target")
        return ServiceCard(
            **head,
            applicants=tuple(self._items("applicants")),
            documents=tuple(self._document(key, row) for key, row in self._rows("documents")),
            conditions=tuple(self._items("conditions")),
            stages=tuple(self._stage(key, row) for key, row in self._rows("stages")),
            outputs=tuple(self._output(key, row) for key, row in self._rows("outputs")),
            fee=self._fee(self._table("fee")),
            target_days=self._whole(target, "days", "target"),
            target_source=self._of(target, "target"),
        )

    def _document(self, key: str, row: Mapping[str, Any]) -> Document:
        formats = row.get("formats")
        if not isinstance(formats, list) or not formats or not all(isinstance(name, str) for name in formats):
            raise self._error(f"{key}.formats", "must be a list of file endings")
        if not isinstance(row.get("required"), bool):
            raise self._error(f"{key}.required", "must be true or false")
        return Document(**self._words(key, row), required=row["required"], formats=tuple(formats))

    def _stage(self, key: str, row: Mapping[str, Any]) -> Stage:
        role = self._text(row, "role", key)
        if role not in ROLES:
            raise self._error(f"{key}.role", f"{role!r} is not one of {', '.join(ROLES)}")
        return Stage(**self._words(key, row), role=role, days=self._whole(row, "days", key))

    def _output(self, key: str, row: Mapping[str, Any]) -> Output:
        return Output(**self._words(key, row), format=self._text(row, "format", key), per=self._per(row, key))

    def _fee(self, row: Mapping[str, Any]) -> CataloguedFee:
        try:
            amount = Decimal(self._text(row, "amount", "fee"))
        except InvalidOperation:
            raise self._error("fee.amount", 'must be a decimal number as a text, such as "550.00"') from None
        if not amount.is_finite() or amount < 0:
            raise self._error("fee.amount", "must be 0 or more")
        words = {name: self._text(row, name, "fee") for name in ("currency", "ar", "en")}
        return CataloguedFee(amount=amount, per=self._per(row, "fee"), source=self._of(row, "fee"), **words)

    def _items(self, name: str) -> list[Item]:
        return [Item(**self._words(key, row)) for key, row in self._rows(name)]

    def _words(self, key: str, row: Mapping[str, Any]) -> dict[str, Any]:
        words: dict[str, Any] = {name: self._text(row, name, key) for name in ("code", "ar", "en")}
        return words | {"source": self._of(row, key)}

    def _rows(self, name: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = self.data.get(name)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self._error(name, f"at least one [[{name}]] table is needed")
        named = [(f"{name}[{index}]", row) for index, row in enumerate(rows)]
        codes = [row.get("code") for row in rows]
        for key, row in named:
            if codes.count(row.get("code")) > 1:
                raise self._error(f"{key}.code", f"{row.get('code')!r} is given twice")
        return named

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self.data.get(name)
        if not isinstance(table, dict):
            raise self._error(name, f"the table [{name}] is missing")
        return table

    def _source(self, code: str, row: Any) -> RuleSource:
        key = f"sources.{code}"
        if not isinstance(row, dict) or row.get("confidence") not in CONFIDENCES:
            raise self._error(f"{key}.confidence", f"must be one of {', '.join(CONFIDENCES)}")
        title_ar, title_en = self._text(row, "title_ar", key), self._text(row, "title_en", key)
        return RuleSource(title_en, str(row.get("date", "")), row["confidence"], title_ar)

    def _of(self, row: Mapping[str, Any], key: str) -> RuleSource:
        if row.get("source") not in self.sources:
            raise self._error(f"{key}.source", f"{row.get('source')!r} is not among [sources]")
        return self.sources[row["source"]]

    def _per(self, row: Mapping[str, Any], key: str) -> str:
        if row.get("per") not in PER:
            raise self._error(f"{key}.per", f"must be one of {', '.join(PER)}")
        return str(row["per"])

    def _whole(self, row: Mapping[str, Any], name: str, key: str) -> int:
        value = row.get(name)
        if type(value) is not int or value < 0:
            raise self._error(f"{key}.{name}", "must be a whole number of 0 or more")
        return value

    def _text(self, row: Mapping[str, Any], name: str, key: str) -> str:
        value = row.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._error(key if key == name else f"{key}.{name}", "must be a text that is not empty")
        return value

    def _error(self, key: str, reason: str) -> CatalogueError:
        return CatalogueError(self.file, self._line(key), key, reason)

    def _line(self, key: str) -> int:
        """Return the line of the table that holds the key, or of the key itself at the top; 1 where there is none."""
        head, _, rest = key.partition("[")
        if rest:
            starts = [n for n, line in enumerate(self.lines, 1) if line.strip() == f"[[{head}]]"]
            index = int(rest.partition("]")[0])
            return starts[index] if index < len(starts) else 1
        table = key.rpartition(".")[0] or key
        for number, line in enumerate(self.lines, 1):
            if line.strip() in (f"[{key}]", f"[{table}]") or re.match(rf"{re.escape(key)}\s*=", line):
                return number
        return 1


HEAD: Final = ("code", "name_ar", "name_en", "summary_ar", "summary_en", "reference_prefix")
