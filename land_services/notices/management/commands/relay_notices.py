"""Deliver what waits in the outbox, once or again and again: for installations without a broker, and by hand."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from land_services.notices.relay import relay


class Command(BaseCommand):
    help = "Deliver messages that are due: to the pages and by e-mail. Several may run at once, beside Celery too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="look again and again until told to stop")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            try:
                done = relay(stop=stop.is_set)
                if not options["watch"]:
                    self.stdout.write(
                        f"to pages {done.to_pages}, by e-mail {done.by_email}, "
                        f"put off {done.put_off}, given up {done.given_up}"
                    )
            except Error as error:
                if not options["watch"]:
                    raise
                self.stderr.write(f"messages could not be delivered now: {error}".strip())
                connection.close()
            if not options["watch"] or stop.wait(settings.NOTICES_POLL_S):
                return
