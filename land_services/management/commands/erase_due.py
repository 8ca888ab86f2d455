"""Erase what retention has released: files of cases, drafts that were left, people whose erasure had to wait."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from land_services.cases.erasure import erase_due
from land_services.cases.erasure.due import due_cases
from land_services.cases.models import Case


class Command(BaseCommand):
    help = "Erase the files of cases whose retention has passed and what waited for it; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-most", type=int, default=1000, metavar="N", help="so many cases")
        parser.add_argument("--dry-run", action="store_true", help="say which cases would go, and erase nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for case in Case.objects.filter(pk__in=due_cases(at_most=options["at_most"])).order_by("pk"):
                self.stdout.write(case.reference)
            return
        done = erase_due(at_most=options["at_most"])
        self.stdout.write(f"{done.cases:,} cases, {done.people:,} people, {done.files:,} files erased")
