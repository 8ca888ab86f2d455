"""The cashier's receipt."""

from __future__ import annotations

from land_services.cases.advancing import advance, keep_time
from land_services.cases.at_work import take_up
from land_services.cases.charging import charge
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.may import require
from land_services.cases.models import Case, Invoice
from layers.viewer import Viewer

from .review import done, run_of

__all__ = ["pay"]


def pay(case: Case, receipt: str, stage: str = "", *, viewer: Viewer) -> Invoice:
    """Settle the invoice of a case with the number of the cashier's receipt; no receipt serves twice."""
    receipt = receipt.strip()
    if not receipt:
        raise Incomplete("اكتب رقم الإيصال.", "Write the receipt's number.")
    with take_up(case, viewer) as work:
        run = run_of(work, stage, "pay")
        user_id = require(work, "pay", run)
        if Invoice.objects.filter(receipt=receipt).exists():
            raise ActionRefused("سُجل هذا الإيصال لفاتورة أخرى.", "This receipt is recorded for another invoice.")
        invoice = charge(work, run)
        invoice.paid_at, invoice.receipt, invoice.cashier_id = work.now, receipt, user_id
        invoice.save(update_fields=["paid_at", "receipt", "cashier"])
        done(work, run, "paid")
        keep_time(work)
        work.say("pay", run.code, invoice=invoice.pk)
        advance(work)
        work.case.save()
    return invoice
