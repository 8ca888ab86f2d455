"""Tell other systems of steps of cases: ``deliver_webhooks`` beside the web server, or once."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection

from land_services.api.webhooks import deliver_webhooks

PAUSE_S = 2.0


class Command(BaseCommand):
    help = "Send webhooks that are due; without --once go on until ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            sent = 0
            while batch := deliver_webhooks():
                sent += batch
            self.stdout.write(f"{sent} webhooks looked at")
            return
        while True:
            try:
                if not deliver_webhooks():
                    time.sleep(PAUSE_S)
            except OperationalError as error:  # the database comes back
                self.stderr.write(str(error))
                connection.close()
                time.sleep(PAUSE_S)
