"""One subdivision plan in its own frame: strips of blocks between streets, straight or on arcs.

The plan is a convex quadrilateral between four boundary roads; its south side lies on ``y = 0``. Streets that run
east to west own the crossings, cross streets run between them, so every right of way has one outline whose vertices are the
lots' own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from random import Random

from gisportal.sample.blocks import Block, End, Land, Recipe, Strip, block_outline, fill_block, make_end, radial
from gisportal.sample.exact import hypot_of
from gisportal.sample.mesh import ArcChain, Chain, Mesh, Ray

DEEP_M = 34.0
"""Least depth of the commercial strips along the boundary roads."""

SHOWCASE = ("wide", "L", "flag", "alley", "remnant", "narrow", "pair", "duplex")


@dataclass(frozen=True)
class Style:
    """How a plan is laid out: width of its lots, depth of its rows, street widths, use of the lots, zone."""

    lots_m: float
    depths_m: tuple[float, ...]
    local_m: tuple[float, ...]
    cross_m: tuple[float, ...]
    spine_m: float
    use: str
    zone: str


STYLES = (
    Style(20.0, (30.0, 30.0, 32.5), (12.0, 15.0, 14.0), (12.0, 14.0), 25.0, "villa", "R1"),
    Style(25.0, (30.0, 32.0, 35.0), (15.0, 16.0, 18.0), (12.0, 15.0), 25.0, "villa", "R1"),
    Style(17.5, (27.0, 28.0, 30.0), (12.0, 15.0), (10.0, 12.0), 22.0, "residential", "R2"),
    Style(22.0, (27.5, 30.0, 28.0), (12.0, 13.0, 15.0), (12.0, 12.0), 20.0, "residential", "R2"),
    Style(15.0, (25.0, 25.0, 26.0), (10.0, 12.0), (8.0, 10.0, 12.0), 20.0, "duplex", "R3"),
    Style(30.0, (40.0, 42.0, 38.0), (18.0, 20.0), (15.0, 18.0), 30.0, "villa", "R1"),
)
SHOWCASE_STYLE = Style(20.0, (30.0,), (15.0, 20.0), (12.0, 15.0), 25.0, "residential", "R1")


@dataclass(frozen=True)
class Quad:
    """The plan's land in its own frame: corners counter-clockwise from the south-west, boundary road widths; metres."""

    corners: tuple[tuple[float, float], ...]
    roads_m: tuple[float, float, float, float]

    def side(self, k: int) -> tuple[float, float, float, float]:
        """Return side ``k`` (0 south, 1 east, 2 north, 3 west) as a place and a direction of length 1."""
        (x0, y0), (x1, y1) = self.corners[k], self.corners[(k + 1) % 4]
        length = hypot_of(x1 - x0, y1 - y0)
        return x0, y0, (x1 - x0) / length, (y1 - y0) / length


@dataclass
class Road:
    """A street of the plan as recipes: one right of way per piece, and lines noded at crossings."""

    kind: str
    width_m: float
    areas: list[Recipe] = field(default_factory=list)
    lines: list[list[int]] = field(default_factory=list)
    centre: Chain | None = None
    closed: bool = False


@dataclass
class Draft:
    """A plan as recipes: its land, blocks, streets, zones, and what the boundary roads need to know."""

    mesh: Mesh
    style: Style
    is_curved: bool
    strips: list[Strip] = field(default_factory=list)
    lands: list[Land] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    zones: list[tuple[str, Recipe]] = field(default_factory=list)
    sides: list[list[int]] = field(default_factory=list)
    nodes: list[list[int]] = field(default_factory=list)

    def blocks(self) -> list[tuple[Strip, Block]]:
        """Return all blocks, from south to north and west to east."""
        return [(strip, block) for strip in self.strips for block in strip.blocks]


