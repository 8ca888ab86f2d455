"""What surveyors draw of any land, for each service: right for the most part, sometimes wrong as files are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

import shapely
from django.conf import settings
from shapely import LineString
from shapely.affinity import translate
from shapely.geometry import Polygon
from shapely.ops import split

from gisportal.bench.lots import Lot
from gisportal.simulation.land import divided, survey_reference
from land_services.checks.land import single_polygon
from land_services.checks.rights import holding
from land_services.domain import Facts, FactsQuery, ParcelFact, SurveyPart, TitleFact
from land_services.geometry.frontage import frontage_m
from land_services.precision import GRID_M
from land_services.register.selectors import load_facts, titles_of
from layers.crs import transform

__all__ = ["Drawn", "draw", "neighbours_along", "side_moved"]

AROUND_M: Final = 60.0
WRONG: Final = 0.08
"""How many drawings have a fault that a check must find."""


@dataclass(frozen=True)
class Drawn:
    """The parcels of a request, the numbered polygons of its file, the houses, and the answers of its form."""

    uids: tuple[str, ...]
    parts: tuple[tuple[str, Polygon], ...]
    outer: Polygon | None = None
    houses: tuple[Polygon, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    crs: str = ""
    """The system of the drawing where it is not that of the register."""

    def survey_parts(self) -> list[SurveyPart]:
        return [SurveyPart(number, polygon) for number, polygon in self.parts]

    def survey_houses(self) -> list[SurveyPart]:
        return [SurveyPart("", house) for house in self.houses]


@dataclass(frozen=True)
class Around:
    """One parcel with what lies around it."""

    parcel: ParcelFact
    outline: Polygon
    facts: Facts
    rng: Random

    def title(self) -> TitleFact | None:
        return next((one for one in self.facts.titles if self.parcel.uid in one.parcel_uids), None)


def draw(service: str, uid: str, rng: Random, number: str) -> Drawn | None:
    """Return what is drawn for a service on a parcel; None where nothing can be: a parcel in pieces, no neighbour.

    ``number`` is one that no parcel has. A service that is not known here draws the parcel as it is registered.
    """
    facts = load_facts(FactsQuery((uid,), AROUND_M))
    if not facts.parcels or (outline := single_polygon(facts.parcels[0].geometry)) is None:
        return None
    drawn = _DRAWN.get(service, _as_it_is)(Around(facts.parcels[0], outline, facts, rng), number)
    if drawn is None or rng.random() >= WRONG:
        return drawn
    return _wrong(drawn, rng)


def _wrong(drawn: Drawn, rng: Random) -> Drawn:
    """Return the drawing as it comes when the surveyor erred: elsewhere, a part too few, a number twice."""
    first, *others = drawn.parts
    way = rng.choice(("moved", "lost", "twice"))
    if way == "lost" and others:
        return replace(drawn, parts=tuple(others))
    if way == "twice" and others:
        return replace(drawn, parts=tuple((first[0], polygon) for _, polygon in drawn.parts))
    moved = tuple((number, translate(polygon, 4.0, 2.5)) for number, polygon in drawn.parts)
    return replace(drawn, parts=moved, outer=None)


# Parts --------------------------------------------------------------------------------------------------------------


def _cut(outline: Polygon, rng: Random, most: int) -> list[Polygon]:
    """Return the pieces of an outline under random lines through it; the outline alone where none cuts it."""
    pieces = [outline]
    for _ in range(rng.randint(1, most - 1)):
        angle, middle = rng.uniform(0, math.pi), outline.representative_point()
        if rng.random() < 0.6:  # square to the longer side, as most lots are cut
            frame = shapely.get_coordinates(shapely.oriented_envelope(outline))
            (ax, ay), (bx, by), (cx, cy) = frame[:3]
            longer = (bx - ax, by - ay) if math.dist(frame[0], frame[1]) > math.dist(frame[1], frame[2]) else (
                cx - bx, cy - by
            )  # fmt: skip
            angle = math.atan2(longer[1], longer[0]) + math.pi / 2
        reach = math.sqrt(outline.area) * rng.uniform(-0.25, 0.25)
        x, y = middle.x - reach * math.sin(angle), middle.y + reach * math.cos(angle)
        dx, dy = 5000 * math.cos(angle), 5000 * math.sin(angle)
        line = LineString([(x - dx, y - dy), (x + dx, y + dy)])
        pieces = [part for piece in pieces for part in split(piece, line).geoms if isinstance(part, Polygon)]
    return pieces


def _parts(at: Around, most: int = 4) -> tuple[tuple[str, Polygon], ...]:
    if at.rng.random() < 0.5:
        halves = divided(Lot(at.parcel.uid, at.outline))
        if halves.parts:
            return tuple(halves.parts)
    pieces = _cut(at.outline, at.rng, most)
    return tuple((str(n), piece) for n, piece in enumerate(pieces, start=1))


def _divided(at: Around, number: str) -> Drawn:
    outer = at.outline if at.rng.random() < 0.5 else None
    return Drawn((at.parcel.uid,), _parts(at), outer)


def neighbours_along(parcel: ParcelFact, facts: Facts, least_m: float) -> list[ParcelFact]:
    """Return the sound neighbours that share so much of a side with the parcel."""
    return [
        other
        for other in facts.neighbours
        if single_polygon(other.geometry) is not None
        and parcel.geometry.boundary.intersection(other.geometry.boundary).length >= least_m
    ]


def _merged(at: Around, number: str) -> Drawn | None:
    beside = neighbours_along(at.parcel, at.facts, 1.0)
    ours = at.title()
    if not beside:
        return None
    if ours is not None:
        theirs = {uid: title for title in titles_of([one.uid for one in beside]) for uid in title.parcel_uids}
        alike = [one for one in beside if one.uid in theirs and holding(theirs[one.uid]) == holding(ours)]
        if at.rng.random() < 0.95:
            beside = alike
    if not beside:
        return None
    others = at.rng.sample(beside, min(len(beside), at.rng.choice((1, 1, 1, 2))))
    land = shapely.union_all([at.outline, *(single_polygon(one.geometry) for one in others)])
    if not isinstance(land, Polygon):
        return None
    outline = Polygon(land.exterior) if at.rng.random() < 0.02 else land
    return Drawn((at.parcel.uid, *(one.uid for one in others)), ((number, outline),))


# Sides that move ----------------------------------------------------------------------------------------------------


def side_moved(gives: Polygon, takes: Polygon, by_m: float, way: str) -> tuple[Polygon, Polygon] | None:
    """Return both with the longest stretch of their common side moved into the first, None where that gives no two.

    ``straight`` moves it sideways, ``slanted`` turns it about one end, ``bent`` moves its middle alone.
    """
    common = shapely.line_merge(shapely.intersection(gives.boundary, takes.boundary))
    runs = [run for run in shapely.get_parts(common) if isinstance(run, LineString)]
    if not runs:
        return None
    shared = max(runs, key=lambda run: run.length)
    strip = _strip(shared, gives, by_m, way)
    if strip is None:
        return None
    rest, *slivers = sorted(_polygons(gives.difference(strip)), key=lambda one: -one.area) or [Polygon()]
    passes = [*_polygons(gives.intersection(strip)), *slivers]
    # As a surveyor draws them: without slits that only the computation of a union leaves.
    kept, taken = (shapely.set_precision(land, GRID_M) for land in (rest, shapely.union_all([takes, *passes])))
    if not passes or not isinstance(kept, Polygon) or not isinstance(taken, Polygon):
        return None
    return None if kept.is_empty or kept.interiors or taken.interiors else (kept, taken)


def _polygons(geometry: Any) -> list[Polygon]:
    return [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]


def _strip(shared: LineString, gives: Polygon, by_m: float, way: str) -> Polygon | None:
    """Return the land beside a common side that passes, as it lies in the giver and beyond."""
    for sign in (1, -1):
        if way == "straight":
            strip = shared.buffer(sign * by_m, single_sided=True, join_style="mitre", cap_style="flat")
        else:
            (ax, ay), (bx, by) = shared.coords[0], shared.coords[-1]
            length = math.dist((ax, ay), (bx, by))
            if length < 1e-6:
                return None
            dx, dy = -(by - ay) / length * by_m * sign, (bx - ax) / length * by_m * sign
            middle = shared.interpolate(0.5, normalized=True)
            x, y = (bx, by) if way == "slanted" else (middle.x, middle.y)
            strip = Polygon([*shared.coords, (x + dx, y + dy)])
        if not isinstance(strip, Polygon) or not strip.is_valid:
            continue
        if strip.intersection(gives).area > strip.area / 2:
            return strip
    return None


def _adjusted(at: Around, number: str) -> Drawn | None:
    beside = neighbours_along(at.parcel, at.facts, 2.0)
    alike = [one for one in beside if (one.plan_no, one.land_use) == (at.parcel.plan_no, at.parcel.land_use)]
    if not beside:
        return None
    other = at.rng.choice(alike if alike and at.rng.random() < 0.97 else beside)
    its = single_polygon(other.geometry)
    assert its is not None, "neighbours along a side are sound"
    pair = [(at.parcel, at.outline), (other, its)]
    at.rng.shuffle(pair)
    (giver, gives), (taker, takes) = pair
    by_m = at.rng.uniform(0.7, max(0.8, min(4.0, math.sqrt(gives.area) / 5)))
    moved = side_moved(gives, takes, by_m, at.rng.choice(("straight", "slanted", "bent")))
    if moved is None:
        return None
    numbers = (giver.parcel_no, taker.parcel_no) if at.rng.random() < 0.5 else ("", "")
    return Drawn((giver.uid, taker.uid), tuple(zip(numbers, moved, strict=True)))


# One parcel ---------------------------------------------------------------------------------------------------------


def _deed_answers(at: Around) -> dict[str, Any]:
    title = at.title()
    numbers = [deed.number for deed in title.deeds if deed.is_valid] if title else []
    return {
        "deed_no": numbers[0] if numbers and at.rng.random() < 0.97 else "1",
        "deed_date": "1440/01/01",
        "consent_to_less": at.rng.choice(("yes", "yes", "yes", "no")),
        "north_m": "", "east_m": "", "south_m": "", "west_m": "",
    }  # fmt: skip


def _as_it_is(at: Around, number: str) -> Drawn:
    answers = {**_deed_answers(at), "area": f"{at.outline.area:.2f}"}
    return Drawn((at.parcel.uid,), ((at.parcel.parcel_no, at.outline),), answers=answers)


def _updated(at: Around, number: str) -> Drawn:
    ring = [
        (x + at.rng.uniform(-0.015, 0.015), y + at.rng.uniform(-0.015, 0.015)) for x, y in at.outline.exterior.coords
    ]
    measured = Polygon(ring, [hole.coords for hole in at.outline.interiors])
    given = number if at.rng.random() < 0.2 else at.parcel.parcel_no
    return Drawn((at.parcel.uid,), ((given, measured if measured.is_valid else at.outline),), answers=_deed_answers(at))


def _measured(at: Around, number: str) -> Drawn:
    """The parcel as a survey decision describes it, on the reference that the rules ask for."""
    storage, reference = f"EPSG:{settings.STORAGE_SRID}", survey_reference()
    outline = at.outline if reference == storage else transform(at.outline, storage, reference)
    answers = {
        "instruments": at.rng.choices(("both", "gnss"), (19, 1))[0], "project_type": "land", "accuracy_mm": "20",
        "area": f"{at.outline.area:.2f}",
    }  # fmt: skip
    return Drawn((at.parcel.uid,), ((at.parcel.parcel_no, outline),), answers=answers, crs=reference)


def _updated_and_divided(at: Around, number: str) -> Drawn:
    outer = at.outline if at.rng.random() < 0.97 else None
    return Drawn((at.parcel.uid,), _parts(at), outer, answers=_deed_answers(at))


def _duplex(at: Around, number: str) -> Drawn:
    attached = at.rng.random() < 0.6 and at.parcel.unit_count in (None, 2)
    units = 2 if attached else at.rng.randint(2, 4)
    answers = {
        "villa_kind": "attached" if attached else "floors", "villa_attached": "yes" if attached else "no",
        "units": str(units), "parking_bays": str(2 * units + 2), "permit_no": "1447/55", "permit_date": "1447/02/01",
        "separate_meters": "yes",
    }  # fmt: skip
    if not attached:
        return Drawn((at.parcel.uid,), ((at.parcel.parcel_no, at.outline),), answers=answers)
    house = at.outline.buffer(-math.sqrt(at.outline.area) / 6, join_style="mitre")
    halves = tuple((str(n), half) for n, half in enumerate(_halves(at), start=1))
    houses = (house,) if isinstance(house, Polygon) and not house.is_empty else ()
    return Drawn((at.parcel.uid,), halves, houses=houses, answers=answers)


def _halves(at: Around) -> list[Polygon]:
    """Return the lot cut square to the middle of its longest street front, or of its longer side."""
    rows = [street.right_of_way for street in at.facts.streets if street.right_of_way is not None]
    fronts = [shapely.line_merge(front.line) for front in frontage_m(at.outline, rows, 0.01)] if rows else []
    lines = [front for front in fronts if isinstance(front, LineString)]
    if not lines:
        return [polygon for _, polygon in divided(Lot(at.parcel.uid, at.outline)).parts] or [at.outline]
    line = max(lines, key=lambda one: one.length)
    (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
    middle, dx, dy = line.interpolate(0.5, normalized=True), -(y1 - y0), x1 - x0
    cut = LineString([(middle.x - 9 * dx, middle.y - 9 * dy), (middle.x + 9 * dx, middle.y + 9 * dy)])
    return _polygons(split(at.outline, cut))


_DRAWN: Final[Mapping[str, Callable[[Around, str], Drawn | None]]] = {
    "subdivision": _divided,
    "merge": _merged,
    "boundary_adjustment": _adjusted,
    "deed_update": _updated,
    "survey_decision": _measured,
    "update_and_subdivide": _updated_and_divided,
    "duplex_subdivision": _duplex,
}
