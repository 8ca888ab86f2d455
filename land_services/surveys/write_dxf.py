"""Writes a subdivision as DXF: closed LWPOLYLINEs with true arcs, numbers inside, layer ``OUTER``, in metres."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import ezdxf
from ezdxf.document import Drawing
from ezdxf.enums import TextEntityAlignment
from ezdxf.layouts.layout import Modelspace
from shapely.geometry import Polygon

from land_services.domain import SurveyPart
from land_services.surveys import curves
from land_services.surveys.measure import part_from_polygon, rings_of
from land_services.surveys.units import DXF_INSUNITS, METRES

PARTS_LAYER = "PARTS"
OUTER_LAYER = "OUTER"
BUILDINGS_LAYER = "BUILDING"
MARKS = {"excluded": "EXCLUDED", "room": "ROOM", "corner_cut": "CORNER_CUT"}
"""The layer of each kind of land that a survey decision shows."""
NUMBERS_LAYER = "NUMBERS"
NOTES_LAYER = "NOTES"
_LAYERS = ((PARTS_LAYER, 7), (OUTER_LAYER, 1), (BUILDINGS_LAYER, 5), (NUMBERS_LAYER, 3), (NOTES_LAYER, 8),
           *((layer, 6) for layer in MARKS.values()))  # fmt: skip


def write_subdivision_dxf(
    path: str | os.PathLike[str],
    parts: Sequence[SurveyPart],
    outer: SurveyPart | Polygon | None = None,
    labels: Iterable[tuple[str, float, float]] = (),
    *,
    buildings: Sequence[SurveyPart] = (),
    marks: Mapping[str, Sequence[SurveyPart]] = MappingProxyType({}),
    unit: str = "m",
    text_height_m: float = 1.5,
    version: str = "R2018",
) -> None:
    """Write parts and outer boundary as a surveyor would draw them.

    Parameters
    ----------
    path : path
        Written whole; an existing file is replaced.
    parts : sequence of SurveyPart
        In metres. A part's number is a text inside it on layer ``NUMBERS``.
    outer : SurveyPart or Polygon, optional
        Drawn on layer ``OUTER``.
    labels : iterable of (text, x, y)
        Other texts in metres, on layer ``NOTES``: put them outside the parts, or beside their numbers.
    buildings : sequence of SurveyPart
        Drawn on layer ``BUILDING``.
    marks : mapping of role to sequence of SurveyPart
        ``excluded`` land, ``room`` and ``corner_cut``, drawn on the layers of these names.
    unit : str
        Unit of the drawing: ``m``, ``ft``, ``us-ft``, ``mm``, …
    version : str
        DXF version as ezdxf names it; before ``R2007`` texts are written in code page 1256.
    """
    drawing = ezdxf.new(version)  # type: ignore[attr-defined]
    drawing.encoding = "cp1256"
    drawing.header["$INSUNITS"] = next(code for code, name in DXF_INSUNITS.items() if name == unit)
    for name, colour in _LAYERS:
        drawing.layers.add(name, color=colour)
    space = drawing.modelspace()
    scale = 1 / METRES[unit]
    for part in parts:
        _draw(space, part, PARTS_LAYER, scale)
        if part.number:
            inside = part.geometry.representative_point()
            _write(space, part.number, (inside.x * scale, inside.y * scale), NUMBERS_LAYER, text_height_m * scale)
    if outer is not None:
        _draw(space, part_from_polygon("", outer) if isinstance(outer, Polygon) else outer, OUTER_LAYER, scale)
    for building in buildings:
        _draw(space, building, BUILDINGS_LAYER, scale)
    for role, shown in marks.items():
        for one in shown:
            _draw(space, one, MARKS[role], scale)
    for text, x, y in labels:
        _write(space, text, (x * scale, y * scale), NOTES_LAYER, text_height_m * scale)
    _set_view(drawing, parts, scale)
    drawing.saveas(os.fspath(path))


def _draw(space: Modelspace, part: SurveyPart, layer: str, scale: float) -> None:
    if part.geometry.interiors:
        raise ValueError(f"part {part.number!r} has a hole, which a DXF polyline cannot hold")
    rings = rings_of(part) or rings_of(part_from_polygon(part.number, part.geometry))
    corners = [(s.start[0] * scale, s.start[1] * scale, curves.to_bulge(s)) for s in rings[0]]
    space.add_lwpolyline(corners, format="xyb", close=True, dxfattribs={"layer": layer})


def _write(space: Modelspace, text: str, at: tuple[float, float], layer: str, height: float) -> None:
    entity = space.add_text(text, height=height, dxfattribs={"layer": layer})
    entity.set_placement(at, align=TextEntityAlignment.MIDDLE_CENTER)


def _set_view(drawing: Drawing, parts: Sequence[SurveyPart], scale: float) -> None:
    """Let a CAD program open on the plan, not on the origin two thousand kilometres away."""
    if not parts:
        return
    boxes = [p.geometry.bounds for p in parts]
    west, south = min(b[0] for b in boxes) * scale, min(b[1] for b in boxes) * scale
    east, north = max(b[2] for b in boxes) * scale, max(b[3] for b in boxes) * scale
    drawing.header["$EXTMIN"], drawing.header["$EXTMAX"] = (west, south, 0), (east, north, 0)
    drawing.set_modelspace_vport(height=(north - south) * 1.2, center=((west + east) / 2, (south + north) / 2))
