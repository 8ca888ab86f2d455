"""Prove promises 1 to 3 from the stored data alone; exit 1 and the rows where one fails."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from land_services.register.proof import audit_register


class Command(BaseCommand):
    help = "Prove the register from the stored data alone: coverage, balance, shares, lifespans, chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit_register(progress=self._progress)
        if sys.stderr.isatty():
            self.stderr.write("", ending="\n")
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self._print(report)
        if not report["ok"]:
            sys.exit(1)

    def _progress(self, stage: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{stage}: {done:,} of {total:,}   ", ending="")
        elif done == total:
            self.stderr.write(f"{stage}: {total:,} done")

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{report['parcels']:,} current parcels, {report['entries']:,} register entries")
        for name, promise in report["promises"].items():
            extra = "".join(f", {key} {promise[key]:,}" for key in ("known", "unsealed") if key in promise)
            verdict = "holds" if promise["ok"] else f"FAILS {promise['count']:,} times"
            self.stdout.write(f"  {name:<10} {verdict}{extra}")
            for fault in promise["faults"]:
                self.stdout.write("      " + json.dumps(fault, ensure_ascii=False))
        self.stdout.write("The register holds." if report["ok"] else "The register does NOT hold.")
