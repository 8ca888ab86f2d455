"""What a case costs: one invoice by the card's rule, settled by the cashier's receipt."""

from __future__ import annotations

from land_services.catalogue.fees import fee_of
from land_services.changesets import from_json
from land_services.domain import CreateSpatialUnit

from .at_work import CaseAtWork
from .models import Invoice

__all__ = ["charge"]


def charge(work: CaseAtWork) -> Invoice:
    """Return the invoice of a case, made when its payment's turn comes; one that is there stays as it is."""
    found = Invoice.objects.filter(case=work.case).first()
    if found is not None:
        return found
    charged = fee_of(work.card, work.case.form, parts=_parts(work))
    return Invoice.objects.create(
        case=work.case,
        number=f"{work.case.reference}-I",
        amount=charged.amount,
        currency=work.card.fee.currency,
        basis_ar=charged.ar,
        basis_en=charged.en,
        issued_at=work.now,
    )


def _parts(work: CaseAtWork) -> int:
    """How many new parcels the filed survey makes; 1 for a case without one."""
    attempt = work.filed
    if attempt is None or not attempt.change_set:
        return 1
    return len(from_json(attempt.change_set).of(CreateSpatialUnit)) or 1
