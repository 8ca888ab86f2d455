"""Run the checks of a service on a survey file without filing it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from land_services.cases.checking import Checked, UnknownService, check_file, service_of
from land_services.domain import Finding
from land_services.findings import unreadable_json
from land_services.messages import message
from land_services.register.selectors import find_parcel
from land_services.surveys.errors import SurveyUnreadable

FIT, NOT_FIT, UNREADABLE = 0, 1, 2
SIGNS = {"error": "x", "warning": "!", "info": "i"}


class UnclearParcel(Exception):
    """The text does not name one parcel; ``findings`` say why."""

    def __init__(self, text: str, uids: list[str]) -> None:
        super().__init__(text)
        told = {"text": text, "count": len(uids), "uids": ", ".join(uids)}
        variant = "several" if uids else "form"
        self.findings = (Finding("REQ-02", "error", told, variant=variant, parcels=tuple(uids)),)


class Command(BaseCommand):
    help = "Check a survey file for a service. Exit 0: fit (warnings allowed), 1: at least one error, 2: unreadable."

    def add_arguments(self, parser: CommandParser) -> None:
        # What begins with "-/" is a parcel without a plan, as what begins with "-1" is a number: neither is an option.
        parser._negative_number_matcher = re.compile(r"^-(/|\d+$|\d*\.\d+$)")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--service", required=True, metavar="CODE")
        parser.add_argument("--parcel", required=True, nargs="+", action="extend", metavar="UID|PLAN/BLOCK/PARCEL")
        parser.add_argument("--crs", metavar="EPSG:n|local", help="goes before what the file states")
        parser.add_argument("--unit", choices=["m", "ft", "us-ft"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            service_of(options["service"])
            uids = list(dict.fromkeys(uid for text in options["parcel"] for uid in self._parcel(text)))
            checked = check_file(
                options["service"],
                Path(options["file"]),
                uids,
                reference="check",
                filed_on=timezone.localdate(),
                crs=options["crs"],
                unit=options["unit"],
            )
        except (SurveyUnreadable, UnknownService, UnclearParcel) as error:
            self._unreadable(error.findings, options["json"])
            sys.exit(UNREADABLE)
        else:
            self._report(checked, options["json"])
            sys.exit(FIT if checked.fit else NOT_FIT)

    @staticmethod
    def _parcel(text: str) -> list[str]:
        try:
            found = find_parcel(text)
        except ValueError as error:
            raise UnclearParcel(text, []) from error
        if len(found) > 1:
            raise UnclearParcel(text, found)
        return found or [text]  # the checks say that there is no such parcel

    def _unreadable(self, findings: tuple[Finding, ...], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(unreadable_json(findings), ensure_ascii=False, indent=2))
        else:
            self._findings(findings)

    def _report(self, checked: Checked, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(checked.report(), ensure_ascii=False, indent=2))
            return
        self._findings(checked.findings)
        plan = checked.source
        self.stdout.write(
            f"{len(plan.parts)} parts, {plan.crs or 'no CRS'}, {plan.unit}: {'fit' if checked.fit else 'NOT fit'}"
        )

    def _findings(self, findings: tuple[Finding, ...]) -> None:
        for finding in findings:
            self.stdout.write(f"{SIGNS[finding.severity]} {finding.rule}  {message(finding, 'en')}")
            self.stdout.write(f"          {message(finding, 'ar')}")
            facts = [
                f"{name} {q.value} {q.unit}".strip()
                for name, q in (("measured", finding.measured), ("required", finding.required))
                if q
            ]
            if finding.source:
                facts.append(f"source: {finding.source.title} ({finding.source.confidence})")
            if facts:
                self.stdout.write("          " + "; ".join(facts))