def draw_plan(mesh: Mesh, quad: Quad, rng: Random, style: Style, curved: bool, showcase: bool) -> Draft:
    """Lay out a plan: streets, blocks, lots and public land."""
    draft = Draft(mesh, style, curved, nodes=[[], [], [], []])
    makers = _curved_levels(quad, style, rng) if curved else _straight_levels(quad, style, rng, showcase)
    if not makers and curved:
        draft.is_curved = False
        makers = _straight_levels(quad, style, rng, showcase)
    _make_strips(draft, quad, makers)
    crossings = _crossings(draft, quad, rng)
    _make_blocks(draft, quad, crossings)
    _use_blocks(draft, rng, showcase)
    _fill(draft, rng, showcase)
    _make_roads(draft, quad, crossings)
    _outline(draft)
    _zones(draft)
    return draft


# Levels -------------------------------------------------------------------------------------------------------------

Level = tuple[Callable[[Mesh], Chain], Callable[[Mesh], Chain] | None, Callable[[Mesh], Chain], float]
"""Makers of a strip's southern edge, back-to-back line and northern edge, and the width of the street north of it."""


def _north_line(quad: Quad) -> tuple[float, float]:
    x, y, dx, dy = quad.side(2)
    return y - x * dy / dx, dy / dx


def _straight(a: float, b: float = 0.0) -> Callable[[Mesh], Chain]:
    return lambda mesh: Chain(mesh, a, b)


def _arc(x: float, y: float, radius: float) -> Callable[[Mesh], Chain]:
    return lambda mesh: ArcChain(mesh, x, y, radius)


def _pick(values: tuple[float, ...], rng: Random) -> float:
    return values[int(rng.random() * len(values))]


def _street_width(style: Style, rng: Random, position: float, showcase: bool) -> float:
    """The street nearest to the middle is the spine; the showcase has one of 20 m for the demonstration's lot."""
    if abs(position - 0.5) < 0.07:
        return style.spine_m
    return 20.0 if showcase else _pick(style.local_m, rng)


def _straight_levels(quad: Quad, style: Style, rng: Random, showcase: bool) -> list[Level]:
    a, b = _north_line(quad)
    limit = min(quad.corners[2][1], quad.corners[3][1]) - DEEP_M
    levels: list[Level] = []
    y = 0.0
    if rng.random() < 0.4 and not showcase:
        depth = 36.0 + 4 * int(rng.random() * 3)
        width = _pick(style.local_m, rng)
        levels.append((_straight(y), None, _straight(y + depth), width))
        y += depth + width
    while True:
        south, north = _pick(style.depths_m, rng), _pick(style.depths_m, rng)
        width = _street_width(style, rng, (y + south + north) / limit, showcase)
        if y + south + north + width > limit:
            break
        levels.append((_straight(y), _straight(y + south), _straight(y + south + north), width))
        y += south + north + width
    levels.append((_straight(y), None, _straight(a, b), 0.0))
    return levels


def _curved_levels(quad: Quad, style: Style, rng: Random) -> list[Level]:
    """Strips on concentric arcs between two strips of uneven depth; empty where the plan is too low for it."""
    width = max(quad.corners[1][0], quad.corners[2][0]) - min(quad.corners[0][0], quad.corners[3][0])
    centre_x = width / 2 + min(quad.corners[0][0], quad.corners[3][0])
    a, b = _north_line(quad)
    radius = width * (0.72 + 0.35 * rng.random())
    half = width / 2 + 12.0
    centre_y = DEEP_M + 4.0 - sqrt(radius * radius - half * half)
    level = _pick(style.local_m, rng)
    levels: list[Level] = [(_straight(0.0), None, _arc(centre_x, centre_y, radius), level)]
    radius += level
    limit = min(a, a + b * width) - DEEP_M
    while True:
        south, north = _pick(style.depths_m, rng), _pick(style.depths_m, rng)
        street = _street_width(style, rng, (centre_y + radius) / (limit + DEEP_M), False)
        if centre_y + radius + south + north + street > limit:
            break
        rings = (radius, radius + south, radius + south + north)
        levels.append((*(_arc(centre_x, centre_y, r) for r in rings), street))  # type: ignore[arg-type]
        radius += south + north + street
    if len(levels) < 3:
        return []
    return [*levels, (_arc(centre_x, centre_y, radius), None, _straight(a, b), 0.0)]


