"""``manage.py check_hours``: which opening hours of places are not understood, and how many places have any."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from layers.locator.hours_check import Share, check_hours
from layers.problems import shown


class Command(BaseCommand):
    help = (
        "List the opening hours of current places that are not understood, with how many places have them and one of"
        " them, and the share of places with hours by category. Places with such hours are never shown as open."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_hours()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        for one in report.not_read:
            name = one.name_ar or one.name_en or "-"
            self.stdout.write(f"{one.places:>7}  {shown(one.hours, 120)}")
            self.stdout.write(f"         at {shown(one.part)!r}; for example {shown(name)} {one.uid}")
            self.stdout.write(f"         عند «{shown(one.part)}»؛ مثال: {shown(name)}")
        for category, share in report.by_category.items():
            self.stdout.write(f"{category:<16} {_said(share)}")
        self.stdout.write(f"{'places':<16} {_said(report.whole)}")
        if report.not_read:
            self.stdout.write(
                "Hours that are not understood are shown as they are, never as open. Correct them in OpenStreetMap's"
                " notation, such as Sa-Th 08:00-22:00; Fr 16:00-23:00.\n"
                "المواعيد غير المفهومة تُعرض كما هي ولا يُعد مكانها مفتوحًا. صححها بصيغة OpenStreetMap، مثل"
                " Sa-Th 08:00-22:00; Fr 16:00-23:00."
            )


def _said(share: Share) -> str:
    percent = 100 * share.with_hours / share.places if share.places else 0
    return (
        f"{share.with_hours} of {share.places} with hours ({percent:.1f} %), {share.not_read} not understood"
        f" / {share.with_hours} من {share.places} لها مواعيد، {share.not_read} غير مفهومة"
    )
