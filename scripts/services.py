"""Private services of one clone: a PostgreSQL 15 + PostGIS cluster and a Redis, started, stopped and described here.

``python3 -m scripts.services up|down|status|forget``; the standard library only, because it runs before anything is
installed. State lives in ``.local/services``, or in ``/var/lib/gisportal/<hash of the clone>`` where that folder cannot
serve (the database's user cannot reach it, the socket's path would be too long, the file system keeps no owners).
Where ``DATABASE_URL`` is in the environment, that database is used and nothing is started; where ``REDIS_URL`` is, that
broker is used.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import grp
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.account import SHARED_STATE, Account, ServiceError, make_private, say, write_private
from scripts.broker import Broker
from scripts.cluster import Cluster

CLONE = Path(__file__).resolve().parent.parent
# sun_path holds 108 bytes with the closing zero; the socket's own name takes 15 of them.
LONGEST_SOCKET_FOLDER = 88
# What names the services; the rest of .local/env (secret key, mode) serves with any database.
SERVICE_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL")


# Where the state lives ----------------------------------------------------------------------------------------------


def can_serve(folder: Path, account: Account) -> bool:
    """Tell whether a cluster may live in the folder: short safe path, reachable by the account, owners kept."""
    if len(os.fsencode(folder / "run")) > LONGEST_SOCKET_FOLDER or not re.fullmatch(r"[\w./+@:-]+", str(folder)):
        return False
    try:
        make_private(folder, account)
    except OSError:
        return False
    probe = folder / "probe"
    done = account.run("/bin/sh", "-c", 'umask 077 && mkdir "$0" && rmdir "$0"', probe)
    kept = folder.stat()
    if done.returncode == 0 and kept.st_uid == account.uid and kept.st_mode & 0o777 == 0o700:
        return True
    with contextlib.suppress(OSError):
        folder.rmdir()
    return False


def clone_hash(clone: Path) -> str:
    return hashlib.sha256(os.fsencode(clone)).hexdigest()[:12]


def pointer(local: Path) -> Path | None:
    """Return the folder that ``.local/state`` names."""
    try:
        return Path((local / "state").read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise ServiceError(f"{local} belongs to another user: run as that user, or remove it") from None


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
        named = pointer(local)
        if named not in (local / "services", SHARED_STATE / clone_hash(clone)) or not named.is_dir():
            return None
        return cls(clone, local, named, Account.current())

    @classmethod
    def choose(cls, clone: Path) -> Home:
        """Choose the folder, make it and write the pointer ``.local/state``."""
        account = Account.current()
        local = clone / ".local"
        state = local / "services"
        named = pointer(local)
        moved = named is not None and named.name == "services" and not named.exists()
        if not moved:  # then what lies there was copied from another clone, perhaps while that one was running
            remove_tree(state)
        if not can_serve(state, account):
            state = SHARED_STATE / clone_hash(clone)
            cls(clone, local, state, account).take_shared()
        write_private(local / "state", f"{state}\n")
        return cls(clone, local, state, account)

    def take_shared(self) -> None:
        """Make the folder under ``/var/lib``; what an earlier clone at the same path left there goes."""
        if self.state.is_dir():
            Broker(self.state, self.account).stop()
            Cluster(self.state, self.account).stop()
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
    if path.exists() and os.geteuid() != 0 and shutil.which("sudo"):
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


# .local/env ---------------------------------------------------------------------------------------------------------


def read_env(local: Path) -> dict[str, str]:
    """Return the ``KEY=value`` lines of ``.local/env``; nothing where there is none."""
    path = local / "env"
    if not path.exists():
        return {}
    lines = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {name.strip(): value for name, equals, value in lines if equals}


def write_env(local: Path, values: Mapping[str, str]) -> None:
    """Write ``.local/env`` (lines ``KEY=value``). What a person added is kept, and so are the keys."""
    path = local / "env"
    # A private installation is a local one: plain http on 127.0.0.1, demo accounts allowed.
    made = {"DEBUG": "1", "SECRET_KEY": secrets.token_urlsafe(48), "PERSONAL_DATA_KEY": secrets.token_urlsafe(48)}
    merged = {**made, **read_env(local), **values}
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
    return bool(url) and url != read_env(clone / ".local").get("DATABASE_URL")


def external_broker(clone: Path) -> bool:
    """Tell whether the caller brought a broker; an empty ``REDIS_URL`` means to have none."""
    if os.environ.get("REDIS_URL_FILE"):
        return True
    url = os.environ.get("REDIS_URL")
    return url is not None and url != read_env(clone / ".local").get("REDIS_URL")


def environment(clone: Path) -> dict[str, str]:
    """Return the environment for commands of this clone: what is set wins; of two databases, never a mixture."""
    local = read_env(clone / ".local")
    given = dict(os.environ)
    dropped = local if external(clone) else given
    for name in SERVICE_NAMES:
        dropped.pop(name, None)
    if external(clone):  # the private broker does not run beside a database of the caller's
        local.pop("REDIS_URL", None)
    # NAME_FILE is another way to give NAME; having both is an error of the settings.
    return {**{name: value for name, value in local.items() if f"{name}_FILE" not in given}, **given}


def up(clone: Path) -> int:
    if external(clone):
        say("database: DATABASE_URL is set; nothing private is started")
        with only_one(clone / ".local"):
            write_env(clone / ".local", {})
        return 0
    with only_one(clone / ".local"):
        home = Home.find(clone) or Home.choose(clone)
        cluster = Cluster(home.state, home.account)
        if not cluster.is_ready():
            cluster.create()
            cluster.start()
            say(f"database: running on 127.0.0.1:{cluster.port()}, kept in {home.state}")
        cluster.provision()
        write_env(home.local, {**cluster.urls(), **start_broker(home)})
    return 0


def start_broker(home: Home) -> dict[str, str]:
    """Start the private broker where none was brought, and return its address."""
    if external_broker(home.clone):
        return {}
    broker = Broker(home.state, home.account)
    if not broker.is_ready():
        broker.start()
        say(f"broker: running on 127.0.0.1:{broker.port()}")
    return {"REDIS_URL": broker.url()}


def stop_all(home: Home) -> None:
    if Broker(home.state, home.account).stop():
        say("broker: stopped")
    if Cluster(home.state, home.account).stop():
        say("database: stopped")


def down(clone: Path) -> int:
    home = Home.find(clone)
    if home is None:
        return 0
    with only_one(home.local):
        stop_all(home)
    return 0


def status(clone: Path, *, quiet: bool = False) -> int:
    """Say what runs; 0 when the database is there, 3 when it is not. The broker may be missing: the site goes on."""
    code, text = 3, "none yet"
    broker = "REDIS_URL is set; no private one is used" if external_broker(clone) else "stopped"
    home = Home.find(clone)
    if external(clone):
        code, text = 0, "DATABASE_URL is set; no private cluster is used"
    elif home is not None:
        cluster = Cluster(home.state, home.account)
        ready = cluster.is_ready()
        where = f"running on 127.0.0.1:{cluster.port()}" if ready else "stopped"
        code, text = 0 if ready else 3, f"{where}, kept in {home.state}"
        ours = Broker(home.state, home.account)
        if ours.is_ready():
            broker = f"running on 127.0.0.1:{ours.port()}"
    if not quiet:
        say(f"database: {text}")
        say(f"broker: {broker}")
    return code


def forget(clone: Path) -> int:
    """Stop the services and remove all private state of this clone."""
    home = Home.find(clone)
    if home is not None:
        with only_one(home.local):
            stop_all(home)
            remove_tree(home.state)
    remove_tree(clone / ".local")
    return 0


COMMANDS: dict[str, Callable[[Path], int]] = {"up": up, "down": down, "status": status, "forget": forget}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Private services of this clone.")
    parser.add_argument("command", choices=[*sorted(COMMANDS), "run"])
    parser.add_argument("words", nargs=argparse.REMAINDER, help="for run: the command and its arguments")
    parser.add_argument("--clone", type=Path, default=CLONE, help="the folder whose services are meant")
    chosen = parser.parse_args(arguments)
    clone = chosen.clone.resolve()
    try:
        if chosen.command == "run":
            os.execvpe(chosen.words[0], chosen.words, environment(clone))  # noqa: S606  the caller's own command
        return COMMANDS[chosen.command](clone)
    except ServiceError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
