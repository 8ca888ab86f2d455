"""Progress of long commands on standard error: one line rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import OutputWrapper

__all__ = ["Progress"]

_EVERY_S = 0.2
_EVERY_QUIET_S = 10.0


class Progress:
    """Called with (stage, done, total or None); ``total`` is what to show where the stage does not know."""

    def __init__(self, stream: Any, total: int | None = None) -> None:
        self.stream = stream
        self.total = total
        self.is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._last = 0.0
        self._stage = ""
        self._open = False

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        now = time.monotonic()
        whole = total if total is not None else self.total
        finished = whole is not None and done >= whole
        every = _EVERY_S if self.is_terminal else _EVERY_QUIET_S
        if stage == self._stage and not finished and now - self._last < every:
            return
        self._last, self._stage = now, stage
        text = f"{stage} {done:,}" + (f" of {whole:,} ({100 * done // whole} %)" if whole else "")
        if self.is_terminal:
            self._write(f"\r{text:<60}", "")
            self._open = True
        else:
            self._write(text, "\n")

    def end(self) -> None:
        """Finish the line."""
        if self._open:
            self._write("", "\n")
            self._open = False

    def _write(self, text: str, ending: str) -> None:
        if isinstance(self.stream, OutputWrapper):
            self.stream.write(text, style_func=str, ending=ending)  # not in the red of errors
        else:
            self.stream.write(text + ending)
        self.stream.flush()
