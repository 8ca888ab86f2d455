"""What each finding of the reading says, in Arabic and English: rule -> variant -> language -> text.

Texts say what is wrong, where, and what to do. ``{name}`` stands for a parameter of the finding.
"""

from __future__ import annotations

from typing import Final

from land_services.surveys.messages_content import CONTENT
from land_services.surveys.messages_file import FILE

Texts = dict[str, dict[str, dict[str, str]]]

MESSAGES: Final[Texts] = {**FILE, **CONTENT}
"""The whole catalogue of the survey reader."""
