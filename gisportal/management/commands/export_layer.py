"""``manage.py export_layer LAYER FILE``: write a layer to a vector file, in the format its ending names."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from gisportal.management.layers import layer_of
from gisportal.management.progress import Progress
from layers import crs
from layers.access import PUBLIC, STAFF, Scope, can_read, readable_fields
from layers.catalog.base import Layer
from layers.catalog.reading import count_features, read_features
from layers.files.errors import FileUnreadable
from layers.files.writer import FeatureBatch, write_features


class Command(BaseCommand):
    help = (
        "Write a layer to GPKG, GeoJSON (WGS 84), Shapefile (.shp or .zip), FlatGeobuf or GeoParquet. Whoever runs it"
        " is staff: fields of staff only are written, and said to be; --public writes what everyone may see."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        # A rectangle west of Greenwich begins with "-" and is no option.
        parser._negative_number_matcher = re.compile(r"^-[\d.]")
        parser.add_argument("layer", help="code of the layer, built-in or added")
        parser.add_argument("file", help="the file to write; its ending chooses the format")
        parser.add_argument(
            "--as-of", metavar="ISO", help="the state at this moment, such as 2026-01-31T12:00:00+03:00"
        )
        parser.add_argument("--bbox", metavar="W,S,E,N", help="only what touches this rectangle of degrees (WGS 84)")
        parser.add_argument("--public", action="store_true", help="only what everyone may see")

    def handle(self, *args: Any, **options: Any) -> None:
        layer = layer_of(options["layer"])
        scope = PUBLIC if options["public"] else STAFF
        as_of, bbox = _moment(options["as_of"]), _bbox(options["bbox"])
        _require_possible(layer, scope, as_of)
        progress = Progress(self.stderr)
        try:
            progress.total = count_features(layer, scope, as_of=as_of, bbox=bbox)
            report = write_features(
                options["file"],
                readable_fields(layer, scope),
                _watched(read_features(layer, scope, as_of=as_of, bbox=bbox), progress),
                settings.STORAGE_SRID,
                layer=layer.code,
                geometry_type=layer.geometry,
            )
            progress.end()
        except FileUnreadable as error:
            raise CommandError(str(error)) from error
        except crs.CrsRefused as error:
            raise CommandError(f"{error.message_en}\n  {error.message_ar}") from error
        for note in report.notes:
            self.stdout.write(f"note  {note}")
        if inner := _inner(layer, scope):
            self.stdout.write(f"note  {inner}: for staff only; do not pass the file on, or write it with --public")
            self.stdout.write(f"      {inner}: للموظفين فقط؛ لا تُنشر، أو استعمل ‎--public")
        self.stdout.write(f"{layer.code}: {report.count} features written to {options['file']}")


def _require_possible(layer: Layer, scope: Scope, as_of: datetime | None) -> None:
    if not can_read(layer, scope):
        raise CommandError(
            f"{layer.code} is for staff only; nothing of it is public.\n  طبقة «{layer.title_ar}» للموظفين فقط."
        )
    if as_of is not None and not layer.is_versioned:
        raise CommandError(
            f"{layer.code} has a present only, so --as-of cannot be answered.\n"
            f"  طبقة «{layer.title_ar}» لا تحفظ ما مضى؛ صدّرها دون ‎--as-of."
        )


def _inner(layer: Layer, scope: Scope) -> str:
    """Return what of an export is not for everyone: the fields, or the layer as a whole."""
    if not scope.is_staff:
        return ""
    if layer.readers == "staff":
        return layer.code
    return ", ".join(f.name for f in layer.fields if f.readers == "staff")


def _watched(batches: Iterator[FeatureBatch], progress: Progress) -> Iterator[FeatureBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch.wkb)
        progress("written", done)


def _moment(text: str | None) -> datetime | None:
    """Return the moment meant; one without a zone is local time, a date alone is its last instant."""
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
        if moment is None or "T" not in text.replace(" ", "T"):
            day = parse_date(text)
            moment = None if day is None else datetime(day.year, day.month, day.day, 23, 59, 59, 999999)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--as-of takes a date or a moment in ISO 8601, not {text!r}")
    try:
        return (timezone.make_aware(moment) if timezone.is_naive(moment) else moment).astimezone(UTC)
    except OverflowError:
        raise CommandError(f"--as-of is beyond all dates: {text!r}") from None


def _bbox(text: str | None) -> crs.Bounds | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.replace(" ", ",").split(",") if part)
    except ValueError as error:
        raise CommandError("--bbox takes west,south,east,north in degrees") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise CommandError("--bbox takes west,south,east,north in degrees, west before east and south before north")
    return (west, south, east, north)
