"""What a file holds, looked at before anything is loaded: fields with kinds and examples, geometry, system, bounds.

Pure: a file in, a frozen answer out. For files from people it runs in a confined process (``layers.files.sandbox``).
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import shapely

from layers import crs
from layers.files.cleaning import Expected
from layers.files.errors import FileUnreadable
from layers.files.importing import PreparedImport, prepare
from layers.files.mapping import LayerField
from layers.files.naming import safe_names

__all__ = ["MAX_FIELDS", "FieldHint", "FileHint", "look", "suggest_fields"]

MAX_FIELDS: Final = 100
SAMPLE_ROWS: Final = 20_000
EXAMPLES: Final = 5
NAME_SHOWN: Final = 120
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
"""How GeoPackage writes a moment, and GeoJSON by custom."""
_UID: Final = "uid"
_TYPES: Final[dict[str, Expected]] = {
    "Point": "Point", "MultiPoint": "Point", "LineString": "MultiLineString", "LinearRing": "MultiLineString",
    "MultiLineString": "MultiLineString", "Polygon": "MultiPolygon", "MultiPolygon": "MultiPolygon",
}  # fmt: skip


@dataclass(frozen=True)
class FieldHint:
    """An attribute and the field that it may become."""

    attribute: str
    name: str
    kind: str
    title: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileHint:
    """What a file holds. ``geometry`` is what most of its features are; ``types`` counts those looked at.

    ``bounds`` are in degrees. ``notes`` and ``provenance`` are as ``layers.files.importing`` tells them.
    """

    fields: tuple[FieldHint, ...]
    geometry: Expected
    types: Mapping[str, int]
    count: int | None
    bounds: crs.Bounds | None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FileHint:
        """Return the answer that ``as_json`` made; KeyError or TypeError where it is something else."""
        fields = tuple(FieldHint(**{**f, "examples": tuple(f["examples"])}) for f in value["fields"])
        bounds = None if value["bounds"] is None else tuple(float(v) for v in value["bounds"])
        return cls(**{**value, "fields": fields, "bounds": bounds, "notes": tuple(value["notes"])})


def suggest_fields(path: str | Path, storage_srid: int, **options: Any) -> tuple[FieldHint, ...]:
    """Return the fields that a file suggests; see ``look``."""
    return look(path, storage_srid, **options).fields


def look(path: str | Path, storage_srid: int, *, layer: str | None = None, crs_override: str | None = None) -> FileHint:
    """Return what a file holds.

    Raises
    ------
    FileUnreadable, layers.crs.CrsRefused
        As ``layers.files.importing.prepare`` does, and ``too_many_fields``.
    """
    prepared = prepare(path, (), storage_srid, layer=layer, crs_override=crs_override)
    with prepared.source as source:
        if len(source.fields) > MAX_FIELDS:
            raise _too_many(source.name, len(source.fields))
        columns: dict[str, list[Any]] = {name: [] for name in source.fields}
        types: Counter[str] = Counter()
        seen = 0
        for batch in source.iter_batches(source.fields):
            if seen < SAMPLE_ROWS:
                for name, values in batch.columns.items():
                    columns[name] += values
                types.update(g.geom_type for g in batch.geometry if g is not None and not shapely.is_empty(g))
            seen += len(batch)
            if seen >= SAMPLE_ROWS and source.count is not None:
                seen = source.count
                break
        return _told(prepared, columns, types, seen)


def _told(prepared: PreparedImport, columns: dict[str, list[Any]], types: Counter[str], count: int) -> FileHint:
    kept = {name: values for name, values in columns.items() if not _is_identifier(name, values)}
    wanted: Counter[Expected] = Counter()
    for kind, number in types.items():
        if kind in _TYPES:
            wanted[_TYPES[kind]] += number
    if not wanted:
        raise _no_shapes(prepared.source.name, types)
    fields = tuple(
        FieldHint(name, safe, kind_of(values), _title(name) or safe, _examples(values))
        for (name, values), safe in zip(kept.items(), safe_names(list(kept)), strict=True)
    )
    notes = list(prepared.notes)
    if len(wanted) > 1:
        notes.append("features of several types: " + ", ".join(f"{n} {k}" for k, n in types.most_common()))
    if types["MultiPoint"]:
        notes.append("of features with several points the first point is taken")
    geometry = wanted.most_common(1)[0][0]
    return FileHint(fields, geometry, dict(types), count, prepared.area, prepared.provenance(), tuple(notes))


def kind_of(values: list[Any]) -> str:
    """Return the kind that holds all of the values.

    Examples
    --------
    >>> kind_of([1, None, -5]), kind_of([1, 2.5]), kind_of([1, "2"]), kind_of([True]), kind_of([])
    ('integer', 'float', 'text', 'text', 'text')
    >>> kind_of(["2026-05-01T08:00:00Z"]), kind_of(["2026-05-01"])
    ('datetime', 'text')
    """
    held = [v for v in values if v is not None]
    if not held or any(isinstance(v, bool) for v in held):
        return "text"
    if all(isinstance(v, int) and -(2**63) <= v < 2**63 for v in held):
        return "integer"
    if all(isinstance(v, int | float) for v in held):
        return "float"
    is_moment = all(isinstance(v, datetime) or (isinstance(v, str) and _MOMENT.fullmatch(v)) for v in held)
    return "datetime" if is_moment else "text"


def as_field(hint: FieldHint) -> LayerField:
    """Return the field that a hint describes, for staging."""
    return LayerField(hint.name, hint.title, hint.title, hint.kind)  # type: ignore[arg-type]  # kind_of's answers


def _title(name: str) -> str:
    return "".join(c for c in name if c.isprintable()).strip()[:NAME_SHOWN]


def _is_identifier(name: str, values: list[Any]) -> bool:
    """Return whether an attribute is the ``uid`` that our own exports carry: it is kept as such."""
    if name.casefold() != _UID:
        return False
    try:
        return all(uuid.UUID(str(v)) for v in values if v is not None)
    except ValueError:
        return False


def _examples(values: list[Any]) -> tuple[str, ...]:
    found: list[str] = []
    for value in values:
        text = value.isoformat() if isinstance(value, date | datetime) else str(value if value is not None else "")
        text = "".join(c for c in text if c.isprintable()).strip()[:60]
        if text and text not in found:
            found.append(text)
        if len(found) == EXAMPLES:
            break
    return tuple(found)


def _too_many(name: str, count: int) -> FileUnreadable:
    return FileUnreadable(
        f'في الملف "{name}" {count} حقلًا، والحد {MAX_FIELDS}.',
        f'The file "{name}" has {count} attributes, at most {MAX_FIELDS} are taken.',
        what="too_many_fields",
        where=name,
        todo="save the file with the attributes that people need",
    )


def _no_shapes(name: str, types: Mapping[str, int]) -> FileUnreadable:
    found = ", ".join(sorted(types)) or "-"
    return FileUnreadable(
        f'ليس في الملف "{name}" نقاط ولا خطوط ولا مساحات (الموجود: {found}).',
        f'The file "{name}" holds no points, lines or areas (found: {found}).',
        what="no_features",
        where=name,
    )
