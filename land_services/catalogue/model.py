"""What a service card says, as frozen values: plain data that a case can keep and that needs no Django to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from land_services.domain import RuleSource

__all__ = [
    "ALLOWED",
    "AUDIENCES",
    "CHANNELS",
    "DEFAULTS",
    "FEE_KINDS",
    "FIELD_KINDS",
    "LAND",
    "NUMBERS",
    "OUTPUT_KINDS",
    "PER",
    "ROLES",
    "STAGE_KINDS",
    "STATUSES",
    "TEXTS",
    "Choice",
    "Department",
    "Document",
    "Fee",
    "FeeStep",
    "Field",
    "Item",
    "OfficeClass",
    "OnlyIf",
    "Output",
    "Referral",
    "Retention",
    "ServiceCard",
    "Stage",
]

ROLES: Final = (
    "surveyor", "reviewer", "survey_head", "planner", "mayor", "registrar", "cashier", "archive", "agency", "director",
    "gis_engineer", "administrator", "resident", "applicant", "clerk", "planning_head", "building_reviewer",
    "building_head", "inspector", "lands_officer", "projects_engineer", "roads_engineer", "environment_officer",
    "committee", "finance", "personnel", "it_support", "maintenance", "employee", "supplier",
)  # fmt: skip
AUDIENCES: Final = ("public", "suppliers", "staff")
CHANNELS: Final = ("web", "counter", "mail")
LAND: Final = ("none", "optional", "required")
PER: Final = ("case", "part")
OUTPUT_KINDS: Final = ("decision", "letter", "certificate", "drawing", "file")
DEFAULTS: Final = ("consent", "object", "not_required")
TEXTS: Final = ("text", "long_text", "email", "phone", "parcel")
NUMBERS: Final = ("integer", "number", "money")
FIELD_KINDS: Final = (*TEXTS, *NUMBERS, "choice", "date", "yes_no")
FEE_KINDS: Final = ("none", "fixed", "per_part", "by_number", "steps")
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset(),
    "review": frozenset({"return", "reject", "refer", "visit", "committee"}),
    "work": frozenset({"return", "visit"}),
    "visit": frozenset({"return", "visit"}),
    "committee": frozenset({"return", "reject", "committee"}),
    "payment": frozenset(),
    "decision": frozenset({"return", "reject"}),
    "issue": frozenset(),
    "registry": frozenset(),
}
"""What may happen in a stage of a kind besides being done; a card narrows it with ``may``."""
STAGE_KINDS: Final = tuple(ALLOWED)
CONDITIONS: Final = ("surplus",)
"""What a stage may depend on: ``surplus``, more land on the ground than the deed grants, beyond the tolerance."""
CHARGES: Final = ("fee", "surplus")
"""What is paid in a stage of payment: the card's fee, or the surplus at the committee's price."""
STATUSES: Final = ("open", "planned")


@dataclass(frozen=True)
class Department:
    """A section of the municipality that answers for services; ``roles`` are those of its people."""

    code: str
    ar: str
    en: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfficeClass:
    """What an engineering office may be classified for."""

    code: str
    ar: str
    en: str


@dataclass(frozen=True)
class Item:
    """A fact of a card in two languages, with its source."""

    code: str
    ar: str
    en: str
    source: RuleSource


@dataclass(frozen=True)
class Document(Item):
    """A document that is filed; ``formats`` are the endings accepted, ``per`` the whole case or each part.

    ``readers`` and ``added_by`` are roles, ``filer``, ``agency`` or ``agency:code`` of one that is asked. Empty:
    whoever sees the case reads it, whoever files adds it.
    """

    required: bool = False
    formats: tuple[str, ...] = ()
    per: str = "case"
    readers: tuple[str, ...] = ()
    added_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage(Item):
    """A stage of a case: whose turn it is, the target in working days (0: none), what it waits for, what may happen.

    One with ``only_if`` is passed over where that does not hold. ``charges`` is what is paid in a payment; a committee
    that ``prices`` says what a square metre of the surplus costs.
    """

    kind: str = "work"
    role: str = ""
    days: int = 0
    after: tuple[str, ...] = ()
    may: frozenset[str] = frozenset()
    only_if: str = ""
    charges: str = "fee"
    prices: bool = False


@dataclass(frozen=True)
class Referral(Item):
    """An agency that is asked in a stage; ``code`` is the agency, ``default`` what counts when its days have passed.

    A required one is sent when the stage starts, another only when staff choose it.
    """

    stage: str = ""
    days: int = 0
    default: str = "consent"
    required: bool = False


@dataclass(frozen=True)
class Output(Item):
    """What comes out: a file of ``format`` for the case or for each part; valid for ever where no days are set."""

    format: str = "pdf"
    per: str = "case"
    kind: str = "file"
    validity_days: int | None = None


@dataclass(frozen=True)
class Choice:
    """One answer of a field of choices."""

    code: str
    ar: str
    en: str


@dataclass(frozen=True)
class OnlyIf:
    """A field is asked only where an earlier one has this answer."""

    field: str
    value: str | bool


@dataclass(frozen=True)
class Field:
    """A question of the form. ``min``, ``max`` and ``unit`` belong to numbers, ``max_length`` to texts."""

    code: str
    ar: str
    en: str
    kind: str
    required: bool = False
    help_ar: str = ""
    help_en: str = ""
    choices: tuple[Choice, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    unit: str = ""
    max_length: int | None = None
    only_if: OnlyIf | None = None


@dataclass(frozen=True)
class FeeStep:
    """The fee for numbers up to and including ``upto``; the last step has no end."""

    upto: Decimal | None
    amount: Decimal


@dataclass(frozen=True)
class Fee:
    """The fee, exact; ``by`` names the number of the form that ``by_number`` and ``steps`` go by."""

    kind: str
    amount: Decimal
    currency: str
    ar: str
    en: str
    source: RuleSource
    by: str = ""
    steps: tuple[FeeStep, ...] = ()


@dataclass(frozen=True)
class Retention:
    """How many years the file of a case is kept; 0: for ever."""

    years: int
    ar: str
    en: str
    source: RuleSource


@dataclass(frozen=True)
class ServiceCard:
    """A service as people and the workflow know it; a planned one is shown, but no case can be opened for it yet.

    An office that files has one of ``office_classes``, where there are any.
    """

    code: str
    name_ar: str
    name_en: str
    summary_ar: str
    summary_en: str
    reference_prefix: str
    department: str
    audience: str
    channels: tuple[str, ...]
    land: str
    register: bool
    applicants: tuple[Item, ...]
    documents: tuple[Document, ...]
    conditions: tuple[Item, ...]
    form: tuple[Field, ...]
    stages: tuple[Stage, ...]
    referrals: tuple[Referral, ...]
    outputs: tuple[Output, ...]
    fee: Fee
    target_days: int
    target_source: RuleSource
    retention: Retention
    keywords_ar: tuple[str, ...] = field(default=())
    keywords_en: tuple[str, ...] = field(default=())
    status: str = "open"
    office_classes: tuple[str, ...] = ()

    def stage(self, code: str) -> Stage:
        """Return a stage by its code; KeyError where the service has none of that name."""
        for stage in self.stages:
            if stage.code == code:
                return stage
        raise KeyError(f"{self.code} has no stage {code}")

    @property
    def draft(self) -> Stage:
        """The stage in which the request is written: the first."""
        return self.stages[0]

    def initial(self) -> tuple[Stage, ...]:
        """Return the stages that begin when the request is filed."""
        return self.followers(self.draft.code)

    def followers(self, code: str) -> tuple[Stage, ...]:
        """Return the stages that wait for this one, perhaps among others; none after an end."""
        self.stage(code)
        return tuple(stage for stage in self.stages if code in stage.after)

    def before(self, code: str) -> frozenset[str]:
        """Return the codes of all stages that are done before this one begins."""
        found: set[str] = set()
        waiting = list(self.stage(code).after)
        while waiting:
            other = waiting.pop()
            if other not in found:
                found.add(other)
                waiting.extend(self.stage(other).after)
        return frozenset(found)
