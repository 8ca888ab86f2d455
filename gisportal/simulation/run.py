"""The clients of a simulation as processes, and what they measured together."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connections

from land_services.catalogue import ServiceCard

from .client import run_client
from .land import Land, read_land
from .life import World
from .measuring import Measures
from .people import make_people
from .requests import write_papers

__all__ = ["ClientFailed", "Outcome", "simulate"]

_LOOK_S = 0.5


class ClientFailed(RuntimeError):
    """A client ended with a fault of the software: what it said is the message."""


@dataclass(frozen=True)
class Outcome:
    """What a simulation came to."""

    measures: Measures
    seconds: float
    stopped: bool


@dataclass(frozen=True)
class _Job:
    number: int
    cases: int
    documents: int
    seed: int


def simulate(
    cards: Sequence[ServiceCard],
    *,
    cases: int,
    clients: int,
    seed: int,
    documents: int = 0,
    progress: Callable[[str, int, int | None], None],
) -> Outcome:
    """File and work on ``cases`` cases with ``clients`` processes; ``documents`` of them have their papers issued.

    Ctrl-C stops it between two acts: each is one transaction, so what was done is whole, and what is under way stays.

    Raises
    ------
    ClientFailed
        If a client met anything but a refusal; the others are stopped.
    """
    people, land = make_people(cards), read_land(seed)
    usable = [card for card in cards if _can_be_filed(card, land)]
    shares = [
        _Job(n, cases // clients + (n < cases % clients), documents // clients + (n < documents % clients), seed)
        for n in range(clients)
    ]
    with tempfile.TemporaryDirectory() as folder:
        world = World(usable, people, land, write_papers(Path(folder)), Path(folder), Measures())
        return _run(world, shares, cases, progress)


def _can_be_filed(card: ServiceCard, land: Land) -> bool:
    return card.land != "required" or bool(land.wide if card.register else land.parcels)


def _run(world: World, jobs: list[_Job], cases: int, progress: Callable[[str, int, int | None], None]) -> Outcome:
    # Forked, so that a client begins with what is read already; every connection is its own.
    context = multiprocessing.get_context("fork")
    told: Any = context.Queue()
    stop = context.Event()
    connections.close_all()
    workers = [context.Process(target=_client, args=(world, job, told, stop), daemon=True) for job in jobs]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    try:
        whole = _gather(workers, told, stop, asked, lambda done: progress("cases", done, cases))
    finally:
        stop.set()
        for worker in workers:
            worker.join()
        signal.signal(signal.SIGINT, before)
    return Outcome(whole, time.perf_counter() - started, bool(asked))


def _gather(workers: list[Any], told: Any, stop: Any, asked: list[int], progress: Callable[[int], None]) -> Measures:
    """Listen to the clients until each has said what it measured; ``asked`` is filled when they are to stop."""
    whole, failed = Measures(), ""
    done = dict.fromkeys(range(len(workers)), 0)
    waiting = set(done)
    while waiting:
        if asked:
            stop.set()
        try:
            number, said = told.get(timeout=_LOOK_S)
        except queue.Empty:
            gone = [n for n in waiting if not workers[n].is_alive() and told.empty()]
            for n in gone:
                waiting.discard(n)
                failed = failed or f"client {n} ended with code {workers[n].exitcode}"
                stop.set()
            continue
        if isinstance(said, int):
            done[number] = said
            progress(sum(done.values()))
            continue
        waiting.discard(number)
        if isinstance(said, Measures):
            whole.add(said)
        else:
            failed = failed or str(said)
            stop.set()
    if failed:
        raise ClientFailed(failed)
    return whole


def _client(world: World, job: _Job, told: Any, stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started it says when to stop
    mine = replace(world, measures=Measures(), documents=job.documents)
    try:
        run_client(
            mine,
            job.cases,
            f"{job.seed}/{job.number}",
            stopped=stop.is_set,
            told=lambda done: told.put((job.number, done)),
        )
    except Exception:  # the one who started it shows it: a client that dies in silence would be waited for
        told.put((job.number, traceback.format_exc()))
    else:
        told.put((job.number, mine.measures))
    finally:
        connections.close_all()
