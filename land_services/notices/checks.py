"""A server whose messages cannot be read does not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from .words import WordsError, load_words

__all__ = ["check_words"]


@register()
def check_words(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Report a file of words that cannot be used: which line, and why."""
    try:
        load_words()
    except WordsError as error:
        return [Error(str(error), id="notices.E001")]
    return []
