"""The land of the city, plan by plan: outlines, streets, blocks and lots as rows of millimetres, without people.

Plans are drawn one after the other, row of the lattice by row; only the borders of two rows of plans are kept, for the
boundary roads between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor

from gisportal.sample.chance import chance
from gisportal.sample.draft import SHOWCASE_STYLE, STYLES, Style
from gisportal.sample.exact import area2_mm2
from gisportal.sample.lattice import DISTRICT_PLANS, Lattice
from gisportal.sample.lots import Land
from gisportal.sample.mesh import ArcChain, Chain, Mesh, Recipe, expand
from gisportal.sample.plans import blocks_of, draw_plan
from gisportal.sample.rows import ArcSide, LineMm, Point, PolygonMm, Ring


@dataclass
class Lot:
    """A piece of land of a plan with its outline; ``kind`` is ``lot``, ``room``, ``remnant`` or ``reserve``."""

    kind: str
    tag: str
    use: str
    block: int
    row: int
    rings: PolygonMm
    area2: int
    arcs: tuple[ArcSide, ...]
    width_m: float
    mates: list[int]


@dataclass
class Street:
    """A street of a plan, or a boundary road, without its name."""

    width_m: float
    road_class: str
    centrelines: tuple[LineMm, ...]
    right_of_way: tuple[PolygonMm, ...]
    is_closed: bool = False
    line: str = ""


@dataclass
class PlanLand:
    """Everything on the ground inside one plan."""

    index: int
    mesh: tuple[int, int]
    district: tuple[int, int]
    style: Style
    is_curved: bool
    is_showcase: bool
    outline: PolygonMm
    blocks: list[PolygonMm]
    lots: list[Lot]
    streets: list[Street]
    zones: list[tuple[str, PolygonMm]]
    sides: list[list[Point]] = field(default_factory=list)
    nodes: list[list[Point]] = field(default_factory=list)


def draw(lattice: Lattice, i: int, j: int, index: int) -> PlanLand:
    """Draw the plan in mesh ``(i, j)``. The same lattice, mesh and seed give the same plan, whatever came before."""
    rng = chance(lattice.seed, "plan", i, j)
    showcase, curved = index == 0, index == 1 or (index > 1 and rng.random() < 0.22)
    style = SHOWCASE_STYLE if showcase else STYLES[int(rng.random() * len(STYLES))]
    base = 0 if showcase else (0, 2, 0, 1, 2, 3)[int(rng.random() * 6)]
    quad, origin, unit = lattice.quad(i, j, base)
    mesh = Mesh(origin, unit)
    draft = draw_plan(mesh, quad, rng, style, curved, showcase)
    lots = [(land, expand(land.outline), [expand(h) for h in land.holes]) for land in draft.lands]
    sides = draft.sides
    roads = [(road, [expand(a) for a in road.areas], _lines(road.centre, road.lines)) for road in draft.roads]
    blocks = [expand(recipe) for recipe in blocks_of(draft)]
    zones = [(code, expand(recipe)) for code, recipe in draft.zones]
    mesh.freeze()
    land = PlanLand(
        index,
        (i, j),
        (i // DISTRICT_PLANS, j // DISTRICT_PLANS),
        style,
        draft.is_curved,
        showcase,
        (_ccw(mesh.ring([v for side in sides for v in side])),),
        [(_ccw(mesh.ring(ring)),) for ring in blocks],
        [],
        [
            Street(
                road.width_m,
                road.kind,
                tuple(mesh.line(line) for line in lines),
                tuple((_ccw(mesh.ring(area)),) for area in areas),
                road.closed,
            )
            for road, areas, lines in roads
        ],
        [(code, (_ccw(mesh.ring(ring)),)) for code, ring in zones],
    )
    land.lots = [_lot(mesh, raw, ring, holes) for raw, ring, holes in lots]
    order = [(k - base) % 4 for k in range(4)]
    land.sides = [list(mesh.line(sides[k])) for k in order]
    land.nodes = [list(mesh.line(draft.nodes[k])) for k in order]
    return land


def _ccw(ring: Ring) -> Ring:
    return ring if area2_mm2(ring) > 0 else ring[::-1]


def _lines(centre: Chain | None, lines: list[list[int]]) -> list[list[int]]:
    """Return centrelines cut at every crossing."""
    if centre is None:
        return lines
    nodes = [vid for _, vid in centre.breaks]
    return [centre.run(a, b) for a, b in itertools.pairwise(nodes)]


def _lot(mesh: Mesh, land: Land, ring_vids: list[int], holes: list[list[int]]) -> Lot:
    ring = mesh.ring(ring_vids)
    area2 = area2_mm2(ring)
    arcs = _arcs(land.outline, area2 < 0)
    if area2 < 0:
        ring, area2 = ring[::-1], -area2
    rings: list[Ring] = [ring]
    for hole in holes:
        inner = mesh.ring(hole)
        inner_area = area2_mm2(inner)
        rings.append(inner if inner_area < 0 else inner[::-1])
        area2 -= abs(inner_area)
    kind = "room" if land.tag == "room" else land.kind
    return Lot(kind, land.tag, land.use, land.block, land.row, tuple(rings), area2, arcs, land.width_m, land.mates)


def _arcs(outline: Recipe, is_reversed: bool) -> tuple[ArcSide, ...]:
    """Return the true arcs of an outline, in ring order."""
    arcs = []
    for item in outline:
        if isinstance(item, int):
            continue
        chain, a, b = item
        if not isinstance(chain, ArcChain):
            continue
        arc = chain.arc_side(a, b)
        if is_reversed:
            arc = arc._replace(start=arc.end, end=arc.start, sense="ccw" if arc.sense == "cw" else "cw")
        arcs.append(arc)
    return tuple(arcs)


# Boundary roads -----------------------------------------------------------------------------------------------------


class BoundaryRoads:
    """Draws the roads between plans once the plans on both sides are known."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self._plans: dict[tuple[int, int], PlanLand] = {}

    def add(self, plan: PlanLand) -> None:
        """Take in a plan; rows of plans before the one below it are forgotten."""
        self._plans[plan.mesh] = plan
        j = plan.mesh[1]
        self._plans = {mesh: p for mesh, p in self._plans.items() if mesh[1] >= j - 1}

    def _side(self, i: int, j: int, k: int) -> list[Point]:
        plan = self._plans.get((i, j))
        if plan is not None:
            return plan.sides[k]
        corners = self.lattice.mesh_corners(i, j)
        return [_mm(corners[k]), _mm(corners[(k + 1) % 4])]

    def _full(self, i: int, j: int, k: int) -> list[Point]:
        """Return a side with the corner cuts at its ends."""
        side = self._side(i, j, k)
        return [self._side(i, j, (k - 1) % 4)[-1], *side, self._side(i, j, (k + 1) % 4)[0]]

    def _line(self, start: tuple[int, int], end: tuple[int, int], nodes: list[Point]) -> tuple[LineMm, ...]:
        a, b = self.lattice.point(*start), self.lattice.point(*end)
        dx, dy = b[0] - a[0], b[1] - a[1]
        order = sorted({a, b, *nodes}, key=lambda p: (p[0] - a[0]) * dx + (p[1] - a[1]) * dy)
        return tuple((p, q) for p, q in itertools.pairwise(order))

    def _nodes(self, i: int, j: int, k: int) -> list[Point]:
        plan = self._plans.get((i, j))
        return plan.nodes[k] if plan else []

    def east_west(self, j: int) -> Iterator[Street]:
        """Yield the roads on line ``v = j``, one for each mesh that has a plan on either side."""
        road = self.lattice.road("v", j)
        here = [any((i, row) in self._plans for row in (j - 1, j)) for i in range(self.lattice.columns + 1)]
        for i in range(self.lattice.columns):
            if not here[i]:
                continue
            ring = [self._full(i - 1, j - 1, 2)[0], *self._full(i, j - 1, 2)[::-1]]
            if not here[i + 1]:
                ring += [self._full(i + 1, j - 1, 2)[-1], self._full(i + 1, j, 0)[0]]
            ring += [*self._full(i, j, 0)[::-1], self._full(i - 1, j, 0)[-1]]
            nodes = self._nodes(i, j - 1, 2) + self._nodes(i, j, 0)
            yield Street(
                road.width_m, road.road_class, self._line((i, j), (i + 1, j), nodes), (_clean(ring),), line=f"v{j}"
            )

    def north_south(self, j: int) -> Iterator[Street]:
        """Yield the roads between the plans of row ``j``."""
        for i in range(self.lattice.columns + 1):
            if not any((column, j) in self._plans for column in (i - 1, i)):
                continue
            road = self.lattice.road("u", i)
            ring = [*self._side(i - 1, j, 1), *self._side(i, j, 3)]
            nodes = self._nodes(i - 1, j, 1) + self._nodes(i, j, 3)
            yield Street(
                road.width_m, road.road_class, self._line((i, j), (i, j + 1), nodes), (_clean(ring),), line=f"u{i}"
            )


def _mm(place: tuple[float, float]) -> Point:
    return floor(place[0] * 1000 + 0.5), floor(place[1] * 1000 + 0.5)


def _clean(points: list[Point]) -> PolygonMm:
    """Return points as a closed counter-clockwise outline without repeated vertices."""
    ring = [p for k, p in enumerate(points) if k == 0 or p != points[k - 1]]
    if ring[0] != ring[-1]:
        ring.append(ring[0])
    return (_ccw(tuple(ring)),)
