"""System checks: what a wrong installation says at start."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

__all__ = ["check_psycopg3_is_absent"]


@register()
def check_psycopg3_is_absent(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Django prefers psycopg 3 wherever it can be imported: installing it would move the whole ORM silently."""
    if importlib.util.find_spec("psycopg") is None:
        return []
    return [Error("psycopg 3 is installed; the database driver would change by itself", id="gisportal.E001")]
