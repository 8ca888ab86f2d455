"""Blocks between streets, and the lots in them.

A strip runs from west to east between two streets. Cross streets cut it into blocks; a block holds two rows of lots
back to back, lots that run through from street to street, or both. All outlines are recipes over the plan's ``Mesh``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from gisportal.sample.cells import Cell, plan_cells
from gisportal.sample.exact import hypot_of
from gisportal.sample.mesh import Chain, Mesh, Ray, Recipe

CORNER_CUT_M = 3.0
"""Leg of the corner cut at street crossings."""

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
class End:
    """The west or east end of a block: its vertices from south to north, and where the street fronts begin."""

    ray: Ray
    vids: list[int]
    low: int
    high: int
    s_low: float
    s_high: float
    mid: int = -1
    s_mid: float = 0.0


@dataclass
class Block:
    """A block, its ends, and how its inside is used (``rows`` or the names of lots that run through)."""

    index: int
    left: End
    right: End
    inside: tuple[str, ...] = ("rows",)

    def core(self) -> tuple[float, float]:
        """Return where lines across a block of two rows meet both its streets, from its west to its east end.

        An end may lean: what leans out is left to the lot beside it.
        """
        left, right = self.left, self.right
        return max(left.s_low, left.s_mid, left.s_high), min(right.s_low, right.s_mid, right.s_high)


@dataclass
class Strip:
    """The land between two streets; ``mid`` is where lots meet back to back, None where lots run through."""

    mesh: Mesh
    bottom: Chain
    top: Chain
    mid: Chain | None
    lots_m: float
    street_m: tuple[float, float] = (12.0, 12.0)
    is_commercial: bool = False
    blocks: list[Block] = field(default_factory=list)

    def room(self, west: Ray, east: Ray) -> float:
        """Return how much of the strip lies between two lines where it is least, in metres along its streets."""
        if self.mid is None:
            chains = (self.bottom, self.top)
            low, high = ([chain.at(chain.meet(ray))[0] for chain in chains] for ray in (west, east))
            return min(high) - max(low)
        chains = (self.bottom, self.mid, self.top)
        return (min(c.meet(east) for c in chains) - max(c.meet(west) for c in chains)) * self.bottom.scale

    def profile(self, north: bool) -> Recipe:
        """Return the edge of the strip along its northern or southern street, from west to east."""
        recipe: Recipe = []
        for block in self.blocks:
            left, right = block.left, block.right
            if north:
                recipe += [left.vids[-1], (self.top, left.high, right.high), right.vids[-1]]
            else:
                recipe += [left.vids[0], (self.bottom, left.low, right.low), right.vids[0]]
        return recipe


def block_outline(strip: Strip, block: Block) -> Recipe:
    """Return the outline of a block."""
    left, right = block.left, block.right
    return [
        (strip.bottom, left.low, right.low),
        (right.vids, right.vids[0], right.vids[-1]),
        (strip.top, right.high, left.high),
        (left.vids, left.vids[-1], left.vids[0]),
    ]


def make_end(strip: Strip, ray: Ray, side: int, cut_m: float = CORNER_CUT_M) -> End:
    """Build the end of a block along a line. ``side`` is +1 where the block lies to the east of it, -1 to the west."""
    mesh, bottom, top = strip.mesh, strip.bottom, strip.top
    s_low, s_high = bottom.meet(ray), top.meet(ray)
    (xl, yl), (xh, yh) = bottom.at(s_low), top.at(s_high)
    if cut_m > 0:
        low = bottom.vertex(s_low + side * cut_m / bottom.scale)
        high = top.vertex(s_high + side * cut_m / top.scale)
        first = mesh.add(xl + ray.dx * cut_m, yl + ray.dy * cut_m)
        last = mesh.add(xh - ray.dx * cut_m, yh - ray.dy * cut_m)
    else:
        low = first = bottom.vertex(s_low)
        high = last = top.vertex(s_high)
    end = End(ray, [first, last], low, high, s_low, s_high)
    if strip.mid is not None:
        end.s_mid = strip.mid.meet(ray)
        end.mid = strip.mid.vertex(end.s_mid)
        end.vids.insert(1, end.mid)
    return end


def radial(chain: Chain, s: float) -> Ray:
    """Return the line across a chain at ``s``: north on a straight one, away from the centre on an arc."""
    x, y = chain.at(s)
    centre = getattr(chain, "xc", None)
    return Ray(x, y, 0.0, 1.0) if centre is None else Ray(x, y, x - centre, y - chain.yc)  # type: ignore[attr-defined]


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
        side = self.row.side(s0 + (s1 - s0) / 2)
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
        west, east = row.side(s0 + half), row.side(s1 - half)
        notches = [row.notch(mesh, side, 0.5) for side in (left, west, east, right)]
        lands = []
        for a, b, na, nb in ((left, west, notches[0], notches[1]), (east, right, notches[2], notches[3])):
            (af, ab), (bf, bb) = row.ends(a), row.ends(b)
            lands.append(self._land(cell, [(row.front, af, bf), (b, bf, nb), (a, na, af)], tag="alley-corner"))
            lands.append(self._land(cell, [(b, nb, bb), (row.back, bb, ab), (a, ab, na)], tag="alley-only"))
        lands.append(self._land(cell, self._whole(west, east), kind="alley"))
        self.emit_mates(*lands)


def row_sides(end: End, low: bool) -> list[int]:
    """Return an end of a block as the side line of its southern (``low``) or northern row, from south to north."""
    k = end.vids.index(end.mid)
    side = [end.low, *end.vids[: k + 1]] if low else [*end.vids[k:], end.high]
    return [v for i, v in enumerate(side) if i == 0 or v != side[i - 1]]


def through_side(end: End) -> list[int]:
    """Return an end of a block as the side line of a lot that runs through, from south to north."""
    side = [end.low, *end.vids, end.high]
    return [v for i, v in enumerate(side) if i == 0 or v != side[i - 1]]


def fill_block(
    strip: Strip, block: Block, specials: list[str], use: str, rng: Random, emit: Callable[[Land], int]
) -> None:
    """Write all land of a block: its inside names are spread over its length, ``rows`` taking what the others leave."""
    for inside, left, right in _segments(strip, block):
        if inside == "rows":
            _fill_rows(strip, block, left, right, specials, use, rng, emit)
        elif inside == "deep":
            _fill_deep(strip, block, left, right, rng, emit)
        elif inside == "triangles":
            _fill_triangles(strip, block, left, right, use, emit)
        else:
            emit(Land("lot", inside, _through(strip, left, right), block.index, use=inside))


SHALLOW_M = 85.0
DEEP_USES = ("commercial", "commercial", "commercial", "commercial", "park", "park", "school", "school", "government")
THROUGH_M = {"mosque": 56.0, "park": 70.0, "school": 95.0, "triangles": 32.0, "health": 50.0, "government": 60.0}


def _segments(strip: Strip, block: Block) -> Iterator[tuple[str, End, End]]:
    """Yield (inside, west end, east end) for each segment of a block; segments end at lines across the strip."""
    if len(block.inside) == 1:
        yield block.inside[0], block.left, block.right
        return
    chain = strip.bottom
    low, high = block.core()
    length = (high - low) * chain.scale
    fixed = sum(THROUGH_M.get(name, 0.0) for name in block.inside)
    loose = sum(name not in THROUGH_M for name in block.inside)
    stretch = 1.0 if loose else length / fixed
    share = (length - fixed) / loose if loose else 0.0
    left, s = block.left, low
    for name in block.inside[:-1]:
        s += (THROUGH_M[name] * stretch if name in THROUGH_M else share) / chain.scale
        right = make_end(strip, radial(chain, s), 1, cut_m=0.0)
        yield name, left, right
        left = right
    yield block.inside[-1], left, block.right


def _through(strip: Strip, left: End, right: End) -> Recipe:
    a, b = through_side(left), through_side(right)
    return [(strip.bottom, a[0], b[0]), (b, b[0], b[-1]), (strip.top, b[-1], a[-1]), (a, a[-1], a[0])]


def _fill_triangles(strip: Strip, block: Block, left: End, right: End, use: str, emit: Callable[[Land], int]) -> None:
    """Two triangular lots: a diagonal from the south-west to the north-east corner."""
    a, b = through_side(left), through_side(right)
    south: Recipe = [(strip.bottom, a[0], b[0]), (b, b[0], b[-1])]
    north: Recipe = [(strip.top, b[-1], a[-1]), (a, a[-1], a[0])]
    for outline in (south, north):
        emit(Land("lot", "triangle", outline, block.index, use=use))


def _fill_rows(
    strip: Strip, block: Block, left: End, right: End, specials: list[str], use: str, rng: Random,
    emit: Callable[[Land], int],
) -> None:  # fmt: skip
    assert strip.mid is not None  # noqa: S101
    narrow = [strip.lots_m, strip.lots_m * 1.25] if rng.random() < 0.45 else [strip.lots_m, strip.lots_m]
    for number, (chain, low) in enumerate(((strip.bottom, True), (strip.top, False))):
        row = Row(chain, strip.mid, block.index, number, low)
        s0 = max(left.s_low if low else left.s_high, left.s_mid)
        s1 = min(right.s_low if low else right.s_high, right.s_mid)
        mine = [specials.pop()] if specials else []
        if mine and strip.mid.scale != 1.0 and mine[0] == "alley":
            specials.append(mine.pop())
        cells = plan_cells((s1 - s0) * chain.scale, narrow[number], mine, rng)
        specials += mine
        RowFiller(strip.mesh, row, use, emit).fill(row_sides(left, low), row_sides(right, low), s0, cells)


def _fill_deep(strip: Strip, block: Block, left: End, right: End, rng: Random, emit: Callable[[Land], int]) -> None:
    """Fill a strip of uneven depth with lots that run through: shops, and public uses where it is deep."""
    chain, top = strip.bottom, strip.top
    row = Row(chain, top, block.index, 0, True)
    s = max(left.s_low, _x_of(chain, top.at(left.s_high)))
    end = min(right.s_low, _x_of(chain, top.at(right.s_high)))
    side, last = through_side(left), through_side(right)
    while True:
        x, y = chain.at(s)
        x1, y1 = top.at(row.across(s))
        depth = hypot_of(x1 - x, y1 - y)
        use = "commercial" if depth < SHALLOW_M else DEEP_USES[int(rng.random() * len(DEEP_USES))]
        width = 28.0 + 4 * int(rng.random() * 4) if depth < SHALLOW_M else depth * (0.5 if use == "commercial" else 0.9)
        s += width / chain.scale
        ends = (end - s) * chain.scale < 24.0
        nxt = last if ends else row.side(s)
        outline: Recipe = [
            (chain, side[0], nxt[0]),
            (nxt, nxt[0], nxt[-1]),
            (top, nxt[-1], side[-1]),
            (side, side[-1], side[0]),
        ]
        emit(Land("lot", "deep", outline, block.index, use=use, width_m=width))
        if ends:
            return
        side = nxt


def _x_of(chain: Chain, place: tuple[float, float]) -> float:
    """Return the parameter of a chain due south or north of a place."""
    return chain.meet(Ray(place[0], place[1], 0.0, 1.0))
