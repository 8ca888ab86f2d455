"""Lots: one row of them between a street and the row behind it, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gisportal.sample.cells import Cell
from gisportal.sample.mesh import SNAP_M, Chain, Mesh, Ray, Recipe

ALLEY_M = 6.0
MIN_STEP_M = 1.2
"""Side lines of lots that lie back to back meet, or stand at least this far apart."""


@dataclass
class Land:
    """A piece of land of a block: ``lot``, ``remnant``, ``alley`` or ``room`` (a lot inside another)."""

    kind: str
    tag: str
    outline: Recipe
    block: int
    use: str = "residential"
    holes: list[Recipe] = field(default_factory=list)
    fronts_m: float = 0.0
    mates: list[int] = field(default_factory=list)
    width_m: float = 0.0
    row: int = 0


@dataclass
class Row:
    """One row of lots, from ``front`` (on a street) to ``back``."""

    front: Chain
    back: Chain
    block: int
    number: int
    front_is_low: bool

    def side(self, s: float) -> list[int]:
        """Return a side line between two lots, from south to north."""
        pair = [self.front.vertex(s), self.back.vertex(self.across(s))]
        return pair if self.front_is_low else pair[::-1]

    def across(self, s: float) -> float:
        """Return where the side line that starts at ``s`` on the front ends on the back."""
        if self.front.scale == self.back.scale or (self.front.scale != 1.0 and self.back.scale != 1.0):
            return s
        return self.back.meet(Ray(self.front.at(s)[0], self.front.at(s)[1], 0.0, 1.0))

    def ends(self, side: list[int]) -> tuple[int, int]:
        """Return the front and the back vertex of a side line."""
        return (side[0], side[-1]) if self.front_is_low else (side[-1], side[0])

    def notch(self, mesh: Mesh, side: list[int], part: float) -> int:
        """Put a vertex on a side line, ``part`` of the way from the front to the back, and return it."""
        front, back = self.ends(side)
        vid = mesh.between(front, back, part)
        side.insert(1 if self.front_is_low else len(side) - 1, vid)
        return vid

    def inner(self, mesh: Mesh, s: float, part: float) -> int:
        """Add a vertex inside the row at ``s``, ``part`` of the way from the front to the back."""
        (x0, y0), (x1, y1) = self.front.at(s), self.back.at(self.across(s))
        return mesh.add(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)


class RowFiller:
    """Writes the lots of one row, cell by cell, from west to east."""

    def __init__(self, mesh: Mesh, row: Row, use: str, emit: Callable[[Land], int]) -> None:
        self.mesh, self.row, self.use, self.emit = mesh, row, use, emit

    def fill(self, left: list[int], right: list[int], s: float, cells: list[Cell]) -> None:
        """Write the cells between two side lines; ``s`` is where the first cell's width is counted from.

        A side line that is moved to meet one behind it makes its lot wider; the next ordinary lot gives that back, so
        that it does not add up along an arc, where the steps of front and back differ a little.
        """
        place, moved = s, 0.0
        for k, cell in enumerate(cells):
            start = place
            place = start + cell.width_m / self.row.front.scale
            if k == len(cells) - 1:
                side = right
            else:
                if cell.kind == "lot":
                    place, moved = place - moved, 0.0
                near = self._behind(place)
                place, moved = near, moved + near - place
                side = self.row.side(place)
            getattr(self, f"_{cell.kind}", self._lot)(cell, left, side, start, place)
            left = side

    def _behind(self, place: float) -> float:
        """Return where the side line behind ``place`` stands if it is nearer than a step, or else ``place``."""
        front, back = self.row.front, self.row.back
        if back.scale != front.scale and front.scale == 1.0:
            return place
        near = back.nearest(self.row.across(place))
        return place if near is None or abs(near - place) * front.scale >= MIN_STEP_M else near

    def _clear(self, *places: float) -> list[float]:
        """Return places along the front, moved together where a side line behind one of them would be too near."""
        step = MIN_STEP_M / self.row.front.scale
        met = SNAP_M / 2 / self.row.front.scale
        moves = [0.0, *(self._behind(p) - p for p in places), *(k * step for k in (1.5, -1.5, 3.0, -3.0))]
        clear = (m for m in moves if all(abs(self._behind(p + m) - p - m) < met for p in places))
        move = next(clear, 0.0)
        return [p + move for p in places]

    def _land(self, cell: Cell, outline: Recipe, kind: str = "lot", tag: str | None = None) -> int:
        use = "duplex" if cell.kind == "duplex" else self.use
        tag = cell.kind if tag is None else tag
        width = cell.width_m if tag == cell.kind else 0.0
        return self.emit(
            Land(kind, tag, outline, self.row.block, use, fronts_m=width, width_m=cell.width_m, row=self.row.number)
        )

    def _whole(self, left: list[int], right: list[int]) -> Recipe:
        lf, lb = self.row.ends(left)
        rf, rb = self.row.ends(right)
        return [(self.row.front, lf, rf), (right, rf, rb), (self.row.back, rb, lb), (left, lb, lf)]

    def _lot(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        self._land(cell, self._whole(left, right))

    def _remnant(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        self._land(cell, self._whole(left, right), kind="remnant")

    def _pair(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        """Two halves of an old lot: their numbers carry letters."""
        (middle,) = self._clear(s0 + (s1 - s0) / 2)
        side = self.row.side(middle)
        self._land(cell, self._whole(left, side), tag="half-a")
        self._land(cell, self._whole(side, right), tag="half-b")

    def _hook(self, cell: Cell, left: list[int], right: list[int], s1: float, part: float) -> None:
        """A lot that reaches behind its eastern neighbour: L-shaped, or a flag where its front is narrow."""
        row = self.row
        (lf, lb), (rf, rb) = row.ends(left), row.ends(right)
        corner = row.front.vertex(s1)
        inner = row.inner(self.mesh, s1, part)
        notch = row.notch(self.mesh, right, part)
        hook: Recipe = [(row.front, lf, corner), inner, (right, notch, rb), (row.back, rb, lb), (left, lb, lf)]
        first = self._land(cell, hook)
        second = self._land(cell, [(row.front, corner, rf), (right, rf, notch), inner], tag=f"before-{cell.kind}")
        self.emit_mates(first, second)

    def emit_mates(self, *lands: int) -> None:
        """Note pieces that belong together."""
        self.emit(Land("mates", "", list(lands), self.row.block))

    def _L(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        self._hook(cell, left, right, s0 + 18.0 / self.row.front.scale, 0.6)

    def _flag(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        self._hook(cell, left, right, s0 + 5.0 / self.row.front.scale, 0.5)

    def _alley(self, cell: Cell, left: list[int], right: list[int], s0: float, s1: float) -> None:
        """A closed alley between two lots, with two lots behind that have no other access."""
        row, mesh = self.row, self.mesh
        half = (s1 - s0 - ALLEY_M / row.front.scale) / 2
        west, east = map(row.side, self._clear(s0 + half, s1 - half))
        notches = [row.notch(mesh, side, 0.5) for side in (left, west, east, right)]
        lands = []
        for a, b, na, nb in ((left, west, notches[0], notches[1]), (east, right, notches[2], notches[3])):
            (af, ab), (bf, bb) = row.ends(a), row.ends(b)
            lands.append(self._land(cell, [(row.front, af, bf), (b, bf, nb), (a, na, af)], tag="alley-corner"))
            lands.append(self._land(cell, [(b, nb, bb), (row.back, bb, ab), (a, ab, na)], tag="alley-only"))
        lands.append(self._land(cell, self._whole(west, east), kind="alley"))
        self.emit_mates(*lands)
