"""DXF drawings: closed polylines with true arcs, loops of lines and arcs, texts inside them; the layers ``OUTER``,
``BUILDING``, ``EXCLUDED``, ``ROOM`` and ``CORNER_CUT`` say what a polygon is.

Blocks are exploded. What is no boundary and no text is counted in remarks, open lines with their handles.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator

from ezdxf.document import Drawing
from ezdxf.entities.arc import Arc as DxfArc
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.entities.insert import Insert
from ezdxf.entities.line import Line
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.mtext import MText
from ezdxf.entities.polyline import Polyline
from ezdxf.entities.text import Text
from ezdxf.lldxf.const import DXFError
from ezdxf.math import OCS, NonUniformScalingError

from land_services.domain import Severity
from land_services.surveys import curves
from land_services.surveys.dxf_open import decoded, open_drawing
from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.loops import Edge, Loop, find_loops
from land_services.surveys.numbers import clean_text, latin_digits
from land_services.surveys.raw import (
    MARKED,
    XY,
    Curve,
    Label,
    Notes,
    RawPlan,
    RawPolygon,
    Ring,
    Role,
    Seg,
    is_coordinate,
)
from land_services.surveys.units import DXF_INSUNITS, METRES

OUTER_LAYER = "OUTER"
JOIN_M = 0.001
SNAP_M = 0.01
DEEPEST_BLOCK = 16
LARGEST_ARRAY = 10_000
_BOUNDARY_LIKE = {"SPLINE", "ELLIPSE", "CIRCLE", "MLINE", "3DFACE", "SOLID", "REGION", "HELIX"}


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the polygons and texts of a drawing's model space. ``unit`` is the one a person named."""
    drawing = open_drawing(data, limits, notes)
    plan = RawPlan(format="dxf", unit=_unit(drawing, notes), number_from_labels=True)
    reader = _Reader(drawing, plan, limits, notes, METRES[unit or plan.unit or "m"])
    reader.layout(drawing.modelspace())
    reader.finish()
    return plan


def _unit(drawing: Drawing, notes: Notes) -> str:
    """Return the unit of ``$INSUNITS``; "" where the header says nothing (0 or absent)."""
    try:
        code = int(drawing.header.get("$INSUNITS", 0))
    except (TypeError, ValueError):
        code = 0
    if code and code not in DXF_INSUNITS:
        notes.error("SRV-12", "unknown", unit=f"$INSUNITS {code}")
    return DXF_INSUNITS.get(code, "")


