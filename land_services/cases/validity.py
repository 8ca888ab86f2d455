"""How long a survey decision is valid, as its authority's rules say on the day of filing."""

from __future__ import annotations

from datetime import date

from land_services.documents.dates import gregorian_text, hijri_text
from land_services.documents.model import Text
from land_services.domain import Rules

__all__ = ["until_words", "validity"]

KEY = "survey_decision_validity_years"
NO_END = Text(
    "لا تنتهي صلاحية القرار ما لم تتغير بيانات الأرض أو المخطط تغيرًا جوهريًا",
    "No expiry unless data of the land or the plan change materially",
)


def validity(rules: Rules, issued_on: date) -> tuple[Text, date | None]:
    """Return how long a decision of that day is valid, in words, and the last day of it; None where it has no end."""
    years = rules.value(KEY)
    until = _years_after(issued_on, years) if years else None
    words = NO_END if until is None else _until(until)
    if rules.source(KEY).confidence == "placeholder":
        words = Text(f"{words.ar} (مدة نموذجية، لا نص رسمي)", f"{words.en} (placeholder: no official text)")
    return words, until


def until_words(until: date | None) -> Text:
    """Return in words that a decision holds until a day, or has no end."""
    return NO_END if until is None else _until(until)


def _until(day: date) -> Text:
    return Text(
        f"حتى {hijri_text(day)}، الموافق {gregorian_text(day)}",
        f"Until {gregorian_text(day, 'en')} ({hijri_text(day, 'en')})",
    )


def _years_after(day: date, years: int) -> date:
    """Return the same day of a later year; 29 February ends with February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
