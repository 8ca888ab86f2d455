"""A whole municipality for tests that kill: database cluster, broker, web server, worker, clock and sealer.

Each is a real process, started as ``make serve`` starts it; the cluster is this test's own, so that its postmaster may
be killed. A mail server and another system's receiver of webhooks run in threads of the test.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from gisportal.settings import env
from scripts import serve
from scripts.account import make_private
from scripts.cluster import PORTS, SUPERUSER, Cluster, port_is_free
from tests.land_services.notices.house import ROOT, House, until

READY_S = 90


class Receiver:
    """Another system: takes webhooks, counts the copies of each id, and compares their bodies."""

    def __init__(self) -> None:
        self.copies: Counter[str] = Counter()
        self.bodies: dict[str, bytes] = {}
        self.unlike: list[str] = []
        outer, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                uid = str(self.headers["webhook-id"])
                with lock:
                    outer.copies[uid] += 1
                    if outer.bodies.setdefault(uid, body) != body:
                        outer.unlike.append(uid)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None: ...  # a caller that was killed hangs up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Municipality(House):
    """The house of the outbox's tests, with a cluster of its own, a web server, a sealer and somebody to call."""

    BESIDE = ("worker", "clock", "audit sealer")
    KINDS = (
        "web worker",
        "web worker",
        "web master",
        "web",
        "worker",
        "worker",
        "clock",
        "audit sealer",
        "broker",
        "session",
        "sessions",
        "postmaster",
        "shutdown",
    )

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "log")
        self.media = folder / "media"
        self.cluster = Cluster(make_private(self.state / "db", self.broker.account), self.broker.account)
        self.other = Receiver()
        self.port = next(port for port in random.sample(PORTS, 50) if port_is_free(port))
        self.chance = random.Random(20261129)
        self.done: Counter[str] = Counter()

    # Opening and closing

    def make_database(self) -> None:
        self.cluster.create()
        self.cluster.start()
        self.cluster.provision()

    @contextlib.contextmanager
    def used_by_this_process(self) -> Iterator[None]:
        """Let Django in this process use our cluster and files, as each of our processes does."""
        urls, before = self.cluster.urls(), {alias: dict(settings.DATABASES[alias]) for alias in connections}
        for alias, url in (("default", urls["DATABASE_URL"]), ("owner", urls["DATABASE_OWNER_URL"])):
            connections[alias].close()
            parts = psycopg2.extensions.parse_dsn(url)
            named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
            _set(alias, {ours: parts[theirs] for ours, theirs in named.items()})
        try:
            tiles = self.media.parent / "tiles"
            with override_settings(MEDIA_ROOT=self.media, TILES_CACHE_DIR=tiles, WEBHOOK_HOSTS=[self.other.address]):
                yield
        finally:
            for alias, values in before.items():
                connections[alias].close()
                _set(alias, values)

    def migrate(self) -> None:
        call_command("migrate", database="owner", verbosity=0, interactive=False)

    def open(self) -> None:
        address = self.mail.start()
        self.broker.start()
        self.environment = env.with_values(
            **self.cluster.urls(),
            REDIS_URL=self.broker.url(),
            EMAIL_URL=address,
            NOTICES_POLL_S="1",
            LOG_LEVEL="WARNING",
            MEDIA_ROOT=str(self.media),
            TILES_CACHE_DIR=str(self.media.parent / "tiles"),
            API_PER_MINUTE="1000000",
            API_BURST="1000000",
            WEBHOOK_HOSTS=self.other.address,
            PUBLIC_URL=f"http://127.0.0.1:{self.port}",
        )
        for name in ("web", *self.BESIDE):
            self.start(name)
        until(self.is_served, READY_S, "served")

    def close(self) -> None:
        for child in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        self.other.stop()
        self.cluster.stop()
        super().close()

    def start(self, name: str) -> None:
        command = serve.web_command(self.port) if name == "web" else serve.beside_commands(self.environment)[name]
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def is_served(self) -> bool:
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError as error:
            return error.code == 503
        except OSError:
            return False

    # Killing

    def strike(self, kind: str) -> None:
        """Kill one of a kind at once; what is not there any more is not killed twice."""
        self.kills.append(time.monotonic())
        with contextlib.suppress(ProcessLookupError, psycopg2.Error):
            self._strike(kind)
            self.done[kind] += 1

    def _strike(self, kind: str) -> None:
        match kind:
            case "web worker":
                workers = self._children(self.running["web"].pid)
                if not workers:
                    raise ProcessLookupError
                os.kill(self.chance.choice(workers), signal.SIGKILL)
            case "web":
                os.killpg(self.running["web"].pid, signal.SIGKILL)
                self.running["web"].wait()
            case "broker":
                self.kill_broker()
            case "session" | "sessions":
                self._cut(1 if kind == "session" else 1000)
            case "postmaster":
                os.kill(self.cluster.postmaster() or _gone(), signal.SIGKILL)
            case "shutdown":
                self.cluster.pg_ctl("stop", "-m", "immediate", "-t", 60)
            case name:
                child = self.running["web" if name == "web master" else name]
                child.send_signal(signal.SIGKILL)
                child.wait()

    def _children(self, pid: int) -> list[int]:
        with contextlib.suppress(OSError):
            return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def _cut(self, at_most: int) -> None:
        """End sessions of the application's role, those at work first."""
        with contextlib.closing(self._superuser()) as session, session.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE usename = %s"
                " AND client_addr IS NOT NULL ORDER BY state = 'idle', random() LIMIT %s) s",
                ["gisportal_app", at_most],
            )

    def _superuser(self) -> Any:
        words = self.cluster.words()
        session = psycopg2.connect(
            host="127.0.0.1", port=self.cluster.port(), user=SUPERUSER, password=words[SUPERUSER], dbname="postgres"
        )
        session.autocommit = True
        return session

    def mend(self) -> None:
        """Start again what does not run, as whoever runs the house would."""
        if not self.cluster.is_ready():
            self.cluster.start()
        super().mend()

    # What is kept on the disk

    def files(self) -> dict[str, str]:
        """Return every kept file with the hash of its content."""
        found = (path for path in self.media.rglob("*") if path.is_file())
        return {str(path.relative_to(self.media)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    def told(self) -> dict[str, Any]:
        return {"kills": len(self.kills), **dict(sorted(self.done.items()))}

    def end_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] + json.dumps(self.told())


def _set(alias: str, values: dict[str, Any]) -> None:
    settings.DATABASES[alias].update(values)
    connections[alias].settings_dict.update(values)


def _gone() -> int:
    raise ProcessLookupError
