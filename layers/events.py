"""Who wants to know when the map changes: handlers inside the transaction just before commit, and again after it.

The register, and every other writer of a layer, announces what it touched. Handlers before commit may write (outlines
of cases, dirty marks of tiles); one that raises stops the change. Handlers after commit must be safe to lose: a crash
between the two leaves only slowness (design promise 5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from shapely.geometry.base import BaseGeometry

__all__ = ["LandTouched", "after_commit", "announce", "before_commit", "clear_handlers"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LandTouched:
    """What a change touched: the layers by code, the units by uid, and the land (old and new) in the storage CRS."""

    layers: frozenset[str]
    uids: tuple[str, ...]
    geometry: BaseGeometry
    using: str = "default"


Handler = Callable[[LandTouched], None]
_before: list[Handler] = []
_after: list[Handler] = []


def before_commit(handler: Handler) -> Handler:
    """Have ``handler`` called inside the transaction of every change, just before it commits."""
    _before.append(handler)
    return handler


def after_commit(handler: Handler) -> Handler:
    """Have ``handler`` called after every change has committed."""
    _after.append(handler)
    return handler


def clear_handlers() -> tuple[list[Handler], list[Handler]]:
    """Forget all handlers and return them (tests put them back)."""
    kept = (_before.copy(), _after.copy())
    _before.clear()
    _after.clear()
    return kept


def announce(touched: LandTouched) -> None:
    """Call the handlers before commit now, and those after commit once the transaction has committed."""
    for handler in _before:
        handler(touched)
    transaction.on_commit(lambda: _tell(touched), using=touched.using)


def _tell(touched: LandTouched) -> None:
    for handler in _after:
        try:
            handler(touched)
        except Exception:  # the change is committed: one handler's fault must not hide it from the next
            log.exception("a handler failed after commit", extra={"handler": repr(handler)})
