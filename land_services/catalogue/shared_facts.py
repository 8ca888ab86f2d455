"""What cards have in common (``shared/*.toml``): sources, departments, usual documents, classes of offices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from land_services.catalogue.model import PER, ROLES, Department, Document, OfficeClass
from land_services.catalogue.tables import CODE, ENDING, Row, Tables
from land_services.domain import RuleSource

__all__ = ["DOCUMENT_KEYS", "Shared", "read_document", "read_formats", "read_people", "read_shared"]

FILES: Final = ("sources.toml", "departments.toml", "office_classes.toml", "documents.toml")
DOCUMENT_KEYS: Final = ("code", "ar", "en", "source", "required", "formats", "per", "readers", "added_by")


@dataclass(frozen=True)
class Shared:
    """Facts that any card may name, by their code."""

    sources: dict[str, RuleSource] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    office_classes: dict[str, OfficeClass] = field(default_factory=dict)


def read_shared(folder: Path, known: Shared | None = None) -> Shared:
    """Return the shared facts of a folder, added to those already known and winning over them.

    Raises
    ------
    CatalogueError
        Names file, line and key of what is wrong.
    """
    shared = known or Shared()
    for name in FILES:
        path = folder / name
        if path.is_file():
            shared = _add(shared, path.read_text(encoding="utf-8"), f"{folder.name}/{name}")
    return shared


def read_document(tables: Tables, row: Row, departments: Mapping[str, Department]) -> Document:
    """Return a document as an entry describes it in full."""
    tables.keys(row, DOCUMENT_KEYS, "[[documents]]")
    return Document(
        **tables.words(row),
        source=tables.source(row),
        required=tables.flag(row, "required"),
        formats=read_formats(tables, row),
        per=tables.among(row, "per", PER, "case"),
        readers=read_people(tables, row, "readers", departments),
        added_by=read_people(tables, row, "added_by", departments),
    )


def read_people(tables: Tables, row: Row, name: str, departments: Mapping[str, Department]) -> tuple[str, ...]:
    """Return who reads or adds a document: roles, those of a department, whoever files, agencies that are asked."""
    found: list[str] = []
    for word in tables.texts(row, name, needed=False):
        kind, _, code = word.partition(":")
        if kind == "department" and code in departments:
            if not departments[code].roles:
                tables.fault(row.key(name), f"the department {code!r} has no roles")
            found += departments[code].roles
        elif word in ROLES or word == "filer" or (kind == "agency" and CODE.fullmatch(code)):
            found.append(word)
        else:
            tables.fault(row.key(name), f"{word!r} is no role, department:CODE, agency:CODE or filer")
    return tuple(dict.fromkeys(found))


def read_formats(tables: Tables, row: Row) -> tuple[str, ...]:
    """Return the file endings that a document may have."""
    formats = tables.texts(row, "formats")
    for ending in formats:
        if not ENDING.fullmatch(ending):
            tables.fault(row.key("formats"), f"{ending!r} is not a file ending such as pdf")
    return formats


def _add(shared: Shared, text: str, file: str) -> Shared:
    tables = Tables(text, file)
    tables.keys(tables.data, ("sources", "departments", "documents", "office_classes"), "shared facts")
    tables.sources = dict(shared.sources)
    tables.read_sources()
    rows = tables.rows("departments", needed=False)
    tables.once(rows, "code")
    departments = [Department(**tables.words(row), roles=tables.several(row, "roles", ROLES)) for row in rows]
    for row in rows:
        tables.keys(row, ("code", "ar", "en", "roles"), "[[departments]]")
    known = shared.departments | {one.code: one for one in departments}
    classes = tables.rows("office_classes", needed=False)
    tables.once(classes, "code")
    for row in classes:
        tables.keys(row, ("code", "ar", "en"), "[[office_classes]]")
    office_classes = [OfficeClass(**tables.words(row)) for row in classes]
    rows = tables.rows("documents", needed=False)
    tables.once(rows, "code")
    documents = [read_document(tables, row, known) for row in rows]
    tables.done()
    return replace(
        shared,
        sources=tables.sources,
        departments=known,
        documents=shared.documents | {one.code: one for one in documents},
        office_classes=shared.office_classes | {one.code: one for one in office_classes},
    )
