"""The parent's side of reading a stranger's file: feed it to a confined child, take a bounded answer.

Nothing is written to disk: the child gets the open file as its stdin and reads it once, so that what is hashed is what
is read, and nothing can be left behind. Survey files go to a child of the process that waits for them
(``standby.py``); ``run_confined`` starts any other command that confines itself.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any, BinaryIO

from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.standby import CLEAN, NoReaderError, ask

logger = logging.getLogger(__name__)


def open_regular(path: Path, limits: Limits) -> BinaryIO:
    """Open a file for reading if it is a regular file of acceptable size; raise a refusal (SRV-01) otherwise."""
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to must not hang the web process.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise refusal("SRV-01", "missing", name=str(path)[-120:]) from None
    except OSError:
        raise refusal("SRV-01", "no_access", name=str(path)[-120:]) from None
    status = os.fstat(descriptor)
    fault = None
    if not stat.S_ISREG(status.st_mode):
        fault = refusal("SRV-01", "not_a_file", name=path.name)
    elif status.st_size == 0:
        fault = refusal("SRV-01", "empty")
    elif status.st_size > limits.file_bytes:
        fault = refusal("SRV-01", "too_large", limit=limits.file_bytes // 2**20, size=-(-status.st_size // 2**20))
    if fault is not None:
        os.close(descriptor)
        raise fault
    return os.fdopen(descriptor, "rb", buffering=0)


def run_child(file: BinaryIO, settings: dict[str, Any], limits: Limits) -> bytes:
    """Return the child's answer (JSON); raise a refusal where it was stopped at a limit or fell over."""
    request = json.dumps({**settings, "limits": limits.to_json()}).encode()
    deadline = time.monotonic() + limits.wall_s
    try:
        with ask(request, file, deadline) as reading:
            answer = _drain(reading.answer, deadline, limits)
            code = reading.code(deadline)
    except TimeoutError:
        raise refusal("SRV-04", "time", limit=int(limits.wall_s)) from None
    except NoReaderError as error:
        logger.error("no survey reader: %s", error)
        raise refusal("SRV-04", "crashed", code=1) from None
    if code != 0 or not answer:
        raise _why_it_fell(code, limits)
    return answer


def run_confined(command: list[str], file: BinaryIO, limits: Limits) -> bytes:
    """Return what a child that confines itself answers to a file on its stdin, within the time and size allowed."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the settings are data
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=CLEAN,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    try:
        answer = _drain(process.stdout.fileno(), time.monotonic() + limits.wall_s, limits)
        code = process.wait(timeout=5)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise refusal("SRV-04", "time", limit=int(limits.wall_s)) from None
    finally:
        _end(process)
    if code != 0 or not answer:
        raise _why_it_fell(code, limits)
    return answer


def _drain(answer: int, deadline: float, limits: Limits) -> bytes:
    """Read a child's answer to its end; raise ``TimeoutError`` after the deadline, a refusal above the size allowed."""
    chunks: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(answer, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            chunk = os.read(answer, 1 << 20)
            if not chunk:
                return b"".join(chunks)
            size += len(chunk)
            if size > limits.output_bytes:
                raise refusal("SRV-04", "output")
            chunks.append(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _why_it_fell(code: int, limits: Limits) -> Exception:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return refusal("SRV-04", "time", limit=limits.cpu_s)
    logger.error("survey reader ended with code %s", code)
    return refusal("SRV-04", "crashed", code=code)
