"""The benchmark behind ``make bench``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from gisportal.bench.apply import apply_section
from gisportal.bench.check import check_section
from gisportal.bench.databases import BenchDatabase, attached, drop_databases, prepare
from gisportal.bench.features import features_section
from gisportal.bench.nearby import FEW, MANY, VISITS, growth_section, nearby_section, visits_section
from gisportal.bench.papers import documents_section, reading_section
from gisportal.bench.proofs import audit_section, load_section
from gisportal.bench.raster import raster_section
from gisportal.bench.report import machine, markdown, plain
from gisportal.bench.tiles import generalised_section, tiles_section, warm_section
from gisportal.bench.timing import Section
from gisportal.management.progress import Progress

TASKS = (
    "load",
    "check",
    "apply",
    "read",
    "documents",
    "audit",
    "tiles",
    "warm",
    "scales",
    "features",
    "raster",
    "nearby",
)
SIZES = "10000,100000"


class Command(BaseCommand):
    help = "Measure the portal's work in interleaved rounds, with ratios against limits; --write keeps the report."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sizes", default=SIZES, help=f"parcels, comma-separated (default {SIZES}; try 1000000)")
        parser.add_argument("--only", default=",".join(TASKS), help=f"of: {','.join(TASKS)}")
        parser.add_argument("--count", type=int, default=5, help="lots a round; fifths of the visits (default 5)")
        parser.add_argument("--places", type=int, default=MANY, help=f"places of the locator (default {MANY})")
        parser.add_argument("--fresh", action="store_true", help="load the databases again")
        parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--drop", action="store_true", help="drop the databases that earlier runs kept, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["drop"]:
            self.stdout.write("\n".join(drop_databases()) or "there are none")
            return
        sizes, wanted = self._sizes(options["sizes"]), self._tasks(options["only"])
        progress = Progress(self.stderr)
        databases = []
        for n, size in enumerate(sizes if wanted - {"nearby"} else [], start=1):  # the locator has its own
            progress(f"databases ({size:,} parcels)", n, len(sizes))
            databases.append(prepare(size, fresh=options["fresh"]))
        sections = self._run(databases, wanted, options["count"], progress) if databases else []
        if "nearby" in wanted:
            sections += self._nearby(options, progress)
        progress.end()
        if options["write"]:
            page = Path(settings.BASE_DIR) / "docs" / "benchmarks.md"
            before = page.read_text(encoding="utf-8") if page.exists() else ""
            page.write_text(markdown(sections, machine(), before), encoding="utf-8")
        if options["json"]:
            self.stdout.write(json.dumps([section.as_json() for section in sections], indent=1))
        else:
            self.stdout.write(plain(sections, machine()))

    def _run(self, databases: list[BenchDatabase], wanted: set[str], count: int, progress: Progress) -> list[Section]:
        sections: list[Section] = []
        largest = databases[-1]
        if "load" in wanted:
            sections.append(load_section(databases))
        if "check" in wanted:
            sections.append(check_section(databases, count=count, progress=progress))
        if wanted & {"apply", "read", "documents"}:
            with attached(largest) as using:
                if "read" in wanted:
                    sections.append(reading_section(using, progress))
                if "documents" in wanted:
                    sections.append(documents_section(using, progress))
                if "apply" in wanted:
                    seed = _entries(using)
                    sections.append(
                        apply_section(
                            using, largest.size, parts=(4, 20), count=count, seed=str(seed), progress=progress
                        )
                    )
        if "audit" in wanted:
            sections.append(audit_section(largest, progress))
        return sections + self._serving(databases, wanted, progress)

    def _serving(self, databases: list[BenchDatabase], wanted: set[str], progress: Progress) -> list[Section]:
        """Measure what servers answer: ours, and peers that are installed for it alone."""
        sections: list[Section] = []
        largest = databases[-1]
        ends = [databases[0], largest] if len(databases) > 1 else databases
        if "tiles" in wanted:
            sections += [tiles_section(database, progress) for database in ends]
        if "warm" in wanted:
            sections.append(warm_section(largest, progress))
        if "scales" in wanted:
            sections.append(generalised_section(largest, progress))
        if "features" in wanted:
            sections += [features_section(database, progress) for database in ends]
        if "raster" in wanted:
            sections.append(raster_section(databases[0], progress))
        return sections

    @staticmethod
    def _nearby(options: dict[str, Any], progress: Progress) -> list[Section]:
        places, fresh = options["places"], options["fresh"]
        return [
            nearby_section(progress, places=places, fresh=fresh),
            visits_section(progress, visits=max(1, VISITS * options["count"] // 5), places=places),
            growth_section(progress, few=min(FEW, places), many=places),
        ]

    @staticmethod
    def _sizes(text: str) -> list[int]:
        try:
            sizes = sorted({int(part.replace("_", "")) for part in text.split(",")})
        except ValueError:
            raise CommandError(f"--sizes {text!r} are not numbers with commas between them") from None
        if sizes[0] < 2000:
            raise CommandError("a city of the benchmark has at least 2000 parcels")
        return sizes

    @staticmethod
    def _tasks(text: str) -> set[str]:
        wanted = set(text.split(","))
        if wanted - set(TASKS):
            raise CommandError(f"--only takes: {', '.join(TASKS)}")
        return wanted


def _entries(using: str) -> int:
    """Return how many entries the register has: each run takes other lots than the one before."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM register_registerentry")
        return int(cursor.fetchone()[0])
