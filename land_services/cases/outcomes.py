"""The papers of a case without change to the register: one for each output of its card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from land_services.catalogue import Field, Output, ServiceCard, departments
from land_services.catalogue.forms import day_of
from land_services.documents.dates import gregorian_text, hijri_text
from land_services.documents.model import (
    NO_TEXT,
    Authority,
    DocumentHeader,
    OutcomeLine,
    OutcomeModel,
    SignOff,
    Text,
)
from land_services.documents.outcome import render_outcome
from land_services.documents.qr import new_verification_code
from land_services.domain import FactsQuery, ParcelFact
from land_services.register.personal import read_parties
from land_services.register.selectors import load_facts
from layers.viewer import Viewer

from .at_work import last_asked
from .cards import card_of
from .charging import fee_line
from .erasure.words import line, refused_because
from .models import Case
from .papers import Paper
from .signing import account_name, person_name, signed

__all__ = ["outcome_papers", "said_in"]

UNITS_AR = {"mm": "مم"}
YES, NO = Text("نعم", "Yes"), Text("لا", "No")


def outcome_papers(case: Case, viewer: Viewer) -> Iterator[Paper]:
    """Make the card's outputs as PDF, one after the other."""
    card, holder = card_of(case), _holder(case, viewer)
    for n, output in enumerate(card.outputs, start=1):
        number, code = f"{case.reference}-R{n}", new_verification_code()
        until = _valid_until(case, output)
        model = _model(case, card, output, _Issue(number, code, until, holder))
        yield Paper(
            output.code,
            number,
            code,
            ".pdf",
            render_outcome(model),
            title_ar=output.ar,
            title_en=output.en,
            valid_until=until,
        )


def _valid_until(case: Case, output: Output) -> date | None:
    if output.validity_days is None or case.decided_at is None:
        return None
    return timezone.localdate(case.decided_at) + timedelta(days=output.validity_days)


@dataclass(frozen=True)
class _Issue:
    number: str
    code: str
    until: date | None
    holder: Text


def _model(case: Case, card: ServiceCard, output: Output, issue: _Issue) -> OutcomeModel:
    department = departments().get(card.department)
    return OutcomeModel(
        header=DocumentHeader(
            number=issue.number,
            case_reference=case.reference,
            issued_at=timezone.localtime(case.decided_at),
            verification_code=issue.code,
            base_url=settings.PUBLIC_URL,
            authority=Authority(
                Text(settings.AMANAH_NAME_AR, settings.AMANAH_NAME_EN),
                Text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN),
                Text(department.ar, department.en) if department else NO_TEXT,
            ),
            service=Text(card.name_ar, card.name_en),
        ),
        title=Text(output.ar, output.en),
        summary=Text(card.summary_ar, card.summary_en),
        asked=tuple(_asked(case, card)),
        conditions=tuple(_conditions(case, card)),
        erased=tuple(_erased(case)),
        holder=issue.holder,
        valid_until=issue.until,
        fee=fee_line(case),
        sign_offs=tuple(_signed(case, card)),
    )


def _asked(case: Case, card: ServiceCard) -> Iterator[OutcomeLine]:
    for parcel in load_facts(FactsQuery(tuple(case.parcel_uids), 0.0)).parcels if case.parcel_uids else ():
        yield OutcomeLine(Text("القطعة", "Parcel"), _parcel(parcel))
    for field in card.form:
        if field.code in case.form and case.form[field.code] not in (None, ""):
            yield OutcomeLine(Text(field.ar, field.en), said_in(field, case.form[field.code]))


def _parcel(parcel: ParcelFact) -> Text:
    """What names a parcel, as a person says it."""
    arabic, english = [f"رقم {parcel.parcel_no}"], [f"no. {parcel.parcel_no}"]
    if parcel.block_no:
        arabic.append(f"بلك {parcel.block_no}")
        english.append(f"block {parcel.block_no}")
    if parcel.plan_no:
        arabic.append(f"مخطط {parcel.plan_no}")
        english.append(f"plan {parcel.plan_no}")
    if parcel.district:
        arabic.append(parcel.district)
    return Text("، ".join(arabic), ", ".join(english))


def _holder(case: Case, viewer: Viewer) -> Text:
    """Whom the paper is for: who came to the counter, the office or company it was filed for, or whoever filed it."""
    if case.visitor:
        return Text(case.visitor["name"], case.visitor["name"])
    if case.party_id is not None:
        return person_name(read_parties([case.party_id], viewer=viewer, purpose=case.reference)[0])
    return account_name(case.filed_by)


def said_in(field: Field, value: Any) -> Text:
    """Return an answer of a form in words."""
    if field.kind == "yes_no":
        return YES if value else NO
    if field.kind == "choice":
        chosen = next((choice for choice in field.choices if choice.code == value), None)
        return Text(chosen.ar, chosen.en) if chosen else Text(str(value), str(value))
    day = day_of(str(value)) if field.kind == "date" else None
    if day is not None:
        arabic = f"{hijri_text(day, 'ar')}، الموافق {gregorian_text(day, 'ar')}"
        return Text(arabic, f"{gregorian_text(day, 'en')} ({hijri_text(day, 'en')})")
    arabic, english = (f"{value} {unit}".strip() for unit in (UNITS_AR.get(field.unit, field.unit), field.unit))
    return Text(arabic, english)


def _conditions(case: Case, card: ServiceCard) -> Iterator[OutcomeLine]:
    """What agencies made a condition of."""
    for referral in last_asked(case.referrals.order_by("pk")):
        if referral.answer != "conditions":
            continue
        agency = next((r for r in card.referrals if r.code == referral.agency), None)
        name = Text(agency.ar, agency.en) if agency else Text(referral.agency, referral.agency)
        yield OutcomeLine(name, Text(referral.text, referral.text))


def _erased(case: Case) -> Iterator[OutcomeLine]:
    """What was erased and what is kept, where the case asked for an erasure; why it was refused, where it was."""
    for erasure in case.erasures.exclude(outcome="").order_by("pk"):
        if erasure.outcome == "refused":
            yield OutcomeLine(Text("طلب المحو", "The request to erase"), Text(*refused_because(erasure.reason)))
        for told in erasure.report:
            arabic, english = line(told, "ar"), line(told, "en")
            value = Text(f"{arabic['fate']}: {arabic['why']}", f"{english['fate']}: {english['why']}")
            yield OutcomeLine(Text(arabic["what"], english["what"]), value)


def _signed(case: Case, card: ServiceCard) -> Iterator[SignOff]:
    """Who passed the case on, in the order of its stages."""
    judged = case.stages.filter(state="done", done_by__isnull=False).exclude(kind__in=["payment", "registry"])
    for run in judged.select_related("done_by", "done_for").order_by("position"):
        stage = card.stage(run.code)
        yield signed(Text(stage.ar, stage.en), run.done_by, run.done_at, run.done_for)
