"""The outlines of a whole layer, made again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import shapely
from django.db import OperationalError, connections

from layers.added import all_layers
from layers.catalog.base import Layer
from tiles.generalise import blocks, features
from tiles.generalise.changes import tell, work_in_stale
from tiles.generalise.kinds import Kind, kind_of
from tiles.generalise.local import TooFar, array_of
from tiles.generalise.session import Progress, Session, exclusive, is_conflict, silent

__all__ = ["Busy", "generalise", "generalise_all"]

_WAIT_S: Final = 600.0
_ATTEMPTS: Final = 3
_AT_ONCE: Final = 200  # blocks; where more have changed meanwhile, all of it again is quicker


class Busy(Exception):
    """Another process makes the outlines of the layer and has not come to an end."""


def generalise(layer: Layer, using: str = "default", progress: Progress = silent) -> None:
    """Make all outlines of a layer again, in one transaction: tiles show the old ones until the new ones are there.

    Changes that commit meanwhile are worked in afterwards.

    Raises
    ------
    Busy
        Another process is at it for more than ten minutes.
    """
    for attempt in range(_ATTEMPTS):
        try:
            _generalise(layer, using, progress)
            break
        except OperationalError as error:
            if not is_conflict(error) or attempt == _ATTEMPTS - 1:
                raise
    if kind_of(layer).kind is Kind.GROUPS:
        try:
            work_in_stale(using, _AT_ONCE)
        except TooFar:
            generalise(layer, using, progress)


def generalise_all(codes: Iterable[str] = (), using: str = "default", progress: Progress = silent) -> None:
    """Make the outlines of these layers again, of all of them where none is named; after loading much.

    Inside a transaction nothing is done: what it has written is not there yet.
    """
    if connections[using].in_atomic_block:
        return
    layers = all_layers(using)
    for code in codes or layers:
        if kind_of(layers[code]).kind is not None:
            generalise(layers[code], using, progress)


def _generalise(layer: Layer, using: str, progress: Progress) -> None:
    with exclusive(layer.code, using, wait_s=_WAIT_S) as session:
        if session is None:
            raise Busy(f"the outlines of {layer.code} are being made by another process")
        if kind_of(layer).kind is Kind.GROUPS:
            seen = [row[0] for row in session.rows("SELECT id FROM tiles_staleblock")]
            blocks.make_all(session, progress)
            session.run("DELETE FROM tiles_staleblock WHERE id = ANY(%s)", [seen])
        else:
            features.make_all(session, layer, progress)
        tell(kind_of(layer).refreshed, array_of(_everywhere(session, layer)), using)


def _everywhere(session: Session, layer: Layer) -> list[shapely.Polygon]:
    found = session.rows(f"SELECT ST_AsBinary(ST_Extent(t.geom_3857)::geometry) FROM {layer.table} t")[0][0]
    return [] if found is None else [shapely.box(*shapely.from_wkb(bytes(found)).bounds)]
