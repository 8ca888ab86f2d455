"""Zipped Shapefile in plain Python: .shp polygons, .dbf attributes in their code page, .prj as the CRS."""

from __future__ import annotations

import itertools
import struct
from typing import Any

from land_services.surveys import curves
from land_services.surveys.archive import open_archive, read_member
from land_services.surveys.crs import facts_of_wkt
from land_services.surveys.dbf import read_dbf
from land_services.surveys.errors import refusal
from land_services.surveys.features import Rows
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text
from land_services.surveys.raw import Notes, RawPlan, Ring, Seg, is_coordinate
from land_services.surveys.rings import is_inside, nest
from land_services.surveys.wkb import BadWkb, Shapes

POLYGONS = {5, 15, 25}
POINTS = {1, 11, 21}
LINES = {3, 13, 23}
OTHERS = {8: "MultiPoint", 18: "MultiPoint", 28: "MultiPoint", 31: "MultiPatch"}


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the polygons and points of every Shapefile in the archive."""
    archive = open_archive(data, limits)
    members = {n.lower(): n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX/")}
    stems = sorted(n[:-4] for n in members if n.endswith(".shp"))
    plan = RawPlan(format="shapefile")
    rows = Rows(plan, notes)
    stated: set[str] = set()
    for stem in stems:
        shown = clean_text(members[stem + ".shp"])[:60]
        parts = {
            e: read_member(archive, members[f"{stem}.{e}"], limits)
            for e in ("shp", "dbf", "prj", "cpg")
            if f"{stem}.{e}" in members
        }
        before = len(plan.polygons) + len(plan.points)
        _layer(parts, shown, rows, limits)
        if len(plan.polygons) + len(plan.points) > before:
            stated.add(parts.get("prj", b"").decode("utf-8", "replace").strip("\ufeff \t\r\n\x00"))
    if len(stated) > 1:
        notes.error("SRV-11", "several", tables=", ".join(stems)[:120])
    elif stated:
        _take_prj(plan, stated.pop())
    rows.finish()
    return plan


def _take_prj(plan: RawPlan, wkt: str) -> None:
    if not wkt:
        return
    facts = facts_of_wkt(wkt)
    if facts is None:
        plan.crs_wkt = wkt
    else:
        plan.crs = facts.code


def _layer(parts: dict[str, bytes], name: str, rows: Rows, limits: Limits) -> None:
    shapes = _records(parts["shp"], name, limits, rows)
    if "dbf" not in parts:
        rows.notes.add("warning", "SRV-03", "no_dbf", names=name)
        attributes: list[dict[str, Any] | None] = [{} for _ in shapes]
    else:
        attributes = read_dbf(parts["dbf"], parts.get("cpg"), name, rows.notes, limits)
        if len(attributes) != len(shapes):
            rows.notes.error("SRV-05", "dbf_count", place=name, rows=len(attributes), shapes=len(shapes))
            return
    for (number, found), values in zip(shapes, attributes, strict=True):
        if values is None:
            rows.left_out["deleted"] += 1
        else:
            rows.add(found, values, f"{name} record {number}")


def _records(data: bytes, name: str, limits: Limits, rows: Rows) -> list[tuple[int, Shapes]]:
    """Return the record number and shapes of each record of a .shp file."""
    if len(data) < 100 or data[:4] != b"\x00\x00\x27\x0a":
        raise refusal("SRV-05", "shp", place=name, detail="file header")
    stated = struct.unpack(">i", data[24:28])[0] * 2
    if stated > len(data):
        raise refusal("SRV-05", "shp", place=name, detail=f"{stated} bytes stated, {len(data)} found")
    found: list[tuple[int, Shapes]] = []
    at = 100
    while at + 12 <= stated:
        number, words = struct.unpack_from(">ii", data, at)
        body = data[at + 8 : at + 8 + words * 2]
        if words < 2 or len(body) < words * 2:
            raise refusal("SRV-05", "shp", place=f"{name} record {number}", detail="record length")
        if len(found) >= limits.entities:
            raise refusal("SRV-04", "entities", count=len(found), limit=limits.entities)
        try:
            found.append((number, _shape(body)))
        except (struct.error, BadWkb) as error:
            rows.notes.error("SRV-05", "wkb", place=f"{name} record {number}", detail=str(error)[:100])
            found.append((number, Shapes()))
        at += 8 + words * 2
    return found


def _shape(body: bytes) -> Shapes:
    kind = struct.unpack_from("<i", body)[0]
    if kind == 0:
        return Shapes(others=["empty"])
    if kind in POINTS:
        x, y = struct.unpack_from("<2d", body, 4)
        if not is_coordinate(x, y):
            raise BadWkb("coordinate that is no finite number")
        z = struct.unpack_from("<d", body, 20)[0] if kind == 11 else None
        return Shapes(points=[(x, y, z)], heights=kind == 11)
    if kind in LINES:
        return Shapes(others=["LineString"])
    if kind in OTHERS:
        return Shapes(others=[OTHERS[kind]])
    if kind not in POLYGONS:
        raise BadWkb(f"shape type {kind}")
    part_count, point_count = struct.unpack_from("<2i", body, 36)
    if part_count < 0 or point_count < 0 or 44 + 4 * part_count + 16 * point_count > len(body):
        raise BadWkb("counts larger than the record")
    starts = list(struct.unpack_from(f"<{part_count}i", body, 44))
    flat = struct.unpack_from(f"<{2 * point_count}d", body, 44 + 4 * part_count)
    if not is_coordinate(*flat):
        raise BadWkb("coordinate that is no finite number")
    if any(not 0 <= s < point_count for s in starts) or starts != sorted(starts):
        raise BadWkb("part index")
    points = list(zip(flat[0::2], flat[1::2], strict=True))
    runs = [points[a:b] for a, b in zip(starts, [*starts[1:], point_count], strict=True)]
    rings: list[Ring] = [[Seg(a, b) for a, b in itertools.pairwise(run)] for run in runs]
    return Shapes(polygons=_polygons(rings), heights=kind == 15)


def _polygons(rings: list[Ring]) -> list[list[Ring]]:
    """Group rings: clockwise ones are exteriors, the others holes of the exterior around them (ESRI, 1998, p. 8)."""
    if all(curves.ring_area(r) >= 0 for r in rings):
        return nest(rings)
    exteriors = [[r] for r in rings if curves.ring_area(r) < 0]
    for ring in (r for r in rings if curves.ring_area(r) >= 0):
        home = next((e for e in exteriors if ring and is_inside(ring[0].start, e[0])), None)
        if home is None:
            exteriors.append([ring])
        else:
            home.append(ring)
    return exteriors
