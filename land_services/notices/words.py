"""Reads ``words.toml`` and prints what it says: no database.

A text is printed in one of three ways: plain (a subject), as text for an e-mail, where references stand between marks
that keep them left to right, and as HTML.
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from land_services.notices.kinds import KINDS, Value, is_value, print_value

__all__ = ["AREA", "CASE", "Event", "NoticeError", "Print", "WordsError", "load_words", "read_words"]

FILE: Final = Path(__file__).with_name("words.toml")
CASE, AREA = "case", "area"
"""What a message may be about: a request, or an area that somebody follows, which they may stop from the message."""
TEXTS: Final = ("subject_ar", "subject_en", "body_ar", "body_en")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_STRAY: Final = re.compile(r"[{}<>]")

Print = str
"""``plain``, ``text`` or ``html``."""


class WordsError(ValueError):
    """A file of words that cannot be used: which line, which key, and why."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(f"{file}:{line}: {key}: {reason}")
        self.file, self.line, self.key, self.reason = file, line, key, reason


class NoticeError(ValueError):
    """A message that cannot be written: unknown event, or values that are not those it carries."""


@dataclass(frozen=True)
class Event:
    """One thing that people are told, with its texts in both languages."""

    code: str
    params: Mapping[str, str]
    by_email: bool
    texts: Mapping[str, str]
    about: str = CASE

    def check(self, params: Mapping[str, Value]) -> None:
        """Refuse values that are not exactly those of the event, each of its kind.

        Raises
        ------
        NoticeError
            Naming the value.
        """
        if params.keys() != self.params.keys():
            wanted = ", ".join(sorted(self.params)) or "nothing"
            raise NoticeError(f"{self.code} carries {wanted}; given are {', '.join(sorted(params)) or 'none'}")
        for name, value in params.items():
            if not is_value(self.params[name], value):
                raise NoticeError(f"{self.code}.{name}: {value!r} is not a {self.params[name]}")

    def subject(self, language: str, reference: str, params: Mapping[str, Value], how: Print = "plain") -> str:
        return self._filled("subject", language, reference, params, how)

    def body(self, language: str, reference: str, params: Mapping[str, Value], how: Print = "text") -> str:
        return self._filled("body", language, reference, params, how)

    def _filled(self, what: str, language: str, reference: str, params: Mapping[str, Value], how: Print) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name == "reference":
                return _marked(reference, how)
            kind = self.params[name]
            text = print_value(kind, params[name], language) if name in params else "—"
            return _marked(text, how) if kind == "code" else (html.escape(text) if how == "html" else text)

        text = self.texts[f"{what}_{language}"]
        return _PLACE.sub(value, html.escape(text) if how == "html" else text)


def _marked(text: str, how: Print) -> str:
    """Return a reference that stays left to right within Arabic."""
    if how == "html":
        return f'<bdi dir="ltr">{html.escape(text)}</bdi>'
    return f"\u2066{text}\u2069" if how == "text" else text


@lru_cache(maxsize=1)
def load_words() -> dict[str, Event]:
    """Return all events by their codes, checked."""
    return read_words(FILE.read_text(encoding="utf-8"), FILE.name)


def read_words(text: str, file: str = "words.toml") -> dict[str, Event]:
    """Return the events that a TOML text describes.

    Raises
    ------
    WordsError
        Not TOML; a key that is missing, unknown or wrong; a placeholder that the event does not carry, a value that no
        text shows, or languages that do not show the same.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise WordsError(file, int(found[1]) if found else 1, "TOML", str(error)) from None
    reader = _Reader(text, file)
    return {code: reader.event(code, row) for code, row in data.items()}


class _Reader:
    """Reads one file; finds the line of a key again, so that an error can say where."""

    def __init__(self, text: str, file: str) -> None:
        self.lines, self.file = text.splitlines(), file

    def event(self, code: str, row: Any) -> Event:
        if not _CODE.fullmatch(code) or not isinstance(row, dict):
            raise self.error(code, "", "an event is a table whose name is a code such as case_returned")
        for key in row:
            if key not in {"params", "email", "about", *TEXTS}:
                raise self.error(code, key, "is not a key of an event")
        params = row.get("params", {})
        if not isinstance(params, dict) or not all(kind in KINDS for kind in params.values()):
            raise self.error(code, "params", f"each has a kind: {', '.join(sorted(KINDS))}")
        if not isinstance(row.get("email", True), bool):
            raise self.error(code, "email", "must be true or false")
        about = row.get("about", CASE)
        if about not in (CASE, AREA) or (about == AREA and params.get("area") != "code"):
            raise self.error(code, "about", "is case, or area where the event carries an area of the kind code")
        texts = {key: self.text(code, key, row.get(key), {*params, "reference"}) for key in TEXTS}
        self.compare(code, params, texts)
        return Event(code, dict(params), row.get("email", True), texts, about)

    def text(self, code: str, key: str, text: Any, known: set[str]) -> str:
        if not isinstance(text, str) or not text.strip():
            raise self.error(code, key, "must be a text that is not empty")
        for name in _PLACE.findall(text):
            if name not in known:
                raise self.error(code, key, f"{{{name}}} is not among {', '.join(sorted(known))}")
        if _STRAY.search(_PLACE.sub("", text)):
            raise self.error(code, key, "holds a brace or an angle bracket of its own")
        if key.startswith("subject") and "\n" in text:
            raise self.error(code, key, "a subject is one line")
        return text.strip()

    def compare(self, code: str, params: Mapping[str, str], texts: Mapping[str, str]) -> None:
        shown = {key: set(_PLACE.findall(text)) for key, text in texts.items()}
        for what in ("subject", "body"):
            if shown[f"{what}_ar"] != shown[f"{what}_en"]:
                raise self.error(code, f"{what}_en", "does not show the same values as the Arabic text")
        for name in params:
            if name not in shown["body_ar"] | shown["subject_ar"]:
                raise self.error(code, "params", f"{name} is shown in no text")

    def error(self, code: str, key: str, reason: str) -> WordsError:
        line = next((n for n, text in enumerate(self.lines, start=1) if text.strip() == f"[{code}]"), 1)
        if key:
            below = enumerate(self.lines[line:], start=line + 1)
            line = next((n for n, text in below if re.match(rf"{key}\s*=", text.strip())), line)
        return WordsError(self.file, line, f"{code}.{key}" if key else code, reason)
