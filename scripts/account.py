"""The system account that PostgreSQL runs as, and the private files it shares with the caller."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PG_BIN = Path("/usr/lib/postgresql/15/bin")
SYSTEM_USER = "gisportal"
SHARED_STATE = Path("/var/lib/gisportal")


class ServiceError(Exception):
    """A service cannot be started or stopped; the message says what a person can do about it."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


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
        self, *command: str | Path | int, extra: Mapping[str, str] | None = None, stdin: str | None = None
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
