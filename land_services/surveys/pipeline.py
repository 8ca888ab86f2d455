"""Bytes of a survey file -> plan: what the confined child does, free of processes, so that tests can call it too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from land_services.domain import SurveyPlan
from land_services.surveys.archive import unpack
from land_services.surveys.assemble import Source, assemble, points_alone
from land_services.surveys.limits import DEFAULT_LIMITS, Limits
from land_services.surveys.raw import Notes, RawPlan
from land_services.surveys.sniff import extension_agrees, sniff

FormatReader = Callable[[bytes, Limits, Notes, str | None], RawPlan]
KINDS = ("geojson", "landxml", "dxf", "gpkg", "shapefile", "csv", "gsi")


def read_bytes(
    data: bytes,
    name: str,
    crs: str | None = None,
    unit: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    points_only: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> SurveyPlan:
    """Return the plan in ``data``; raise ``SurveyUnreadable``. ``ready`` is called before the first byte is parsed.

    Do not call this with a stranger's file outside the sandbox: use ``reader.read_survey``.
    """
    notes = Notes()
    kind = sniff(data)
    read = reader_of(kind)
    ready()
    content = data
    if kind == "shapefile":
        kind, content = unpack(data, limits, notes)
        read = reader_of(kind)
    elif not extension_agrees(name, kind):
        notes.add("warning", "SRV-24", name=name, format=kind)
    raw = read(content, limits, notes, unit)
    source = Source(name, hashlib.sha256(data).hexdigest())
    if points_only:
        return points_alone(raw, source, crs, unit, notes)
    return assemble(raw, source, crs, unit, limits, notes)


def reader_of(kind: str) -> FormatReader:
    """Return the reader of a kind of ``sniff``, imported now: each brings its own library."""
    if kind == "geojson":
        from land_services.surveys.geojson import read
    elif kind == "landxml":
        from land_services.surveys.landxml import read
    elif kind == "dxf":
        from land_services.surveys.dxf import read
    elif kind == "gpkg":
        from land_services.surveys.gpkg import read
    elif kind == "shapefile":
        from land_services.surveys.shapefile import read
    elif kind == "gsi":
        from land_services.surveys.gsi import read
    else:
        from land_services.surveys.csv_points import read
    return read
