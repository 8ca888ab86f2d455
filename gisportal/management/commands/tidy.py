"""What is done each night: what is kept no longer is taken away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from gisportal.tidying import tidy_up


class Command(BaseCommand):
    help = "Take away messages that were delivered long ago, answers kept for a day, and files left half-written."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = tidy_up()
        self.stdout.write(f"{gone.messages:,} messages, {gone.answers:,} answers and {gone.files:,} files taken away")
