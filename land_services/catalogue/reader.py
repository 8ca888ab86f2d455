"""From the TOML text of a card to a ``ServiceCard``, or to all that is wrong with it: file, line, key and reason."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from land_services.catalogue.model import (
    ALLOWED,
    AUDIENCES,
    CHANNELS,
    CHARGES,
    CONDITIONS,
    DEFAULTS,
    FEE_KINDS,
    FIELD_KINDS,
    LAND,
    NUMBERS,
    OUTPUT_KINDS,
    PER,
    ROLES,
    STAGE_KINDS,
    STATUSES,
    TEXTS,
    Choice,
    Document,
    Fee,
    FeeStep,
    Field,
    Item,
    OnlyIf,
    Output,
    Referral,
    Retention,
    ServiceCard,
    Stage,
)
from land_services.catalogue.shared_facts import DOCUMENT_KEYS, Shared, read_document, read_formats, read_people
from land_services.catalogue.tables import CODE, ENDING, NO_SOURCE, Row, Tables
from land_services.catalogue.way import faults_of_way

__all__ = ["read_card"]

HEAD: Final = (
    "code", "name_ar", "name_en", "summary_ar", "summary_en", "reference_prefix", "department", "audience", "channels",
    "keywords_ar", "keywords_en", "land", "register", "status", "office_classes",
)  # fmt: skip
LISTS: Final = ("applicants", "documents", "conditions", "form", "stages", "referrals", "outputs")
TABLES: Final = ("sources", "target", "fee", "retention")
ITEM_KEYS: Final = ("code", "ar", "en", "source")
FIELD_KEYS: Final = (
    "code", "ar", "en", "kind", "required", "help_ar", "help_en", "min", "max", "unit", "max_length", "choices",
    "only_if",
)  # fmt: skip
STAGE_KEYS: Final = (*ITEM_KEYS, "kind", "role", "days", "after", "may", "only_if", "charges", "prices")
REFERRAL_KEYS: Final = ("stage", "agency", "ar", "en", "days", "default", "required", "source")
OUTPUT_KEYS: Final = (*ITEM_KEYS, "format", "per", "kind", "validity_days")
FEE_KEYS: Final = ("kind", "amount", "currency", "per", "by", "steps", "ar", "en", "source")
PREFIX: Final = re.compile(r"[A-Z]{2,5}")
OLD_FEES: Final = {"case": "fixed", "part": "per_part"}


def read_card(text: str, file: str, shared: Shared) -> ServiceCard:
    """Return the card that a TOML text describes; ``file`` is its name, whose stem must be the service's code.

    Raises
    ------
    CatalogueError
        The first fault, with all others of the file in ``faults``.
    """
    reader = _Reader(text, file, shared)
    card = reader.card()
    reader.done()
    return card


class _Reader(Tables):
    """Reads one card."""

    def __init__(self, text: str, file: str, shared: Shared) -> None:
        super().__init__(text, file)
        self.shared = shared
        self.sources = dict(shared.sources)

    def card(self) -> ServiceCard:
        head = self.data
        self.keys(head, (*HEAD, *LISTS, *TABLES), "a card")
        self.read_sources()
        form = self._form()
        fee = self._fee(form)
        register = self.flag(head, "register", default=False)
        stages = self._stages()
        self._way(stages, register=register, has_fee=bool(fee.amount or any(step.amount for step in fee.steps)))
        documents, referrals = self._documents(), self._referrals(stages)
        self._agencies(documents, referrals)
        target = self.table("target")
        self.keys(target, ("days", "source"), "[target]")
        return ServiceCard(
            **self._head(register=register),
            register=register,
            applicants=tuple(self._item(row) for row in self._list("applicants")),
            documents=documents,
            conditions=tuple(self._item(row) for row in self._list("conditions", needed=False)),
            form=form,
            stages=stages,
            referrals=referrals,
            outputs=tuple(self._output(row) for row in self._list("outputs")),
            fee=fee,
            target_days=self.whole(target, "days"),
            target_source=self.source(target),
            retention=self._retention(),
        )

    def _head(self, *, register: bool) -> dict[str, Any]:
        head, stem = self.data, Path(self.file).stem
        code = self.code(head)
        if code and code != stem:
            self.fault("code", f"must be {stem!r}, as the file is named")
        if len(code) == 1:
            self.fault("code", "must have two letters at least")
        prefix = self.text(head, "reference_prefix")
        if prefix and not PREFIX.fullmatch(prefix):
            self.fault("reference_prefix", "must be 2 to 5 capital letters")
        land = self.among(head, "land", LAND)
        if register and land == "none":
            self.fault("land", "a service that changes the register names land")
        return {
            "code": code,
            "name_ar": self.arabic(head, "name_ar"),
            "name_en": self.english(head, "name_en"),
            "summary_ar": self.arabic(head, "summary_ar"),
            "summary_en": self.english(head, "summary_en"),
            "reference_prefix": prefix,
            "department": self.among(head, "department", self.shared.departments),
            "audience": self.among(head, "audience", AUDIENCES),
            "channels": self._channels(),
            "keywords_ar": self.texts(head, "keywords_ar", needed=False),
            "keywords_en": self.texts(head, "keywords_en", needed=False),
            "land": land,
            "status": self.among(head, "status", STATUSES, "open"),
            "office_classes": self.several(head, "office_classes", self.shared.office_classes),
        }

    def _channels(self) -> tuple[str, ...]:
        channels = self.several(self.data, "channels", CHANNELS)
        if "channels" not in self.data.values or self.data.values["channels"] == []:
            self.fault("channels", f"at least one of {', '.join(CHANNELS)} is needed")
        return channels

    def _list(self, name: str, *, needed: bool = True) -> list[Row]:
        rows = self.rows(name, needed=needed)
        self.once([row for row in rows if "code" in row.values], "code")
        return rows

    def _item(self, row: Row) -> Item:
        self.keys(row, ITEM_KEYS, f"[[{row.path.partition('[')[0]}]]")
        return Item(**self.words(row), source=self.source(row))

    # Documents and outputs --------------------------------------------------------------------------------------------

    def _documents(self) -> tuple[Document, ...]:
        rows = self.rows("documents", needed=False)
        documents: list[Document] = []
        for row in rows:
            document = self._document(row)
            if document.code and document.code in {other.code for other in documents}:
                self.fault(row.key("code"), f"{document.code!r} is given twice")
            documents.append(document)
        return tuple(documents)

    def _document(self, row: Row) -> Document:
        if "from" not in row.values:
            return read_document(self, row, self.shared.departments)
        self.keys(row, ("from", *DOCUMENT_KEYS), "[[documents]]")
        known = self.shared.documents.get(str(row.values["from"]))
        if known is None:
            self.fault(row.key("from"), f"{row.values['from']!r} is not among the shared documents")
            return Document("", "", "", NO_SOURCE)
        own = {
            "code": self.code,
            "ar": lambda row: self.arabic(row, "ar"),
            "en": lambda row: self.english(row, "en"),
            "source": self.source,
            "required": lambda row: self.flag(row, "required"),
            "formats": lambda row: read_formats(self, row),
            "per": lambda row: self.among(row, "per", PER),
            "readers": lambda row: read_people(self, row, "readers", self.shared.departments),
            "added_by": lambda row: read_people(self, row, "added_by", self.shared.departments),
        }
        changed: dict[str, Any] = {name: read(row) for name, read in own.items() if name in row.values}
        return replace(known, **changed)

    def _agencies(self, documents: tuple[Document, ...], referrals: tuple[Referral, ...]) -> None:
        """Refuse an agency that reads or adds a document and is never asked: it would not see the case."""
        asked = {referral.code for referral in referrals}
        for index, document in enumerate(documents):
            for name in ("readers", "added_by"):
                for word in getattr(document, name):
                    kind, _, code = word.partition(":")
                    if kind == "agency" and (code not in asked if code else not asked):
                        self.fault(f"documents[{index}].{name}", f"{word!r}: the card asks no such agency")

    def _output(self, row: Row) -> Output:
        self.keys(row, OUTPUT_KEYS, "[[outputs]]")
        ending = self.text(row, "format")
        if ending and not ENDING.fullmatch(ending):
            self.fault(row.key("format"), f"{ending!r} is not a file ending such as pdf")
        return Output(
            **self.words(row),
            source=self.source(row),
            format=ending,
            per=self.among(row, "per", PER),
            kind=self.among(row, "kind", OUTPUT_KINDS, "file"),
            validity_days=self.whole(row, "validity_days", 1) if "validity_days" in row.values else None,
        )

    # Form -------------------------------------------------------------------------------------------------------------

    def _form(self) -> tuple[Field, ...]:
        fields: list[Field] = []
        for row in self._list("form", needed=False):
            fields.append(self._field(row, fields))
        return tuple(fields)

    def _field(self, row: Row, earlier: list[Field]) -> Field:
        self.keys(row, FIELD_KEYS, "[[form]]")
        kind = self.among(row, "kind", FIELD_KINDS)
        field = Field(
            **self.words(row),
            kind=kind,
            required=self.flag(row, "required"),
            help_ar=self.arabic(row, "help_ar", needed=False),
            help_en=self.english(row, "help_en", needed=False),
            choices=self._choices(row, kind),
            min=self.number(row, "min"),
            max=self.number(row, "max"),
            unit=self.text(row, "unit", needed=False),
            max_length=self.whole(row, "max_length", 1) if "max_length" in row.values else None,
            only_if=self._only_if(row, earlier),
        )
        self._fits_kind(row, field)
        return field

    def _fits_kind(self, row: Row, field: Field) -> None:
        for name, kinds in (("min", NUMBERS), ("max", NUMBERS), ("unit", NUMBERS), ("max_length", TEXTS)):
            if name in row.values and field.kind and field.kind not in kinds:
                self.fault(row.key(name), f"belongs to {', '.join(kinds)}, not to {field.kind}")
        if bool(field.help_ar) != bool(field.help_en):
            self.fault(row.key("help_ar"), "help is given in both languages or in none")
        if field.min is not None and field.max is not None and field.min > field.max:
            self.fault(row.key("min"), "is more than max")

    def _choices(self, row: Row, kind: str) -> tuple[Choice, ...]:
        rows = self.rows("choices", row, needed=kind == "choice")
        if rows and kind != "choice":
            self.fault(row.key("choices"), "belongs to fields of kind choice")
        self.once(rows, "code")
        for choice in rows:
            self.keys(choice, ("code", "ar", "en"), "[[form.choices]]")
        return tuple(Choice(**self.words(choice)) for choice in rows)

    def _only_if(self, row: Row, earlier: list[Field]) -> OnlyIf | None:
        rule = row.values.get("only_if")
        if rule is None:
            return None
        key = row.key("only_if")
        if not isinstance(rule, dict) or set(rule) != {"field", "is"}:
            self.fault(key, 'must be { field = "code", is = "value" }')
            return None
        asked = next((field for field in earlier if field.code == rule["field"]), None)
        if asked is None:
            self.fault(key, f"{rule['field']!r} is not a field before this one")
            return None
        if not _may_be(asked, rule["is"]):
            self.fault(key, f"{rule['is']!r} can never be the answer to {asked.code!r}")
            return None
        return OnlyIf(asked.code, rule["is"])

    # Stages -----------------------------------------------------------------------------------------------------------

    def _stages(self) -> tuple[Stage, ...]:
        stages: list[Stage] = []
        for row in self._list("stages"):
            stages.append(self._stage(row, stages[-1].code if stages else ""))
        return tuple(stages)

    def _stage(self, row: Row, previous: str) -> Stage:
        self.keys(row, STAGE_KEYS, "[[stages]]")
        kind = self.among(row, "kind", STAGE_KINDS)
        allowed = ALLOWED.get(kind, frozenset())
        after = self.texts(row, "after") if "after" in row.values else (previous,) if previous else ()
        return Stage(
            **self.words(row),
            source=self.source(row),
            kind=kind,
            role=self.among(row, "role", ROLES),
            days=self.whole(row, "days"),
            after=after,
            may=frozenset(self.several(row, "may", allowed)) if "may" in row.values else allowed,
            only_if=self.among(row, "only_if", CONDITIONS) if "only_if" in row.values else "",
            charges=self._of_kind(row, kind, "payment", "charges", CHARGES) or "fee",
            prices=self.flag(row, "prices") if self._belongs(row, kind, "committee", "prices") else False,
        )

    def _of_kind(self, row: Row, kind: str, belongs_to: str, key: str, options: tuple[str, ...]) -> str:
        return self.among(row, key, options) if self._belongs(row, kind, belongs_to, key) else ""

    def _belongs(self, row: Row, kind: str, belongs_to: str, key: str) -> bool:
        """Whether a key is given; one that is given to a stage of another kind is a fault."""
        if key in row.values and kind != belongs_to:
            self.fault(row.key(key), f"belongs to a stage of kind {belongs_to}")
        return key in row.values and kind == belongs_to

    def _way(self, stages: tuple[Stage, ...], *, register: bool, has_fee: bool) -> None:
        if len({stage.code for stage in stages}) < len(stages) or not all(stage.kind for stage in stages):
            return  # said already
        if len(stages) == 1:
            self.fault("stages", "a draft alone goes nowhere: a second stage is needed")
        for key, reason in faults_of_way(stages, register=register, has_fee=has_fee):
            self.fault(key, reason)

    def _referrals(self, stages: tuple[Stage, ...]) -> tuple[Referral, ...]:
        rows = self.rows("referrals", needed=False)
        self.once(rows, "stage", "agency")
        return tuple(self._referral(row, {stage.code: stage for stage in stages}) for row in rows)

    def _referral(self, row: Row, stages: dict[str, Stage]) -> Referral:
        self.keys(row, REFERRAL_KEYS, "[[referrals]]")
        stage, agency = self.among(row, "stage", stages), self.text(row, "agency")
        if stage and "refer" not in stages[stage].may:
            self.fault(row.key("stage"), f"{stage!r} may not refer")
        if agency and not CODE.fullmatch(agency):
            self.fault(row.key("agency"), f"{agency!r} must be small letters, figures and _")
        return Referral(
            code=agency,
            ar=self.arabic(row, "ar"),
            en=self.english(row, "en"),
            source=self.source(row),
            stage=stage,
            days=self.whole(row, "days", 1),
            default=self.among(row, "default", DEFAULTS),
            required=self.flag(row, "required"),
        )

    # Money and keeping ------------------------------------------------------------------------------------------------

    def _fee(self, form: tuple[Field, ...]) -> Fee:
        row = self.table("fee")
        self.keys(row, FEE_KEYS, "[fee]")
        kind = self._fee_kind(row)
        needs_amount = kind in ("fixed", "per_part", "by_number")
        for name, belongs in (("amount", needs_amount), ("by", kind in ("by_number", "steps"))):
            if name in row.values and not belongs and kind:
                self.fault(row.key(name), f"does not belong to a fee of kind {kind}")
        return Fee(
            kind=kind,
            amount=self.money(row, "amount") if needs_amount else Decimal(0),
            currency=self.text(row, "currency"),
            ar=self.arabic(row, "ar"),
            en=self.english(row, "en"),
            source=self.source(row),
            by=self._by(row, form) if kind in ("by_number", "steps") else "",
            steps=self._steps(row, kind),
        )

    def _fee_kind(self, row: Row) -> str:
        if "per" not in row.values:
            return self.among(row, "kind", FEE_KINDS)
        kind = OLD_FEES.get(self.among(row, "per", PER), "")
        if "kind" in row.values:
            self.fault(row.key("kind"), "is given beside per, which is the older form of it")
        return kind

    def _by(self, row: Row, form: tuple[Field, ...]) -> str:
        numbers = [field.code for field in form if field.kind in NUMBERS and field.required]
        return self.among(row, "by", numbers)

    def _steps(self, row: Row, kind: str) -> tuple[FeeStep, ...]:
        rows = self.rows("steps", row, needed=kind == "steps")
        if rows and kind != "steps":
            self.fault(row.key("steps"), f"does not belong to a fee of kind {kind}")
        steps = []
        for index, step in enumerate(rows):
            self.keys(step, ("upto", "amount"), "[[fee.steps]]")
            steps.append(FeeStep(self.number(step, "upto"), self.money(step, "amount")))
            self._upto(step, steps, last=index == len(rows) - 1)
        return tuple(steps)

    def _upto(self, row: Row, steps: list[FeeStep], *, last: bool) -> None:
        upto = steps[-1].upto
        if last != (upto is None):
            self.fault(row.key("upto"), "every step but the last has an upto, the last has none")
        elif upto is not None and len(steps) > 1 and steps[-2].upto is not None and steps[-2].upto >= upto:
            self.fault(row.key("upto"), "must be more than that of the step before")

    def _retention(self) -> Retention:
        row = self.table("retention")
        self.keys(row, ("years", "ar", "en", "source"), "[retention]")
        return Retention(self.whole(row, "years"), self.arabic(row, "ar"), self.english(row, "en"), self.source(row))


def _may_be(field: Field, value: Any) -> bool:
    if field.kind == "yes_no":
        return isinstance(value, bool)
    if field.kind == "choice":
        return value in {choice.code for choice in field.choices}
    return False
