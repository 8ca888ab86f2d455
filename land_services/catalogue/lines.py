"""Where each key of a TOML text stands, so that a fault can name its line."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Lines"]

HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\-\"']+)\s*\]\]?\s*(?:#.*)?$")
KEY: Final = re.compile(r"\s*([\w\-\"']+)\s*=")
QUOTES: Final = re.compile(r'"""|\'\'\'')


class Lines:
    """The line of each table and key, by paths such as ``stages[2].role`` and ``fee.steps[0]``."""

    def __init__(self, text: str) -> None:
        self.known: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self.table = ""
        open_text = ""
        for number, line in enumerate(text.splitlines(), 1):
            if not open_text:
                self._read(number, line)
            for quotes in QUOTES.findall(line):
                open_text = "" if open_text == quotes else open_text or quotes

    def of(self, path: str) -> int:
        """Return the line of a key, or of the nearest table around it; 1 where there is none."""
        while path:
            if path in self.known:
                return self.known[path]
            path = path.rpartition(".")[0]
        return 1

    def _read(self, number: int, line: str) -> None:
        header = HEADER.match(line)
        if header:
            self.table = self._table(header[2].replace('"', "").replace("'", ""), repeated=header[1] == "[[")
            self.known.setdefault(self.table, number)
            return
        key = KEY.match(line)
        if key:
            name = key[1].strip("\"'")
            self.known.setdefault(f"{self.table}.{name}" if self.table else name, number)

    def _table(self, name: str, *, repeated: bool) -> str:
        """Return the path of a table: each name that is a list gets the number of its last entry."""
        path = ""
        parts = name.split(".")
        for position, part in enumerate(parts):
            path = f"{path}.{part}" if path else part
            if repeated and position == len(parts) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = f"{path}[{self.counts[path]}]"
        return path
