"""The sample municipality: made-up, the same for the same number and seed."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gisportal.management.progress import Progress
from gisportal.sample.city import generate
from gisportal.sample.load import SampleExists, load_city
from tiles.generalise.run import generalise_all

OWNER = "owner"


class Command(BaseCommand):
    help = "Load a made-up municipality of N parcels into an empty register."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--parcels", type=int, default=5000, metavar="N")
        parser.add_argument("--seed", type=int, default=1448, metavar="S")
        parser.add_argument("--situations", action="store_true", help="list where the interesting cases lie")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            city = generate(options["parcels"], options["seed"], settings.STORAGE_SRID)
            progress = Progress(self.stderr)
            report, situations = load_city(city, progress=progress)
            generalise_all(using=OWNER, progress=progress)
            progress.end()
        except (SampleExists, ValueError) as error:
            raise CommandError(str(error)) from error
        seconds = time.perf_counter() - started
        self.stdout.write(f"{report.written:,} parcels loaded in {seconds:.1f} s, {report.defective:,} defective")
        if options["situations"]:
            for s in situations:
                number = "/".join((p or "-").replace("/", "%2F") for p in (s.plan_no, s.block_no)) + f"/{s.parcel_no}"
                self.stdout.write(f"  {s.code:<28} {number:<24} {s.uid}  {s.expect}")
