"""Servers to measure: ours and its peers, each in processes of its own, on one database, with the same workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

from django.conf import settings

from .client import Job, Seen

__all__ = ["WORKERS", "Server", "measured", "ours", "running"]

WORKERS = 2
READY_S = 90
END_S = 10


class Server:
    """A server that runs: where it listens, and what memory it and its workers hold."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def memory_mib(self, peak: bool = True) -> float:
        """Return the resident memory of all its processes, MiB: their peaks, or what they hold now."""
        name = "VmHWM" if peak else "VmRSS"
        return sum(_status_kib(pid, name) for pid in _family(self.process.pid)) / 1024


def measured(
    server: Server,
    paths: Sequence[str],
    clients: int = 1,
    seconds: float = 0.0,
    known: bool = False,
    groups: Sequence[str] = (),
) -> Seen:
    """Ask a server from a process of its own, as a browser would that reads compressed answers."""
    job = Job(server.port, list(paths), clients, seconds, {"Accept-Encoding": "gzip"}, known, list(groups))
    done = subprocess.run(
        [sys.executable, "-m", "gisportal.bench.client"],
        cwd=settings.BASE_DIR,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Seen(**json.loads(done.stdout))


@contextmanager
def ours(environment: Mapping[str, str]) -> Iterator[Server]:
    """Run our own server as ``make serve`` does, with the number of workers that the peers have."""
    command = [sys.executable, "-m", "gunicorn", "gisportal.wsgi:application", "--worker-class", "gthread"]
    command += ["--workers", str(WORKERS), "--threads", "8", "--log-level", "warning", "--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    with running([*command, "--bind", "127.0.0.1:{port}"], environment, "/healthz") as server:
        yield server


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], ready: str) -> Iterator[Server]:
    """Run a server until the block ends. ``{port}`` in the command and the environment becomes a free port.

    RuntimeError, with what it said, where it does not answer.
    """
    port = _free_port()
    filled = [part.replace("{port}", str(port)) for part in command]
    values = {name: value.replace("{port}", str(port)) for name, value in environment.items()}
    with TemporaryFile("w+b") as said:
        process = subprocess.Popen(  # noqa: S603  commands of this module
            filled,
            cwd=settings.BASE_DIR,
            env=values,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            if not _answers(process, port, ready):
                said.seek(0)
                raise RuntimeError(f"{filled[0]} does not answer: {said.read().decode(errors='replace')[-2000:]}")
            yield Server(process, port)
        finally:
            _end(process)


def _answers(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.2)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(END_S)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    found = [pid]
    for known in found:
        try:
            found += [int(child) for child in Path(f"/proc/{known}/task/{known}/children").read_text().split()]
        except OSError:
            continue
    return found


def _status_kib(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
