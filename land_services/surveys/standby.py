"""The process that has the readers of survey files loaded and forks one for each file (``child.py``).

To start an interpreter with its readers takes a third of a second, to fork one that has them a few milliseconds. Each
process that reads survey files has its own, started with the first file: it ends with that process, or when nothing
was asked of it for a while, and it is started again where it is gone. It knows nothing of the process that started it:
no environment, no memory, no descriptor but its end of the line.
"""

from __future__ import annotations

import compileall
import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

__all__ = ["CLEAN", "NoReaderError", "Reading", "ask"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IDLE_S = 900.0
"""How long it waits for the next file before it ends: it holds some 60 MB."""
CLEAN: Final = MappingProxyType(
    {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "EZDXF_DISABLE_CONFIG": "1"}
)
"""The whole environment of a confined process."""


class NoReaderError(Exception):
    """No process took the request, twice."""


@dataclass(frozen=True)
class Reading:
    """A child at work: what it answers, and how it ended."""

    answer: int
    _status: socket.socket

    def code(self, deadline: float) -> int:
        """Return the child's exit code, negative for a signal; raise ``TimeoutError`` if it ends after ``deadline``."""
        _wait_for(self._status, deadline)
        try:
            told = self._status.recv(16)
        except ConnectionResetError:
            told = b""
        return int(told) if told else -signal.SIGHUP  # the waiting process died, and the child with it


@contextmanager
def ask(request: bytes, file: BinaryIO, deadline: float) -> Iterator[Reading]:
    """Have a child read ``file``; it is killed if it still runs when the block is left.

    ``deadline`` is of ``time.monotonic()``. Raises ``TimeoutError`` where the child was not started by then, and
    ``NoReaderError`` where none could be.
    """
    for attempt in (1, 2):
        answer, answers = os.pipe()
        status, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with status:
                try:
                    with told:
                        _STANDBY.send(request, [file.fileno(), answers, told.fileno()])
                finally:
                    os.close(answers)
                child = _child_of(status, deadline)
                if child is None and attempt == 1:
                    continue
                if child is None:
                    raise NoReaderError("the process that waits for files does not start a reader")
                try:
                    yield Reading(answer, status)
                finally:
                    with suppress(ProcessLookupError):
                        signal.pidfd_send_signal(child, signal.SIGKILL)
                    os.close(child)
                return
        finally:
            os.close(answer)


def _child_of(status: socket.socket, deadline: float) -> int | None:
    """Return a handle on the child that took the request, None where the line was closed instead."""
    _wait_for(status, deadline)
    try:
        message, handles, _, _ = socket.recv_fds(status, 16, 1)
    except ConnectionResetError:
        return None
    return handles[0] if message and handles else None


def _wait_for(line: socket.socket, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TimeoutError


class _Standby:
    """The process of this process, whichever thread asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def send(self, request: bytes, descriptors: list[int]) -> None:
        """Hand over a request, starting the process where there is none or its line is closed."""
        with self._lock:
            if self._line is not None:
                try:
                    socket.send_fds(self._line, [request], descriptors)
                    return
                except OSError:
                    self._end()
            self._line = self._start()
            socket.send_fds(self._line, [request], descriptors)

    def _start(self) -> socket.socket:
        _compile_readers()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = json.dumps({"root": str(ROOT), "parent": os.getpid(), "idle_s": IDLE_S})
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the settings are data
                [sys.executable, "-I", "-B", str(HERE / "child.py"), settings],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=CLEAN,
                start_new_session=True,
            )
        return ours

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None

    def forget(self) -> None:
        """Leave the process to the process that this one was forked from."""
        if self._line is not None:
            self._line.close()
        self._lock = threading.Lock()
        if self._process is not None:
            self._process.returncode = 0  # it is no child of ours: never wait for it
        self._line = self._process = None


@functools.cache
def _compile_readers() -> None:
    """Write the readers' byte code: the process may not write, and compiling each time would double its start."""
    compileall.compile_dir(HERE, maxlevels=0, quiet=2)


_STANDBY = _Standby()
os.register_at_fork(after_in_child=_STANDBY.forget)
