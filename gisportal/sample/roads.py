"""The streets, sides and zones of a plan, as recipes along the edges of its strips."""

from __future__ import annotations

import itertools
from math import sqrt

from gisportal.sample.draft import Crossing, Draft, Quad, Road, cross_ray, side_ray
from gisportal.sample.mesh import ArcChain, Chain, Ray, Recipe, expand


def _offset(chain: Chain, distance: float) -> Chain:
    """Return the chain ``distance`` to the north of another, for the middle of a street."""
    if isinstance(chain, ArcChain):
        return ArcChain(chain.mesh, chain.xc, chain.yc, chain.radius + distance)
    return Chain(chain.mesh, chain.a + distance * sqrt(1.0 + chain.b * chain.b), chain.b)


def make_roads(draft: Draft, quad: Quad, crossings: list[Crossing]) -> None:
    """Write the streets of a plan: those that run east, cross streets, closed alleys."""
    strips = draft.strips
    centres = [_offset(strips[0].bottom, -quad.roads_m[0] / 2)]
    centres += [_offset(s.top, s.street_m[1] / 2) for s in strips]
    west = side_ray(quad, 3).beside(-quad.roads_m[3] / 2)
    east = side_ray(quad, 1).beside(quad.roads_m[1] / 2)
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
        ray = cross_ray(strip, draft, crossing.s)
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


def write_outline(draft: Draft) -> None:
    """Write the four sides of the plan as vertex lists, counter-clockwise, without the corner cuts between them."""
    south, north = draft.strips[0].profile(north=False), draft.strips[-1].profile(north=True)
    east = [v for s in draft.strips for v in s.blocks[-1].right.vids]
    west = [v for s in draft.strips for v in s.blocks[0].left.vids]
    draft.sides = [expand(south)[1:-1], east, expand(north)[1:-1][::-1], west[::-1]]


def write_zones(draft: Draft) -> None:
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
