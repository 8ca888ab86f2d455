"""Blocks between streets, and the lots in them.

A strip runs from west to east between two streets. Cross streets cut it into blocks; a block holds two rows of lots
back to back, lots that run through from street to street, or both. All outlines are recipes over the plan's ``Mesh``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from gisportal.sample.cells import plan_cells
from gisportal.sample.exact import hypot_of
from gisportal.sample.lots import Land, Row, RowFiller
from gisportal.sample.mesh import Chain, Mesh, Ray, Recipe

CORNER_CUT_M = 3.0
"""Leg of the corner cut at street crossings."""


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
            low, high = ([c.at(c.meet(ray))[0] for c in (self.bottom, self.top)] for ray in (west, east))
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
