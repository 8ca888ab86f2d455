"""GDAL in a process of its own: it waits for its server without letting another thread of its process answer.

Run as ``python -m tests.layers.ogc.gdal_reader``: one JSON request on standard input, one JSON answer on standard
output. Needs no Django.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pyogrio


def main() -> None:
    asked = json.load(sys.stdin)
    print(json.dumps(_ANSWERS[asked.pop("do")](**asked)))  # noqa: T201  the protocol


def _layers(address: str) -> list[str]:
    return [str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{address}")]


def _read(address: str, layer: str, **options: Any) -> dict[str, Any]:
    if "bbox" in options:
        options["bbox"] = tuple(options["bbox"])
    meta, _, geometries, values = pyogrio.raw.read(f"OAPIF:{address}/collections/{layer}", layer=layer, **options)
    return {
        "crs": str(meta["crs"]),
        "fields": {str(name): [str(v) for v in column] for name, column in zip(meta["fields"], values, strict=True)},
        "types": {str(name): column.dtype.kind for name, column in zip(meta["fields"], values, strict=True)},
        "geometries": [geometry.hex() for geometry in geometries],
    }


def _count(address: str, layer: str) -> int:
    found = pyogrio.read_info(f"OAPIF:{address}/collections/{layer}", layer=layer, force_feature_count=True)
    return int(found["features"])


_ANSWERS: dict[str, Any] = {"layers": _layers, "read": _read, "count": _count}

if __name__ == "__main__":
    main()
