"""What a plan under construction is made of: its style, its land, and its parts as recipes."""

from __future__ import annotations

from dataclasses import dataclass, field

from gisportal.sample.blocks import Block, Strip, radial
from gisportal.sample.exact import hypot_of
from gisportal.sample.lots import Land
from gisportal.sample.mesh import ArcChain, Chain, Mesh, Ray, Recipe


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


@dataclass
class Crossing:
    """A cross street: its place (x on straight strips, angle on arcs), its width, and the strips it crosses."""

    s: float
    width_m: float
    strips: frozenset[int]
    is_spine: bool = False


def side_ray(quad: Quad, k: int) -> Ray:
    x, y, dx, dy = quad.side(k)
    return Ray(x, y, dx, dy) if dy > 0 else Ray(x, y, -dx, -dy)


def cross_ray(strip: Strip, draft: Draft, s: float) -> Ray:
    """Return the middle line of a cross street in a strip; in strips of uneven depth it runs due north."""
    arc = next((c for c in (strip.bottom, strip.top) if isinstance(c, ArcChain)), None)
    if arc is None:
        return Ray(s, 0.0, 0.0, 1.0)
    return radial(arc, s) if strip.mid is not None else Ray(arc.at(s)[0], 0.0, 0.0, 1.0)
