"""Real cases through the real code: a month of a municipality in as many processes as wanted. Refused without DEBUG."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gisportal.accounts.demo import DemoRefused
from gisportal.management.progress import Progress
from gisportal.simulation.people import dismiss_people
from gisportal.simulation.run import ClientFailed, Outcome, simulate
from land_services.cases.models import Case, CaseStep
from land_services.cases.proof import case_faults
from land_services.catalogue import load_catalogue
from land_services.catalogue.errors import CatalogueError
from land_services.catalogue.loading import added_folders, use_folders
from land_services.register.proof import audit_register
from layers import audit

FAULTS_TOLD = 20


class Command(BaseCommand):
    help = "File and work on N made-up cases of all open services with K processes, then prove the register and cases."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=200, metavar="N")
        parser.add_argument("--clients", type=int, default=2, metavar="K")
        parser.add_argument("--seed", type=int, default=1448, metavar="S")
        parser.add_argument("--services", type=Path, metavar="FOLDER", help="more cards, as make_services writes them")
        parser.add_argument("--with-documents", type=int, default=0, metavar="N", help="issue the papers of so many")
        parser.add_argument("--keep", action="store_true", help="leave the made-up people their roles")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("made-up cases are refused while DEBUG is off: a case cannot be deleted")
        if options["cases"] < 1 or options["clients"] < 1:
            raise CommandError("at least one case and one client")
        cards = self._cards(options["services"])
        progress, began = Progress(self.stderr), timezone.now()
        try:
            outcome = simulate(
                cards,
                cases=options["cases"],
                clients=options["clients"],
                seed=options["seed"],
                documents=options["with_documents"],
                progress=progress,
            )
        except (DemoRefused, ClientFailed) as error:
            raise CommandError(str(error)) from error
        finally:
            progress.end()
            if not options["keep"]:
                dismiss_people()
        self._tell(outcome, len(cards), began)
        if not self._prove():
            raise CommandError("the register or a case does not hold")

    def _cards(self, folder: Path | None) -> list[Any]:
        try:
            if folder is not None:
                use_folders([*added_folders(), folder])
            return [card for card in load_catalogue().values() if card.status == "open"]
        except CatalogueError as error:
            raise CommandError("\n".join(str(fault) for fault in error.faults)) from error

    def _tell(self, outcome: Outcome, services: int, began: datetime) -> None:
        measures, seconds = outcome.measures, outcome.seconds
        acts = sum(len(times) for times in measures.seconds.values())
        if outcome.stopped:
            self.stdout.write("Stopped: what was under way stays as it is.")
        self.stdout.write(
            f"{measures.cases:,} cases of {services:,} services, {acts:,} acts in {seconds:.1f} s:"
            f" {measures.cases / seconds:.1f} cases/s, {acts / seconds:.1f} acts/s"
        )
        self.stdout.write(f"  {'act':<18}{'done':>9}{'p50 ms':>10}{'p95 ms':>10}{'queries':>9}")
        for name, count, middle, high, queries in measures.rows():
            self.stdout.write(f"  {name:<18}{count:>9,}{middle:>10.1f}{high:>10.1f}{queries:>9}")
        self.stdout.write(f"{sum(measures.refusals.values()):,} refusals")
        for words, count in measures.refusals.most_common():
            self.stdout.write(f"  {count:>6,}  {words}")
        met = CaseStep.objects.filter(act="conflict", at__gte=began).count()
        self.stdout.write(f"{met:,} conflicts: cases told of another open one on their land")
        states = Counter(Case.objects.order_by().values_list("state", flat=True))
        self.stdout.write("All cases: " + ", ".join(f"{count:,} {state}" for state, count in states.most_common()))

    def _prove(self) -> bool:
        while audit.seal() > 0:
            pass
        report = audit_register()
        for name, promise in report["promises"].items():
            self.stdout.write(f"  {name:<10} {'holds' if promise['ok'] else 'FAILS'}")
        faults = list(islice(case_faults(), FAULTS_TOLD))
        self.stdout.write(f"  {'cases':<10} {'hold' if not faults else 'FAIL'}")
        for reference, fault in faults:
            self.stdout.write(f"      {reference}: {fault}")
        return bool(report["ok"]) and not faults
