"""The one error of this package: a filter that cannot be used, said in both languages."""

from __future__ import annotations

__all__ = ["FilterRefused"]


class FilterRefused(ValueError):
    """A filter that is refused, before the database has seen any of it.

    Parameters
    ----------
    message_ar, message_en : str
        One sentence for a person, in Arabic and in English. What the person wrote is quoted shortened.
    what : str
        A stable code: ``syntax``, ``too_long``, ``too_deep``, ``too_many``, ``unknown_property``,
        ``unknown_function``, ``wrong_type``, ``bad_value``, ``bad_geometry``, ``not_supported``.
    where : str
        Place of the fault: ``character 12`` of a text (from 1) or a JSON pointer such as ``/args/0``.
    todo_ar, todo_en : str
        What to write instead.
    """

    def __init__(
        self,
        message_ar: str,
        message_en: str,
        *,
        what: str,
        where: int | str = "",
        todo_ar: str = "",
        todo_en: str = "",
    ) -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.what = what
        self.at = where
        self.todo_ar = todo_ar
        self.todo_en = todo_en

    @property
    def where(self) -> str:
        """The place in words that are the same in both languages but for the first: see ``text``."""
        return f"character {self.at + 1}" if isinstance(self.at, int) else self.at

    def text(self, language: str) -> str:
        """Return what is wrong, where, and what to do, in ``ar`` or ``en``."""
        if language == "ar":
            place = f"الحرف {self.at + 1}: " if isinstance(self.at, int) else f"{self.at}: " if self.at else ""
            return f"{place}{self.message_ar}{f' {self.todo_ar}' if self.todo_ar else ''}"
        place = f"{self.where}: " if self.at != "" else ""
        return f"{place}{self.message_en}{f' {self.todo_en}' if self.todo_en else ''}"

    def __str__(self) -> str:
        return self.text("en")


def short(text: str, limit: int = 40) -> str:
    """Return what a person wrote, shortened and on one line, for quoting in a message."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1])
    return line if len(text) <= limit else f"{line[: limit - 1]}…"
