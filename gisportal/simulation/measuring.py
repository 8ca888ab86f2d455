"""What a client measures: how long each act took, how many queries it asked, and what was refused."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection

from land_services.cases.errors import ActionRefused
from land_services.register.errors import ChangeRefused

__all__ = ["Measures"]

T = TypeVar("T")
_NUMBERS = re.compile(r"[A-Z]{2,8}-\d{4}-\d+|“[^”]*”|: .*")


@dataclass
class Measures:
    """Times and queries by act, refusals by kind; those of several clients add up."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    queries: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    refusals: Counter[str] = field(default_factory=Counter)
    cases: int = 0

    def do(self, name: str, act: Callable[[], T]) -> T | None:
        """Do an act; None where it was refused, which is counted by what was said."""
        counted = _Counter()
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(counted):
                done = act()
        except (ActionRefused, ChangeRefused) as refused:
            self.refusals[f"{name}: {_NUMBERS.sub('…', str(refused))}"] += 1
            return None
        self.seconds[name].append(time.perf_counter() - started)
        self.queries[name].append(counted.count)
        return done

    def add(self, other: Measures) -> None:
        for name, seconds in other.seconds.items():
            self.seconds[name].extend(seconds)
            self.queries[name].extend(other.queries[name])
        self.refusals.update(other.refusals)
        self.cases += other.cases

    def rows(self) -> list[tuple[str, int, float, float, int]]:
        """Return each act with how often it was done, the median and the 95th hundredth in ms, the median queries."""
        return [
            (name, len(times), 1000 * _quantile(times, 0.5), 1000 * _quantile(times, 0.95), _middle(self.queries[name]))
            for name, times in sorted(self.seconds.items())
        ]


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


def _quantile(times: list[float], part: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _middle(counts: list[int]) -> int:
    return sorted(counts)[len(counts) // 2]
