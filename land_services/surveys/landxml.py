"""LandXML 1.0-1.2 parcels (and its InfraModel dialect): lines, curves, irregular lines, in the unit the file states.

Coordinates are written "northing easting [elevation]"; everything leaves here as x east, y north.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping

from lxml import etree

from land_services.domain import SurveyPoint
from land_services.surveys import curves
from land_services.surveys.crs import epsg_code
from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text, parcel_number
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
from land_services.surveys.rings import nest
from land_services.surveys.units import LANDXML_LINEAR, METRES, landxml_area_factor

JOIN_M = 0.001
"""Ends nearer than this are one point."""

SNAP_M = 0.01
"""Ends nearer than this are joined with a remark; farther apart the ring is open."""

RADIUS_M = 0.02
"""A stated radius that differs more than this from the drawn one is remarked on."""

NOT_READ = ("Alignment", "Surface", "PlanFeature", "PipeNetwork", "Monument", "ObservationGroup", "Roadway")


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the parcels, points and stated unit and CRS of a LandXML file."""
    root = _parse(data)
    plan = RawPlan(format="landxml")
    area_factor = _units(root, plan, notes)
    _coordinate_system(root, plan, notes)
    reader = _Parcels(plan, notes, area_factor)
    reader.points(root)
    for parcel in _all(root, "Parcel"):
        reader.parcel(parcel)
    for name in NOT_READ:
        count = sum(1 for _ in _all(root, name))
        if count:
            notes.add("info", "SRV-17", "element", kind=name, count=count)
    return plan


def _parse(data: bytes) -> etree._Element:
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", data.replace(b"\x00", b"")):
        raise refusal("SRV-25")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        encoding = "encod" in str(error) or "not proper UTF-8" in str(error)
        raise refusal(
            "SRV-06" if encoding else "SRV-05", "xml", line=line, column=column, detail=str(error)[:160]
        ) from None
    except (LookupError, ValueError) as error:
        raise refusal("SRV-06", "xml", line=1, column=1, detail=str(error)[:160]) from None
    if root is None or _name(root) != "LandXML":
        raise refusal("SRV-02", "xml", root=_name(root)[:60] if root is not None else "")
    return root


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _all(root: etree._Element, name: str) -> Iterator[etree._Element]:
    yield from root.iter(f"{{*}}{name}")


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((c for c in element if _name(c) == name), None)


def _units(root: etree._Element, plan: RawPlan, notes: Notes) -> float | None:
    """Set the plan's unit and return m2 per area unit; None where the file states none that is known."""
    units = _child(root, "Units")
    system = next(iter(units), None) if units is not None else None
    if system is None:
        return None
    linear = (system.get("linearUnit") or "").strip()
    plan.unit = LANDXML_LINEAR.get(linear.lower(), "")
    if linear and not plan.unit:
        notes.error("SRV-12", "unknown", unit=linear[:40])
        return None
    stated = (system.get("areaUnit") or "").strip()
    factor = landxml_area_factor(stated, plan.unit)
    if stated and factor is None:
        notes.add("warning", "SRV-12", "area_unknown", unit=stated[:40])
    return factor


def _coordinate_system(root: etree._Element, plan: RawPlan, notes: Notes) -> None:
    element = _child(root, "CoordinateSystem")
    if element is None:
        return
    code = epsg_code(element.get("epsgCode") or "")
    if code:
        plan.crs = code
        return
    name = element.get("horizontalCoordinateSystemName") or element.get("name") or element.get("desc") or ""
    if name or element.get("horizontalDatum"):
        text = clean_text(f"{element.get('horizontalDatum') or ''} {name}")
        notes.add("warning", "SRV-11", "only_named", crs=text[:80])


def _role(attributes: Mapping[str, str]) -> Role:
    """Return what a parcel is: by its attribute ``role``, or its ``desc`` where that is one of the words for marks."""
    stated = (attributes.get("role") or "").strip().lower()
    if stated:
        return "outer" if stated == "outer" else ""  # the words for marks are looked at with those of other formats
    said = (attributes.get("desc") or "").strip().lower().replace(" ", "_").removesuffix("s")
    return next((role for role in MARKED if role == said), "")