def _make_strips(draft: Draft, quad: Quad, levels: list[Level]) -> None:
    south = quad.roads_m[0]
    for bottom, mid, top, street in levels:
        draft.strips.append(
            Strip(
                draft.mesh,
                bottom(draft.mesh),
                top(draft.mesh),
                mid(draft.mesh) if mid else None,
                draft.style.lots_m,
                (south, street or quad.roads_m[2]),
                is_commercial=mid is None,
            )
        )
        south = street


# Cross streets and blocks -------------------------------------------------------------------------------------------


@dataclass
class Crossing:
    """A cross street: its place (x on straight strips, angle on arcs), its width, and the strips it crosses."""

    s: float
    width_m: float
    strips: frozenset[int]
    is_spine: bool = False


def _crossings(draft: Draft, quad: Quad, rng: Random) -> list[Crossing]:
    """Choose cross streets: a spine through the whole plan, side streets through parts of it."""
    chain = next(s for s in draft.strips if s.mid is not None).top
    west, east = _side_ray(quad, 3), _side_ray(quad, 1)
    s0, s1 = chain.meet(west), chain.meet(east)
    length = (s1 - s0) * chain.scale
    count = max(int(length / 165.0 + 0.5), 2)
    every = frozenset(range(len(draft.strips)))
    double = frozenset(k for k, s in enumerate(draft.strips) if s.mid is not None)
    crossings = []
    spine = (count + int(rng.random() * 2)) // 2
    for k in range(1, count):
        s = s0 + (s1 - s0) * (k + 0.16 * (rng.random() - 0.5)) / count
        if k == min(max(spine, 1), count - 1):
            crossings.append(Crossing(s, draft.style.spine_m, every, True))
            continue
        width = _pick(draft.style.cross_m, rng)
        if rng.random() < 0.45:
            crossings.append(Crossing(s, width, double))
            continue
        shift = (10 + 20 * rng.random()) * (1 if rng.random() < 0.5 else -1) / chain.scale
        upper = frozenset(k for k in double if k > len(draft.strips) // 2)
        crossings.append(Crossing(s, width, double - upper))
        crossings.append(Crossing(s + shift, _pick(draft.style.cross_m, rng), upper))
    return sorted(crossings, key=lambda c: c.s)


def _side_ray(quad: Quad, k: int) -> Ray:
    x, y, dx, dy = quad.side(k)
    return Ray(x, y, dx, dy) if dy > 0 else Ray(x, y, -dx, -dy)


def _cross_ray(strip: Strip, draft: Draft, s: float) -> Ray:
    """Return the middle line of a cross street in a strip; in strips of uneven depth it runs due north."""
    arc = next((c for c in (strip.bottom, strip.top) if isinstance(c, ArcChain)), None)
    if arc is None:
        return Ray(s, 0.0, 0.0, 1.0)
    return radial(arc, s) if strip.mid is not None else Ray(arc.at(s)[0], 0.0, 0.0, 1.0)


def _make_blocks(draft: Draft, quad: Quad, crossings: list[Crossing]) -> None:
    west, east = _side_ray(quad, 3), _side_ray(quad, 1)
    index = 0
    for k, strip in enumerate(draft.strips):
        ends: list[End] = [make_end(strip, west, 1)]
        for crossing in (c for c in crossings if k in c.strips):
            ray = _cross_ray(strip, draft, crossing.s)
            ends.append(make_end(strip, ray.beside(-crossing.width_m / 2), -1))
            ends.append(make_end(strip, ray.beside(crossing.width_m / 2), 1))
        ends.append(make_end(strip, east, -1))
        for left, right in zip(ends[::2], ends[1::2], strict=True):
            strip.blocks.append(Block(index, left, right, ("deep",) if strip.is_commercial else ("rows",)))
            index += 1


def _use_blocks(draft: Draft, rng: Random, showcase: bool) -> None:
    """Put mosque and park in the middle, a school near by, a small mosque, a playground and triangles elsewhere."""
    doubles = [s for s in draft.strips if s.mid is not None]
    middle = doubles[len(doubles) // 2]
    centre = len(middle.blocks) // 2
    _set_inside(middle, centre, ("park", "mosque", "park"))
    _set_inside(middle, centre - 1, ("rows", "school") if showcase or rng.random() < 0.7 else ("rows", "health"))
    other = doubles[0] if len(doubles) > 2 else middle
    if other is not middle:
        _set_inside(other, int(rng.random() * len(other.blocks)), ("rows", "mosque"))
    last = doubles[-1]
    if last is not middle and len(last.blocks) > 1:
        _set_inside(last, 0, ("rows", "park"))
        if showcase or rng.random() < 0.3:
            _set_inside(last, len(last.blocks) - 1, ("rows", "triangles"))


def _set_inside(strip: Strip, k: int, inside: tuple[str, ...]) -> None:
    block = strip.blocks[k % len(strip.blocks)]
    length = (block.right.s_low - block.left.s_low) * strip.bottom.scale
    least = 105.0 if "rows" not in inside else 60.0 * len(inside) + 20.0
    if length > least:
        block.inside = inside


def _fill(draft: Draft, rng: Random, showcase: bool) -> None:
    specials = list(reversed(SHOWCASE)) if showcase else []
    rooms: list[Land] = []

    def emit(land: Land) -> int:
        if land.kind == "mates":
            members = [v for v in land.outline if isinstance(v, int)]
            for v in members:
                draft.lands[v].mates = [m for m in members if m != v]
            return -1
        draft.lands.append(land)
        return len(draft.lands) - 1

    for strip, block in draft.blocks():
        on_boundary = strip is draft.strips[0]
        mine = ([] if on_boundary else specials) if showcase else _some_specials(rng)
        fill_block(strip, block, mine, draft.style.use, rng, emit)
    for land in list(draft.lands):
        if land.use == "school" and land.tag == "school":
            rooms.append(_electricity_room(draft.mesh, land))
    draft.lands += rooms


def _some_specials(rng: Random) -> list[str]:
    draw = rng.random()
    if draw > 0.5:
        return []
    names = ("duplex", "duplex", "pair", "L", "remnant", "alley", "flag", "narrow", "duplex", "pair")
    return [names[int(draw * 20)]]


def _electricity_room(mesh: Mesh, land: Land) -> Land:
    """Cut an electricity room out of the middle of a lot: the lot gets a hole."""
    corners = [v for item in land.outline if not isinstance(item, int) for v in item[1:]]
    x = sum(mesh.xs[v] for v in corners) / len(corners)
    y = sum(mesh.ys[v] for v in corners) / len(corners)
    ring: Recipe = [mesh.add(x + dx, y + dy) for dx, dy in ((-3.0, -2.5), (3.0, -2.5), (3.0, 2.5), (-3.0, 2.5))]
    land.holes.append(list(reversed(ring)))
    return Land("lot", "room", ring, land.block, use="utility")


# Streets ------------------------------------------------------------------------------------------------------------


def _offset(chain: Chain, distance: float) -> Chain:
    """Return the chain ``distance`` to the north of another, for the middle of a street."""
    if isinstance(chain, ArcChain):
        return ArcChain(chain.mesh, chain.xc, chain.yc, chain.radius + distance)
    return Chain(chain.mesh, chain.a + distance * sqrt(1.0 + chain.b * chain.b), chain.b)


def _make_roads(draft: Draft, quad: Quad, crossings: list[Crossing]) -> None:
    strips = draft.strips
    centres = [_offset(strips[0].bottom, -quad.roads_m[0] / 2)]
    centres += [_offset(s.top, s.street_m[1] / 2) for s in strips]
    west = _side_ray(quad, 3).beside(-quad.roads_m[3] / 2)
    east = _side_ray(quad, 1).beside(quad.roads_m[1] / 2)
    for k, (south, north) in enumerate(itertools.pairwise(strips)):
        width = south.street_m[1]
        road = Road("local" if width < draft.style.spine_m else "collector", width, centre=centres[k + 1])
        road.areas.append(north.profile(north=False) + _reverse(south.profile(north=True)))
        draft.roads.append(road)
        for ray, side in ((west, 3), (east, 1)):
            draft.nodes[side].append(centres[k + 1].vertex(centres[k + 1].meet(ray)))
    for crossing in crossings:
        draft.roads.append(_cross_road(draft, crossing, centres))
    _alley_roads(draft, centres)


def _reverse(recipe: Recipe) -> Recipe:
    return [item if isinstance(item, int) else (item[0], item[2], item[1]) for item in reversed(recipe)]


def _cross_road(draft: Draft, crossing: Crossing, centres: list[Chain]) -> Road:
    road = Road("collector" if crossing.is_spine else "local", crossing.width_m)
    for k in sorted(crossing.strips):
        strip = draft.strips[k]
        ray = _cross_ray(strip, draft, crossing.s)
        s = strip.bottom.meet(ray)
        west, east = next(
            (a.right, b.left)
            for a, b in zip(strip.blocks, strip.blocks[1:], strict=False)
            if a.right.s_low < s < b.left.s_low
        )
        road.areas.append([(east.vids, east.vids[0], east.vids[-1]), (west.vids, west.vids[-1], west.vids[0])])
        ends = [centres[k + up].vertex(centres[k + up].meet(ray)) for up in (0, 1)]
        road.lines.append(ends)
        if k == 0:
            draft.nodes[0].append(ends[0])
        if k == len(draft.strips) - 1:
            draft.nodes[2].append(ends[1])
    return road


def _alley_roads(draft: Draft, centres: list[Chain]) -> None:
    strip_of = {block.index: k for k, strip in enumerate(draft.strips) for block in strip.blocks}
    mesh = draft.mesh
    for land in draft.lands:
        if land.kind != "alley":
            continue
        k = strip_of[land.block]
        (_, f1, f2), _, (_, b2, b1), _ = land.outline  # type: ignore[misc]
        x, y = (mesh.xs[f1] + mesh.xs[f2]) / 2, (mesh.ys[f1] + mesh.ys[f2]) / 2
        tip = mesh.between(b1, b2, 0.5)
        centre = centres[k if land.row == 0 else k + 1]
        node = centre.vertex(centre.meet(Ray(x, y, 0.0, 1.0)))
        if centre is centres[0]:
            draft.nodes[0].append(node)
        road = Road("alley", 6.0, [land.outline], [[node, tip]], closed=True)
        draft.roads.append(road)


def _outline(draft: Draft) -> None:
    """Write the four sides of the plan as vertex lists, counter-clockwise, without the corner cuts between them."""
    south, north = draft.strips[0].profile(north=False), draft.strips[-1].profile(north=True)
    east = [v for s in draft.strips for v in s.blocks[-1].right.vids]
    west = [v for s in draft.strips for v in s.blocks[0].left.vids]
    draft.sides = [expand(south)[1:-1], east, expand(north)[1:-1][::-1], west[::-1]]


def expand(recipe: Recipe) -> list[int]:
    """Return the vertices that a recipe runs through."""
    vertices: list[int] = []
    for item in recipe:
        if isinstance(item, int):
            vertices.append(item)
        elif isinstance(item[0], list):
            line, a, b = item
            i, j = line.index(a), line.index(b)
            vertices += line[i : j + 1] if i <= j else line[j : i + 1][::-1]
        else:
            vertices += item[0].run(item[1], item[2])
    return vertices


def _zones(draft: Draft) -> None:
    """One zone for each run of strips of the same kind, streets between them included."""
    strips = draft.strips
    start = 0
    for k in range(1, len(strips) + 1):
        if k < len(strips) and strips[k].is_commercial == strips[start].is_commercial:
            continue
        group = strips[start:k]
        east = [v for s in group for v in s.blocks[-1].right.vids]
        west = [v for s in group for v in s.blocks[0].left.vids]
        recipe = [*group[0].profile(north=False), *east, *_reverse(group[-1].profile(north=True)), *west[::-1]]
        draft.zones.append(("C1" if group[0].is_commercial else draft.style.zone, recipe))
        start = k


def blocks_of(draft: Draft) -> list[Recipe]:
    """Return the outlines of the plan's blocks in order of their index."""
    return [block_outline(strip, block) for strip, block in draft.blocks()]
