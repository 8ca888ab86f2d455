"""The one error of this package: a file that cannot be used, said in both languages."""

from __future__ import annotations

__all__ = ["FileUnreadable"]


class FileUnreadable(Exception):
    """A file that cannot be read or written as asked.

    Parameters
    ----------
    message_ar, message_en : str
        One sentence for a person, in Arabic and in English.
    what : str
        A stable code of the fault such as ``no_crs``, ``several_layers``, ``truncated``, ``outside_area``.
    where : str
        The file, layer, field or row meant; never a server path, only the file's own name.
    todo : str
        What the reader of the message can do about it (English).
    """

    def __init__(self, message_ar: str, message_en: str, *, what: str, where: str = "", todo: str = "") -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f" [{self.where}]" if self.where else ""
        todo = f"\n  To do: {self.todo}" if self.todo else ""
        return f"{self.message_en}{place}{todo}\n  {self.message_ar}"
