"""Private services of one clone: a PostgreSQL 15 + PostGIS cluster of its own, started, stopped and described here.

``python3 scripts/services.py up|down|status|env|forget``; the standard library only, because it runs before anything is
installed. State lives in ``.local/services``, or in ``/var/lib/gisportal/<hash of the clone>`` where that folder cannot
serve (the database's user cannot reach it, the socket's path would be too long, the file system keeps no owners).
Where ``DATABASE_URL`` is in the environment, that database is used and nothing is started.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import grp
import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

CLONE = Path(__file__).resolve().parent.parent
SQL = CLONE / "scripts" / "sql"
PG_BIN = Path("/usr/lib/postgresql/15/bin")
SYSTEM_USER = "gisportal"
SHARED_STATE = Path("/var/lib/gisportal")
DATABASE = "gisportal"
OWNER, APP, SUPERUSER = "gisportal_owner", "gisportal_app", "postgres"
# sun_path holds 108 bytes with the closing zero; the socket's own name takes 15 of them.
LONGEST_SOCKET_FOLDER = 88
# Below the ephemeral ports (32768-60999), which outgoing connections take at any time.
PORTS = range(20_000, 32_000)
PORT_TRIES = 8
START_S, STOP_S = 120, 60
LOG_KEPT_BYTES = 20_000_000
MIB = 1024 * 1024


class ServiceError(Exception):
    """A service cannot be started or stopped; the message says what a person can do about it."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# Who runs the database, and where it lives --------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """The system account that PostgreSQL runs as; it refuses to run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def current(cls) -> Account:
        """Return the caller, or for root the system user ``gisportal``, made where it is missing."""
        if os.geteuid() != 0:
            return cls(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid())
        with contextlib.suppress(KeyError):
            return cls._named(SYSTEM_USER)
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SHARED_STATE)]
        done = subprocess.run(
            [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        try:
            return cls._named(SYSTEM_USER)  # another run may have been faster
        except KeyError:
            raise ServiceError(f"cannot create the system user {SYSTEM_USER}: {done.stderr.strip()}") from None

    @classmethod
    def _named(cls, name: str) -> Account:
        entry = pwd.getpwnam(name)
        return cls(name, entry.pw_uid, entry.pw_gid)

    def run(
        self, command: Sequence[str | Path], *, extra: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in ``/``, and return it with its output; it is the caller who judges it."""
        identity: dict[str, object] = {}
        if os.geteuid() == 0:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        kept = {"PATH": f"{PG_BIN}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/", "TZ": "UTC"}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [str(part) for part in command],
            cwd="/",
            env={**kept, **(extra or {})},
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            umask=0o077,
            **identity,
        )


def make_private(path: Path, account: Account) -> Path:
    """Make a folder that only the account may enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Replace a file at once with one of mode 0600; a crash leaves the old file or the new one."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if account is not None and os.geteuid() == 0:
        os.chown(new, account.uid, account.gid)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def can_serve(folder: Path, account: Account) -> bool:
    """Tell whether a cluster may live in the folder: short safe path, reachable by the account, owners kept."""
    if len(os.fsencode(folder / "run")) > LONGEST_SOCKET_FOLDER or not re.fullmatch(r"[\w./+@:-]+", str(folder)):
        return False
    try:
        make_private(folder, account)
    except OSError:
        return False
    probe = folder / "probe"
    done = account.run(["/bin/sh", "-c", 'umask 077 && mkdir "$0" && rmdir "$0"', probe])
    kept = folder.stat()
    if done.returncode == 0 and kept.st_uid == account.uid and kept.st_mode & 0o777 == 0o700:
        return True
    with contextlib.suppress(OSError):
        folder.rmdir()
    return False


def clone_hash(clone: Path) -> str:
    return hashlib.sha256(os.fsencode(clone)).hexdigest()[:12]


@dataclass(frozen=True)
class Home:
    """Where one clone keeps its private state."""

    clone: Path
    local: Path
    state: Path
    account: Account

    @classmethod
    def find(cls, clone: Path) -> Home | None:
        """Return the home that an earlier run chose, or None. A copied ``.local`` of another clone does not count."""
        local = clone / ".local"
        try:
            named = Path((local / "state").read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return None
        except PermissionError:
            raise ServiceError(f"{local} belongs to another user: run as that user, or remove it") from None
        if named not in (local / "services", SHARED_STATE / clone_hash(clone)):
            return None
        return cls(clone, local, named, Account.current()) if named.is_dir() else None

    @classmethod
    def choose(cls, clone: Path) -> Home:
        """Choose the folder, make it and write the pointer ``.local/state``."""
        account = Account.current()
        local = clone / ".local"
        state = local / "services"
        if not can_serve(state, account):
            state = SHARED_STATE / clone_hash(clone)
            cls(clone, local, state, account).take_shared()
        write_private(local / "state", f"{state}\n")
        return cls(clone, local, state, account)

    def take_shared(self) -> None:
        """Make the folder under ``/var/lib``; what an earlier clone at the same path left there goes."""
        if self.state.is_dir():
            Cluster(self).stop()
            remove_tree(self.state)
        if os.geteuid() == 0:
            SHARED_STATE.mkdir(mode=0o755, exist_ok=True)
            SHARED_STATE.chmod(0o755)
            make_private(self.state, self.account)
            return
        group = grp.getgrgid(self.account.gid).gr_name
        for command in (
            ["install", "-d", "-m", "0755", str(SHARED_STATE)],
            ["install", "-d", "-m", "0700", "-o", self.account.name, "-g", group, str(self.state)],
        ):
            if subprocess.run(["sudo", *command]).returncode != 0:
                raise ServiceError(
                    f"{self.local} cannot hold the database and {self.state} could not be made with sudo: "
                    "clone into a shorter path, or ask an administrator to make that folder for you"
                )


def remove_tree(path: Path) -> None:
    """Remove a folder of state; with sudo where a normal user may not touch its parent."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        subprocess.run(["sudo", "rm", "-rf", "--", str(path)])


@contextlib.contextmanager
def only_one(local: Path) -> Iterator[None]:
    """Hold the lock of this clone, so that two ``make`` at once do not build two clusters."""
    try:
        local.mkdir(mode=0o755, exist_ok=True)
        lock = (local / "lock").open("w")
    except PermissionError:
        raise ServiceError(f"{local} belongs to another user: run as that user, or remove it") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# The cluster --------------------------------------------------------------------------------------------------------


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
    """Return the settings of the cluster for this machine. Durability stays on: the register must survive a power cut."""
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
    shm = Path("/dev/shm")
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
    """The PostgreSQL cluster in a home: made once, started on a free port, stopped; survives kill -9 and power cuts."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.account = home.account
        self.data = home.state / "pg"
        self.sockets = home.state / "run"
        self.log = home.state / "postgresql.log"
        self.passwords = home.state / "passwords.json"
        self.stamp = home.state / "provisioned"

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
        command = [PG_BIN / "pg_isready", "-q", "-h", self.sockets, "-p", str(port), "-d", "postgres"]
        return self.account.run(command).returncode == 0

    # making

    def create(self) -> None:
        """Make the cluster in a folder aside and rename it when it is whole, so that a half-made one never counts."""
        if self.data.is_dir():
            return
        free = shutil.disk_usage(self.home.state).free
        if free < 600 * MIB:
            raise ServiceError(f"only {free // MIB} MiB are free under {self.home.state}; the database needs 600")
        if not (PG_BIN / "initdb").is_file():
            raise ServiceError("PostgreSQL 15 is missing: run `make setup`")
        say("database: making a private PostgreSQL cluster")
        new = self.home.state / "pg.new"
        shutil.rmtree(new, ignore_errors=True)
        self.stamp.unlink(missing_ok=True)
        names = (SUPERUSER, OWNER, APP)
        words = {name: secrets.token_urlsafe(32) for name in names}
        write_private(self.passwords, json.dumps(words), self.account)
        password_file = self.home.state / "superuser.new"
        write_private(password_file, words[SUPERUSER], self.account)
        command = [PG_BIN / "initdb", "-D", new, "-U", SUPERUSER, f"--pwfile={password_file}"]
        done = self.account.run(
            [*command, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        )
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
        command = [PG_BIN / "pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-t", str(START_S), "-s"]
        if self.account.run(command).returncode == 0:
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
            command = [PG_BIN / "pg_ctl", "stop", "-D", self.data, "-m", mode, "-w", "-t", str(STOP_S), "-s"]
            if self.account.run(command).returncode == 0 or self.postmaster() is None:
                return True
        raise ServiceError(f"the database in {self.data} does not stop; see {self.log}")

    # roles, template, database

    def words(self) -> dict[str, str]:
        return {str(name): str(word) for name, word in json.loads(self.passwords.read_text()).items()}

    def provision(self) -> None:
        """Make roles, template and database where they are missing or their scripts changed; safe after any crash."""
        scripts = [SQL / name for name in ("roles.sql", "template.sql", "database.sql")]
        texts = [script.read_text(encoding="utf-8") for script in scripts]
        wanted = hashlib.sha256("".join([*texts, self.passwords.read_text()]).encode()).hexdigest()
        if self.stamp.exists() and self.stamp.read_text() == wanted:
            return
        say("database: making roles, template and database")
        words = self.words()
        extra = {
            "PGPASSWORD": words[SUPERUSER],
            "GISPORTAL_OWNER_PASSWORD": words[OWNER],
            "GISPORTAL_APP_PASSWORD": words[APP],
            "PGOPTIONS": "-c client_min_messages=warning",
        }
        command = [PG_BIN / "psql", "-XqAt", "-h", self.sockets, "-p", str(self.port()), "-U", SUPERUSER, "-d"]
        for script, text in zip(scripts, texts, strict=True):
            done = self.account.run([*command, "postgres"], extra=extra, stdin=text)
            if done.returncode != 0:
                raise ServiceError(f"{script.name} failed: {done.stderr.strip()}")
        write_private(self.stamp, wanted, self.account)

    def urls(self) -> dict[str, str]:
        words = self.words()
        where = f"127.0.0.1:{self.port()}/{DATABASE}"
        return {
            "DATABASE_URL": f"postgresql://{APP}:{quote(words[APP], safe='')}@{where}",
            "DATABASE_OWNER_URL": f"postgresql://{OWNER}:{quote(words[OWNER], safe='')}@{where}",
        }


# .local/env ---------------------------------------------------------------------------------------------------------


def write_env(local: Path, values: Mapping[str, str]) -> None:
    """Write ``.local/env``: lines ``KEY=value``; what a person added to it is kept, the secret key too."""
    path = local / "env"
    kept: dict[str, str] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                kept[name.strip()] = value
    # A private installation is a local one: plain http on 127.0.0.1, demo accounts allowed.
    merged = {"DEBUG": "1", "SECRET_KEY": secrets.token_urlsafe(48), **kept, **values}
    text = "# Written by scripts/services.py; lines you add are kept.\n"
    text += "".join(f"{name}={value}\n" for name, value in merged.items())
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_private(path, text)


# Commands -----------------------------------------------------------------------------------------------------------


def external(clone: Path) -> bool:
    """Tell whether the caller brought a database; the one of ``.local/env``, exported into a shell, is still ours."""
    if os.environ.get("DATABASE_URL_FILE"):
        return True
    url = os.environ.get("DATABASE_URL")
    if not url:
        return False
    try:
        return f"DATABASE_URL={url}" not in (clone / ".local" / "env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return True


def up(clone: Path) -> int:
    if external(clone):
        say("database: DATABASE_URL is set; nothing private is started")
        return 0
    with only_one(clone / ".local"):
        home = Home.find(clone) or Home.choose(clone)
        cluster = Cluster(home)
        if not cluster.is_ready():
            cluster.create()
            cluster.start()
            say(f"database: running on 127.0.0.1:{cluster.port()}, kept in {home.state}")
        cluster.provision()
        write_env(home.local, cluster.urls())
    return 0


def down(clone: Path) -> int:
    home = Home.find(clone)
    if home is None:
        return 0
    with only_one(home.local):
        if Cluster(home).stop():
            say("database: stopped")
    return 0


def status(clone: Path) -> int:
    if external(clone):
        say("database: DATABASE_URL is set; no private cluster is used")
        return 0
    home = Home.find(clone)
    if home is None:
        say("database: none yet")
        return 3
    cluster = Cluster(home)
    if cluster.is_ready():
        say(f"database: running on 127.0.0.1:{cluster.port()}, kept in {home.state}")
        return 0
    say(f"database: stopped, kept in {home.state}")
    return 3


def forget(clone: Path) -> int:
    """Stop the services and remove all private state of this clone."""
    home = Home.find(clone)
    if home is not None:
        with only_one(home.local):
            if Cluster(home).stop():
                say("database: stopped")
            remove_tree(home.state)
    remove_tree(clone / ".local")
    return 0


COMMANDS = {"up": up, "down": down, "status": status, "forget": forget}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Private services of this clone.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--clone", type=Path, default=CLONE, help="the folder whose services are meant")
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command](chosen.clone.resolve())
    except ServiceError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
