"""A process of its own for tests: one command a line in, one answer a line out, both JSON.

The commands are the functions of ``acting``.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]


class Actor:
    """The parent's end of an actor."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tiles.cache.actor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            cwd=ROOT,
            text=True,
        )

    def send(self, command: str, *args: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([command, *args]) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the actor ended with {self.process.wait(10)}")
        return json.loads(line)

    def do(self, command: str, *args: Any) -> Any:
        self.send(command, *args)
        return self.answer()

    def reset(self) -> None:
        token = secrets.token_hex(4)
        self.send("reset", token)
        while self.answer() != ["reset", token]:
            pass

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")
    django.setup()
    from tests.tiles.cache import acting

    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    for line in sys.stdin:
        command, *args = json.loads(line)
        sys.stdout.write(json.dumps(acting.COMMANDS[command](*args)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
