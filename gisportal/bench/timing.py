"""Interleaved rounds, medians and ratios, and the report that is made of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

__all__ = ["Line", "Measure", "Section", "by_turns", "interleaved", "ratio_of", "timed"]

ROUNDS = 3


@dataclass(frozen=True)
class Measure:
    """One thing measured: a value for each round, in the order taken."""

    name: str
    runs: tuple[float, ...]
    unit: str = "ms"

    @property
    def median(self) -> float:
        return median(self.runs)


@dataclass(frozen=True)
class Line:
    """A measure of the report; where there is a peer, the ratio to it and the limit it should keep."""

    measure: Measure
    peer: str = ""
    ratio: float | None = None
    limit: str = ""
    holds: bool | None = None
    note: str = ""


@dataclass
class Section:
    """A table of the report. ``notes`` say what was measured on what, and what to know when reading it."""

    title: str
    notes: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def add(self, measure: Measure, note: str = "") -> None:
        """Add a measure that is compared with nothing."""
        self.lines.append(Line(measure, note=note))

    def compare(
        self,
        measure: Measure,
        peer: Measure,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        inverse: bool = False,
        note: str = "",
    ) -> None:
        """Add a measure with its ratio to a peer's; ``inverse`` gives peer / measure (the share of a limit reached)."""
        ratio = ratio_of(peer, measure) if inverse else ratio_of(measure, peer)
        limit, holds = "", None
        if at_most is not None:
            limit, holds = f"<= {at_most:g}", ratio <= at_most
        if at_least is not None:
            limit, holds = f">= {at_least:g}", ratio >= at_least
        self.lines.append(Line(measure, peer.name, ratio, limit, holds, note))

    def as_json(self) -> dict[str, Any]:
        """Return the section as JSON values."""
        return asdict(self)


def ratio_of(measure: Measure, peer: Measure) -> float:
    """Return the median of the rounds' ratios: both sides of each were taken in the same moments.

    Examples
    --------
    >>> ratio_of(Measure("ours", (2.0, 20.0, 4.0)), Measure("bare", (1.0, 10.0, 4.0)))
    2.0
    """
    return median(ours / theirs for ours, theirs in zip(measure.runs, peer.runs, strict=True))


def by_turns(tasks: Sequence[str], round_: int) -> list[str]:
    """Return the tasks of a round in their order: each round begins with another one.

    >>> by_turns(["a", "b", "c"], 4), by_turns([], 1)
    (['b', 'c', 'a'], [])
    """
    first = round_ % len(tasks) if tasks else 0
    return [*tasks[first:], *tasks[:first]]


def interleaved(tasks: Mapping[str, Callable[[int], float]], rounds: int = ROUNDS) -> dict[str, tuple[float, ...]]:
    """Run every task once a round, beginning with another one each time; return the values by task, round by round."""
    names = list(tasks)
    runs: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in by_turns(names, number):
            runs[name].append(tasks[name](number))
    return {name: tuple(values) for name, values in runs.items()}


def timed(action: Callable[[], Any]) -> float:
    """Return how many milliseconds an action takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)
