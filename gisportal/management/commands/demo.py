"""The demonstration behind ``make demo``; refused where DEBUG is off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from gisportal.accounts.demo import DemoRefused, create_demo_accounts
from gisportal.demo import Demo
from gisportal.management.progress import Progress


class Command(BaseCommand):
    help = (
        "Load the sample municipality, carry a subdivision through to its documents, file cases in every state, prove "
        "the register, list sign-ins."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--parcels", type=int, default=5000)
        parser.add_argument("--seed", type=int, default=1448)

    def handle(self, *args: Any, **options: Any) -> None:
        local = Path(settings.BASE_DIR) / ".local"
        progress = Progress(self.stderr)
        try:
            accounts = create_demo_accounts(local / "demo-accounts.json")
        except DemoRefused as error:
            raise CommandError(str(error)) from error
        with translation.override("en"):
            demo = Demo(
                local / "demo",
                self.stdout.write,
                parcels=options["parcels"],
                seed=options["seed"],
                progress=progress,
            )
            demo.load()
            progress.end()
            shown = demo.file_cases(demo.run())
            progress.end()
            if not demo.prove():
                raise CommandError("the register does not hold")
            demo.show_cases(shown)
        self.stdout.write("\nSign-ins (random for this installation, also in .local/demo-accounts.json):")
        for account in accounts:
            self.stdout.write(f"  {account['role']:<14} {account['username']:<20} {account['password']}")
