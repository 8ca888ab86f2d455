"""A server whose rule pack is unknown, wrong, or has no value in force today does not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils import timezone

from land_services.rules import RuleError, load_rules

__all__ = ["check_rule_pack"]


@register()
def check_rule_pack(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Report an AUTHORITY without a pack, and a pack that cannot judge a case filed today."""
    try:
        load_rules(settings.AUTHORITY, timezone.localdate())
    except RuleError as error:
        return [Error(str(error), hint="AUTHORITY names a file in land_services/rules.", id="rulebook.E001")]
    return []
