"""Settings from the environment: strict values, secrets from files, and errors that name the variable.

The set-up writes ``.local/env`` (lines ``KEY=value``). It is read only where ``DATABASE_URL`` is not in the
environment, so that a server with settings of its own never mixes them with those of a private installation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["Env", "EnvError", "parse_database_url", "parse_email_url", "read_env_file"]

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


class EnvError(Exception):
    """A setting is missing or cannot be read; the message names the variable and what it takes."""


def read_env_file(path: Path) -> dict[str, str]:
    """Return the ``KEY=value`` lines of a file; blank lines and ``#`` comments are skipped, quotes around a value go.

    Raises
    ------
    EnvError
        For a line of any other form, with its number: a half-read file of settings is worse than none.
    """
    values: dict[str, str] = {}
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise EnvError(f"{path}:{number}: expected KEY=value")
        key, value = match.groups()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[key] = value
    return values


def parse_database_url(url: str, *, name: str = "DATABASE_URL") -> dict[str, Any]:
    """Return NAME, USER, PASSWORD, HOST, PORT and OPTIONS of ``postgresql://user:password@host:port/name?option=value``.

    A socket folder goes where a host would: ``postgresql:///name?host=/run/postgresql&port=5433&user=app``.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres", "postgis"}:
        raise EnvError(f"{name} must begin with postgresql://")
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise EnvError(f"{name} names no database")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        port = str(parts.port) if parts.port else options.pop("port", "")
    except ValueError as error:
        raise EnvError(f"{name} has a port that is not a number") from error
    host = unquote(parts.hostname or "") or options.pop("host", "")
    user = unquote(parts.username or "") or options.pop("user", "")
    password = unquote(parts.password or "") or options.pop("password", "")
    return {"NAME": database, "USER": user, "PASSWORD": password, "HOST": host, "PORT": port, "OPTIONS": options}


def parse_email_url(url: str, *, name: str = "EMAIL_URL") -> dict[str, Any]:
    """Return BACKEND, HOST, PORT and the rest for ``smtp://user:password@host:587?starttls=1``, ``smtps://…``
    or ``file:///folder``; "" means that no e-mail is sent.

    ``smtps`` speaks TLS from the first byte, ``smtp`` in the clear unless ``starttls=1``.

    >>> parse_email_url("smtp://mail.example.sa?starttls=1")["PORT"]
    587
    """
    parts = urlsplit(url)
    found = {"HOST": "", "PORT": 0, "USER": "", "PASSWORD": "", "SSL": False, "STARTTLS": False, "FOLDER": None}
    if not url:
        return {**found, "BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return {**found, "BACKEND": "django.core.mail.backends.filebased.EmailBackend", "FOLDER": unquote(parts.path)}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise EnvError(f"{name} must be smtp://host, smtps://host or file:///folder")
    if parts.query not in {"", "starttls=0", "starttls=1"} or (parts.scheme == "smtps" and parts.query):
        raise EnvError(f"{name} takes starttls=1 with smtp:// and no other option")
    starttls, tls = parts.query == "starttls=1", parts.scheme == "smtps"
    try:
        port = parts.port or (465 if tls else 587 if starttls else 25)
    except ValueError as error:
        raise EnvError(f"{name} has a port that is not a number") from error
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    found |= {
        "HOST": parts.hostname,
        "PORT": port,
        "USER": user,
        "PASSWORD": password,
        "SSL": tls,
        "STARTTLS": starttls,
    }
    return {**found, "BACKEND": "django.core.mail.backends.smtp.EmailBackend"}


class Env:
    """Typed reads of one mapping; every name asked for is kept, so that the table of settings can be tested."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values: Mapping[str, str] = os.environ if values is None else values
        self.asked: set[str] = set()

    @classmethod
    def load(cls, base_dir: Path) -> Env:
        """Return the environment, completed from ``.local/env`` where no ``DATABASE_URL`` is set."""
        if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
            return cls()
        path = base_dir / ".local" / "env"
        if not path.is_file():
            return cls()
        return cls({**read_env_file(path), **os.environ})

    def with_values(self, **values: str) -> dict[str, str]:
        """Return the variables for a process of our own: all of ours, these in place of what is set or in a file."""
        replaced = {f"{name}_FILE" for name in values}
        return {name: value for name, value in self.values.items() if name not in replaced} | values

    def _raw(self, name: str) -> str | None:
        self.asked.add(name)
        value = self.values.get(name)
        file_name = self.values.get(f"{name}_FILE")
        if value is not None and file_name is not None:
            raise EnvError(f"{name} and {name}_FILE are both set; keep one")
        if file_name is None:
            return value
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EnvError(f"{name}_FILE: cannot read {file_name}: {error.strerror}") from error

    def text(self, name: str, default: str | None = None, *, choices: Iterable[str] | None = None) -> str:
        """Return a text; without a default it must be set and not empty."""
        raw = self._raw(name)
        if raw is None:
            if default is None:
                raise EnvError(f"{name} is not set")
            return default
        if not raw and default is None:
            raise EnvError(f"{name} is empty")
        if choices is not None and raw not in choices:
            raise EnvError(f"{name} must be one of {', '.join(choices)}; it is {raw!r}")
        return raw

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean; only 1/true/yes/on and 0/false/no/off are read, so that a typing error is not False."""
        raw = self._raw(name)
        if raw is None:
            return default
        word = raw.strip().lower()
        if word in TRUE:
            return True
        if word in FALSE:
            return False
        raise EnvError(f"{name} must be 1 or 0 (true/false, yes/no, on/off); it is {raw!r}")

    def integer(self, name: str, default: int, *, low: int | None = None, high: int | None = None) -> int:
        """Return a whole number within the limits given."""
        raw = self._raw(name)
        if raw is None:
            return default
        try:
            value = int(raw.strip(), 10)
        except ValueError as error:
            raise EnvError(f"{name} must be a whole number; it is {raw!r}") from error
        if (low is not None and value < low) or (high is not None and value > high):
            raise EnvError(f"{name} must be between {low} and {high}; it is {value}")
        return value

    def words(self, name: str, default: Iterable[str] = ()) -> list[str]:
        """Return the parts of a comma-separated text, trimmed, empty parts left out."""
        raw = self._raw(name)
        if raw is None:
            return list(default)
        return [word.strip() for word in raw.split(",") if word.strip()]
