"""Zones laid over the whole municipality: growth phases and prohibited zones."""

from __future__ import annotations

import itertools
from math import floor

from gisportal.sample.chance import chance
from gisportal.sample.exact import hypot_of
from gisportal.sample.lattice import Lattice, Pair
from gisportal.sample.rows import Point, PolygonMm, Ring, ZoneRow

CORRIDOR_M = 40.0
"""Width of the pipeline corridor."""

WADI_M = (60.0, 160.0)
"""Least and greatest width of the flood course."""

WADI_STEPS = 8
"""Points of a bank between two nodes of the lattice."""

PHASES = (
    ("1440", "المرحلة الأولى 1440هـ", "Growth phase 1440 AH", 1440),
    ("1445", "المرحلة الثانية 1445هـ", "Growth phase 1445 AH", 1445),
    ("1450", "المرحلة الثالثة 1450هـ", "Growth phase 1450 AH", 1450),
    ("development_boundary", "حد حماية التنمية", "Development boundary", None),
)
FLOODS = ("وحدة درء السيول ببلدية مرسى الخليج", "Flood Unit of Marsa Al Khaleej Municipality")
PIPES = ("مرفق أنابيب مرسى الخليج", "Marsa Al Khaleej Pipeline Utility")


def fixed_zones(lattice: Lattice) -> tuple[ZoneRow, ...]:
    """Return growth phases (rings around each other, along road middles) and prohibited zones; ids 1 to 6."""
    columns, rows = lattice.columns, lattice.rows
    inset = max(columns // 4, 0), max(rows // 4, 0)
    frames = [
        lattice.frame(inset[0], inset[1], columns - inset[0], rows - inset[1]) if min(inset) else None,
        lattice.frame(0, 0, columns, rows),
        lattice.frame(-1, -1, columns + 1, rows + 1),
        lattice.frame(-2, -2, columns + 2, rows + 2),
    ]
    zones, inner = [], None
    for k, (frame, (code, ar, en, year)) in enumerate(zip(frames, PHASES, strict=True)):
        if frame is None:
            continue
        outline: PolygonMm = (frame,) if inner is None else (frame, inner[::-1])
        zones.append(ZoneRow(k + 1, code, "growth_phase", ar, en, outline, year))
        inner = frame
    valley: PolygonMm = (wadi(lattice),)
    corridor: PolygonMm = (pipeline_corridor(lattice),)
    zones += [
        ZoneRow(
            5,
            "VALLEY",
            "prohibited",
            "مجرى وادي الغدير",
            "Wadi Al Ghadir flood course",
            valley,
            authority=FLOODS,
            remarks="الحد الشرقي من دراسة السيول الأولية، ويُعاد رفعه بعد اعتمادها.",
        ),
        ZoneRow(
            6,
            "PIPELINE",
            "prohibited",
            "حرم خط أنابيب",
            "Pipeline corridor",
            corridor,
            authority=PIPES,
            remarks="عرض الحرم 40 م بخطاب المرفق، وقطع المخطط الثاني المتداخلة معه تحت التسوية.",
        ),
    ]
    return tuple(zones)


def wadi(lattice: Lattice) -> Ring:
    """Return the outline of the flood course: a band that winds northwards through the land west of the plans.

    Its banks lie east and west of one line whose points lie ever further north, so that they never cross.
    """
    rng = chance(lattice.seed, "wadi")
    bends = [(rng.random(), rng.random()) for _ in range(lattice.rows + 1)]
    east: list[Point] = []
    west: list[Point] = []
    for j in range(lattice.rows):
        for step in range(WADI_STEPS + (j == lattice.rows - 1)):
            t = step / WADI_STEPS
            smooth = t * t * (3 - 2 * t)
            bend, width = (a + (b - a) * smooth for a, b in zip(bends[j], bends[j + 1], strict=True))
            (x0, y0), (x1, y1) = (_between(lattice.node(i, j), lattice.node(i, j + 1), t) for i in (-2, -1))
            half = (WADI_M[0] + (WADI_M[1] - WADI_M[0]) * width) / 2 / hypot_of(x1 - x0, y1 - y0)
            middle = 0.3 + 0.4 * bend
            for bank, place in ((west, middle - half), (east, middle + half)):
                bank.append(_mm(_between((x0, y0), (x1, y1), place)))
    ring = (*east, *west[::-1])
    return (*ring, ring[0])


def _between(a: Pair, b: Pair, t: float) -> Pair:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _mm(place: Pair) -> Point:
    return floor(place[0] * 1000 + 0.5), floor(place[1] * 1000 + 0.5)


def pipeline_corridor(lattice: Lattice) -> Ring:
    """Return the corridor's outline: a straight band across the south-east of the second plan of the first row."""
    start, end = _corridor_line(lattice)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = hypot_of(dx, dy)
    px, py = dy / length * CORRIDOR_M / 2, -dx / length * CORRIDOR_M / 2
    corners = ((start, 1), (end, 1), (end, -1), (start, -1))
    ring = tuple(_mm((x + s * px, y + s * py)) for (x, y), s in corners)
    return (*ring, ring[0])


def _corridor_line(lattice: Lattice) -> tuple[Pair, Pair]:
    (x0, y0), (x1, y1), (x2, y2) = lattice.node(1, 0), lattice.node(2, 0), lattice.node(2, 1)
    start = (x0 + (x1 - x0) * 0.3, y0 + (y1 - y0) * 0.3)
    end = (x1 + (x2 - x1) * 0.7, y1 + (y2 - y1) * 0.7)
    return start, end


def is_well_inside(point: Point, ring: Ring, margin_mm: int = 2000) -> bool:
    """Return whether a point lies inside a convex counter-clockwise ring, at least ``margin_mm`` from its edges."""
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        across = (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)
        if across < margin_mm * hypot_of(float(bx - ax), float(by - ay)):
            return False
    return True
