"""The one error of importing: a raster that cannot be taken, said in both languages."""

from __future__ import annotations

__all__ = ["RasterRefused"]


class RasterRefused(Exception):
    """A raster file that cannot be taken as it is, or an import that cannot be carried out.

    Parameters
    ----------
    message_ar, message_en : str
        One sentence for a person, in Arabic and in English.
    what : str
        A stable code of the fault such as ``no_crs``, ``too_large``, ``unreadable``.
    where : str
        The file's own name; never a server path.
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

    def as_json(self) -> dict[str, str]:
        """Return the refusal for the way from the reading child to its parent."""
        return {
            "message_ar": self.message_ar,
            "message_en": self.message_en,
            "what": self.what,
            "where": self.where,
            "todo": self.todo,
        }
