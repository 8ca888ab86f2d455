"""One maker for one tile, among threads and processes; who dies or dawdles holds nobody up for ever."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.tiles.cache.board import ask
from tests.tiles.cache.test_exact import wait_until_settled
from tiles.cache.flight import sole_maker


def test_threads_take_turns_for_one_tile(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def make() -> None:
        for _ in range(20):
            with sole_maker(tmp_path / "flights", 7):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.001)
                inside[0] -= 1

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_two_tiles_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with sole_maker(tmp_path / "flights", 2**62 - 1), sole_maker(tmp_path / "flights", 2**62 - 2, wait_s=60):
        pass


def test_one_waits_no_longer_than_told(tmp_path: Path) -> None:
    with sole_maker(tmp_path / "flights", 7), sole_maker(tmp_path / "flights", 7, wait_s=0.05):
        pass  # both are inside: two makers, and no deadlock


def test_a_fault_of_the_maker_lets_the_next_one_in(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_maker(tmp_path / "flights", 7):
        raise ZeroDivisionError
    began = threading.Event()
    with sole_maker(tmp_path / "flights", 7, wait_s=60):
        began.set()
    assert began.is_set()


def test_a_child_that_holds_the_file_open_does_not_hold_the_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with sole_maker(tmp_path / "flights", 7):
        child = context.Process(target=time.sleep, args=[30])
        child.start()
    try:
        done = threading.Event()

        def enter() -> None:
            with sole_maker(tmp_path / "flights", 7, wait_s=25):
                done.set()

        threading.Thread(target=enter, daemon=True).start()
        assert done.wait(20)
        assert child.is_alive()
    finally:
        child.kill()
        child.join()


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    with sole_maker(tmp_path / "absent" / "flights", 7):
        pass


@pytest.mark.usefixtures("board")
def test_threads_that_ask_together_have_one_maker() -> None:
    made: list[int] = []
    outcomes: list[str] = []

    def make() -> bytes:
        made.append(threading.get_ident())
        time.sleep(0.2)
        return b"tile"

    def use() -> None:
        outcomes.append(ask((1, 1), make=make)[1])
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert sorted(outcomes) == ["hit"] * 5 + ["miss"]


def test_processes_that_ask_together_have_one_maker(actors: Callable[[int], list[Any]]) -> None:
    crew = actors(3)
    for actor in crew:
        actor.send("slow_ask", 2, 2, 0.5)
    assert sorted(actor.answer()[1] for actor in crew) == ["hit", "hit", "miss"]


def test_a_maker_that_is_killed_leaves_its_place(actors: Callable[[int], list[Any]]) -> None:
    stuck, other = actors(2)
    stuck.send("stuck_ask", 3, 1)
    time.sleep(0.3)
    other.send("ask", 3, 1)
    time.sleep(0.2)
    os.kill(stuck.process.pid, signal.SIGKILL)
    assert other.answer() == ["", "miss"]
    wait_until_settled((3, 1))
