"""What the registry's answer does to titles and deeds: from what the registrar writes down to a change set. Pure.

The municipality divides land; the deed is changed by the notary or the Real Estate Registry. Until it answers, the
register joins the new parcels to the old title and says that the deed is pending. A confirmation names the new deeds:
one deed for all parcels of a title leaves the title, several make as many titles of it, with the same owners and
shares. A return leaves everything as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from hijridate import Gregorian

from land_services.domain import (
    AttachSource,
    ChangeSet,
    DivideTitle,
    EndDeed,
    Operation,
    ParcelFact,
    RecordDeed,
    SendDeedAgain,
    SettleDeedChange,
    TitleFact,
)
from layers.digits import parse_decimal

__all__ = [
    "FORMS",
    "RETURN_REASONS",
    "SERVICE",
    "Answer",
    "ChangeFact",
    "DeedFacts",
    "DeedGiven",
    "area_of",
    "hijri_of",
    "plan_again",
    "plan_confirmation",
    "plan_return",
]

SERVICE: Final = "registry"
"""What a register entry of the registry's answer is filed under."""
NAMESPACE: Final = UUID("0b9f8a0e-52c3-5f5c-9d1b-6f2d9c1f7a44")
MOST_M2: Final = Decimal(10) ** 12
FORMS: Final = ("electronic", "paper")
RETURN_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "area_differs": ("المساحات لا توافق الصك أو الضبط", "The areas do not agree with the deed or its records"),
    "boundaries_differ": ("الحدود أو الأطوال لا توافق الصك", "Boundaries or lengths do not agree with the deed"),
    "number_differs": ("أرقام القطع أو المخطط لا توافق الصك", "Numbers of parcels or plan do not agree with the deed"),
    "owner_not_present": ("لم يحضر المالك أو وكيله", "The owner or the agent did not appear"),
    "owner_differs": ("المالك في الصك غير المالك في الخطاب", "The owner in the deed is not the one in the letter"),
    "restriction": ("على الصك قيد يمنع تعديله", "The deed is under a restriction that forbids its change"),
    "deed_not_valid": ("الصك غير ساري أو غير محدّث", "The deed is not valid or not updated"),
    "document_missing": ("وثيقة ناقصة أو غير مقروءة", "A document is missing or cannot be read"),
    "dispute": ("نزاع منظور أمام القضاء", "A dispute before a court"),
    "other": ("سبب آخر يبيّنه الخطاب", "Another reason, as the registry's letter says"),
}
"""Why the registry returns a change: codes that are counted, with their words. A code is never taken out once used."""


@dataclass(frozen=True)
class DeedGiven:
    """A deed as the registrar writes it down; ``dated`` is None and ``area_m2`` is None where they were not given."""

    number: str
    dated: date | None
    issuer: str
    form: str = "electronic"
    area_m2: Decimal | None = None
    registry_no: str = ""
    parcel_uids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The registry's answer: its number and day, as texts of its own letter or system give them."""

    number: str
    on: date


@dataclass(frozen=True)
class ChangeFact:
    """A change of a title's deed and how it stands: pending, confirmed or returned."""

    id: int
    title_id: int
    state: str
    reference: str
    since: datetime
    settled_at: datetime | None = None
    reason: str = ""
    answer_no: str = ""
    answer_on: str = ""


@dataclass(frozen=True)
class DeedFacts:
    """Titles that wait for the registry, the parcels they join now, and what else an answer is checked against.

    ``recorded`` holds number, issuer and Hijri date of deeds on record that have a number of those given.
    """

    titles: tuple[TitleFact, ...]
    parcels: tuple[ParcelFact, ...]
    changes: tuple[ChangeFact, ...]
    decided_on: date
    today: date
    recorded: frozenset[tuple[str, str, str]] = frozenset()

    @property
    def pending(self) -> tuple[ChangeFact, ...]:
        return tuple(change for change in self.changes if change.state == "pending")

    def title_of(self, uid: str) -> TitleFact | None:
        """Return the title that joins a parcel, of those that wait."""
        return next((title for title in self.titles if uid in title.parcel_uids), None)


