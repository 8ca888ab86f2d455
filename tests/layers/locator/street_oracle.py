"""Ways along streets by networkx, over a graph made otherwise: every vertex is a node, every segment an edge, positions
are put in as nodes of their own. And street networks to try: made up at random, the sample's, and real ones.
"""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import Any

import geopandas
import networkx
import numpy as np
import shapely
from numpy.typing import NDArray

from gisportal.sample.city import City
from layers.locator.network.graph import Mode, Streets
from layers.locator.network.speeds import CAR_KMH, SNAP_LIMIT_M, WALK_KMH

DIRECTIONS = ("both", "both", "both", "forward", "backward")
USERS = ("all", "all", "all", "all", "foot", "car")
BARRIERS = ("",) * 9 + ("bollard", "gate", "wall")


class Oracle:
    """Shortest ways between positions, by networkx."""

    def __init__(self, streets: Streets, mode: Mode) -> None:
        self.graph = networkx.DiGraph()
        self.mode = mode
        a, b, keys, costs, ways = [], [], [], [], []
        for row, shape in enumerate(streets.lines):
            users, barrier, direction = streets.users[row], streets.barrier[row], streets.direction[row]
            if mode is Mode.FOOT:
                allowed, on, back, kmh = users != "car" and barrier != "wall", True, True, WALK_KMH
            else:
                allowed = users != "foot" and barrier == ""
                on, back = direction != "backward", direction != "forward"
                kmh = CAR_KMH[streets.road_class[row]]
            if not allowed:
                continue
            for part in shapely.get_parts(shape):
                points = list(part.coords)
                for p, q in itertools.pairwise(points):
                    if p == q:
                        continue
                    u, v = _key(p), _key(q)
                    cost = math.dist(p, q) / (kmh * 1000 / 60)
                    for tail, head, is_open in ((u, v, on), (v, u, back)):
                        if is_open and cost < self.graph.get_edge_data(tail, head, {"minutes": math.inf})["minutes"]:
                            self.graph.add_edge(tail, head, minutes=cost)
                    a.append(p)
                    b.append(q)
                    keys.append((u, v))
                    costs.append(cost)
                    ways.append((on, back))
        self.a, self.b = np.array(a).reshape(-1, 2), np.array(b).reshape(-1, 2)
        self.keys, self.costs, self.ways = keys, costs, ways

    def minutes(self, start: Any, stop: Any) -> float:
        one, other = self._snap(start), self._snap(stop)
        if one is None or other is None:
            return math.inf
        graph = self.graph
        walked = (one[2] + other[2]) / (WALK_KMH * 1000 / 60)
        added = []
        for name, (segment, share, _), is_start in (("start", one, True), ("stop", other, False)):
            (u, v), cost, (on, back) = self.keys[segment], self.costs[segment], self.ways[segment]
            graph.add_node(name)
            added.append(name)
            to_begin, to_end = cost * share, cost * (1 - share)
            at_begin, at_end = share == 0.0, share == 1.0
            # Leaving goes with the traffic, and so does arriving.
            links: Any
            if is_start:
                links = ((name, u, to_begin, back or at_begin), (name, v, to_end, on or at_end))
            else:
                links = ((u, name, to_begin, on or at_begin), (v, name, to_end, back or at_end))
            for tail, head, minutes, is_open in links:
                if is_open:
                    graph.add_edge(tail, head, minutes=minutes)
        if one[0] == other[0]:
            difference = (other[1] - one[1]) * self.costs[one[0]]
            on, back = self.ways[one[0]]
            if difference == 0 or (on if difference > 0 else back):
                graph.add_edge("start", "stop", minutes=abs(difference))
        try:
            found = networkx.dijkstra_path_length(graph, "start", "stop", weight="minutes")
        except networkx.NetworkXNoPath:
            found = math.inf
        graph.remove_nodes_from(added)
        return found + walked

    def _snap(self, point: Any) -> tuple[int, float, float] | None:
        if not len(self.a):
            return None
        p = np.asarray(point)
        d = self.b - self.a
        share = np.clip(((p - self.a) * d).sum(axis=1) / (d * d).sum(axis=1), 0.0, 1.0)
        metres = np.hypot(*(self.a + share[:, None] * d - p).T)
        best = int(metres.argmin())
        return None if metres[best] > SNAP_LIMIT_M else (best, float(share[best]), float(metres[best]))


