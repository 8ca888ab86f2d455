"""What other parts add to the API: conformance classes, links and addresses of their own (tiles, filters).

An ``AppConfig.ready`` registers once; the documents ask every extension each time they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from layers.catalog.base import Layer
from layers.ogc.asking import Asked, Link

__all__ = ["Extension", "extensions", "register"]


def _no_links(asked: Asked) -> list[Link]:
    return []


def _no_layer_links(asked: Asked, layer: Layer) -> list[Link]:
    return []


def _no_paths(asked: Asked, layers: Mapping[str, Layer]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Extension:
    """``paths`` returns path items of the OpenAPI document by path below ``/ogc``; ``layers`` are those one may see."""

    name: str
    conformance: tuple[str, ...] = ()
    landing_links: Callable[[Asked], list[Link]] = _no_links
    collection_links: Callable[[Asked, Layer], list[Link]] = _no_layer_links
    paths: Callable[[Asked, Mapping[str, Layer]], dict[str, Any]] = _no_paths


_registered: dict[str, Extension] = {}


def register(extension: Extension) -> None:
    """Add an extension; one of the same name takes the place of the other."""
    _registered[extension.name] = extension


def extensions() -> tuple[Extension, ...]:
    """Return the extensions in the order in which they came."""
    return tuple(_registered.values())
