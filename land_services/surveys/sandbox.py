"""The parent's side of reading a survey file: start the confined child, feed it the file, take a bounded answer.

Nothing is written to disk: the child gets the open file as its stdin and reads it once, so that what is hashed is what
is read, and nothing can be left behind.
"""

from __future__ import annotations

import compileall
import functools
import json
import logging
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits

logger = logging.getLogger(__name__)
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


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
    _compile_readers()
    settings = {**settings, "root": str(ROOT), "parent": os.getpid(), "limits": limits.to_json()}
    return run_confined([sys.executable, "-I", "-B", str(HERE / "child.py"), json.dumps(settings)], file, limits)


def run_confined(command: list[str], file: BinaryIO, limits: Limits) -> bytes:
    """Return what a child that confines itself answers to a file on its stdin, within the time and size allowed."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the settings are data
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "EZDXF_DISABLE_CONFIG": "1"},
        start_new_session=True,
    )
    try:
        answer = _drain(process, limits)
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        raise refusal("SRV-04", "time", limit=int(limits.wall_s)) from None
    finally:
        _end(process)
    if code != 0 or not answer:
        raise _why_it_fell(code, limits)
    return answer


@functools.cache
def _compile_readers() -> None:
    """Write the readers' byte code: the child may not write, and compiling each time would double its start."""
    compileall.compile_dir(HERE, maxlevels=0, quiet=2)


def _drain(process: subprocess.Popen[bytes], limits: Limits) -> bytes:
    """Read the child's stdout to its end, within the time and the size allowed."""
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    deadline = time.monotonic() + limits.wall_s
    chunks: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise refusal("SRV-04", "time", limit=int(limits.wall_s))
            chunk = os.read(process.stdout.fileno(), 1 << 20)
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
