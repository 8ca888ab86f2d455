"""The record of a visit as a device sends it: every value checked before anything is kept."""

from __future__ import annotations

import json
import math
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from .errors import Incomplete

__all__ = ["FORMAT", "FieldReport", "read_report"]

FORMAT: Final = 1
"""Raised when a device that kept a page of an earlier release could be misunderstood."""
MOST_BYTES: Final = 2 * 1024 * 1024
MOST_OF_A_KIND: Final = 500
LONG, SHORT = 4000, 1000
MARKS: Final = ("found", "missing", "moved")
HOWS: Final = ("typed", "device")


@dataclass(frozen=True)
class FieldReport:
    """What was found: ``sha256`` is of the bytes that came, ``data`` holds the checked values."""

    uid: uuid.UUID
    sha256: str
    text: str
    data: Mapping[str, Any]

    @property
    def files(self) -> dict[uuid.UUID, tuple[str, str]]:
        """The files that belong to it: kind and hash by identifier."""
        return {
            uuid.UUID(one["uid"]): (kind, one["sha256"])
            for kind, name in (("photo", "photos"), ("points", "files"))
            for one in self.data[name]
        }


def read_report(body: bytes) -> FieldReport:
    """Return the record in what a device sent.

    Raises
    ------
    Incomplete
        If it is not such a record; the device keeps it and can save it as a file.
    """
    if len(body) > MOST_BYTES:
        raise _odd("size")
    try:
        value = json.loads(body)
        if value["format"] != FORMAT:
            raise _odd("format")
        data = {name: _rows(value[name], read) for name, read in _READERS.items()}
        uids = [one["uid"] for rows in data.values() for one in rows]
        if len(set(uids)) != len(uids):
            raise _odd("uid")
        return FieldReport(_uuid(value["uid"]), sha256(body).hexdigest(), _text(value["report"], LONG), data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _odd(str(error)[:60]) from error


def _odd(what: str) -> Incomplete:
    return Incomplete(
        f"ما وصل ليس سجل زيارة تعرفه هذه النسخة ({what})؛ افتح الصفحة من جديد، وما جمعته باقٍ في الجهاز.",
        f"What came is no record of a visit that this release knows ({what}); open the page anew. "
        "What you collected is still on the device.",
    )


def _rows(values: Any, read: Callable[[Mapping[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    if not isinstance(values, list) or len(values) > MOST_OF_A_KIND:
        raise TypeError("list")
    return [{"uid": str(_uuid(value["uid"])), **read(value)} for value in values]


def _photo(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sha256": _hash(value["sha256"]),
        "taken_at": _moment(value["taken_at"]),
        "position": _position(value.get("position")),
        "subject": _text(value.get("subject", ""), 80),
        "note": _text(value.get("note", ""), SHORT),
    }


def _file(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sha256": _hash(value["sha256"]),
        "accuracy_m": _optional(value.get("accuracy_m"), 0.0, 1000.0),
        "given": _given(value.get("given") or {}),
    }


def _given(value: Mapping[str, Any]) -> dict[str, str]:
    """Which point of a file was given to which corner, by the point's number."""
    if not isinstance(value, Mapping) or len(value) > MOST_OF_A_KIND:
        raise TypeError("given")
    return {_text(number, 80): _text(corner, 80) for number, corner in value.items()}


def _mark(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "corner": _text(value["corner"], 80),
        "state": _one_of(value["state"], ("", *MARKS)),
        "note": _text(value.get("note", ""), SHORT),
    }


def _point(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": _text(value["number"], 40),
        "x": _number(value["x"], -1e8, 1e8),
        "y": _number(value["y"], -1e8, 1e8),
        "h": _optional(value.get("h"), -20_000.0, 20_000.0),
        "crs": _text(value["crs"], 32),
        "accuracy_m": _optional(value.get("accuracy_m"), 0.0, 100_000.0),
        "how": _one_of(value["how"], HOWS),
        "corner": _text(value.get("corner", ""), 80),
    }


def _offence(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": _text(value["text"], LONG), "subject": _text(value.get("subject", ""), 80)}


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "photos": _photo,
    "files": _file,
    "marks": _mark,
    "points": _point,
    "offences": _offence,
}


# Values ---------------------------------------------------------------------------------------------------------------


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError("text")
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _uuid(value: Any) -> uuid.UUID:
    return uuid.UUID(_text(value, 36))


def _hash(value: Any) -> str:
    text = _text(value, 64)
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError("sha256")
    return text


def _one_of(value: Any, known: Iterable[str]) -> str:
    if value not in known:
        raise ValueError("choice")
    return str(value)


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("number")
    if not low <= value <= high:
        raise ValueError("range")
    return float(value)


def _optional(value: Any, low: float, high: float) -> float | None:
    return None if value is None else _number(value, low, high)


def _moment(value: Any) -> str:
    at = datetime.fromisoformat(_text(value, 40))
    if at.tzinfo is None:
        raise ValueError("time")
    return at.isoformat()


def _position(value: Any) -> dict[str, float | None] | None:
    """Where a device says that it was; None where it did not."""
    if value is None:
        return None
    return {
        "lon": _number(value["lon"], -180.0, 180.0),
        "lat": _number(value["lat"], -90.0, 90.0),
        "accuracy_m": _optional(value.get("accuracy_m"), 0.0, 100_000.0),
    }
