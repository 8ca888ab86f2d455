"""From a file to staged features: format, coordinate system, mapping and cleaning put together. No database here.

``prepare`` settles and checks everything that concerns the file as a whole, before the first feature is staged;
``staged_parcels`` and ``staged_features`` then stream.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import crs
from layers.digits import to_latin_digits
from layers.files.cleaning import Cleaned, Expected, clean, shape_digests
from layers.files.defects import KINDS, Defect, DefectNote
from layers.files.errors import FileUnreadable
from layers.files.mapping import AttributeMap, LayerField, disagreements, read_value, resolve
from layers.files.reader import VectorBatch, VectorSource, open_vector, sha256_of
from layers.files.staging import StagedFeature, StagedParcel

__all__ = ["Findings", "PreparedImport", "prepare", "staged_features", "staged_parcels"]

_SAMPLES_KEPT = 5

Progress = Callable[[str, int, int | None], None]


@dataclass
class Findings:
    """What staging found, for the report: rows read, faults by kind, and the first rows of each kind."""

    read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Defect]] = field(default_factory=dict)
    rows_with_faults: int = 0

    def note(self, row: int, notes: Sequence[DefectNote], defects: Sequence[Defect] = ()) -> None:
        """Take the faults of one row into account."""
        if not notes:
            return
        places = {d.kind: d.where for d in defects}
        self.rows_with_faults += 1
        for kind, detail in notes:
            self.counts[kind] += 1
            kept = self.samples.setdefault(kind, [])
            if len(kept) < _SAMPLES_KEPT:
                kept.append(Defect(kind, row, detail, places.get(kind)))


@dataclass
class PreparedImport:
    """A file that may be loaded: opened, its systems known, its land inside the area of use, its attributes mapped."""

    source: VectorSource
    fields: Mapping[str, LayerField]
    mapping: AttributeMap
    source_crs: str
    storage_srid: int
    area: crs.Bounds | None
    operation: crs.CrsOperation | None
    sha256: str
    notes: tuple[str, ...]
    findings: Findings = field(default_factory=Findings)
    one_of: tuple[str, ...] = ()

    def carry(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return coordinates of the file in the storage CRS, by the operation on record."""
        return crs.transform_coordinates(xy, self.source_crs, self.storage_srid, area=self.area, allow_legacy=True)

    def provenance(self) -> dict[str, Any]:
        """Return what is stored with the source: file, hash, systems, operation with its accuracy, mapping."""
        return {
            "name": self.source.name,
            "layer": self.source.layer,
            "sha256": self.sha256,
            "format": self.source.format.code,
            "encoding": self.source.encoding,
            "crs": crs.label(self.source_crs),
            "storage_crs": crs.label(self.storage_srid),
            "operation": self.operation.as_json() if self.operation else None,
            "accuracy_m": self.operation.accuracy_m if self.operation else None,
            "mapping": dict(self.mapping.fields),
            "notes": list(self.notes),
        }


def prepare(
    path: str | Path,
    fields: Sequence[LayerField],
    storage_srid: int,
    *,
    layer: str | None = None,
    given: Mapping[str, str] | None = None,
    crs_override: str | None = None,
    progress: Progress | None = None,
    one_of: Sequence[str] = (),
    adapt: Callable[[VectorSource, Mapping[str, str]], None] | None = None,
) -> PreparedImport:
    """Open a file for loading into the storage CRS, or say why it cannot be.

    Parameters
    ----------
    path : str or Path
        The file; a zip may hold one dataset.
    fields : sequence of LayerField
        The layer's fields.
    storage_srid : int
        EPSG code of the database's coordinate system.
    layer : str, optional
        Which layer of the file.
    given : mapping, optional
        field -> attribute.
    crs_override : str, optional
        The system the file is really in; it wins over what the file says.
    progress : callable, optional
        Called with (stage, rows done, None) while the file is looked through for its bounds.
    one_of : sequence of str
        Fields of which the file must give at least one, such as a name in either language.
    adapt : callable, optional
        Called with the source and ``given`` before attributes are mapped; it may have rows made into others.

    Raises
    ------
    FileUnreadable
        ``no_crs``, ``mapping``, ``no_features``, or anything the reader finds.
    layers.crs.CrsRefused
        Unknown systems, and land outside the area of use (``Outside``, naming the UTM belt that holds it).
    """
    source = open_vector(path, layer)
    try:
        if adapt is not None:
            adapt(source, given or {})
        system, notes = _source_crs(source, crs_override)
        mapping = resolve(fields, source.fields, given or {}, source.name, one_of)
        bounds = source.scan_bounds(progress=progress)
        area = crs.require_inside(bounds, storage_srid, source=system) if bounds else None
        same = crs.parse(system) == crs.parse(storage_srid)
        operation = None if same else crs.operation(system, storage_srid, area)
        return PreparedImport(
            source=source,
            fields={f.name: f for f in fields},
            mapping=mapping,
            source_crs=system,
            storage_srid=storage_srid,
            area=area,
            operation=operation,
            sha256=sha256_of(path),
            notes=(*source.notes, *notes),
            one_of=tuple(one_of),
        )
    except BaseException:
        source.close()
        raise


def _source_crs(source: VectorSource, override: str | None) -> tuple[str, tuple[str, ...]]:
    if override:
        named = crs.parse(override)
        stated = source.crs
        if stated and crs.parse(stated) != named:
            return override, (f"the file says {crs.label(stated)}; --crs {crs.label(named)} wins",)
        return override, ()
    if not source.crs:
        raise FileUnreadable(
            f'الملف "{source.name}" لا يذكر نظام إحداثياته.',
            f'The file "{source.name}" does not say which coordinate system it is in.',
            what="no_crs",
            where=source.name,
            todo="name it: --crs EPSG:n",
        )
    crs.parse(source.crs)
    return source.crs, ()


