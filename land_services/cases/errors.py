"""What a case says no to."""

from __future__ import annotations

from collections.abc import Sequence

from land_services.domain import Finding

__all__ = ["ActionRefused"]


class ActionRefused(Exception):
    """The action is not open to this person now; the message says why, in Arabic and English. ``findings`` may say more."""

    def __init__(self, message_ar: str, message_en: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.findings = tuple(findings)