class _Reader:
    def __init__(self, drawing: Drawing, plan: RawPlan, limits: Limits, notes: Notes, metres: float) -> None:
        self.drawing, self.plan, self.limits, self.notes = drawing, plan, limits, notes
        self.join, self.snap = JOIN_M / metres, SNAP_M / metres
        self.metres = metres
        self.edges: list[Edge] = []
        self.left_out: Counter[str] = Counter()
        self.hidden: Counter[str] = Counter()
        self.heights = self.blocks = self.seen = 0

    # Walking ----------------------------------------------------------------------------------------------------

    def layout(self, entities: Iterable[DXFEntity]) -> None:
        """Read every entity of the model space, blocks exploded."""
        for entity in entities:
            self._entity(entity, entity.dxf.handle or "?", 0, "")

    def _entity(self, entity: DXFEntity, handle: str, depth: int, layer: str) -> None:
        self.seen += 1
        if self.seen > self.limits.entities:
            raise refusal("SRV-04", "entities", count=self.seen, limit=self.limits.entities)
        if not isinstance(entity, DXFGraphic):
            self.left_out[entity.dxftype()] += 1
            return
        own = str(entity.dxf.get("layer", "0"))
        layer = layer if layer and own == "0" else own
        if self._is_hidden(entity, layer):
            self.hidden[layer] += 1
            return
        if isinstance(entity, Insert):
            self._insert(entity, handle, depth, layer)
            return
        try:
            self._boundary_or_text(entity, handle, layer)
        except (DXFError, NonUniformScalingError, ValueError, ZeroDivisionError, ArithmeticError) as error:
            self.notes.error("SRV-05", "dxf_entity", place=f"{entity.dxftype()} {handle}", detail=str(error)[:120])

    def _is_hidden(self, entity: DXFGraphic, layer: str) -> bool:
        if entity.dxf.get("invisible", 0):
            return True
        if layer not in self.drawing.layers:
            return False
        record = self.drawing.layers.get(layer)
        return bool(record.is_off() or record.is_frozen())

    def _insert(self, insert: Insert, handle: str, depth: int, layer: str) -> None:
        for attribute in insert.attribs:
            self._text(attribute, layer, decoded(attribute.plain_text()))
        if depth >= DEEPEST_BLOCK or insert.mcount > LARGEST_ARRAY:
            raise refusal("SRV-04", "blocks", place=f"INSERT {handle}")
        if insert.block() is None:
            self.notes.add(
                "warning", "SRV-17", "missing_block", place=f"INSERT {handle}", name=str(insert.dxf.name)[:60]
            )
            return
        self.blocks += 1
        copies: Iterable[Insert] = insert.multi_insert() if insert.mcount > 1 else (insert,)
        for copy in copies:
            for entity in copy.virtual_entities(skipped_entity_callback=self._skipped):
                self._entity(entity, handle, depth + 1, layer)

    def _skipped(self, entity: DXFEntity, _reason: str) -> None:
        self.left_out[entity.dxftype()] += 1

    def _boundary_or_text(self, entity: DXFGraphic, handle: str, layer: str) -> None:
        place = f"{entity.dxftype()} {handle} on layer {clean_text(layer)[:60]}"
        if isinstance(entity, MText):
            entity.text = decoded(entity.text)
            for line in entity.plain_text(split=True):
                self._text(entity, layer, line)
        elif isinstance(entity, Text):
            self._text(entity, layer, decoded(entity.plain_text()))
        elif isinstance(entity, LWPolyline | Polyline):
            self._polyline(entity, handle, layer, place)
        elif isinstance(entity, Line):
            start, end = entity.dxf.start, entity.dxf.end
            self._heights(start.z, end.z)
            self._edge(Seg((start.x, start.y), (end.x, end.y)), handle, layer, place)
        elif isinstance(entity, DxfArc):
            segment = self._arc(entity)
            if segment is None:
                self.notes.add("warning", "SRV-17", "tilted", place=place)
            else:
                self._edge(segment, handle, layer, place)
        else:
            self.left_out[entity.dxftype()] += 1

    def _heights(self, *values: float) -> None:
        self.heights += any(values)

    # Texts ------------------------------------------------------------------------------------------------------

    def _text(self, entity: DXFGraphic, layer: str, text: str) -> None:
        shown = clean_text(text)
        if not shown:
            return
        if "\ufffd" in shown or any("\ud800" <= c <= "\udfff" for c in shown) or _looks_misread(shown):
            place = f"{entity.dxftype()} {entity.dxf.handle or ''}".strip()
            shown = shown.encode("utf-8", "replace").decode("utf-8").replace("\ufffd", "?")
            self.notes.add("warning", "SRV-06", "text", place=place, text=shown[:40])
        at = self._text_place(entity)
        if at is not None and _role(layer) not in MARKED:
            self.plan.labels.append(Label(latin_digits(shown), at, layer))

    def _text_place(self, entity: DXFGraphic) -> XY | None:
        if isinstance(entity, MText):
            point = entity.dxf.insert
        else:
            aligned = entity.dxf.get("halign", 0) or entity.dxf.get("valign", 0)
            point = entity.dxf.get("align_point") if aligned else None
            point = OCS(entity.dxf.extrusion).to_wcs(point if point is not None else entity.dxf.insert)
        return (point.x, point.y) if is_coordinate(point.x, point.y) else None

    # Lines ------------------------------------------------------------------------------------------------------

    def _arc(self, arc: DxfArc) -> Seg | None:
        ocs = OCS(arc.dxf.extrusion)
        flat = ocs.uz
        if abs(abs(flat.z) - 1) > 1e-9 or arc.dxf.radius <= 0:
            return None
        # ezdxf gives the ends in world coordinates; seen from below (extrusion -z) the arc runs clockwise.
        centre, start, end = ocs.to_wcs(arc.dxf.center), arc.start_point, arc.end_point
        self._heights(centre.z)
        curve = Curve((centre.x, centre.y), float(arc.dxf.radius), flat.z > 0)
        return Seg((start.x, start.y), (end.x, end.y), curve)

    def _edge(self, segment: Seg, handle: str, layer: str, place: str) -> None:
        if not _is_finite(segment):
            self.notes.error("SRV-07", "infinite", place=place)
        elif curves.length(segment) <= self.join / 1000:
            self.notes.add("info", "SRV-19", "zero", place=place, count=1)
        else:
            self.edges.append(Edge(segment, handle, layer, place))

    def _polyline(self, entity: LWPolyline | Polyline, handle: str, layer: str, place: str) -> None:
        found = self._vertices(entity)
        if found is None:
            self.left_out[f"{entity.dxftype()} (mesh or tilted)"] += 1
            return
        vertices, closed = found
        if not all(is_coordinate(x, y, bulge) for x, y, bulge in vertices):
            self.notes.error("SRV-07", "infinite", place=place)
            return
        segments = _segments(vertices, closed)
        if not segments:
            self.left_out[f"{entity.dxftype()} without length"] += 1
            return
        gap = math.dist(segments[0].start, segments[-1].end)
        if not closed and len(segments) > 1 and gap <= self.snap:
            if gap > self.join:
                self.notes.add("warning", "SRV-19", "closed", place=place, gap=round(gap * self.metres, 4))
            last = segments[-1]
            segments[-1] = Seg(last.start, segments[0].start, last.curve)
            closed = True
        if closed:
            self._add_polygon(segments, layer, place)
        else:
            for segment in segments:
                self._edge(segment, handle, layer, place)

    def _vertices(self, entity: LWPolyline | Polyline) -> tuple[list[tuple[float, float, float]], bool] | None:
        """Return (x, y, bulge) in world coordinates and whether it is closed; None for meshes and tilted ones."""
        if isinstance(entity, LWPolyline):
            points = [(p[0], p[1], p[2]) for p in entity.get_points("xyb")]
            elevation = float(entity.dxf.elevation)
            closed = bool(entity.closed)
        elif entity.is_2d_polyline or entity.is_3d_polyline:
            kept = [v for v in entity.vertices if not v.dxf.get("flags", 0) & 16]
            if entity.is_3d_polyline:
                self._heights(*(v.dxf.location.z for v in kept))
                return [(v.dxf.location.x, v.dxf.location.y, 0.0) for v in kept], bool(entity.is_closed)
            points = [(v.dxf.location.x, v.dxf.location.y, float(v.dxf.get("bulge", 0.0))) for v in kept]
            elevation = float(entity.dxf.elevation.z) if entity.dxf.hasattr("elevation") else 0.0
            closed = bool(entity.is_closed)
        else:
            return None
        ocs = OCS(entity.dxf.extrusion)
        if abs(abs(ocs.uz.z) - 1) > 1e-9:
            return None
        self._heights(elevation)
        sign = 1.0 if ocs.uz.z > 0 else -1.0
        world = [(ocs.to_wcs((x, y, elevation)), bulge * sign) for x, y, bulge in points]
        return [(p.x, p.y, bulge) for p, bulge in world], closed

    def _add_polygon(self, ring: Ring, layer: str, place: str) -> None:
        self.plan.polygons.append(RawPolygon([ring], place, role=_role(layer), attributes={"layer": layer}))

    # The end ----------------------------------------------------------------------------------------------------

    def _loops(self) -> tuple[list[Loop], list[Edge]]:
        """Join the lines of the land, and those of each mark by themselves: a wall on a boundary is not its side."""
        marks = [[edge for edge in self.edges if _role(edge.layer) == role] for role in MARKED]
        lines = [edge for edge in self.edges if _role(edge.layer) not in MARKED]
        found = [find_loops(edges, self.join) for edges in (lines, *filter(None, marks))]
        return [loop for loops, _ in found for loop in loops], [edge for _, rest in found for edge in rest]

    def finish(self) -> None:
        """Join loose lines into loops and say what was left out."""
        loops, rest = self._loops()
        for loop in loops:
            names = ", ".join(dict.fromkeys(e.handle for e in loop.edges))
            layers = {e.layer.strip().upper() for e in loop.edges}
            layer = OUTER_LAYER if layers == {OUTER_LAYER} else loop.edges[0].layer
            self._add_polygon(loop.ring, layer, f"lines {names[:120]}")
        if loops:
            self.notes.add("info", "SRV-19", "loops", count=len(loops))
        for edge in _one_per_handle(rest):
            x, y = edge.segment.start
            self.notes.add("warning", "SRV-17", "open_line", place=edge.place, x=round(x, 3), y=round(y, 3))
        for kind, count in sorted(self.left_out.items()):
            severity: Severity = "warning" if kind in _BOUNDARY_LIKE else "info"
            self.notes.add(severity, "SRV-17", "entity", kind=kind, count=count)
        for layer, count in sorted(self.hidden.items()):
            self.notes.add("warning", "SRV-17", "hidden", layer=clean_text(layer)[:60], count=count)
        if self.heights:
            self.notes.add("info", "SRV-17", "heights", count=self.heights)
        if self.blocks:
            self.notes.add("info", "SRV-17", "blocks", count=self.blocks)
        paper = sum(len(layout) for layout in self.drawing.layouts if layout.name != "Model")
        if paper:
            self.notes.add("info", "SRV-17", "paper", count=paper)


