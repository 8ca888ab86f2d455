"""One subdivision plan in its own frame: strips of blocks between streets, straight or on arcs.

The plan is a convex quadrilateral between four boundary roads; its south side lies on ``y = 0``. Streets that run
east to west own the crossings, cross streets run between them, so every right of way has one outline whose vertices are
the lots' own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from random import Random

from gisportal.sample.blocks import THROUGH_M, Block, End, Strip, block_outline, fill_block, make_end
from gisportal.sample.draft import Crossing, Draft, Quad, Style, cross_ray, side_ray
from gisportal.sample.lots import Land
from gisportal.sample.mesh import ArcChain, Chain, Mesh, Ray, Recipe
from gisportal.sample.roads import make_roads, write_outline, write_zones

DEEP_M = 34.0
"""Least depth of the commercial strips along the boundary roads."""

ROWS_M = 42.0
"""Least length of the rows of a block that also has a lot running through."""

BLOCK_LOTS = 2.0
"""Lots that a row between a cross street and a side of the plan must have room for; without it the street is left out.
"""

SHOWCASE = ("wide", "L", "flag", "alley", "remnant", "narrow", "pair", "duplex")


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
    make_roads(draft, quad, crossings)
    write_outline(draft)
    write_zones(draft)
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


def _crossings(draft: Draft, quad: Quad, rng: Random) -> list[Crossing]:
    """Choose cross streets: a spine through the whole plan, side streets through parts of it."""
    chain = next(s for s in draft.strips if s.mid is not None).top
    west, east = side_ray(quad, 3), side_ray(quad, 1)
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
    crossings = [replace(c, strips=_strips_with_room(draft, c, west, east)) for c in crossings]
    return sorted((c for c in crossings if c.strips), key=lambda c: c.s)


def _strips_with_room(draft: Draft, crossing: Crossing, west: Ray, east: Ray) -> frozenset[int]:
    """Return the strips where a cross street leaves blocks on both sides.

    On arcs cross streets spread outwards while the plan's sides do not: farther out, one may come near a side or leave
    the plan.
    """
    least = BLOCK_LOTS * draft.style.lots_m
    kept = []
    for k in crossing.strips:
        ray = cross_ray(draft.strips[k], draft, crossing.s)
        left, right = ray.beside(-crossing.width_m / 2), ray.beside(crossing.width_m / 2)
        if min(draft.strips[k].room(west, left), draft.strips[k].room(right, east)) >= least:
            kept.append(k)
    return frozenset(kept)


def _make_blocks(draft: Draft, quad: Quad, crossings: list[Crossing]) -> None:
    west, east = side_ray(quad, 3), side_ray(quad, 1)
    index = 0
    for k, strip in enumerate(draft.strips):
        ends: list[End] = [make_end(strip, west, 1)]
        for crossing in (c for c in crossings if k in c.strips):
            ray = cross_ray(strip, draft, crossing.s)
            ends.append(make_end(strip, ray.beside(-crossing.width_m / 2), -1))
            ends.append(make_end(strip, ray.beside(crossing.width_m / 2), 1))
        ends.append(make_end(strip, east, -1))
        for left, right in zip(ends[::2], ends[1::2], strict=True):
            strip.blocks.append(Block(index, left, right, ("deep",) if strip.is_commercial else ("rows",)))
            index += 1


def _use_blocks(draft: Draft, rng: Random, showcase: bool) -> None:
    """Put mosque and park in the middle, a school near by, a small mosque, a playground and triangles elsewhere."""
    doubles = [s for s in draft.strips if s.mid is not None]
    middle, first, last = doubles[len(doubles) // 2], doubles[0], doubles[-1]
    centre = len(middle.blocks) // 2
    _set_inside(middle, centre, ("park", "mosque", "park"))
    service = "school" if showcase or rng.random() < 0.7 else "health"
    if not _set_inside(middle, centre - 1, ("rows", service)):
        _set_inside(middle, centre - 1, (service,))
    if first is not middle:
        _set_inside(first, int(rng.random() * len(first.blocks)), ("rows", "mosque"))
    if last is not middle:
        _set_inside(last, 0, ("rows", "park"))
        if showcase or rng.random() < 0.3:
            _set_inside(last, len(last.blocks) - 1, ("rows", "triangles"))


def _set_inside(strip: Strip, k: int, inside: tuple[str, ...]) -> bool:
    """Give a use to the first block, from ``k`` on, that is long enough and has none yet; False where there is none."""
    fixed = sum(THROUGH_M.get(name, 0.0) for name in inside)
    least = fixed + ROWS_M if "rows" in inside else fixed * 0.55
    for step in range(len(strip.blocks)):
        block = strip.blocks[(k + step) % len(strip.blocks)]
        low, high = block.core()
        if (high - low) * strip.bottom.scale > least and block.inside == ("rows",):
            block.inside = inside
            return True
    return False


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


def blocks_of(draft: Draft) -> list[Recipe]:
    """Return the outlines of the plan's blocks in order of their index."""
    return [block_outline(strip, block) for strip, block in draft.blocks()]