def hijri_of(day: date) -> str:
    """Return a day of the Umm al-Qura calendar as deeds write it, "" outside 1343 to 1500.

    Examples
    --------
    >>> hijri_of(date(2026, 11, 22))
    '1448/06/12'
    """
    try:
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    except (OverflowError, ValueError):
        return ""
    return f"{hijri.year:04d}/{hijri.month:02d}/{hijri.day:02d}"


def area_of(text: str) -> Decimal | None:
    """Return an area that a person wrote in square metres, in either digit system; None where it is none.

    Examples
    --------
    >>> area_of("٦١٢٫٥٠"), area_of("1,200.5"), area_of("-3"), area_of("1.234"), area_of("")
    (Decimal('612.50'), Decimal('1200.5'), None, None, None)
    """
    try:
        area = parse_decimal(text)
    except ValueError:
        return None
    return area if 0 < area < MOST_M2 and area == round(area, 2) else None


def plan_confirmation(facts: DeedFacts, deeds: Sequence[DeedGiven], answer: Answer) -> ChangeSet:
    """Return what a confirmation does to the register; the checks (``checks.issued_deeds``) found no error before."""
    operations: list[Operation] = []
    for title in facts.titles:
        own = [deed for deed in deeds if set(deed.parcel_uids) <= set(title.parcel_uids) and deed.parcel_uids]
        operations.extend(_of_title(title, own))
    operations.extend(
        SettleDeedChange(change.id, "confirmed", "", answer.number, answer.on.isoformat()) for change in facts.pending
    )
    operations.append(_cited(facts, answer))
    return ChangeSet(SERVICE, tuple(operations))


def _of_title(title: TitleFact, deeds: Sequence[DeedGiven]) -> Iterable[Operation]:
    if len(deeds) == 1:
        yield from (EndDeed(title.id, deed.id) for deed in title.deeds)
        yield _record(deeds[0], title.uid)
        return
    named = [(deed, str(uuid5(NAMESPACE, f"{title.uid}|{deed.number}|{deed.issuer}|{deed.dated}"))) for deed in deeds]
    for deed, uid in named:
        yield DivideTitle(title.id, uid, deed.parcel_uids)
    for deed, uid in named:
        yield _record(deed, uid)


def _record(deed: DeedGiven, title_uid: str) -> RecordDeed:
    assert deed.dated is not None  # noqa: S101 - a deed without a date is an error of the checks
    return RecordDeed(
        title_uid=title_uid,
        number=deed.number,
        hijri_date=hijri_of(deed.dated),
        dated=deed.dated.isoformat(),
        issuer=deed.issuer,
        form=deed.form,
        area_m2=deed.area_m2,
        registry_no=deed.registry_no,
        parcel_uids=deed.parcel_uids,
    )


def plan_return(facts: DeedFacts, answer: Answer, reason: str) -> ChangeSet:
    """Return what a return does: the changes are settled, nothing else."""
    settled = [
        SettleDeedChange(change.id, "returned", reason, answer.number, answer.on.isoformat())
        for change in facts.pending
    ]
    return ChangeSet(SERVICE, (*settled, _cited(facts, answer)))


def plan_again(facts: DeedFacts, letter: str) -> ChangeSet:
    """Return what sending again does: each title whose last change was returned waits for the registry once more."""
    last = {change.title_id: change for change in sorted(facts.changes, key=lambda change: change.id)}
    current = {title.id for title in facts.titles}
    again = [SendDeedAgain(c.title_id, c.id) for c in last.values() if c.state == "returned" and c.title_id in current]
    return ChangeSet(SERVICE, (*again, AttachSource("letter", letter, "", _uids(facts))))


def _cited(facts: DeedFacts, answer: Answer) -> AttachSource:
    return AttachSource("letter", answer.number, "", _uids(facts))


def _uids(facts: DeedFacts) -> tuple[str, ...]:
    return tuple(uid for title in facts.titles for uid in title.parcel_uids)
