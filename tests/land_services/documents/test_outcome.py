"""The paper of a service that changes no register: one page that says whom, what, on which conditions, until when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from land_services.documents.model import (
    Authority,
    DocumentHeader,
    FeeLine,
    OutcomeLine,
    OutcomeModel,
    SignOff,
    Text,
)
from land_services.documents.outcome import outcome_html, render_outcome
from land_services.documents.qr import new_verification_code
from tests.land_services.documents.pdfs import poppler_text


@pytest.fixture
def model() -> OutcomeModel:
    header = DocumentHeader(
        number="BLP-1448-000001-R1",
        case_reference="BLP-1448-000001",
        issued_at=datetime(2026, 11, 29, 9, tzinfo=UTC),
        verification_code=new_verification_code(),
        base_url="https://portal.example",
        authority=Authority(Text("الأمانة", "Amanah"), Text("البلدية", "Municipality"), Text("الرخص", "Permits")),
        service=Text("رخصة بناء", "Building permit"),
    )
    return OutcomeModel(
        header=header,
        title=Text("رخصة البناء", "The building permit"),
        summary=Text("الإذن ببدء البناء", "Leave to begin building"),
        holder=Text("منيرة السبيعي", "Munira Al Subaie"),
        asked=(OutcomeLine(Text("القطعة", "Parcel"), Text("رقم 3/208، مخطط 414", "no. 3/208, plan 414")),),
        conditions=(OutcomeLine(Text("الدفاع المدني", "Civil defence"), Text("مخرج ثانٍ", "A second exit")),),
        valid_until=date(2029, 11, 28),
        fee=FeeLine("BLP-1448-000001-I", date(2026, 11, 28), Decimal("500.00")),
        sign_offs=(SignOff(Text("الموافقة", "Approval"), Text("رئيس الرخص", "Head of permits")),),
    )


def test_the_page_says_all_of_it_in_both_languages(model: OutcomeModel) -> None:
    page = outcome_html(model)
    for words in (
        *("رخصة البناء", "The building permit", "منيرة السبيعي", "Munira Al Subaie", "no. 3/208, plan 414"),
        *("الدفاع المدني", "A second exit", "2029/11/28", "1451/07/22", "500.00", "Head of permits", "Permits"),
    ):
        assert words in page, words


def test_the_pdf_reads_back(model: OutcomeModel) -> None:
    pdf = render_outcome(model)
    text = poppler_text(pdf)
    assert pdf.startswith(b"%PDF-")
    for words in ("BLP-1448-000001-R1", "The building permit", "Munira Al Subaie", "A second exit", "Civil defence"):
        assert words in text, words


def test_what_people_wrote_is_never_markup(model: OutcomeModel) -> None:
    evil = OutcomeLine(Text("x", "x"), Text("<script>alert(1)</script>", "<b>"))
    page = outcome_html(OutcomeModel(model.header, model.title, model.summary, asked=(evil,)))
    assert "<script>alert" not in page and "<b>" not in page
