"""The texts of every finding, in Arabic and English, in one catalogue: rule -> variant -> language.

Both languages of a message use the same placeholders. Numbers are written plainly, without trailing zeros; a parameter
that is itself a word in both languages is given as ``{"ar": …, "en": …}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from string import Formatter
from typing import Any, Final, Literal

from land_services.domain import Finding
from land_services.messages_adjustment import ADJUSTMENT
from land_services.messages_deed import DEED
from land_services.messages_duplex import DUPLEX
from land_services.messages_field import FIELD
from land_services.messages_land import LAND
from land_services.messages_merge import MERGE
from land_services.messages_request import REQUEST
from land_services.messages_subdivision import SUBDIVISION
from land_services.messages_survey_decision import SURVEY_DECISION
from land_services.surveys.messages import MESSAGES as SURVEY
from land_services.surveys.places import place_in_arabic

__all__ = ["MESSAGES", "Language", "message", "number", "placeholders", "rules_and_variants", "template"]

Language = Literal["ar", "en"]
Catalogue = Mapping[str, Mapping[str, Mapping[str, str]]]

MESSAGES: Final[dict[str, Mapping[str, Mapping[str, str]]]] = {
    **REQUEST,
    **LAND,
    **SUBDIVISION,
    **MERGE,
    **ADJUSTMENT,
    **DEED,
    **DUPLEX,
    **FIELD,
    **SURVEY_DECISION,
    **SURVEY,
}


def message(finding: Finding, language: Language) -> str:
    """Return the text of a finding. A parameter that is missing shows as "?"; no finding is lost for want of a word."""
    text = template(finding.rule, finding.variant, language)
    words = {name: _word(finding.params.get(name, "?"), language) for name in placeholders(text)}
    if language == "ar" and finding.rule in SURVEY:
        words |= {name: place_in_arabic(words[name]) for name in ("place", "first") if name in words}
    return text.format_map(words)


def template(rule: str, variant: str, language: Language) -> str:
    """Return the text of a rule's variant; of its plain text where the variant has none of its own.

    Raises
    ------
    KeyError
        Naming the rule and variant that have no text.
    """
    variants = MESSAGES.get(rule, {})
    texts = variants.get(variant) or variants.get("")
    if texts is None:
        raise KeyError(f"no message for {rule} {variant!r}")
    return texts[language]


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of a text's placeholders in order.

    Examples
    --------
    >>> placeholders("Part {part}: {area} m²")
    ('part', 'area')
    """
    return tuple(name for _, name, _, _ in Formatter().parse(text) if name)


def number(value: float | int | Decimal) -> str:
    """Return a number as messages show it: at most three decimals, none that are zero.

    Examples
    --------
    >>> number(9.4120), number(10.0), number(-0.00001), number(1200)
    ('9.412', '10', '0', '1200')
    """
    text = f"{value:.3f}".rstrip("0").rstrip(".") if not isinstance(value, int) else str(value)
    return "0" if text in ("-0", "") else text


def _word(value: Any, language: Language) -> str:
    if isinstance(value, Mapping):
        return str(value.get(language, "?"))
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return number(value)
    return str(value)


def rules_and_variants() -> Iterator[tuple[str, str]]:
    """Yield every (rule, variant) that has a text, in order."""
    for rule in sorted(MESSAGES):
        for variant in MESSAGES[rule]:
            yield rule, variant