def _key(point: Any) -> tuple[float, float]:
    return round(point[0], 3), round(point[1], 3)


def random_streets(seed: int, n: int = 9) -> Streets:
    """Return a crooked grid with gaps, bends, lines of several pieces, crossings inside lines, loops and dead ends.

    ::

        +---+-~-+   +      ~ a bend         every piece may be one-way, barred,
        |   |   |   |                       or for some people only
        +---+-~-+---+--
    """
    chance = random.Random(seed)
    at = {
        (i, j): (round(1000 + 110 * i + chance.uniform(-30, 30), 3), round(90 * j + chance.uniform(-30, 30), 3))
        for i in range(n)
        for j in range(n)
    }
    lines: list[Any] = []
    for j in range(n):  # whole lines from west to east, which others cross at inner vertices; some in two parts
        if chance.random() < 0.3:
            k = chance.randrange(1, n - 1)
            parts = [[at[i, j] for i in range(k + 1)], [at[i, j] for i in range(k, n)]]
            lines.append(shapely.MultiLineString(parts))
        else:
            lines.append(shapely.LineString([at[i, j] for i in range(n)]))
    for i in range(n):
        for j in range(n - 1):
            if chance.random() < 0.75:
                (x0, y0), (x1, y1) = at[i, j], at[i, j + 1]
                bend = [(round((x0 + x1) / 2 + 9, 3), round((y0 + y1) / 2, 3))] if chance.random() < 0.4 else []
                lines.append(shapely.LineString([at[i, j], *bend, at[i, j + 1]]))
    for _ in range(4):
        x, y = chance.choice(list(at.values()))
        lines.append(shapely.LineString([(x, y), (x + 25, y + 40), (x - 25, y + 40), (x, y)]))
        end = (round(x + chance.uniform(-60, 60), 3), y + 33)
        # An end that happens to lie on a street would meet it, which the other graph does not know.
        if shapely.distance(shapely.Point(end), lines).min() > 0.05:
            lines.append(shapely.LineString([(x, y), end]))
    lines.append(shapely.LineString([(5000, 5000), (5100, 5000)]))  # nobody gets there
    count = len(lines)

    def column(values: Any) -> NDArray[np.object_]:
        return np.array(chance.choices(values, k=count), dtype=object)

    return Streets(
        np.array(lines, dtype=object),
        column(tuple(CAR_KMH)),
        column(DIRECTIONS),
        column(USERS),
        column(BARRIERS),
    )


def sample_streets(parcels: int = 2500, seed: int = 7) -> Streets:
    """Return the streets of the sample municipality, with its directions and barriers."""
    rows = list(City(parcels, seed).streets)
    lines = [shapely.MultiLineString([np.array(line) / 1000 for line in row.centrelines]) for row in rows]
    columns = [[getattr(row, name) for row in rows] for name in ("road_class", "direction", "users", "barrier")]
    return Streets(np.array(lines, dtype=object), *(np.array(column, dtype=object) for column in columns))


def real_streets(file: Path, layer: str | None, seed: int) -> Streets:
    """Return real centrelines with rules drawn by lot: the files say nothing of them."""
    frame = geopandas.read_file(file, layer=layer) if layer else geopandas.read_file(file)
    if frame.crs is not None and (frame.crs.is_geographic or frame.crs.axis_info[0].unit_conversion_factor != 1):
        frame = frame.to_crs(frame.estimate_utm_crs())
    chance = random.Random(seed)
    lines = np.asarray(frame.geometry.explode(ignore_index=True).dropna(), dtype=object)
    columns = (tuple(CAR_KMH), DIRECTIONS, USERS, BARRIERS)
    return Streets(lines, *(np.array(chance.choices(c, k=len(lines)), dtype=object) for c in columns))


def positions(streets: Streets, count: int, seed: int, spread_m: float = 60.0) -> NDArray[np.float64]:
    """Return positions near streets, on vertices, and some far from all."""
    chance = np.random.default_rng(seed)
    xy = shapely.get_coordinates(streets.lines)
    chosen = xy[chance.integers(0, len(xy), count)]
    moved = chosen + chance.normal(0, spread_m, (count, 2))
    moved[::11] = chosen[::11]
    return moved
