"""Work a change into simplified outlines without making all of them again, with the same result.

How an outline is simplified depends on what lies in the box around it: a corner is kept where leaving it out would
cross a neighbour. So the outlines around a change are made again with three rings of neighbours beside them, the outer
two of which only serve as surroundings; where one of the nearest ring comes out differently from how it is stored, the
change has reached it, and the work begins again with it inside.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from tiles.generalise.session import Progress, silent
from tiles.generalise.shapes import Shapes, simplify_coverage, tolerance_at

__all__ = ["LARGEST", "TooFar", "Unsimplified", "array_of", "boxes_of", "simplify_around"]

LARGEST = 20_000
"""Outlines that are looked at for one change; a change that reaches further is left to a full run."""

_PIECE = 400
"""Areas that are simplified together, besides their neighbours."""

Key = TypeVar("Key", bound=Hashable)


class TooFar(Exception):
    """A change reaches too many outlines to be worked in while somebody waits."""


class Unsimplified(Protocol[Key]):
    """Where the exact outlines of a layer are, and the simplified ones."""

    def near(self, boxes: Shapes) -> dict[Key, BaseGeometry]:
        """Return the exact outlines whose boxes meet one of these boxes."""
        ...

    def stored(self, zoom: int, keys: Iterable[Key]) -> dict[Key, bytes]:
        """Return simplified outlines as WKB, as far as there are any."""
        ...


class _Rings(Generic[Key]):
    def __init__(self, source: Unsimplified[Key], boxes: Shapes) -> None:
        self.inner = source.near(boxes)
        self.near = source.near(boxes_of(self.inner.values())) if self.inner else {}
        next_to = source.near(boxes_of(self.near.values())) if self.near else {}
        self.all = source.near(boxes_of(next_to.values())) if next_to else {}
        if len(self.all) > LARGEST:
            raise TooFar(f"{len(self.all)} outlines lie around the change")


def simplify_around(source: Unsimplified[Key], boxes: Shapes, zoom: int) -> dict[Key, BaseGeometry]:
    """Return the simplified outlines that a change alters.

    Parameters
    ----------
    source
        Outlines as they are after the change.
    boxes : array of Polygon
        Boxes of the outlines that changed, as they were and as they are.
    zoom : int
        The zoom to simplify for.

    Returns
    -------
    dict
        By key, in EPSG:3857; outlines that are stored just so are left out.

    Raises
    ------
    TooFar
        More than ``LARGEST`` outlines would have to be looked at.
    """
    while True:
        rings = _Rings(source, boxes)
        made = simplified(rings.all, zoom)
        stored = source.stored(zoom, rings.near)
        different = {key: made[key] for key in rings.near if stored.get(key) != shapely.to_wkb(made[key])}
        reached = different.keys() - rings.inner.keys()
        if not reached:
            return different
        boxes = np.concatenate([boxes, boxes_of(rings.near[key] for key in reached)])


def simplified(outlines: Mapping[Key, BaseGeometry], zoom: int, progress: Progress = silent) -> dict[Key, BaseGeometry]:
    """Return areas simplified for a zoom. They are taken in the order of their keys, whoever asks.

    Simplifying takes longer than in proportion to the number of areas, so many are done in pieces, each with two rings
    of neighbours beside it.
    """
    keys = sorted(outlines)  # type: ignore[type-var]  # keys are numbers or tuples of text
    shapes, tolerance = array_of(outlines[key] for key in keys), tolerance_at(zoom)
    if len(keys) <= _PIECE:
        return dict(zip(keys, simplify_coverage(shapes, tolerance), strict=True))
    boxes = array_of(shapely.box(*bounds) for bounds in shapely.bounds(shapes).tolist())
    tree = shapely.STRtree(boxes)
    found = shapes.copy()
    done = 0
    for piece in _pieces(shapely.get_coordinates(shapely.centroid(boxes)), np.arange(len(keys))):
        around = _ring(tree, boxes, _ring(tree, boxes, piece))
        found[piece] = simplify_coverage(shapes[around], tolerance)[np.searchsorted(around, piece)]
        done += len(piece)
        progress(f"outlines of zoom {zoom}", done, len(keys))
    return dict(zip(keys, found, strict=True))


def _ring(tree: shapely.STRtree, boxes: Shapes, inner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of boxes that meet one of the given ones, which are among them, in order."""
    return np.unique(tree.query(boxes[inner])[1])


def _pieces(centres: NDArray[np.float64], places: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield places in groups of neighbours: halves of halves, across the longer side."""
    if len(places) <= _PIECE:
        yield np.sort(places)
        return
    here = centres[places]
    axis = int(np.argmax(np.ptp(here, axis=0)))
    order = places[np.argsort(here[:, axis], kind="stable")]
    yield from _pieces(centres, order[: len(order) // 2])
    yield from _pieces(centres, order[len(order) // 2 :])


def array_of(shapes: Iterable[BaseGeometry]) -> Shapes:
    """Return shapes as an array of objects, an empty one too."""
    listed = list(shapes)
    array: Any = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array  # type: ignore[no-any-return]


def boxes_of(shapes: Iterable[BaseGeometry], margin: float = 0.0) -> Shapes:
    """Return the box of each shape that is not empty, moved outwards by a margin."""
    bounds = shapely.bounds(array_of(shapes)).reshape(-1, 4)
    bounds = bounds[~np.isnan(bounds).any(axis=1)] + np.array([-margin, -margin, margin, margin])
    return array_of(shapely.box(*row) for row in bounds.tolist())
