"""What a case says no to."""

from __future__ import annotations

from collections.abc import Sequence

from land_services.domain import Finding

__all__ = ["ActionRefused", "Incomplete", "NotYours"]


class ActionRefused(Exception):
    """The action is not open now; the message says why, in Arabic and English. ``findings`` may say more."""

    def __init__(self, message_ar: str, message_en: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.findings = tuple(findings)

    def message(self, language: str) -> str:
        """Return the message in ``ar`` or ``en``."""
        return self.message_en if language == "en" else self.message_ar


class NotYours(ActionRefused):
    """The action is another person's: a role, a case or a second pair of eyes is missing."""


class Incomplete(ActionRefused):
    """Something that the action needs was not given."""
