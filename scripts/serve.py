"""``make demo`` and ``make serve``: services, migrations, the demonstration, then a web server until Ctrl-C.

One supervisor, no orphans: children lead sessions of their own, so that Ctrl-C reaches this process only and it ends
all in order; where this process is killed outright, the kernel ends them.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from scripts import services
from scripts.account import ServiceError, say

CLONE = services.CLONE
PYTHON = str(CLONE / ".venv" / "bin" / "python")
END_S = 15
READY_S = 60
RESTART_S = 2
PR_SET_PDEATHSIG = 1


class Ended(Exception):
    """A signal asked this process to end."""


def check_port(port: int) -> None:
    """Refuse a port that is taken, before any long work begins."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise ServiceError(f"port {port} needs root; take one above 1023, for example: PORT=8000") from None
        except OSError:
            raise ServiceError(
                f"port {port} is taken by another program; choose another, for example: PORT={port + 1}"
            ) from None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Supervisor:
    """Starts children, starts again what died beside the web server, and ends all of them."""

    environment: Mapping[str, str]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            command,
            cwd=CLONE,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # safe: this process has one thread
        )
        self.children.append(child)
        return child

    def end(self) -> None:
        """Ask every child to end, the last one first, and kill what does not."""
        deadline = time.monotonic() + END_S
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def web_command(port: int) -> list[str]:
    workers = str(max(2, min(8, os.cpu_count() or 1)))
    command = [PYTHON, "-m", "gunicorn", "gisportal.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", workers, "--threads", "4", "--log-level", "warning"]
    command += ["--limit-request-line", "8190"]  # filters of the OGC API are long
    # The heartbeat file must not wait for a disk.
    return [*command, "--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else command  # noqa: S108


def beside_commands(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what runs beside the web server. Without a broker the outbox is looked at by a process of its own."""
    beside = {
        "audit sealer": [PYTHON, "manage.py", "seal_audit"],
        "map outliner": [PYTHON, "manage.py", "generalise", "--watch"],
    }
    if not (environment.get("REDIS_URL") or environment.get("REDIS_URL_FILE")):
        return {**beside, "message relay": [PYTHON, "manage.py", "relay_notices", "--watch"]}
    celery = [PYTHON, "-m", "celery", "--quiet", "-A", "gisportal.celery"]
    # Threads: one process, so that nothing is left behind where it is killed.
    worker = [*celery, "worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle"]
    return {
        **beside,
        "worker": [*worker, "--loglevel", "WARNING"],
        # Its memory is enough: the rounds are short, and a lost one is made up by the next.
        "clock": [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "WARNING"],
    }


def wait_until_ready(web: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise ServiceError(f"the web server ended at once with code {web.returncode}; see above")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers; what is missing /readyz tells
        except OSError:
            time.sleep(0.2)
    raise ServiceError(f"the web server does not answer on port {port} after {READY_S} seconds")


def serve(port: int, environment: Mapping[str, str]) -> int:
    """Serve until a signal comes (0) or the web server dies (1)."""
    check_port(port)
    supervisor = Supervisor(environment)
    beside = beside_commands(environment)
    try:
        running = {name: supervisor.start(command) for name, command in beside.items()}
        web = supervisor.start(web_command(port))
        wait_until_ready(web, port)
        say(f"serving on http://127.0.0.1:{port}/ (Ctrl-C ends it)")
        while True:
            if web.poll() is not None:
                say(f"the web server ended with code {web.returncode}")
                return 1
            for name, child in list(running.items()):
                if child.poll() is not None:
                    say(f"the {name} ended with code {child.returncode}; starting it again")
                    supervisor.children.remove(child)
                    running[name] = supervisor.start(beside[name])
            time.sleep(RESTART_S)
    finally:
        supervisor.end()


def manage(environment: Mapping[str, str], *arguments: str) -> int:
    return subprocess.run([PYTHON, "manage.py", *arguments], cwd=CLONE, env=dict(environment)).returncode


def run(*, demo: bool, serving: bool, port: int) -> int:
    started = services.status(CLONE, quiet=True) != 0
    code = services.up(CLONE)
    if code != 0:
        return code
    environment = services.environment(CLONE)
    environment.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    try:
        code = manage(environment, "migrate", "--database=owner", "--verbosity", "0")
        if code == 0 and demo:
            code = manage(environment, "demo")
        if code != 0 or not serving:
            return code
        return serve(port, environment)
    finally:
        # Where nothing is served the database stays, for the commands that follow; `make stop` ends it.
        if serving and started and not services.external(CLONE):
            services.down(CLONE)


def _end(signum: int, frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the clearing up.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Ended


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the site of this clone.")
    parser.add_argument("--port", default="8000")
    parser.add_argument("--demo", action="store_true", help="load the sample and run the job first")
    parser.add_argument("--serve", default="1", choices=["0", "1"])
    parser.add_argument("--check", action="store_true", help="only tell whether the port is free")
    chosen = parser.parse_args(arguments)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _end)
    try:
        if not chosen.port.isdigit() or not 0 < int(chosen.port) < 65536:
            raise ServiceError(f"PORT must be a number from 1 to 65535; it is {chosen.port!r}")
        if chosen.check:
            check_port(int(chosen.port))
            return 0
        return run(demo=chosen.demo, serving=chosen.serve == "1", port=int(chosen.port))
    except ServiceError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except Ended:
        say("ended")
        return 0


if __name__ == "__main__":
    os.chdir(Path(CLONE))
    sys.exit(main())
