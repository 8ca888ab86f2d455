"""What time alone does to cases: answers that count when an agency's period ends, warnings before and after targets."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from land_services.cases.acts import DueNotice, fire_defaults, warn_due
from land_services.cases.clocks import recompute_due_if_changed


class Command(BaseCommand):
    help = "Give the answers of agencies whose time is over, and mark what is due soon or late; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-most", type=int, default=1000, metavar="N", help="so many of each kind")

    def handle(self, *args: Any, **options: Any) -> None:
        moved = recompute_due_if_changed()
        if moved is not None:
            self.stdout.write(f"The calendar changed: {moved:,} targets moved")
        self.stdout.write(f"{fire_defaults(at_most=options['at_most']):,} agencies' answers given by rule")
        notices = warn_due(at_most=options["at_most"])
        for words, act in (("due soon", "due_soon"), ("late", "late")):
            self._tell(words, [notice for notice in notices if notice.act == act])

    def _tell(self, words: str, notices: list[DueNotice]) -> None:
        people = {person for notice in notices for person in notice.people}
        self.stdout.write(f"{len(notices):,} stages {words}, {len(people):,} people to tell")
