"""Rows into a table by COPY, from any iterable, in bounded memory."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["copy_rows"]

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_CHUNK = 4096


def copy_rows(connection: Any, table: str, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> int:
    """Copy the rows into ``table`` (a trusted name) in the transaction at hand; return how many.

    Values are written as PostgreSQL reads them: None as null, booleans as t and f, bytes and geometries as given text.
    """
    target = f"{table} ({', '.join(columns)})" if columns else table
    count = 0
    buffer: list[str] = []
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:

        def flush() -> None:
            with connection.wrap_database_errors:  # as Django's own cursors do
                cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO("".join(buffer)))
            buffer.clear()

        for row in rows:
            buffer.append("\t".join(map(_text, row)) + "\n")
            count += 1
            if len(buffer) >= _CHUNK:
                flush()
        if buffer:
            flush()
    return count


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    text = value if type(value) is str else str(value)
    if text.isprintable() and "\\" not in text:  # nearly all: translating costs more than the rest of the row
        return text
    return text.replace("\0", "").translate(_ESCAPES)
