"""What the rule book says no to."""

from __future__ import annotations

__all__ = ["RuleRefused"]


class RuleRefused(Exception):
    """A value cannot be proposed or decided; the message says why and what to do. ``field`` names what is wrong."""

    def __init__(self, message_ar: str, message_en: str, field: str = "") -> None:
        super().__init__(message_en)
        self.message_ar, self.message_en, self.field = message_ar, message_en, field

    def message(self, language: str) -> str:
        """Return the message in ``ar`` or ``en``."""
        return self.message_en if language == "en" else self.message_ar
