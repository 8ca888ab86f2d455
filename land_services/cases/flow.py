"""The way of a case through its stages, as a graph: which may begin, which must be looked at again. Pure.

A stage begins when every stage named in its ``after`` is done. Filing is the first stage and done by being submitted;
it has no row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

__all__ = [
    "ACTIVE",
    "CANCELLED",
    "DONE",
    "RETURNED",
    "REVIEWING",
    "WAITING",
    "complete",
    "followers",
    "ready",
    "renewed",
]

WAITING: Final = "waiting"
ACTIVE: Final = "active"
RETURNED: Final = "returned"
DONE: Final = "done"
CANCELLED: Final = "cancelled"

REVIEWING: Final = frozenset({"review", "work", "visit", "committee"})
"""Kinds of stages that judge what was handed in, and judge it anew where it has changed."""


class Node(Protocol):
    """As much of a card's stage as the way needs."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def after(self) -> tuple[str, ...]: ...


def ready(stages: Iterable[Node], states: Mapping[str, str]) -> tuple[str, ...]:
    """Return the stages whose turn has come: waiting, and everything before them is done.

    Examples
    --------
    >>> from types import SimpleNamespace as S
    >>> a, b = S(code="a", kind="review", after=("draft",)), S(code="b", kind="issue", after=("a",))
    >>> ready([a, b], {"a": "waiting", "b": "waiting"}), ready([a, b], {"a": "done", "b": "waiting"})
    (('a',), ('b',))
    """
    return tuple(
        stage.code
        for stage in stages
        if states.get(stage.code) == WAITING and all(states.get(before, DONE) == DONE for before in stage.after)
    )


def complete(states: Mapping[str, str]) -> bool:
    """Return True if nothing is left to do."""
    return all(state == DONE for state in states.values())


def followers(stages: Iterable[Node], code: str) -> frozenset[str]:
    """Return the stages that come after one, at once or later."""
    stages = tuple(stages)
    found: set[str] = set()
    reached = {code}
    while reached:
        reached = {stage.code for stage in stages if reached & set(stage.after)} - found
        found |= reached
    return frozenset(found)


def renewed(
    stages: Iterable[Node], states: Mapping[str, str], *, changed: bool, asked: Iterable[str]
) -> frozenset[str]:
    """Return the stages that are looked at again after a resubmission.

    Where what is judged has ``changed``, every stage that judges and had its turn; and whatever follows one of those
    that look again had its turn too early. Where only answers came, just those that ``asked``.
    """
    stages = tuple(stages)
    again = {stage.code for stage in stages if stage.kind in REVIEWING and states[stage.code] != WAITING}
    first = again if changed else set(asked)
    return frozenset(
        code
        for code in first.union(*(followers(stages, code) for code in first))
        if states[code] in (ACTIVE, RETURNED, DONE)
    )
