"""A private PostgreSQL 15 + PostGIS cluster: made whole or not at all, started on a free port, mended after a crash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import time
from pathlib import Path
from urllib.parse import quote

from scripts.account import PG_BIN, Account, ServiceError, make_private, say, write_private

SQL = Path(__file__).resolve().parent / "sql"
DATABASE = "gisportal"
OWNER, APP, SUPERUSER = "gisportal_owner", "gisportal_app", "postgres"
# Below the ephemeral ports (32768-60999), which outgoing connections take at any time.
PORTS = range(20_000, 32_000)
PORT_TRIES = 8
START_S, STOP_S = 120, 60
LOG_KEPT_BYTES = 20_000_000
MIB = 1024 * 1024
NEEDED_MIB = 600
SCRIPTS = ("roles.sql", "template.sql", "database.sql")


def memory_bytes() -> int:
    """Return the memory this machine, or the container it is, may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int((Path("/sys/fs/cgroup") / name).read_text()))
    return total


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def configuration(port: int, sockets: Path) -> str:
    """Return the settings for this machine. Durability stays on: the register must survive a power cut."""
    memory = memory_bytes() // MIB
    cores = os.cpu_count() or 1
    lines = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": f"'{sockets}'",
        "unix_socket_permissions": "0700",
        "password_encryption": "'scram-sha-256'",
        "max_connections": "120",
        "shared_buffers": f"{clamp(memory // 8, 64, 2048)}MB",
        "effective_cache_size": f"{clamp(memory // 2, 128, 65536)}MB",
        "maintenance_work_mem": f"{clamp(memory // 32, 32, 512)}MB",
        "work_mem": f"{clamp(memory // 512, 4, 32)}MB",
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(clamp(cores // 2, 0, 4)),
        "max_locks_per_transaction": "512",
        "track_commit_timestamp": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_compression": "lz4",
        "min_wal_size": "160MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "log_lock_waits": "on",
        "log_checkpoints": "off",
    }
    # Parallel query asks for shared memory there, and containers often give 64 MB of it.
    shm = Path("/dev/shm")  # noqa: S108  looked at, nothing is written there
    if not shm.is_dir() or shutil.disk_usage(shm).total < 512 * MIB:
        lines["dynamic_shared_memory_type"] = "mmap"
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Cluster:
    """The PostgreSQL cluster in one folder of state."""

    def __init__(self, state: Path, account: Account) -> None:
        self.state = state
        self.account = account
        self.data = state / "pg"
        self.sockets = state / "run"
        self.log = state / "postgresql.log"
        self.passwords = state / "passwords.json"
        self.stamp = state / "provisioned"

    # processes

    def processes(self) -> list[int]:
        """Return the processes that have the data folder as their own: the postmaster and what it left behind."""
        found = []
        wanted = self.data.resolve()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if (entry / "cwd").readlink() == wanted:
                        found.append(int(entry.name))
        return found

    def pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def postmaster(self) -> int | None:
        """Return the process id of the running postmaster of this very folder, or None."""
        lines = self.pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        return pid if pid in self.processes() else None

    def port(self) -> int | None:
        lines = self.pid_file()
        return int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else None

    def is_ready(self) -> bool:
        port = self.port()
        if self.postmaster() is None or port is None:
            return False
        where = ("-h", self.sockets, "-p", port, "-d", "postgres")
        return self.account.run(PG_BIN / "pg_isready", "-q", *where).returncode == 0

    def pg_ctl(self, action: str, *options: str | Path | int) -> bool:
        return self.account.run(PG_BIN / "pg_ctl", action, "-D", self.data, "-w", "-s", *options).returncode == 0

    # making

    def create(self) -> None:
        """Make the cluster in a folder aside and rename it when it is whole, so that a half-made one never counts."""
        if self.data.is_dir():
            return
        free = shutil.disk_usage(self.state).free
        if free < NEEDED_MIB * MIB:
            raise ServiceError(f"only {free // MIB} MiB are free under {self.state}; the database needs {NEEDED_MIB}")
        if not (PG_BIN / "initdb").is_file():
            raise ServiceError("PostgreSQL 15 is missing: run `make setup`")
        say("database: making a private PostgreSQL cluster")
        new = self.state / "pg.new"
        shutil.rmtree(new, ignore_errors=True)
        self.stamp.unlink(missing_ok=True)
        names = (SUPERUSER, OWNER, APP)
        words = {name: secrets.token_urlsafe(32) for name in names}
        write_private(self.passwords, json.dumps(words), self.account)
        password_file = self.state / "superuser.new"
        write_private(password_file, words[SUPERUSER], self.account)
        shape = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
        where = ("-D", new, "-U", SUPERUSER, f"--pwfile={password_file}")
        done = self.account.run(PG_BIN / "initdb", *where, *shape)
        password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise ServiceError(f"initdb failed: {done.stderr.strip()}")
        with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include 'gisportal.conf'\n")
        new.rename(self.data)

    # starting

    def start(self) -> None:
        """Start the cluster on the port it had, or on another free one; return when it answers."""
        if self.postmaster() is not None and self.wait_until_ready():
            return  # it was still recovering
        make_private(self.sockets, self.account)
        self.clear_leftovers()
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        last = self.last_port()
        tries = ([last] if last else []) + [secrets.choice(PORTS) for _ in range(PORT_TRIES)]
        for port in tries:
            if port_is_free(port) and self.try_start(port):
                return
        raise ServiceError(f"the database found no free port in {len(tries)} tries; see {self.log}")

    def wait_until_ready(self) -> bool:
        """Wait for a postmaster that runs but does not answer yet; False when it ends or takes too long."""
        deadline = time.monotonic() + START_S
        while self.postmaster() is not None and time.monotonic() < deadline:
            if self.is_ready():
                return True
            time.sleep(0.2)
        return False

    def last_port(self) -> int | None:
        try:
            match = re.search(r"^port = (\d+)$", (self.data / "gisportal.conf").read_text(), re.MULTILINE)
        except OSError:
            return None
        return int(match[1]) if match else None

    def try_start(self, port: int) -> bool:
        """Start on this port; False when another process took it meanwhile."""
        write_private(self.data / "gisportal.conf", configuration(port, self.sockets), self.account)
        before = self.log.stat().st_size if self.log.exists() else 0
        if self.pg_ctl("start", "-l", self.log, "-t", START_S):
            return True
        with self.log.open(encoding="utf-8", errors="replace") as file:
            file.seek(before)
            said = file.read()
        if "could not create any TCP/IP sockets" in said or "could not bind" in said:
            return False
        raise ServiceError(f"the database does not start; the end of {self.log}:\n{said[-2000:].strip()}")

    def clear_leftovers(self) -> None:
        """After kill -9 or a power cut: wait for orphaned backends, then drop a lock file that names a stranger.

        PostgreSQL itself refuses to start while ``postmaster.pid`` names any living process of the same user, also one
        that merely got the number again after a reboot; that no process works in the data folder is checked first.
        """
        deadline = time.monotonic() + 20
        while self.processes():
            if time.monotonic() > deadline:
                for pid in self.processes():
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGQUIT)
                time.sleep(1)
                if self.processes():
                    raise ServiceError(f"processes of an earlier run still hold {self.data}: {self.processes()}")
            time.sleep(0.2)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.sockets.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def stop(self) -> bool:
        """Stop the cluster; True when it was running. Open transactions are rolled back."""
        if self.postmaster() is None:
            return False
        for mode in ("fast", "immediate"):
            if self.pg_ctl("stop", "-m", mode, "-t", STOP_S) or self.postmaster() is None:
                return True
        raise ServiceError(f"the database in {self.data} does not stop; see {self.log}")

    # roles, template, database

    def words(self) -> dict[str, str]:
        return {str(name): str(word) for name, word in json.loads(self.passwords.read_text()).items()}

    def provision(self) -> None:
        """Make roles, template and database where they are missing or their scripts changed; safe after any crash."""
        scripts = {name: (SQL / name).read_text(encoding="utf-8") for name in SCRIPTS}
        wanted = hashlib.sha256("".join([*scripts.values(), self.passwords.read_text()]).encode()).hexdigest()
        if self.stamp.exists() and self.stamp.read_text() == wanted:
            return
        say("database: making roles, template and database")
        words, port = self.words(), self.port()
        if port is None:
            raise ServiceError("the database stopped while it was being set up")
        extra = {
            "PGPASSWORD": words[SUPERUSER],
            "GISPORTAL_OWNER_PASSWORD": words[OWNER],
            "GISPORTAL_APP_PASSWORD": words[APP],
            "PGOPTIONS": "-c client_min_messages=warning",
        }
        for name, text in scripts.items():
            where = ("-h", self.sockets, "-p", port, "-U", SUPERUSER, "-d", "postgres")
            done = self.account.run(PG_BIN / "psql", "-XqAt", *where, extra=extra, stdin=text)
            if done.returncode != 0:
                raise ServiceError(f"{name} failed: {done.stderr.strip()}")
        write_private(self.stamp, wanted, self.account)

    def urls(self) -> dict[str, str]:
        words = self.words()
        where = f"127.0.0.1:{self.port()}/{DATABASE}"
        return {
            "DATABASE_URL": f"postgresql://{APP}:{quote(words[APP], safe='')}@{where}",
            "DATABASE_OWNER_URL": f"postgresql://{OWNER}:{quote(words[OWNER], safe='')}@{where}",
        }
