"""The supervisor of ``make serve``: no port is taken by force, no child outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import serve
from scripts.account import ServiceError

ROOT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServiceError, match=f"port {port} is taken.*PORT={port + 1}"):
            serve.check_port(port)


def test_messages_are_delivered_with_a_broker_and_without() -> None:
    with_broker = serve.beside_commands({"REDIS_URL": "redis://127.0.0.1"})
    assert {"worker", "clock"} <= with_broker.keys() and "message relay" not in with_broker
    for nothing in ({}, {"REDIS_URL": ""}):
        without = serve.beside_commands(nothing)
        assert without["message relay"][-2:] == ["relay_notices", "--watch"] and "worker" not in without


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.serve", "--check", f"--port={port}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "PORT must be a number" in done.stderr


def test_children_are_ended_and_those_that_do_not_listen_are_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "END_S", 1)
    supervisor = serve.Supervisor(os.environ)
    meek = supervisor.start(["sleep", "100"])
    deaf = supervisor.start(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
    time.sleep(0.3)
    supervisor.end()
    assert meek.returncode == -signal.SIGTERM
    assert deaf.returncode == -signal.SIGKILL


def test_no_child_outlives_a_supervisor_that_was_killed() -> None:
    code = (
        "import os, time; from scripts import serve\n"
        "child = serve.Supervisor(os.environ).start(['sleep', '100'])\n"
        "print(child.pid, flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    assert until(lambda: not alive(child))
