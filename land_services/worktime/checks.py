"""A server whose working week is unknown or cannot be read does not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .weeks import WeeksError, load_weeks

__all__ = ["check_working_week"]


@register()
def check_working_week(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Report a WORKING_WEEK that no table holds, and a file of weeks that cannot be read."""
    try:
        codes = sorted(load_weeks())
    except WeeksError as error:
        return [Error(str(error), id="worktime.E001")]
    if settings.WORKING_WEEK in codes:
        return []
    text = f"WORKING_WEEK is {settings.WORKING_WEEK!r}; there are {', '.join(codes)}"
    return [Error(text, hint="Add the municipality's week to land_services/worktime/weeks.toml.", id="worktime.E002")]
