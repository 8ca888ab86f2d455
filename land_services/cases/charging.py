"""What a case costs: invoices by the card's rule or by the committee's price, each settled by a cashier's receipt."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from land_services.catalogue.fees import CURRENCIES, FeeDue, fee_of
from land_services.changesets import from_json
from land_services.documents.model import FeeLine, Text
from land_services.domain import CreateSpatialUnit

from .at_work import CaseAtWork
from .models import Case, Invoice, StageRun
from .surplus import SURPLUS, owed, price_of, surplus_m2

__all__ = ["charge", "fee_line", "is_settled"]


def charge(work: CaseAtWork, run: StageRun) -> Invoice:
    """Return the invoice of a stage of payment, made when its turn comes.

    The card's fee is charged once. A surplus is charged for what is owed still: an open invoice of another amount is
    void then, and what was paid is not asked for again.
    """
    if work.stage(run).charges == SURPLUS:
        return _for_the_surplus(work)
    found = Invoice.objects.filter(case=work.case, kind="fee").first()
    if found is not None:
        return found
    charged = fee_of(work.card, work.case.form, parts=_parts(work))
    return _invoice(work, "fee", f"{work.case.reference}-I", charged)


def is_settled(invoice: Invoice) -> bool:
    """Return whether nothing is to be paid on an invoice any more."""
    return invoice.amount == 0 or invoice.paid_at is not None


def fee_line(case: Case) -> FeeLine | None:
    """Return the fee that was paid as documents print it; None where none was."""
    invoice = Invoice.objects.filter(case=case, kind="fee", paid_at__isnull=False).first()
    if invoice is None:
        return None
    word = CURRENCIES.get(invoice.currency, invoice.currency)
    return FeeLine(invoice.number, timezone.localdate(invoice.paid_at), invoice.amount, Text(word, invoice.currency))


def _for_the_surplus(work: CaseAtWork) -> Invoice:
    amount, before = owed(work.case), Invoice.objects.filter(case=work.case, kind=SURPLUS)
    open_one = before.filter(paid_at=None, void_at=None).first()
    if open_one is not None and open_one.amount == amount:
        return open_one
    if open_one is not None:
        open_one.void_at = work.now
        open_one.save(update_fields=["void_at"])
    return _invoice(work, SURPLUS, f"{work.case.reference}-S{before.count() + 1}", _price(work, amount))


def _price(work: CaseAtWork, amount: Decimal) -> FeeDue:
    """Return what a surplus costs, with the words that say how it came about."""
    priced, area, currency = price_of(work.case), surplus_m2(work.case), work.card.fee.currency
    if priced is None:
        return FeeDue(amount, currency, "لا زائدة مسعّرة", "No surplus was priced")
    word = CURRENCIES.get(currency, currency)
    return FeeDue(
        amount,
        currency,
        f"زائدة {area:,f} م² × {priced.price_per_m2:,f} {word}، محضر {priced.number}",
        f"Surplus of {area:,f} m² × {priced.price_per_m2:,f} {currency}, minutes {priced.number}",
    )


def _invoice(work: CaseAtWork, kind: str, number: str, due: FeeDue) -> Invoice:
    return Invoice.objects.create(
        case=work.case,
        kind=kind,
        number=number,
        amount=due.amount,
        currency=due.currency,
        basis_ar=due.ar,
        basis_en=due.en,
        issued_at=work.now,
    )


def _parts(work: CaseAtWork) -> int:
    """How many new parcels the filed survey makes; 1 for a case without one."""
    attempt = work.filed
    if attempt is None or not attempt.change_set:
        return 1
    return len(from_json(attempt.change_set).of(CreateSpatialUnit)) or 1
