"""Made-up service cards, the same for the same numbers and seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gisportal.sample.services import PROCEDURES, SERVICES, write_services


class Command(BaseCommand):
    help = "Write made-up services and procedures as cards into a folder; CATALOGUE_DIRS may name it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--services", type=int, default=SERVICES, metavar="N")
        parser.add_argument("--procedures", type=int, default=PROCEDURES, metavar="M")
        parser.add_argument("--seed", type=int, default=1448, metavar="S")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty: cards of another run would stay among the new ones")
        try:
            count = write_services(folder, options["services"], options["procedures"], options["seed"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count:,} cards in {folder}")