class _Parcels:
    def __init__(self, plan: RawPlan, notes: Notes, area_factor: float | None) -> None:
        self.plan, self.notes, self.area_factor = plan, notes, area_factor
        self.metres = METRES[plan.unit] if plan.unit else 1.0
        self.named: dict[str, XY] = {}

    # Points -----------------------------------------------------------------------------------------------------

    def points(self, root: etree._Element) -> None:
        """Read the ``CgPoint`` list: parcels may refer to it by name."""
        pending: list[tuple[str, str]] = []
        for element in _all(root, "CgPoint"):
            name = clean_text(element.get("name") or "")
            reference = clean_text(element.get("pntRef") or "")
            values = _numbers(element.text)
            if values is None or len(values) < 2:
                if reference and name:
                    pending.append((name, reference))
                elif (element.text or "").strip():
                    self.notes.error("SRV-07", "text", place=self._place(element), what=(element.text or "")[:60])
                continue
            if not is_coordinate(*values[:2]):
                self.notes.error("SRV-07", "infinite", place=self._place(element))
                continue
            north, east = values[:2]
            if name:
                self.named.setdefault(name, (east, north))
                height = values[2] if len(values) > 2 and math.isfinite(values[2]) else None
                code = clean_text(element.get("code") or "")
                self.plan.points.append(SurveyPoint(parcel_number(name), east, north, height, code))
        for name, reference in pending:
            if reference in self.named:
                self.named.setdefault(name, self.named[reference])

    def _place(self, element: etree._Element) -> str:
        name = element.get("name")
        return f"{_name(element)}{f' {clean_text(name)[:40]!r}' if name else ''} (line {element.sourceline})"

    def _point(self, parent: etree._Element, name: str) -> tuple[XY, str] | None:
        """Return a point child and its number; None (noted) where it is missing or unreadable."""
        element = _child(parent, name)
        if element is None:
            self.notes.error("SRV-05", "missing_child", child=name, place=self._place(parent))
            return None
        reference = clean_text(element.get("pntRef") or "")
        values = _numbers(element.text)
        if values is not None and len(values) >= 2:
            if not is_coordinate(*values[:2]):
                self.notes.error("SRV-07", "infinite", place=self._place(element))
                return None
            return (values[1], values[0]), parcel_number(reference)
        if reference in self.named:
            return self.named[reference], parcel_number(reference)
        if reference:
            self.notes.error("SRV-05", "point_reference", reference=reference[:40], place=self._place(element))
        else:
            self.notes.error("SRV-07", "text", place=self._place(element), what=(element.text or "")[:60])
        return None

    # Parcels ----------------------------------------------------------------------------------------------------

    def parcel(self, element: etree._Element) -> None:
        """Add one ``Parcel``: each closed run of its ``CoordGeom`` is a ring."""
        name = parcel_number(element.get("name"))
        place = self._place(element)
        self._label(element, name)
        geometries = [c for c in element if _name(c) == "CoordGeom"]
        if not geometries:
            self.notes.add("warning", "SRV-17", "parcel_without_geometry", place=place)
            return
        rings: list[Ring] = []
        for geometry in geometries:
            segments = self._segments(geometry)
            if segments is None:
                return
            found = self._rings(segments, place)
            if found is None:
                return
            rings.extend(found)
        attributes = {k.rpartition("}")[2]: v for k, v in element.attrib.items()}
        for index, group in enumerate(nest(rings)):
            where = place if index == 0 else f"{place} ring {index + 1}"
            self.plan.polygons.append(
                RawPolygon(group, where, name, _role(attributes), self._stated_area(element), attributes)
            )

    def _label(self, element: etree._Element, name: str) -> None:
        centre = _child(element, "Center")
        if centre is None or not name:
            return
        values = _numbers(centre.text)
        reference = clean_text(centre.get("pntRef") or "")
        if values is not None and len(values) >= 2 and is_coordinate(*values[:2]):
            self.plan.labels.append(Label(name, (values[1], values[0])))
        elif reference in self.named:
            self.plan.labels.append(Label(name, self.named[reference]))

    def _stated_area(self, element: etree._Element) -> float | None:
        values = _numbers(element.get("area"))
        if not values or not math.isfinite(values[0]) or values[0] <= 0:
            return None
        return values[0] * self.area_factor if self.area_factor is not None else None

    def _segments(self, geometry: etree._Element) -> Ring | None:
        segments: Ring = []
        for element in geometry:
            kind = _name(element)
            if kind == "Line":
                found = self._line(element)
            elif kind == "Curve":
                found = self._curve(element)
            elif kind == "IrregularLine":
                found = self._irregular(element)
            elif kind == "Spiral":
                self.notes.error("SRV-22", "spiral", place=self._place(element))
                return None
            elif kind in ("Feature", "Property", ""):
                continue
            else:
                self.notes.error("SRV-22", "element", kind=kind[:40], place=self._place(element))
                return None
            if found is None:
                return None
            segments.extend(found)
        return segments

    def _line(self, element: etree._Element) -> Ring | None:
        start, end = self._point(element, "Start"), self._point(element, "End")
        return None if start is None or end is None else [Seg(start[0], end[0], None, (start[1], end[1]))]

    def _irregular(self, element: etree._Element) -> Ring | None:
        start, end = self._point(element, "Start"), self._point(element, "End")
        if start is None or end is None:
            return None
        runs = [(_child(element, "PntList2D"), 2), (_child(element, "PntList3D"), 3)]
        points: list[XY] = []
        for run, size in runs:
            values = _numbers(run.text) if run is not None else None
            if values is None:
                continue
            if len(values) % size or not is_coordinate(*values):
                self.notes.error("SRV-07", "text", place=self._place(element), what="PntList")
                return None
            points = [(values[i + 1], values[i]) for i in range(0, len(values), size)]
        chain = [start[0], *(p for p in points if p not in (start[0], end[0])), end[0]]
        segments = [Seg(a, b) for a, b in itertools.pairwise(chain)]
        segments[0] = Seg(segments[0].start, segments[0].end, None, (start[1], segments[0].names[1]))
        segments[-1] = Seg(segments[-1].start, segments[-1].end, None, (segments[-1].names[0], end[1]))
        return segments

    def _curve(self, element: etree._Element) -> Ring | None:
        start, end = self._point(element, "Start"), self._point(element, "End")
        if start is None or end is None:
            return None
        ccw = (element.get("rot") or "").strip().lower() == "ccw"
        if (element.get("rot") or "").strip().lower() not in ("cw", "ccw"):
            self.notes.error("SRV-22", "no_rotation", place=self._place(element))
            return None
        curve = self._circle(element, start[0], end[0], ccw)
        return None if curve is None else [Seg(start[0], end[0], curve, (start[1], end[1]))]

    def _circle(self, element: etree._Element, start: XY, end: XY, ccw: bool) -> Curve | None:
        """Return the arc's circle: the centre where given (it is exact in most files), else the stated radius."""
        stated = _numbers(element.get("radius"))
        radius = stated[0] if stated and math.isfinite(stated[0]) else 0.0
        centre = self._point(element, "Center") if _child(element, "Center") is not None else None
        if centre is None:
            length, chord = _numbers(element.get("length")), math.dist(start, end)
            large = bool(length) and radius > 0 and bool(chord) and length[0] > math.pi * radius  # type: ignore[index]
            curve = curves.of_radius(start, end, radius, ccw, large)
            if curve is None:
                self.notes.error("SRV-22", "no_circle", place=self._place(element), radius=radius)
            return curve
        first, last = math.dist(centre[0], start), math.dist(centre[0], end)
        if abs(first - last) * self.metres > RADIUS_M or first == 0:
            self.notes.error("SRV-22", "centre", place=self._place(element), first=round(first, 4), last=round(last, 4))
            return None
        if radius > 0 and abs(radius - first) * self.metres > RADIUS_M:
            self.notes.add(
                "warning", "SRV-22", "radius", place=self._place(element), stated=radius, drawn=round(first, 4)
            )
        return _on_both_ends(Curve(centre[0], first, ccw), start, end)

    def _rings(self, segments: Ring, place: str) -> list[Ring] | None:
        """Return the closed rings that the segments make in their order; None (noted) where one stays open."""
        rings: list[Ring] = []
        current: Ring = []
        for segment in segments:
            current.append(self._joined(current, segment, place))
            gap = math.dist(current[0].start, current[-1].end) * self.metres
            if len(current) > 1 and gap <= JOIN_M:
                rings.append(_closed(current))
                current = []
        if current:
            gap = math.dist(current[0].start, current[-1].end) * self.metres
            if len(current) < 2 or gap > SNAP_M:
                x, y = current[-1].end
                self.notes.error("SRV-08", "open_by", place=place, gap=round(gap, 3), x=x, y=y)
                return None
            self.notes.add("warning", "SRV-19", "closed", place=place, gap=round(gap, 4))
            rings.append(_closed(current))
        return rings

    def _joined(self, current: Ring, segment: Seg, place: str) -> Seg:
        """Return the next segment, turned round or moved onto the end of the ring so far where it nearly touches."""
        if not current:
            return segment
        end = current[-1].end
        if math.dist(end, segment.start) > math.dist(end, segment.end):
            segment = segment.reversed()
        gap = math.dist(end, segment.start) * self.metres
        if gap > SNAP_M:
            self.notes.error("SRV-08", "gap", place=place, gap=round(gap, 3), x=end[0], y=end[1])
        elif gap > JOIN_M:
            self.notes.add("warning", "SRV-19", "joined", place=place, gap=round(gap, 4))
        return Seg(end, segment.end, segment.curve, segment.names)


def _numbers(text: str | None) -> list[float] | None:
    """Return the numbers of a text that holds nothing else; None for any other text."""
    if text is None or not text.strip():
        return None
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return None


def _closed(ring: Ring) -> Ring:
    last = ring[-1]
    return [*ring[:-1], Seg(last.start, ring[0].start, last.curve, last.names)]


def _on_both_ends(curve: Curve, start: XY, end: XY) -> Curve:
    """Return the circle moved so that start and end lie on it exactly (the written digits leave it off by microns)."""
    chord = math.dist(start, end)
    if chord == 0:
        return curve
    mx, my = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ux, uy = (end[0] - start[0]) / chord, (end[1] - start[1]) / chord
    offset = -(curve.centre[0] - mx) * uy + (curve.centre[1] - my) * ux
    return Curve((mx - uy * offset, my + ux * offset), math.hypot(offset, chord / 2), curve.ccw)
