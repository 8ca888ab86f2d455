"""One line on the terminal that says how far long work has come."""

from __future__ import annotations

import time
from typing import Any, Self

__all__ = ["ProgressLine"]


class ProgressLine:
    """Prints ``stage: done of total`` to a stream: rewritten in place on a terminal, once in a while in a log.

    Call it with (stage, done, total or None); use it as a context manager, so that the line is ended.
    """

    def __init__(self, stream: Any, *, every_s: float = 0.2, log_every_s: float = 10.0) -> None:
        self._stream = stream
        self._live = bool(getattr(stream, "isatty", lambda: False)())
        self._every_s = every_s if self._live else log_every_s
        self._last = time.monotonic() if not self._live else 0.0
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._open:
            self._write("\n")

    def _write(self, text: str) -> None:
        # Commands' streams end every text with a line feed unless told otherwise.
        getattr(self._stream, "_out", self._stream).write(text)
        self._stream.flush()

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        now = time.monotonic()
        if now - self._last < self._every_s:
            return
        self._last = now
        text = f"{stage}: {done:,}" + (f" of {total:,}" if total else "")
        if self._live:
            self._write(f"\r\033[K{text}")
            self._open = True
        else:
            self._write(f"{text}\n")
