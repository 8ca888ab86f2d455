"""``manage.py import_imagery NAME FILE…``: take GeoTIFFs into an imagery, all of them or nothing."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from layers.srs import CrsRefused, parse
from tiles.raster.errors import RasterRefused
from tiles.raster.importing import Options, Outcome, import_files
from tiles.raster.progress import Progress

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}\Z")
_WORDS = ("title_ar", "title_en", "source_ar", "source_en", "licence", "attribution_ar", "attribution_en")


class Command(BaseCommand):
    help = (
        "Take GeoTIFFs (or folders of them) into an imagery: the originals are kept, web-optimised copies are made, "
        "and tiles show them from the commit on. On any error nothing has changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the imagery's name in addresses: small letters, digits, - and _")
        parser.add_argument("files", nargs="+", metavar="FILE", help="GeoTIFFs, or folders that hold some")
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="the day the pictures were taken")
        parser.add_argument("--kind", choices=["ortho", "terrain"], help="colours (default), or heights in metres")
        parser.add_argument("--readers", choices=["everyone", "staff"], help="who may see it (default: everyone)")
        parser.add_argument("--crs", default="", metavar="EPSG:n", help="the system the files are in; wins over theirs")
        parser.add_argument("--nodata", type=float, metavar="VALUE", help="the value that means nothing")
        parser.add_argument(
            "--range",
            nargs=2,
            type=float,
            metavar=("LOW", "HIGH"),
            help="what colours stretch over: metres of terrain, values of pictures of more than 8 bits",
        )
        for word in _WORDS:
            parser.add_argument(f"--{word.replace('_', '-')}", metavar="TEXT")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr)
        try:
            asked = _options(options)
            outcome = import_files(options["name"], options["files"], asked, progress=progress)
            progress.end()
        except RasterRefused as refused:
            raise CommandError(str(refused)) from refused
        except CrsRefused as refused:
            todo = f"\n  To do: {refused.todo}" if refused.todo else ""
            raise CommandError(f"{refused.message_en}{todo}\n  {refused.message_ar}") from refused
        self._report(outcome)

    def _report(self, outcome: Outcome) -> None:
        write = self.stdout.write
        for name in outcome.unchanged:
            write(f"{name}: there already, unchanged")
        for recorded in outcome.files:
            made = recorded.made
            about = made.about
            write(f"{made.file_name}")
            write(f"  system       {about['operation']['source']}: {about['operation']['name']}")
            write(f"  size         {about['size_px'][0]:,} x {about['size_px'][1]:,} px, {about['dtype']}")
            write(f"  copy         zoom {made.zoom}, {made.resolution_m:.3f} m, {made.copy_bytes / 1e6:,.1f} MB")
            write(f"  taken on     {made.captured_on or 'not known: lies under all dated files'}")
            for number, band in enumerate(made.statistics, start=1):
                spread = f"mean {band['mean']:.2f}, deviation {band['std']:.2f}, {band['count']:,} px"
                write(f"  band {number}       {band['min']:g} to {band['max']:g}, {spread}")
            if about["stretched"]:
                write(f"  stretched    {about['stretched'][0]:g} to {about['stretched'][1]:g} over 8 bits")
            for note in about["notes"]:
                write(f"  note         {note}")
            if recorded.superseded:
                write("  supersedes its former self")
        write(f"{outcome.imagery}: {len(outcome.files)} taken in, {len(outcome.unchanged)} unchanged")


def _options(options: dict[str, Any]) -> Options:
    if not _NAME.match(options["name"]):
        raise CommandError("A name has small letters, digits, - and _, such as ortho-2026, and at most 60 of them.")
    try:
        day = date.fromisoformat(options["date"]) if options["date"] else None
    except ValueError:
        raise CommandError("--date takes a day such as 2026-03-31.") from None
    low, high = options["range"] or (None, None)
    if low is not None and not low < high:
        raise CommandError("--range takes the lower value first.")
    if options["crs"]:
        parse(options["crs"])
    return Options(
        kind=options["kind"],
        readers=options["readers"],
        crs=options["crs"],
        nodata=options["nodata"],
        captured_on=day,
        low=low,
        high=high,
        words={word: options[word] for word in _WORDS if options[word] is not None},
    )
