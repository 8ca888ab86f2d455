"""Progress of an import on standard error: one line rewritten on a terminal, a line for each stage elsewhere."""

from __future__ import annotations

from typing import Any

__all__ = ["Progress"]


class Progress:
    """Called with stage, done, total."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._last: tuple[str, int] = ("", -1)
        self._open = False

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        percent = 100 * done // total if total else 0
        if self._last == (stage, percent) or (not self.is_terminal and stage == self._last[0]):
            return
        self._last = (stage, percent)
        if self.is_terminal:
            self.stream.write(f"\r{stage[-60:]:<60} {percent:>3} %", style_func=str, ending="")
            self._open = True
        else:
            self.stream.write(stage, style_func=str)
        self.stream.flush()

    def end(self) -> None:
        """Finish the line."""
        if self._open:
            self.stream.write("", style_func=str)
            self._open = False
