"""``manage.py import_layer LAYER FILE``: load a vector file into a layer, streaming, all of it or nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from gisportal.management.layers import layer_of
from gisportal.management.progress import Progress
from land_services.precision import COVERAGE_WIDTH_M
from land_services.register.load import LandAlreadyHeld, load_fabric
from layers import crs
from layers.catalog.base import Layer
from layers.catalog.loading import load_features
from layers.catalog.places_loading import adapt_tags, load_places
from layers.files.defects import KINDS, Defect
from layers.files.errors import FileUnreadable
from layers.files.importing import PreparedImport, prepare, staged_features, staged_parcels
from layers.locator.osm_tags import LEFT_OUT
from tiles.generalise.run import generalise_all

OWNER = "owner"


@dataclass(frozen=True)
class Outcome:
    """What a loader did, in one shape for all of them."""

    written: int
    defective: int
    defects: dict[str, int]
    told: tuple[str, ...] = ()


def load_parcels(layer: Layer, prepared: PreparedImport, progress: Progress, dry_run: bool) -> Outcome:
    report = load_fabric(
        staged_parcels(prepared), source=prepared.provenance(), using=OWNER, progress=progress, dry_run=dry_run
    )
    if report.entry_id is not None:
        _sample_coverage_faults(prepared, report.entry_id)
    return Outcome(report.written, report.defective, dict(report.defects))


def _sample_coverage_faults(prepared: PreparedImport, entry: int) -> None:
    """Take a few of the faults that the check of the whole coverage found, with their places, into the report."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            """SELECT kind, detail, size, ST_AsBinary(place) FROM (
                 SELECT kind, detail, ST_PointOnSurface(geom) AS place, size,
                        row_number() OVER (PARTITION BY kind ORDER BY size DESC NULLS LAST, id) AS rank
                 FROM register_defect WHERE entry_id = %s AND NOT kind = ANY(%s)) AS ranked
               WHERE rank <= 5 ORDER BY kind, rank""",
            [entry, list(prepared.findings.counts)],
        )
        for kind, detail, size, place in cursor.fetchall():
            where = None if place is None else shapely.from_wkb(bytes(place))
            known = detail if isinstance(detail, dict) else json.loads(detail)
            words = {"area_m2": f"{size or 0:.3f}", "width_m": COVERAGE_WIDTH_M, **known}
            defect = Defect(kind, int(known.get("row") or 0), words, where)
            prepared.findings.samples.setdefault(kind, []).append(defect)


def load_versioned(layer: Layer, prepared: PreparedImport, progress: Progress, dry_run: bool) -> Outcome:
    batches = staged_features(prepared, layer.geometry)
    report = load_features(
        layer, batches, source=prepared.provenance(), using=OWNER, progress=progress, dry_run=dry_run
    )
    return Outcome(report.written, prepared.findings.rows_with_faults, dict(prepared.findings.counts))


def load_place_rows(layer: Layer, prepared: PreparedImport, progress: Progress, dry_run: bool) -> Outcome:
    batches = staged_features(prepared, layer.geometry)
    report = load_places(layer, batches, source=prepared.provenance(), using=OWNER, progress=progress, dry_run=dry_run)
    lost = sum(n for kind, n in prepared.findings.counts.items() if not KINDS[kind].is_loaded)
    told = [
        f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.duplicates} duplicates, {report.repeated} repeated,"
        f" {lost + prepared.source.left_out.total()} left out"
    ]
    for reason, count in prepared.source.left_out.most_common():
        ar, en = LEFT_OUT[reason]
        told.append(f"{count:>8}  {reason}: {en} / {ar}")
    for one in report.samples:
        told.append(f"duplicate  row {one.row} {one.name}: {one.distance_m:.1f} m from {one.uid}")
    counts = dict(prepared.findings.counts)
    return Outcome(report.written, prepared.findings.rows_with_faults, counts, tuple(told))


Loader = Callable[[Layer, PreparedImport, Progress, bool], Outcome]

LOADERS: dict[str, Loader] = {
    "parcels": load_parcels,
    "plans": load_versioned,
    "blocks": load_versioned,
    "districts": load_versioned,
    "streets": load_versioned,
    "zoning": load_versioned,
    "places": load_place_rows,
    "growth_phases": load_versioned,
    "prohibited_zones": load_versioned,
    "addresses": load_versioned,
}
"""Of the built-in layers; an added one is versioned. A layer without a loader is written by something else."""


def loader_of(layer: Layer) -> Loader:
    """Return how a layer is loaded; CommandError for one that no file is loaded into."""
    if layer.is_stored_as_json:
        return load_versioned
    if layer.code not in LOADERS:
        raise CommandError(
            f"{layer.code} is not loaded from a file: cases write it as they are filed and decided.\n"
            f"  طبقة «{layer.title_ar}» لا تُحمَّل من ملف؛ تكتبها المعاملات عند تقديمها والبتّ فيها."
        )
    return LOADERS[layer.code]


def _each_pair(arguments: Sequence[str]) -> list[str]:
    """Write ``--map a=b c=d plans f.gpkg`` as ``--map=a=b --map=c=d plans f.gpkg``: only pairs belong to it.

    argparse would take the layer and the file as further pairs. ValueError: no pair follows.
    """
    out: list[str] = []
    pairs = -1  # how many follow the last --map, -1 after something else
    for argument in map(str, arguments):
        if pairs >= 0 and "=" in argument and not argument.startswith("-"):
            out.append(f"--map={argument}")
            pairs += 1
            continue
        if pairs == 0:
            raise ValueError(argument)
        pairs = 0 if argument == "--map" else -1
        if pairs:
            out.append(argument)
    if pairs == 0:
        raise ValueError("")
    return out


class Command(BaseCommand):
    help = "Load any vector file into a layer: prints read, written, defective and why; nothing half-loaded on error."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parse = parser.parse_known_args

        def parse_pairs(args: Any = None, namespace: Any = None) -> Any:
            try:
                pairs = _each_pair(args or ())
            except ValueError as error:
                parser.error(f"--map takes field=attribute, not {str(error)!r}")
            return parse(pairs, namespace)

        parser.parse_known_args = parse_pairs  # type: ignore[method-assign]  # argparse hands all that follows to --map
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layer", help="code of the layer, built-in or added")
        parser.add_argument(
            "file", help="GPKG, GeoJSON, Shapefile (.shp or .zip), FlatGeobuf, GML, GeoParquet, CSV or (places) OSM PBF"
        )
        parser.add_argument("--layer", dest="source_layer", metavar="NAME", help="which layer of the file")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=ATTRIBUTE",
            help="which attribute of the file goes into a field; several pairs may follow each other",
        )
        parser.add_argument("--crs", metavar="EPSG:n", help="the system the file is in; wins over what the file says")
        parser.add_argument("--dry-run", action="store_true", help="do everything and keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        layer = layer_of(options["layer"], OWNER)
        load = loader_of(layer)
        progress = Progress(self.stderr)
        try:
            prepared = prepare(
                options["file"],
                layer.fields,
                settings.STORAGE_SRID,
                layer=options["source_layer"],
                given=_mapping(options["map"]),
                crs_override=options["crs"],
                progress=progress,
                one_of=layer.needs_one_of,
                adapt=adapt_tags if layer.code == "places" else None,
            )
            with prepared.source:
                self._announce(prepared)
                progress.total = prepared.source.count
                outcome = load(layer, prepared, progress, options["dry_run"])
                if outcome.written and not options["dry_run"]:
                    generalise_all([layer.code], OWNER, progress)
                progress.end()
        except FileUnreadable as error:
            raise CommandError(str(error)) from error
        except crs.CrsRefused as error:
            todo = f"\n  To do: {error.todo}" if error.todo else ""
            raise CommandError(f"{error.message_en}{todo}\n  {error.message_ar}") from error
        except LandAlreadyHeld as error:
            raise CommandError(_held(error)) from error
        self._report(layer, prepared, outcome, dry_run=options["dry_run"])

    def _announce(self, prepared: PreparedImport) -> None:
        operation = prepared.operation
        self.stdout.write(
            f"file      {prepared.source.name} ({prepared.source.format.code}, {prepared.source.layer or '-'})"
        )
        self.stdout.write(f"crs       {operation.text() if operation else crs.label(prepared.source_crs)}")
        for name, attribute in prepared.mapping.fields.items():
            self.stdout.write(f"map       {name}={attribute}")
        for name, attribute in prepared.mapping.suggestions.items():
            self.stdout.write(f"not read  {name}; perhaps --map {name}={attribute}")
        for note in prepared.notes:
            self.stdout.write(f"note      {note}")

    def _report(self, layer: Layer, prepared: PreparedImport, outcome: Outcome, *, dry_run: bool) -> None:
        kept = "would be written (dry run)" if dry_run else "written"
        read = prepared.findings.read + prepared.source.left_out.total()
        self.stdout.write("")
        self.stdout.write(f"{layer.code}: {read} read, {outcome.written} {kept}, {outcome.defective} defective")
        for line in outcome.told:
            self.stdout.write(f"  {line}")
        for kind, count in sorted(outcome.defects.items(), key=lambda item: -item[1]):
            known = KINDS.get(kind)
            loaded = "  NOT LOADED" if known and not known.is_loaded else ""
            self.stdout.write(f"  {count:>8}  {kind}{loaded}")
            for defect in prepared.findings.samples.get(kind, []) if known else []:
                at = defect.where.representative_point() if defect.where is not None else None
                place = f" at {at.x:.3f} {at.y:.3f}" if at is not None else ""
                row = f"row {defect.row}" if defect.row else "the land"
                self.stdout.write(f"            {row}{place}: {defect.text('en')} / {defect.text('ar')}")


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, attribute = pair.partition("=")
        if not equals or not name or not attribute:
            raise CommandError(f"--map takes field=attribute, not {pair!r}")
        if mapping.setdefault(name.strip(), attribute) != attribute:
            raise CommandError(f"--map gives {name.strip()} twice: {mapping[name.strip()]} and {attribute}")
    return mapping


def _held(error: LandAlreadyHeld) -> str:
    rows = "\n".join(
        f"  row {row}: parcel {number or '-'} overlaps current parcel {uid} by {area:.2f} m2"
        for row, number, uid, area in error.held[:20]
    )
    more = f"\n  and {error.total - 20} more" if error.total > 20 else ""
    return (
        f"Nothing was loaded: {error.total} parcels of the file take land that current parcels hold.\n{rows}{more}\n"
        f"  لم يُحمَّل شيء: {error.total} قطعة من الملف تقع على أرض قطع قائمة."
    )
