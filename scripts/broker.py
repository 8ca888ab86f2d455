"""A private Redis for the jobs of one clone: on a free port of 127.0.0.1, with a password, keeping nothing on disk.

What must not be lost stands in the database, so this one may be killed and started empty at any time.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import socket
import time
from pathlib import Path

from scripts.account import Account, ServiceError, make_private, write_private
from scripts.cluster import PORT_TRIES, PORTS, port_is_free

SERVER = Path("/usr/bin/redis-server")
START_S, STOP_S = 20, 10
MEMORY_MB = 64


def configuration(folder: Path, port: int, password: str) -> str:
    """Return the configuration; the password stands here only, in a file of mode 0600, never in a command line."""
    lines = {
        "bind": "127.0.0.1",
        "port": str(port),
        "protected-mode": "yes",
        "requirepass": password,
        "daemonize": "yes",
        "pidfile": f"{folder}/redis.pid",
        "logfile": f"{folder}/redis.log",
        "dir": str(folder),
        "save": '""',
        "appendonly": "no",
        "maxmemory": f"{MEMORY_MB}mb",
        # Only what has an end of its own may go: kept values, never a job.
        "maxmemory-policy": "volatile-lru",
        "databases": "2",
        "enable-debug-command": "no",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


class Broker:
    """The Redis server in one folder of state."""

    def __init__(self, state: Path, account: Account) -> None:
        self.folder = state / "redis"
        self.account = account
        self.file = self.folder / "redis.conf"

    def setting(self, name: str) -> str:
        """Return a setting of the last start; "" where there is none."""
        try:
            text = self.file.read_text(encoding="utf-8")
        except OSError:
            return ""
        match = re.search(rf"^{name} (.+)$", text, re.MULTILINE)
        return match[1] if match else ""

    def port(self) -> int | None:
        port = self.setting("port")
        return int(port) if port.isdigit() else None

    def processes(self) -> list[int]:
        """Return the servers that have this very folder as their own."""
        found = []
        wanted = self.folder.resolve()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if (entry / "cwd").readlink() == wanted:
                        found.append(int(entry.name))
        return found

    def is_ready(self) -> bool:
        """Tell whether our server runs and answers to our password."""
        port = self.port()
        if port is None or not self.processes():
            return False
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
                line.sendall(f"AUTH {self.setting('requirepass')}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2:
                    more = line.recv(256)
                    if not more:
                        return False
                    said += more
        except OSError:
            return False
        return said == b"+OK\r\n+PONG\r\n"

    def start(self) -> None:
        """Start it on the port it had, or on another free one; return when it answers."""
        if not SERVER.is_file():
            raise ServiceError("Redis is missing: run `make setup`")
        make_private(self.folder, self.account)
        self.stop()
        last, password = self.port(), self.setting("requirepass") or secrets.token_urlsafe(32)
        tries = ([last] if last else []) + [secrets.choice(PORTS) for _ in range(PORT_TRIES)]
        for port in tries:
            if port_is_free(port) and self.try_start(port, password):
                return
        raise ServiceError(f"Redis found no free port in {len(tries)} tries; see {self.folder / 'redis.log'}")

    def try_start(self, port: int, password: str) -> bool:
        """Start on this port; False when another process took it meanwhile."""
        write_private(self.file, configuration(self.folder, port, password), self.account)
        (self.folder / "redis.log").unlink(missing_ok=True)
        done = self.account.run(SERVER, self.file)
        deadline = time.monotonic() + START_S
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.is_ready():
                return True
            if not self.processes():
                break
            time.sleep(0.05)
        self.stop()
        with contextlib.suppress(OSError):
            said = (self.folder / "redis.log").read_text(encoding="utf-8", errors="replace")
            if "Address already in use" not in said and said:
                raise ServiceError(f"Redis does not start: {said[-1000:].strip()}")
        if done.returncode != 0 and done.stderr:
            raise ServiceError(f"Redis does not start: {done.stderr.strip()[-1000:]}")
        return False

    def stop(self) -> bool:
        """Stop it; True when it was running. Nothing that it holds is missed."""
        running = self.processes()
        for signum in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signum)
            deadline = time.monotonic() + STOP_S
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.05)
        if self.processes():
            raise ServiceError(f"Redis in {self.folder} does not stop: {self.processes()}")
        return bool(running)

    def url(self) -> str:
        return f"redis://:{self.setting('requirepass')}@127.0.0.1:{self.port()}/0"
