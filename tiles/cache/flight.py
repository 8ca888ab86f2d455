"""One maker for one tile, among all threads and processes of the machine."""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["WAIT_S", "sole_maker"]

WAIT_S: Final = 6.0
"""How long one waits for another's tile before making one's own; a little longer than a tile's query may run."""

_FLOCK: Final = struct.Struct("@hhqqi")  # struct flock of Linux on 64 bits; the last number is 0 for these locks


@contextmanager
def sole_maker(path: Path, number: int, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lock ``number`` (0 to 2**62) of the file.

    The lock is a byte far behind the end of the file, so that no two tiles share one. It belongs to the opened file
    (OFD lock): threads exclude one another as processes do, and it goes with a process that dies. Who has waited for
    ``wait_s`` goes on without it: two makers cost time, and nothing else.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    except OSError:
        yield
        return
    got = False
    try:
        got = _try(fd, number)
        pause, until = 0.001, time.monotonic() + wait_s
        while not got and time.monotonic() < until:
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
            got = _try(fd, number)
        yield
    finally:
        if got:  # said, not left to closing: a child of this process may hold the file open
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, number, 1, 0))
        os.close(fd)


def _try(fd: int, number: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0))
    except (BlockingIOError, PermissionError):
        return False
    return True
