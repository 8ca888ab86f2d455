"""What is kept of a case: the request and its stages, the papers handed in and issued, and what was said in review."""

from __future__ import annotations

from .areas import AreaHit, AreaSubscription
from .case import Case, CaseCounter, CasePause, CaseStep, DueCalendar, ServiceVersion, StageRun
from .erasure import ErasedFile, Erasure
from .field import FieldFile, FieldRecord
from .papers import Attempt, CaseFile, Invoice, IssuedDocument, Submission, VerifyLooks
from .review import Minutes, Referral, Remark, Visit

__all__ = [
    "AreaHit",
    "AreaSubscription",
    "Attempt",
    "Case",
    "CaseCounter",
    "CaseFile",
    "CasePause",
    "CaseStep",
    "DueCalendar",
    "ErasedFile",
    "Erasure",
    "FieldFile",
    "FieldRecord",
    "Invoice",
    "IssuedDocument",
    "Minutes",
    "Referral",
    "Remark",
    "ServiceVersion",
    "StageRun",
    "Submission",
    "VerifyLooks",
    "Visit",
]
