"""Seal committed audit rows into the chain, again and again, until told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from layers import audit


class Command(BaseCommand):
    help = "Chain committed audit rows by hash. One process does the work at a time; a second one waits its turn."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what there is and end")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            while audit.seal() > 0:
                pass
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("sealing the audit")
        while not stop.is_set():
            try:
                if audit.seal() > 0:
                    continue
            except Error as error:  # the database restarts: look again when it is back
                self.stderr.write(f"the audit could not be sealed now: {error}".strip())
                connection.close()
            stop.wait(options["interval"])
