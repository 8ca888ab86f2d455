"""Sentences for pages, where Arabic and Latin stand together: what is a value keeps its own direction and order.

Without it "بدون/2-21/304" is shown as "21/304-2/بدون", for whoever reads it in either language. Texts for machines
and for the command line stay plain, as the catalogue of messages writes them.
"""

from __future__ import annotations

import re
from typing import Final

from land_services.domain import Finding
from land_services.messages import Language, message

__all__ = ["NO_PLAN", "isolated", "ltr", "shown"]

LRI, FSI, PDI = "\u2066", "\u2068", "\u2069"
NO_PLAN: Final = {"بدون": "none"}
"""What registers write where a plan has no number, and what English readers are told."""
_ARABIC: Final = r"[\u0620-\u064a\u066e-\u06d3]+(?: [\u0620-\u064a\u066e-\u06d3]+)*"
_CODE: Final = r"(?:[\w%]+|-)(?:[-/](?:[\w%]+|-))+"
_IN_ARABIC: Final = re.compile(_CODE)
_IN_ENGLISH: Final = re.compile(rf"(?:{_ARABIC} )?{_CODE}|{_ARABIC}")
_DIGIT: Final = re.compile(r"\d")


def ltr(text: str) -> str:
    """Return text in a left-to-right isolate."""
    return f"{LRI}{text}{PDI}"


def shown(finding: Finding, language: Language) -> str:
    """Return the text of a finding as pages show it."""
    return isolated(message(finding, language), language)


def isolated(text: str, language: Language) -> str:
    """Return a sentence whose parcels, deeds and references keep their order: plan, block and parcel from the left.

    In English what is Arabic stands alone too, and a plan without a number is said in words.
    """
    if language == "en":
        return _IN_ENGLISH.sub(lambda found: _alone(found[0], english=True), text)
    return _IN_ARABIC.sub(lambda found: _alone(found[0], english=False), text)


def _alone(value: str, *, english: bool) -> str:
    """Return a value in an isolate, each of its parts too: a part with Arabic letters is read from the right."""
    if "/" not in value and "-" not in value:
        return f"{FSI}{value}{PDI}"
    if not _DIGIT.search(value):
        return value
    parts = [NO_PLAN.get(part, part) if english else part for part in value.split("/")]
    return ltr("/".join(f"{FSI}{part}{PDI}" for part in parts))
