"""What becomes of residents' suggestions: taken, and then written like any other edit, or turned down with a remark."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

import shapely
from django.db import transaction
from django.utils import timezone

from layers import audit
from layers.edit_checks import editable_fields
from layers.editing import Edit, NoSuchFeature, apply_edits
from layers.locator.models import PlaceSuggestion
from layers.models import Place
from layers.registry import LAYERS

__all__ = ["AlreadyDecided", "edit_of", "take", "turn_down"]

SOURCE: Final = "اقتراح من السكان / Suggested by residents"


class AlreadyDecided(Exception):
    """Somebody decided the suggestion meanwhile."""


def edit_of(suggestion: PlaceSuggestion, values: Mapping[str, Any] | None = None) -> Edit | None:
    """Return the edit that a suggestion asks for; None where it asks for none that can be made by itself.

    Parameters
    ----------
    suggestion : PlaceSuggestion
        What was sent. Only values of fields that people edit count.
    values : mapping, optional
        What the moderator made of the values.

    Raises
    ------
    NoSuchFeature
        The place is not on the map any more.
    """
    known = {f.name for f in editable_fields(LAYERS["places"])}
    wanted = {k: v for k, v in (suggestion.values if values is None else values).items() if k in known}
    shape = None if suggestion.geom is None else shapely.from_wkb(bytes(suggestion.geom.wkb))
    if suggestion.kind == "missing_place":
        made = {"source": SOURCE, "source_on": timezone.localdate(), **wanted}
        return Edit("create", None, made, shape)
    place = Place.objects.filter(uid__in=[suggestion.place_uid], end_lifespan_version__isnull=True).first()
    if place is None:
        raise NoSuchFeature(f"places has no feature {suggestion.place_uid}")
    if suggestion.kind == "closed_for_good":
        return Edit("retire", place.uid, expected=place.begin_lifespan_version)
    moved = shape if suggestion.kind == "position" else None
    if not wanted and moved is None:
        return None
    return Edit("change", place.uid, wanted, moved, place.begin_lifespan_version)


def take(
    suggestion: PlaceSuggestion,
    *,
    acting_user_id: int | None,
    values: Mapping[str, Any] | None = None,
    reply: str = "",
    areas: tuple[str, ...] = (),
) -> uuid.UUID | None:
    """Write what a suggestion asks for, as a new version of the place, and mark it taken; all of it or nothing.

    Returns the uid of the place that was written, None where nothing was.

    Raises
    ------
    AlreadyDecided
        The suggestion does not wait any more.
    EditRefused, StaleVersion, NoSuchFeature
        What ``layers.editing`` says of the edit.
    """
    with transaction.atomic():
        _decide(suggestion, "taken", acting_user_id, reply)
        edit = edit_of(suggestion, values)
        written = None
        if edit is not None:
            written = apply_edits(LAYERS["places"], [edit], acting_user_id=acting_user_id, areas=areas)[0]
        subject = suggestion.place_uid if written is None else written.uid
        _record("take", suggestion, subject, acting_user_id, is_changed=written is not None and written.is_changed)
        return None if written is None else written.uid


def turn_down(suggestion: PlaceSuggestion, *, acting_user_id: int | None, reply: str) -> None:
    """Mark a suggestion as turned down, with the reason.

    Raises
    ------
    ValueError
        No reason is given.
    AlreadyDecided
        The suggestion does not wait any more.
    """
    if not reply.strip():
        raise ValueError("a suggestion is turned down with a remark")
    with transaction.atomic():
        _decide(suggestion, "turned_down", acting_user_id, reply)
        _record("turn_down", suggestion, suggestion.place_uid, acting_user_id, is_changed=False)


def _decide(suggestion: PlaceSuggestion, state: str, actor_id: int | None, reply: str) -> None:
    waiting = PlaceSuggestion.objects.filter(pk=suggestion.pk, state="waiting")
    if waiting.update(state=state, decided_at=timezone.now(), decided_by_id=actor_id, reply=reply.strip()) != 1:
        raise AlreadyDecided(str(suggestion.pk))


def _record(
    what: str, suggestion: PlaceSuggestion, subject: uuid.UUID | None, actor_id: int | None, *, is_changed: bool
) -> None:
    payload = {"suggestion": suggestion.pk, "kind": suggestion.kind, "is_changed": is_changed}
    audit.record(f"suggestion.{what}", subject=str(subject or ""), actor_id=actor_id, payload=payload)
