"""The published schemas of OGC API - Tiles, which refer to each other by file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_FOLDER = "ogc_conformance/ogcapi_tiles/openapi/schemas"


def _absolute(value: Any, folder: Path) -> Any:
    """Return a schema whose references are paths of files: each is written from where its file lies."""
    if isinstance(value, list):
        return [_absolute(item, folder) for item in value]
    if not isinstance(value, dict):
        return value
    made = {k: _absolute(v, folder) for k, v in value.items()}
    target = made.get("$ref")
    if isinstance(target, str) and not target.startswith("#"):
        made["$ref"] = (folder / target).resolve().as_uri()
    return made


@cache
def _registry(root: Path) -> Registry[Any]:
    resources = []
    for path in sorted(root.rglob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        resources.append((path.resolve().as_uri(), Resource(_absolute(content, path.parent), DRAFT202012)))
    return Registry().with_resources(resources)


def tile_schema_faults(real_data: Path, name: str, document: Any) -> list[str]:
    """Return what a published schema, such as ``tms/tileSet``, finds wrong with a document."""
    root = real_data / _FOLDER
    address = (root / f"{name}.yaml").resolve().as_uri()
    validator = Draft202012Validator({"$ref": address}, registry=_registry(root))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
