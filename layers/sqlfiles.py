"""Migrations whose SQL stands in a file of its own, with a few named values filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import migrations

__all__ = ["RunSqlFile", "render"]


def render(text: str, values: Mapping[str, object]) -> str:
    """Fill in ``:NAME`` values and the application's role; a name without a value is an error."""

    def value(match: re.Match[str]) -> str:
        return str(values[match.group(1)])

    role = settings.DATABASES["default"]["USER"]
    return re.sub(r"(?<!:):([A-Z][A-Z_]+)\b", value, text).replace("gisportal_app", f'"{role}"')


class RunSqlFile(migrations.RunSQL):
    """Run an SQL file as it stands at the time of migrating; a later change of it needs a migration of its own."""

    def __init__(self, path: Path, values: Mapping[str, object] | None = None) -> None:
        super().__init__(render(path.read_text(encoding="utf8"), values or {}), reverse_sql=migrations.RunSQL.noop)