def _role(layer: str) -> Role:
    """Return what a layer's polygons are; the names of marks may stand in the plural."""
    name = layer.strip().upper()
    return "outer" if name == OUTER_LAYER else next((r for r in MARKED if name.removesuffix("S") == r.upper()), "")


def _is_finite(segment: Seg) -> bool:
    curve = segment.curve
    numbers = [*segment.start, *segment.end, *([*curve.centre, curve.radius] if curve else [])]
    return is_coordinate(*numbers)


def _segments(vertices: list[tuple[float, float, float]], closed: bool) -> Ring:
    """Return the sides between the vertices; a vertex repeated in place makes no side."""
    if len(vertices) < 2:
        return []
    pairs = list(itertools.pairwise(vertices))
    if closed:
        pairs.append((vertices[-1], vertices[0]))
    segments: Ring = []
    for (x1, y1, bulge), (x2, y2, _) in pairs:
        start, end = (x1, y1), (x2, y2)
        if start != end:
            segments.append(Seg(start, end, curves.from_bulge(start, end, bulge)))
    return segments


def _one_per_handle(edges: list[Edge]) -> Iterator[Edge]:
    seen: set[str] = set()
    for edge in edges:
        if edge.handle not in seen:
            seen.add(edge.handle)
            yield edge


def _looks_misread(text: str) -> bool:
    """Return whether a text looks like Arabic of code page 1256 read as Western (accented letters) or Chinese."""
    accented = sum("\u00c0" <= c <= "\u00ff" for c in text)
    plain = sum(c.isascii() and c.isalpha() for c in text)
    foreign = sum("\u3400" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in text)
    return foreign > 0 or (accented >= 3 and accented > 2 * plain)
