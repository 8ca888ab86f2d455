"""How a refusal of the engine is answered over HTTP."""

from __future__ import annotations

from land_services.cases.errors import ActionRefused, Incomplete, NotYours

__all__ = ["refusal_status"]


def refusal_status(refused: ActionRefused) -> int:
    """Return the HTTP status of a refusal: not this person's 403, something left out 400, not now 409."""
    return 403 if isinstance(refused, NotYours) else 400 if isinstance(refused, Incomplete) else 409
