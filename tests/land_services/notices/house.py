"""A whole house for tests that kill: a mail server, a broker, a worker and a clock as ``make serve`` starts them.

Each is a real process, or a real server in a thread of the test; the database is the one of the test.
"""

from __future__ import annotations

import asyncio
import email
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from gisportal.settings import env
from scripts import serve
from scripts.account import Account
from scripts.broker import Broker
from tests import databases

logging.getLogger("mail.log").setLevel(logging.WARNING)  # it tells of every line
ROOT = Path(__file__).resolve().parents[3]


class MailServer:
    """Takes every mail and counts the copies of each Message-ID. ``before_answer`` is called once a mail is taken."""

    def __init__(self) -> None:
        self.copies: Counter[str] = Counter()
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.before_answer: Callable[[], None] | None = None
        self.delay_s = 0.0
        self._lock = threading.Lock()
        with socket.socket() as probe:  # its controller cannot be told to choose one
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay_s)
        mail = email.message_from_bytes(envelope.original_content or b"")
        with self._lock:
            self.copies[str(mail["Message-ID"])] += 1
            self.times[str(mail["Message-ID"])].append(time.monotonic())
            act, self.before_answer = self.before_answer, None
        if act is not None:
            act()
        return "250 taken"

    def start(self) -> str:
        self.controller.start()
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.controller.stop(no_assert=True)  # it may not have been started


class House:
    """Starts, kills and starts again; what it starts, it ends."""

    def __init__(self, log: Path) -> None:
        self.mail = MailServer()
        self.state = Path(tempfile.mkdtemp(prefix="gp-"))
        self.state.chmod(0o755)
        self.broker = Broker(self.state, Account.current())
        self.log = log
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}
        self.kills: list[float] = []

    def open(self) -> None:
        address = self.mail.start()
        self.broker.start()
        self.environment = env.with_values(
            **databases.database(databases.worker_name()).environment(),
            REDIS_URL=self.broker.url(),
            EMAIL_URL=address,
            NOTICES_POLL_S="1",
            LOG_LEVEL="WARNING",
        )
        for name in ("worker", "clock"):
            self.start(name)

    def close(self) -> None:
        for child in self.running.values():
            child.kill()
            child.wait()
        self.broker.stop()
        self.mail.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def start(self, name: str) -> None:
        command = [sys.executable, *serve.beside_commands(self.environment)[name][1:]]
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """End one at once, as a power cut would."""
        self.kills.append(time.monotonic())
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def kill_worker_now(self) -> None:
        """End the worker without waiting for it: the mail server calls this before it answers."""
        self.kills.append(time.monotonic())
        self.running["worker"].send_signal(signal.SIGKILL)

    def kill_broker(self) -> None:
        self.kills.append(time.monotonic())
        for pid in self.broker.processes():
            os.kill(pid, signal.SIGKILL)

    def mend(self) -> None:
        """Start again what does not run."""
        if not self.broker.is_ready():
            self.broker.start()
        for name, child in self.running.items():
            if child.poll() is not None:
                self.start(name)


def until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} after {seconds} s"
        time.sleep(0.05)
