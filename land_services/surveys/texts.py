"""Which text inside a polygon is its parcel number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import Point, Polygon

from land_services.surveys.numbers import parcel_number
from land_services.surveys.raw import Label

_MEASURE = re.compile(r"^[=~±]?\s*\d+[.,٫]\d+|\d\s*(?:m2|m²|م2|م²|m\b|م\b|sqm|ha)", re.IGNORECASE)


@dataclass(frozen=True)
class Inside:
    """What the texts inside a polygon say: the number, or "" with the texts among which none is the only candidate."""

    number: str
    texts: tuple[str, ...]


def is_measure(text: str) -> bool:
    """Return whether a text is a length or an area rather than a number: it has decimals or a unit.

    Examples
    --------
    >>> is_measure("612.50"), is_measure("٦٠٠ م²"), is_measure("12/3"), is_measure("A-7")
    (True, True, False, False)
    """
    return _MEASURE.search(parcel_number(text)) is not None


def numbers_inside(polygons: Sequence[Polygon], labels: Sequence[Label]) -> dict[int, Inside]:
    """Return, by index of the polygon, what its texts say; a text belongs to the smallest polygon around it.

    One text is the number. Of several, the layer decides that has exactly one text in every polygon; then what is not
    a length or an area. Polygons without a text are given an empty ``Inside``.
    """
    found: dict[int, list[Label]] = defaultdict(list)
    if polygons and labels:
        tree = shapely.STRtree(list(polygons))
        pairs = tree.query([Point(label.at) for label in labels], predicate="intersects")
        around: dict[int, list[int]] = defaultdict(list)
        for label, polygon in pairs.T.tolist():
            around[label].append(polygon)
        for label, homes in around.items():
            found[min(homes, key=lambda i: polygons[i].area)].append(labels[label])
    layer = _number_layer(found, len(polygons))
    return {index: _choose(found.get(index, []), layer) for index in range(len(polygons))}


def _number_layer(found: dict[int, list[Label]], count: int) -> str | None:
    """Return the one layer that has exactly one text, no measure, in every polygon; None where not exactly one has."""
    per_layer: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for index, labels in found.items():
        for label in labels:
            per_layer[label.layer].append((index, label.text))
    layers = [
        layer
        for layer, texts in per_layer.items()
        if len(texts) == count
        and len({index for index, _ in texts}) == count
        and not any(is_measure(text) for _, text in texts)
    ]
    if len(layers) > 1:
        layers = [layer for layer in layers if len({text for _, text in per_layer[layer]}) == count]
    return layers[0] if len(layers) == 1 else None


def _choose(labels: Sequence[Label], layer: str | None) -> Inside:
    texts = tuple(dict.fromkeys(label.text for label in labels))
    candidates = texts
    if layer is not None:
        candidates = tuple(label.text for label in labels if label.layer == layer)
    elif len(texts) > 1:
        candidates = tuple(text for text in texts if not is_measure(text))
    return Inside(parcel_number(candidates[0]) if len(candidates) == 1 else "", texts)
