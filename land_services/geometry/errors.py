"""Named errors of the kernel: each says what is wrong and where, before anything is planned."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

__all__ = [
    "AreasDoNotFit",
    "CutMissesParcel",
    "CutTouchesOnly",
    "DisconnectedParcels",
    "GeometryError",
    "HoleInResult",
    "InvalidOutline",
    "LineNotShared",
    "NeighbourCollapses",
    "NoSuchArea",
    "NoSuchCorner",
    "NoSuchSide",
    "NotAnArc",
    "NotBalanced",
    "NotOnGrid",
    "NothingToDo",
    "OpensFault",
    "ParcelCollapsesOnGrid",
    "PartInPieces",
    "PartOutsideParcel",
    "PartTooThin",
    "PartsDoNotFit",
    "PartsLeaveGap",
    "PartsOverlap",
]


class GeometryError(ValueError):
    """A request that the kernel refuses.

    Parameters
    ----------
    message : str
        Plain English, for logs and developers; people read the message catalogue's text for the class.
    where : BaseGeometry, optional
        The place of the fault, metres in the storage CRS.

    Examples
    --------
    >>> GeometryError("nothing there").where is None
    True
    """

    def __init__(self, message: str, where: BaseGeometry | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    @property
    def kind(self) -> str:
        """Return the class name: a stable key for message catalogues and counts."""
        return type(self).__name__


class InvalidOutline(GeometryError):
    """An outline given is empty, not a polygon, crosses itself, or is otherwise invalid."""


class NotOnGrid(GeometryError):
    """A coordinate is not a whole millimetre."""


class CutMissesParcel(GeometryError):
    """The cut does not reach the parcel."""


class CutTouchesOnly(GeometryError):
    """The cut touches or enters the parcel but does not divide it."""


class PartTooThin(GeometryError):
    """A part is narrower than ``COVERAGE_WIDTH_M``."""


class ParcelCollapsesOnGrid(GeometryError):
    """The parcel, or a neck of it, is thinner than the grid can hold."""


class NeighbourCollapses(GeometryError):
    """A neighbour would become invalid by taking in the new vertices."""


class PartsDoNotFit(GeometryError):
    """Drawn parts do not make up the parcel within the tolerance."""


class PartOutsideParcel(PartsDoNotFit):
    """A drawn part lies outside the parcel by more than the tolerance."""


class PartsOverlap(PartsDoNotFit):
    """Drawn parts overlap by more than the tolerance."""


class PartsLeaveGap(PartsDoNotFit):
    """Drawn parts leave land of the parcel over, wider than the tolerance."""


class PartInPieces(GeometryError):
    """A part would fall into several pieces."""


class NoSuchArea(GeometryError):
    """A target area is not positive, or more than what is left."""


class AreasDoNotFit(NoSuchArea):
    """The target areas do not sum to the area of the parcel."""


class NoSuchSide(GeometryError):
    """The parcel has no side of that number."""


class NoSuchCorner(GeometryError):
    """The parcel has no corner of that number, or the corner cannot be cut so."""


class DisconnectedParcels(GeometryError):
    """The parcels are not joined along an edge."""


class HoleInResult(GeometryError):
    """The merged parcel would have a hole."""


class NothingToDo(GeometryError):
    """Fewer parcels or parts than the operation needs."""


class NotBalanced(GeometryError):
    """The result is not exactly the land that went in; ``where`` holds the faulty edges."""


class LineNotShared(NotBalanced):
    """Parcels that are taken together lack each other's vertices along a common line; ``where`` holds its edges."""


class OpensFault(GeometryError):
    """The result would open a new fault of the coverage, such as a gap against a neighbour."""


class NotAnArc(GeometryError):
    """Three points or a bulge do not make a circular arc."""
