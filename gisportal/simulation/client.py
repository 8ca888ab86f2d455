"""One client: a process that lives several cases at a time, in turns, until its number is reached or it is stopped."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from random import Random

from .life import Life, World

__all__ = ["AT_ONCE", "run_client"]

AT_ONCE = 16
"""So many cases of a client are under way together."""


def run_client(
    world: World, cases: int, seed: str, *, stopped: Callable[[], bool], told: Callable[[int], None]
) -> None:
    """Live ``cases`` cases; ``told`` hears of each that came to its end. Stopped, what is under way stays as it is."""
    order = Random(seed)  # noqa: S311 - seeded on purpose
    waiting: list[tuple[float, int, Iterator[float]]] = []
    begun = 0
    while (waiting or begun < cases) and not stopped():
        while begun < cases and len(waiting) < AT_ONCE:
            heapq.heappush(waiting, (order.random(), begun, Life(world, f"{seed}/{begun}").run()))
            begun += 1
        moment, number, life = heapq.heappop(waiting)
        # Times below 1 are turns of cases that may go on now; others are moments that must have come.
        if moment >= 1:
            time.sleep(max(0.0, min(moment - time.monotonic(), 2.0)))
        pause = next(life, None)
        if pause is None:
            world.measures.cases += 1
            told(world.measures.cases)
            continue
        again = time.monotonic() + pause if pause > 0 else order.random()
        heapq.heappush(waiting, (again, number, life))
