"""The papers of a case without change to the register: one for each output of its card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from land_services.catalogue import Field, Output, ServiceCard, departments
from land_services.documents.model import (
    NO_TEXT,
    Authority,
    DocumentHeader,
    FeeLine,
    OutcomeLine,
    OutcomeModel,
    SignOff,
    Text,
)
from land_services.documents.outcome import render_outcome
from land_services.documents.qr import new_verification_code
from land_services.register.selectors import numbers_of
from layers.viewer import Viewer

from .cards import card_of
from .models import Case, Invoice, StageRun
from .papers import Paper

__all__ = ["outcome_papers"]

YES, NO = Text("نعم", "Yes"), Text("لا", "No")


def outcome_papers(case: Case, viewer: Viewer) -> Iterator[Paper]:
    """Make the card's outputs as PDF, one after the other."""
    card = card_of(case)
    for n, output in enumerate(card.outputs, start=1):
        number, code = f"{case.reference}-R{n}", new_verification_code()
        until = _valid_until(case, output)
        model = _model(case, card, output, number, code, until)
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


def _model(case: Case, card: ServiceCard, output: Output, number: str, code: str, until: date | None) -> OutcomeModel:
    department = departments().get(card.department)
    return OutcomeModel(
        header=DocumentHeader(
            number=number,
            case_reference=case.reference,
            issued_at=timezone.localtime(case.decided_at),
            verification_code=code,
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
        valid_until=until,
        fee=_fee(case),
        sign_offs=tuple(_signed(case, card)),
    )


def _asked(case: Case, card: ServiceCard) -> Iterator[OutcomeLine]:
    for parcel in numbers_of(case.parcel_uids) if case.parcel_uids else []:
        yield OutcomeLine(Text("القطعة رقم", "Parcel no."), Text(parcel["number"], parcel["number"]))
    for field in card.form:
        if field.code in case.form and case.form[field.code] not in (None, ""):
            yield OutcomeLine(Text(field.ar, field.en), _said(field, case.form[field.code]))


def _said(field: Field, value: Any) -> Text:
    if field.kind == "yes_no":
        return YES if value else NO
    if field.kind == "choice":
        chosen = next((choice for choice in field.choices if choice.code == value), None)
        return Text(chosen.ar, chosen.en) if chosen else Text(str(value), str(value))
    words = f"{value} {field.unit}".strip()
    return Text(words, words)


def _conditions(case: Case, card: ServiceCard) -> Iterator[OutcomeLine]:
    """What agencies made a condition of."""
    for referral in case.referrals.filter(answer="conditions", cancelled_at=None).order_by("pk"):
        agency = next((r for r in card.referrals if r.code == referral.agency), None)
        name = Text(agency.ar, agency.en) if agency else Text(referral.agency, referral.agency)
        yield OutcomeLine(name, Text(referral.text, referral.text))


def _fee(case: Case) -> FeeLine | None:
    invoice = Invoice.objects.filter(case=case, paid_at__isnull=False).first()
    if invoice is None:
        return None
    return FeeLine(invoice.number, timezone.localdate(invoice.paid_at), invoice.amount)


def _signed(case: Case, card: ServiceCard) -> Iterator[SignOff]:
    """Who passed the case on, in the order of its stages."""
    judged = case.stages.filter(state="done", done_by__isnull=False).exclude(kind__in=["payment", "registry"])
    for run in judged.select_related("done_by").order_by("position"):
        yield _sign_off(run, card)


def _sign_off(run: StageRun, card: ServiceCard) -> SignOff:
    stage, user = card.stage(run.code), run.done_by
    arabic = getattr(user, "name_ar", "") or str(user)
    name = Text(arabic, getattr(user, "name_en", "") or arabic)
    return SignOff(Text(stage.ar, stage.en), name, signed_at=timezone.localtime(run.done_at) if run.done_at else None)
