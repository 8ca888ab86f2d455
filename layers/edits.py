"""The words of editing: one edit, what it did, and the ways in which it is refused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from shapely.geometry.base import BaseGeometry

from layers.catalog.base import Layer
from layers.edit_checks import EditFinding
from layers.files.mapping import LayerField

__all__ = [
    "MAX_EDITS", "Edit", "NoSuchFeature", "NotEditable", "StaleVersion", "Written", "at_odds", "plain",
    "repeated", "stored_json", "taken", "too_many",
]  # fmt: skip

MAX_EDITS: Final = 1_000
"""Edits of one transaction: each holds a lock until it ends. More than these are a file to load."""


class NotEditable(Exception):
    """A layer that is not edited here; both sentences are for people."""

    def __init__(self, ar: str, en: str) -> None:
        super().__init__(en)
        self.message_ar, self.message_en = ar, en


class NoSuchFeature(LookupError):
    """There never was a feature of that identifier in the layer."""


class StaleVersion(Exception):
    """The feature has changed since the version that was looked at.

    ``begin`` is the version that stands now, None where the feature was retired; ``at`` is when that happened and
    ``actor_id`` the account that did it (None: a file was loaded). ``index`` counts the edits of a batch from 0.
    """

    def __init__(self, uid: uuid.UUID, begin: datetime | None, at: datetime, actor_id: int | None, index: int) -> None:
        self.uid, self.begin, self.at, self.actor_id, self.index = uid, begin, at, actor_id, index
        moment = f"{at:%Y-%m-%d %H:%M:%S} UTC"
        what_ar, what_en = ("أُلغي", "was retired") if begin is None else ("عُدِّل", "was changed")
        by_ar, by_en = (f" (الحساب {actor_id})", f" by account {actor_id}") if actor_id else ("", "")
        self.message_ar = f"{what_ar} هذا المعلم{by_ar} في {moment} بعد أن فتحته؛ افتحه من جديد وأعد تعديلك."
        self.message_en = f"This feature {what_en}{by_en} at {moment}, after you opened it; open it again and redo it."
        super().__init__(self.message_en)


@dataclass(frozen=True)
class Edit:
    """One edit. ``values`` and ``geometry`` (storage CRS) hold what changes: what is not given stays.

    ``expected`` is ``begin_lifespan_version`` of the version that was looked at; a feature that is created has none.
    """

    action: Literal["create", "change", "retire"]
    uid: uuid.UUID | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: BaseGeometry | None = None
    expected: datetime | None = None


@dataclass(frozen=True)
class Written:
    """What an edit did: the key and begin of the version that stands now (None after retiring), and whether anything
    was written at all.
    """

    uid: uuid.UUID
    id: int | None
    begin: datetime | None
    is_changed: bool


def stored_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as ``properties`` holds them: what is empty is left out, moments are in UTC."""
    return {name: plain(value) for name, value in values.items() if value is not None and value != ""}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | uuid.UUID) else value


def too_many(count: int) -> EditFinding:
    return EditFinding(
        "too_many",
        "",
        f"{count} تعديلًا في دفعة واحدة، والحد {MAX_EDITS}؛ حمّلها من ملف.",
        f"{count} edits in one batch, at most {MAX_EDITS}; load them from a file.",
    )


def at_odds(layer: Layer, field: LayerField) -> EditFinding:
    of = layer.field(field.within)
    return EditFinding(
        "at_odds",
        field.name,
        f"{field.ar} لا يناسب {of.ar}؛ غيّر أحدهما أو اتركه فارغًا.",
        f"{field.en} does not go with {of.en.lower()}; change one of them or leave it empty.",
    )


def repeated(uid: uuid.UUID) -> EditFinding:
    return EditFinding(
        "repeated", "", f"المعلم {uid} مكرر في الدفعة نفسها.", f"The feature {uid} is edited twice in one batch."
    )


def taken(uid: uuid.UUID) -> EditFinding:
    return EditFinding("uid_taken", "uid", f"المعرّف {uid} مستعمل.", f"The identifier {uid} is in use.")
