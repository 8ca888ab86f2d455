"""Any changes, any readers, in processes of their own: the next request is right, what nothing touched is kept."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.budget import budget
from tests.tiles.cache.actor import Actor
from tests.tiles.cache.board import SIDE, Cell

pytestmark = pytest.mark.usefixtures("board")

CELLS = [(x, y) for x in range(SIDE) for y in range(SIDE)]


class Model:
    """What must be on the board: committed names by cell, and for each writer a stack of what it has not committed."""

    def __init__(self) -> None:
        self.committed: dict[Cell, set[str]] = {cell: set() for cell in CELLS}
        self.open: dict[int, list[list[tuple[Cell, str]]]] = {}
        self.announced: dict[int, set[Cell]] = {}  # also what was rolled back to a savepoint
        self.kept: set[Cell] = set()  # made since the last change that touched them

    def text(self, cell: Cell) -> str:
        return " ".join(sorted(self.committed[cell]))

    def is_open(self, cell: Cell) -> bool:
        return any(cell in cells for cells in self.announced.values())

    def begin(self, who: int) -> None:
        self.open.setdefault(who, []).append([])
        self.announced.setdefault(who, set())

    def write(self, who: int, cell: Cell, name: str) -> None:
        self.open[who][-1].append((cell, name))
        self.announced[who].add(cell)

    def end(self, who: int, *, commits: bool) -> None:
        level = self.open[who].pop()
        if self.open[who]:
            if commits:
                self.open[who][-1].extend(level)
            return
        del self.open[who]
        touched = self.announced.pop(who)
        if commits:
            for cell, name in level:
                self.committed[cell].add(name)
            self.kept -= touched


def one_step(rng: random.Random, model: Model, writers: list[Actor], readers: list[Actor], number: int) -> None:
    if rng.random() < 0.6:
        cell = rng.choice(CELLS)
        text, outcome = rng.choice(readers).do("ask", *cell)
        assert text == model.text(cell), f"step {number}: {cell} shows {text!r}, not {model.text(cell)!r}"
        if model.is_open(cell):
            assert outcome == "dirty"
        elif cell in model.kept:
            assert outcome == "hit", f"step {number}: {cell} was not touched"
        else:
            model.kept.add(cell)
        return
    who = rng.randrange(len(writers))
    depth = len(model.open.get(who, []))
    if depth == 0 or (depth < 3 and rng.random() < 0.2):
        writers[who].do("begin")
        model.begin(who)
    elif rng.random() < 0.5:
        cell, name = rng.choice(CELLS), f"n{number}"
        writers[who].do("write", *cell, name)
        model.write(who, cell, name)
    else:
        commits = rng.random() < 0.6
        writers[who].do("commit" if commits else "rollback")
        model.end(who, commits=commits)


@pytest.mark.parametrize("seed", range(budget(5, 60)))
def test_any_sequence_of_changes_and_readers_in_processes(actors: Callable[[int], list[Actor]], seed: int) -> None:
    rng = random.Random(seed)
    crew = actors(4)
    writers, readers = crew[:2], crew[2:]
    model = Model()
    for number in range(budget(150, 600)):
        one_step(rng, model, writers, readers, number)
    for who in list(model.open):
        while who in model.open:
            writers[who].do("rollback")
            model.end(who, commits=False)
    for cell in CELLS:
        assert readers[0].do("ask", *cell)[0] == model.text(cell)


@pytest.mark.parametrize("seed", range(budget(2, 30)))
def test_readers_and_writers_at_the_same_time(actors: Callable[[int], list[Actor]], seed: int) -> None:
    """Nobody waits for anybody: what a reader gets must hold all that had committed when it asked."""
    rng = random.Random(seed)
    crew = actors(4)
    writers, readers = crew[:2], crew[2:]
    committed: dict[Cell, set[str]] = {cell: set() for cell in CELLS}
    asked: list[tuple[Actor, Cell, set[str]]] = []
    writing: list[tuple[Actor, Cell, str]] = []
    for number in range(budget(200, 1500)):
        for writer in writers:
            if rng.random() < 0.3 and not any(w is writer for w, _, _ in writing):
                cell, name = rng.choice(CELLS[:4]), f"c{number}-{writers.index(writer)}"
                writer.send("change", *cell, name)
                writing.append((writer, cell, name))
        for reader in readers:
            if not any(r is reader for r, _, _ in asked):
                cell = rng.choice(CELLS[:4])
                asked.append((reader, cell, set(committed[cell])))
                reader.send("ask", *cell)
        finish_some(rng, committed, asked, writing)
    for writer, _, _ in writing:
        writer.answer()
    for reader, cell, known in asked:
        assert known <= set(reader.answer()[0].split()), cell


def finish_some(rng: random.Random, committed: dict[Cell, set[str]], asked: list[Any], writing: list[Any]) -> None:
    """Take the answers of some, so that the others go on at the same time."""
    for waiting in (writing, asked):
        for entry in [entry for entry in waiting if rng.random() < 0.5]:
            waiting.remove(entry)
            actor, cell, what = entry
            answer = actor.answer()
            if waiting is writing:
                committed[cell].add(what)
            else:
                assert what <= set(answer[0].split()), f"{cell} lacks {what - set(answer[0].split())}"


@pytest.mark.parametrize("seed", range(budget(1, 20)))
def test_writers_killed_at_any_moment_leave_only_slowness(actors: Callable[[int], list[Actor]], seed: int) -> None:
    rng = random.Random(seed)
    for number in range(budget(2, 10)):
        crew = actors(3)
        reader, other, victim = crew
        cell = rng.choice(CELLS)
        victim.send("change_many", *cell, f"k{seed}-{number}", 500)
        for _ in range(rng.randrange(40)):
            reader.do("ask", *cell)
        victim.kill()
        for _ in range(5):
            first, second = reader.do("ask", *cell), other.do("ask", *cell)
            truth = reader.do("read", *cell)
            assert set(first[0].split()) <= set(second[0].split()) <= set(truth.split())
        for _ in range(100):
            if reader.do("ask", *cell)[1] == "hit":
                break
        assert reader.do("ask", *cell) == [reader.do("read", *cell), "hit"]
