"""What an actor can do."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from tests.tiles.cache import board
from tiles.cache import changes
from tiles.cache.place import here

_atomics: list[transaction.Atomic] = []


def begin() -> str:
    """Begin a transaction, or a savepoint in it."""
    atomic = transaction.atomic()
    atomic.__enter__()
    _atomics.append(atomic)
    return "begun"


def commit() -> str:
    _atomics.pop().__exit__(None, None, None)
    return "committed"


def rollback() -> str:
    transaction.set_rollback(True)
    _atomics.pop().__exit__(None, None, None)
    return "rolled back"


def write(x: int, y: int, name: str) -> str:
    return board.write((x, y), name)


def ask(x: int, y: int) -> list[str]:
    tile, outcome = board.ask((x, y))
    return [tile.body.decode(), outcome]


def read(x: int, y: int) -> str:
    return board.read((x, y)).decode()


def change(x: int, y: int, name: str) -> str:
    with transaction.atomic():
        return board.write((x, y), name)


def change_many(x: int, y: int, name: str, count: int) -> int:
    for number in range(count):
        change(x, y, f"{name}.{number}")
    return count


def reset(token: str) -> list[str]:
    """Leave whatever a test that failed left open."""
    while _atomics:
        rollback()
    return ["reset", token]


def slow_ask(x: int, y: int, seconds: float) -> list[str]:
    """Ask with a maker whose statement takes its time after its snapshot."""

    def make() -> bytes:
        with connection.cursor() as cursor:
            sql = board.READ.replace("SELECT ", "SELECT pg_sleep(%s)::text || ", 1)
            cursor.execute(sql, [seconds, *board.box_of((x, y))])
            return str(cursor.fetchone()[0]).encode()

    tile, outcome = board.ask((x, y), make=make)
    return [tile.body.decode(), outcome]


def stuck_ask(x: int, y: int) -> list[str]:
    """Ask with a maker that never ends."""

    def make() -> bytes:
        signal.pause()
        return b""

    board.ask((x, y), make=make)
    return []


def write_and_die(x: int, y: int, name: str) -> None:
    """Change and commit, and die before the journal hears of it."""
    changes._clear = lambda journal, position: os.kill(os.getpid(), signal.SIGKILL)
    with transaction.atomic():
        board.write((x, y), name)


def die_before_commit(x: int, y: int, name: str) -> None:
    with transaction.atomic():
        board.write((x, y), name)
        os.kill(os.getpid(), signal.SIGKILL)


def forked_ask(x: int, y: int) -> list[Any]:
    """Ask in this process and in a child forked off it, as a server that loads before it forks does.

    Another thread is at work in the cache at that moment: the child has its lock, and not the thread.
    """
    before = ask(x, y)
    connection.close()
    place = here()
    assert place is not None
    held, forked = threading.Event(), threading.Event()

    def work() -> None:
        with place.index._lock:
            held.set()
            forked.wait()

    thread = threading.Thread(target=work)
    thread.start()
    held.wait()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        place.index.version += 1  # memory alone must not answer
        os.write(writing, "|".join(ask(x, y)).encode())
        os._exit(0)
    forked.set()
    thread.join()
    os.close(writing)
    with open(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return [before, text.split("|")]


_ALL: tuple[Callable[..., Any], ...] = (
    *(begin, commit, rollback, reset, read, write, change, change_many),
    *(ask, slow_ask, stuck_ask, write_and_die, die_before_commit, forked_ask),
)
COMMANDS = {command.__name__: command for command in _ALL}