# Staging ------------------------------------------------------------------------------------------------------------


class _Seen:
    """What has been seen before, as short digests: a million parcels take some hundred megabytes less this way."""

    def __init__(self) -> None:
        self._rows: dict[bytes, int] = {}

    def first_row(self, key: bytes, row: int) -> int | None:
        """Return the row that had this key first, or None where this row is the first."""
        first = self._rows.setdefault(key, row)
        return None if first == row else first


def staged_parcels(prepared: PreparedImport) -> Iterator[list[StagedParcel]]:
    """Yield the parcels of a file in batches, faults noted; rows that cannot be loaded come without geometry."""
    numbers, shapes, uids = _Seen(), _Seen(), _Seen()
    for cleaned, values, notes in _rows(prepared, "MultiPolygon"):
        batch = []
        digests = shape_digests([one.geometry for one in cleaned])
        for one, digest, row_values, row_notes in zip(cleaned, digests, values, notes, strict=True):
            if digest is not None:
                row_notes += _repeats(one.row, digest, row_values, numbers, shapes, uids)
            prepared.findings.note(one.row, row_notes, one.defects)
            batch.append(_parcel(one, row_values, row_notes))
        yield batch


def _repeats(
    row: int, shape: bytes, values: dict[str, Any], numbers: _Seen, shapes: _Seen, uids: _Seen
) -> list[DefectNote]:
    notes: list[DefectNote] = []
    number = values["parcel_no"]
    if not any(c.isalnum() for c in number):  # "---" is how some registers write that there is none
        notes.append(("missing_number", {}))
    else:
        key = "\0".join([values.get("plan_no") or "", values.get("block_no") or "", number])
        plain = key if key.isascii() else to_latin_digits(key)
        if first := numbers.first_row(hashlib.blake2b(plain.encode(), digest_size=12).digest(), row):
            notes.append(("repeated_number", {"number": number, "first_row": first}))
    if first := shapes.first_row(shape, row):
        notes.append(("repeated_geometry", {"first_row": first}))
    uid = values.get("uid")
    if uid and (first := uids.first_row(uuid.UUID(uid).bytes, row)):
        notes.append(("repeated_uid", {"uid": uid, "first_row": first}))
        values["uid"] = None
    return notes


def _parcel(one: Cleaned, values: dict[str, Any], notes: list[DefectNote]) -> StagedParcel:
    return StagedParcel(
        row=one.row,
        plan_no=values.get("plan_no") or "",
        block_no=values.get("block_no") or "",
        parcel_no=values["parcel_no"],
        land_use=values.get("land_use") or "",
        official_area_m2=values.get("official_area_m2"),
        surveyed_area_m2=values.get("surveyed_area_m2"),
        geometry=one.geometry,  # type: ignore[arg-type]  # clean() was asked for multipolygons
        original_wkb=one.original_wkb,
        defects=tuple(notes),
        uid=values.get("uid"),
    )


def staged_features(prepared: PreparedImport, expected: Expected) -> Iterator[list[StagedFeature]]:
    """Yield the features of a file in batches, faults noted; rows that cannot be loaded come without geometry."""
    uids = _Seen()
    for cleaned, values, notes in _rows(prepared, expected):
        batch = []
        for one, row_values, row_notes in zip(cleaned, values, notes, strict=True):
            uid = row_values.get("uid")
            if uid and (first := uids.first_row(uuid.UUID(uid).bytes, one.row)):
                row_notes.append(("repeated_uid", {"uid": uid, "first_row": first}))
                row_values["uid"] = None
            if prepared.one_of and not any(row_values.get(name) for name in prepared.one_of):
                row_notes.append(("missing_name", {}))
            prepared.findings.note(one.row, row_notes, one.defects)
            lost = any(not KINDS[kind].is_loaded for kind, _ in row_notes)
            geometry = None if lost else one.geometry
            batch.append(StagedFeature(one.row, row_values, geometry, one.original_wkb, tuple(row_notes)))
        yield batch


def _rows(
    prepared: PreparedImport, expected: Expected
) -> Iterator[tuple[list[Cleaned], list[dict[str, Any]], list[list[DefectNote]]]]:
    for batch in prepared.source.iter_batches(prepared.mapping.attributes):
        cleaned = clean(batch.geometry, batch.wkb, batch.first_row, prepared.carry, expected)
        values, notes = _values(prepared, batch)
        for one, row_notes in zip(cleaned, notes, strict=True):
            row_notes[:0] = [(d.kind, dict(d.params)) for d in one.defects]
        prepared.findings.read += len(batch)
        yield cleaned, values, notes


def _values(prepared: PreparedImport, batch: VectorBatch) -> tuple[list[dict[str, Any]], list[list[DefectNote]]]:
    values: list[dict[str, Any]] = [{} for _ in range(len(batch))]
    notes: list[list[DefectNote]] = [[] for _ in range(len(batch))]
    for name, attribute in prepared.mapping.fields.items():
        wanted = prepared.fields[name]
        shares = bool(wanted.within) and prepared.mapping.fields.get(wanted.within) == attribute
        for i, raw in enumerate(batch.columns[attribute]):
            values[i][name], note = read_value(wanted, raw)
            if note and not shares:
                notes[i].append(note)
    for row, row_notes in zip(values, notes, strict=True):
        for wanted in disagreements(prepared.fields.values(), row):
            row_notes.append(("bad_value", {"field": wanted.name, "value": row[wanted.name]}))
            row[wanted.name] = wanted.default
    return values, notes
