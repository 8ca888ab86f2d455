"""The words that services, checks, the register and the documents share.

Everything here is frozen and knows neither Django nor a database: services take ``Facts``, give ``Finding`` and
``ChangeSet``; the register carries a ``ChangeSet`` out; documents print from the same values. Geometries are shapely
objects in the storage CRS (metres, x east, y north, whole millimetres) unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal, Protocol

from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Severity = Literal["error", "warning", "info"]
Confidence = Literal["official", "press", "placeholder"]
Face = Literal["N", "E", "S", "W"]
Sense = Literal["cw", "ccw"]
AreaPolygon = Polygon | MultiPolygon


# Findings -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantity:
    """A measured or required value with its unit (``m``, ``m2``, ``%``, ``deg``, ``1`` for counts, "" for words)."""

    value: float | int | str
    unit: str


@dataclass(frozen=True)
class RuleSource:
    """Where a rule comes from; ``placeholder``: no official text was found, which is said wherever it appears."""

    title: str
    date: str
    confidence: Confidence
    title_ar: str = ""


@dataclass(frozen=True)
class Finding:
    """One fault, warning or remark that a person can act on: which rule, how much, and exactly where.

    ``params`` fill the message of ``rule`` in the message catalogue (``land_services/messages.py``); ``variant``
    chooses among several messages of one rule. ``where`` is in the storage CRS, or None where it has no place.
    """

    rule: str
    severity: Severity
    params: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    measured: Quantity | None = None
    required: Quantity | None = None
    source: RuleSource | None = None
    parcels: tuple[str, ...] = ()
    where: BaseGeometry | None = None


# Survey files -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arc:
    """A true circular arc. ``sense`` is the direction from start to end; lengths in metres."""

    centre: tuple[float, float]
    radius_m: float
    sense: Sense
    length_m: float


@dataclass(frozen=True)
class SurveyPoint:
    """A numbered point as the file gives it, in the file's own coordinates and unit (x east, y north)."""

    number: str
    x: float
    y: float
    z: float | None = None
    code: str = ""


@dataclass(frozen=True)
class SurveySide:
    """One side of a part as drawn: a straight line, or a true arc kept beside its chords. Coordinates in metres."""

    start: tuple[float, float]
    end: tuple[float, float]
    arc: Arc | None = None
    start_point: str = ""
    end_point: str = ""


@dataclass(frozen=True)
class SurveyPart:
    """One polygon of a survey file: metres in the file's CRS, arcs replaced by chords (sagitta < 0.5 mm)."""

    number: str
    geometry: Polygon
    sides: tuple[SurveySide, ...] = ()
    stated_area_m2: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    where_in_file: str = ""


@dataclass(frozen=True)
class SurveyPlan:
    """What a survey file says, whatever its format.

    ``crs`` is ``EPSG:n``, ``local`` where the file is in a site grid, or "" where neither file nor person named one.
    ``unit`` is the unit of the file (``m``, ``ft`` = 0.3048 m exactly, ``us-ft`` = 1200/3937 m, ``deg``); geometries
    are already in metres (degrees stay degrees). ``buildings`` are outlines of what stands on the land: no parts of it;
    ``excluded`` land, electricity ``rooms`` and ``corner_cuts`` are shown on it and are no parts either.
    ``remarks`` are findings of the reading itself: nothing is left out silently.
    """

    parts: tuple[SurveyPart, ...]
    outer: SurveyPart | None
    crs: str
    unit: str
    format: str
    file_name: str
    sha256: str
    points: tuple[SurveyPoint, ...] = ()
    labels: tuple[tuple[str, float, float], ...] = ()
    remarks: tuple[Finding, ...] = ()
    crs_operation: str = ""
    crs_accuracy_m: float | None = None
    buildings: tuple[SurveyPart, ...] = ()
    excluded: tuple[SurveyPart, ...] = ()
    rooms: tuple[SurveyPart, ...] = ()
    corner_cuts: tuple[SurveyPart, ...] = ()


SHOWN: Final = ("buildings", "excluded", "rooms", "corner_cuts")
"""What a plan shows on the land beside its parts, by the names of its fields."""


# Facts --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ParcelFact:
    """One current parcel version. ``version`` is the row's key: two facts with the same version are the same row."""

    version: int
    uid: str
    plan_no: str
    block_no: str
    parcel_no: str
    land_use: str
    geometry: AreaPolygon
    begin_lifespan_version: datetime
    official_area_m2: Decimal | None = None
    surveyed_area_m2: Decimal | None = None
    calculated_area_m2: float = 0.0
    district: str = ""
    building_area_m2: Decimal | None = None
    unit_count: int | None = None
    is_defective: bool = False

    @property
    def label(self) -> str:
        """PLAN/BLOCK/PARCEL as commands take it ("-" where absent, "%2F" for a "/" inside plan or block)."""
        parts = [(p or "-").replace("/", "%2F") for p in (self.plan_no, self.block_no)]
        return "/".join([*parts, self.parcel_no])


@dataclass(frozen=True)
class StreetFact:
    """A street: centreline, right of way where known, width in metres; class arterial, collector, local or alley."""

    id: int
    name_ar: str
    name_en: str
    width_m: float
    road_class: str
    right_of_way: AreaPolygon | None
    centreline: BaseGeometry | None = None


@dataclass(frozen=True)
class ZoneFact:
    """A planning zone: ``code`` names the building rule (``R1``), ``kind`` is zoning, growth_phase or prohibited."""

    id: int
    code: str
    kind: str
    name_ar: str
    name_en: str
    geometry: AreaPolygon


@dataclass(frozen=True)
class RightFact:
    """A right of a party in a title; ``share`` is exact."""

    id: int
    kind: str
    party_id: int
    share: Fraction


@dataclass(frozen=True)
class DeedFact:
    """A deed (administrative source) of a title. ``number`` and ``hijri_date`` are text as written."""

    id: int
    number: str
    hijri_date: str
    issuer: str
    kind: Literal["paper", "electronic"]
    area_m2: Decimal | None
    is_valid: bool
    pending: bool = False
    returned: bool = False


@dataclass(frozen=True)
class RestrictionFact:
    """A restriction or responsibility on a title: ``seizure``, ``mortgage``, ``easement``, ``usufruct``, ``stop``."""

    id: int
    kind: str
    reference: str
    holder: str
    parcel_uid: str | None = None


@dataclass(frozen=True)
class TitleFact:
    """A BAUnit (title): the parcels it joins, who holds which share, by which deeds, under which restrictions."""

    id: int
    uid: str
    parcel_uids: tuple[str, ...]
    rights: tuple[RightFact, ...]
    deeds: tuple[DeedFact, ...]
    restrictions: tuple[RestrictionFact, ...] = ()


@dataclass(frozen=True)
class OpenCaseFact:
    """Another open case on the same land."""

    reference: str
    service: str
    outline: AreaPolygon


@dataclass(frozen=True)
class FactsQuery:
    """Which facts a service needs: parcels by uid, and everything within ``buffer_m`` metres of them."""

    parcel_uids: tuple[str, ...]
    buffer_m: float = 30.0


@dataclass(frozen=True)
class Facts:
    """The register and the map around the land in question, as read at ``at``.

    ``parcels`` are those asked for and current, in the order asked; ``missing_uids`` those that are not current.
    ``neighbours`` are the other current parcels within the buffer. ``sibling_numbers`` holds the parcel numbers in use
    in the plan and block of the parcels asked for.
    """

    at: datetime
    parcels: tuple[ParcelFact, ...]
    neighbours: tuple[ParcelFact, ...] = ()
    streets: tuple[StreetFact, ...] = ()
    zones: tuple[ZoneFact, ...] = ()
    titles: tuple[TitleFact, ...] = ()
    missing_uids: tuple[str, ...] = ()
    sibling_numbers: frozenset[str] = frozenset()
    open_cases: tuple[OpenCaseFact, ...] = ()
    municipality: AreaPolygon | None = None
    storage_srid: int = 0


# Change sets --------------------------------------------------------------------------------------------------------

LEFT_OUT: Final[Mapping[str, bool]] = {"left_out_where_none": True}
"""A field that came later: the JSON of a change set without it stays what it was, and so does its fingerprint."""


@dataclass(frozen=True)
class BoundarySide:
    """One side of a parcel for the record: straight or arc, the face it looks to, what adjoins it."""

    face: Face
    start: tuple[float, float]
    end: tuple[float, float]
    length_m: float
    arc: Arc | None = None
    adjoining_ar: str = ""
    adjoining_en: str = ""
    face_is_manual: bool = False


@dataclass(frozen=True)
class BoundaryCorner:
    """One numbered corner, with the coordinates it was surveyed with and their CRS."""

    number: str
    x: float
    y: float
    source_x: float | None = None
    source_y: float | None = None
    source_crs: str = ""


@dataclass(frozen=True)
class RetireSpatialUnit:
    """End a current parcel version; its land passes to the created units."""

    uid: str
    version: int


@dataclass(frozen=True)
class CreateSpatialUnit:
    """Begin a new parcel. ``parents`` are uids retired by the same change set; empty only for acquired land."""

    uid: str
    plan_no: str
    block_no: str
    parcel_no: str
    land_use: str
    geometry: Polygon
    parents: tuple[str, ...]
    official_area_m2: Decimal | None = None
    surveyed_area_m2: Decimal | None = None
    sides: tuple[BoundarySide, ...] = ()
    corners: tuple[BoundaryCorner, ...] = ()
    unit_count: int | None = field(default=None, metadata=LEFT_OUT)
    building_area_m2: Decimal | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class AmendBoundary:
    """Give a parcel that lives on a new version: vertices inserted, moved sides, other areas, units or number."""

    uid: str
    version: int
    geometry: AreaPolygon
    official_area_m2: Decimal | None = None
    surveyed_area_m2: Decimal | None = None
    sides: tuple[BoundarySide, ...] = ()
    corners: tuple[BoundaryCorner, ...] = ()
    keeps_areas: bool = True
    unit_count: int | None = field(default=None, metadata=LEFT_OUT)
    parcel_no: str | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class AcquireLand:
    """Land that was no parcel enters the register. ``reason`` is a code: remnant, street, survey_difference."""

    geometry: Polygon
    reason: str
    source: str


@dataclass(frozen=True)
class ReleaseLand:
    """Land of a parcel leaves the register to street or public land, such as a corner cut."""

    geometry: Polygon
    reason: str
    source: str


@dataclass(frozen=True)
class TransferRight:
    """The title of ``from_uids`` now joins ``to_uids``: rights and shares stay, the deed's change is pending."""

    title_id: int
    from_uids: tuple[str, ...]
    to_uids: tuple[str, ...]


@dataclass(frozen=True)
class TitleShare:
    """The share of a party in a title that begins."""

    party_id: int
    kind: str
    share: Fraction


@dataclass(frozen=True)
class TakenRestriction:
    """A restriction that a title takes over: on all its land, or on one parcel."""

    restriction_id: int
    parcel_uid: str | None = None


@dataclass(frozen=True)
class CreateTitle:
    """Begin a title over parcels that had others, its deed's change pending.

    The deeds that it rests on until the registry issues one, and the restrictions, are those of the titles it
    ``follows``, taken over by the keys of their rows.
    """

    uid: str
    follows: tuple[int, ...]
    parcel_uids: tuple[str, ...]
    rights: tuple[TitleShare, ...]
    deed_ids: tuple[int, ...] = ()
    restrictions: tuple[TakenRestriction, ...] = ()


@dataclass(frozen=True)
class EndTitle:
    """End a title, its rights, deeds and restrictions with it: another follows it over all its land."""

    title_id: int


@dataclass(frozen=True)
class PendDeed:
    """The title keeps its parcels, whose description in its deed is to be amended: the change is pending."""

    title_id: int


@dataclass(frozen=True)
class CarryRestriction:
    """A restriction on one parcel of a title passes to the parcels that follow it in the same title."""

    restriction_id: int
    to_uids: tuple[str, ...]


@dataclass(frozen=True)
class AttachSource:
    """A source that the change rests on (survey_file, deed, decision, drawing), cited by the units named."""

    kind: str
    reference: str
    sha256: str = ""
    uids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShowLand:
    """Land that a survey decision shows on a parcel; nothing in the register changes by it.

    ``role`` is ``outline`` (the parcel as measured), or what the net area leaves out: ``excluded``, ``room``,
    ``corner_cut``, the last two with the quarter of the parcel that they lie in (NE, NW, SE, SW).
    """

    uid: str
    role: str
    geometry: Polygon
    area_m2: Decimal
    quarter: str = ""


@dataclass(frozen=True)
class DivideTitle:
    """Parcels of a title become a title of their own (``uid``), with the owners and shares that they had; the title
    ends. A restriction on one parcel goes with it, any other goes with all.
    """

    title_id: int
    uid: str
    parcel_uids: tuple[str, ...]


@dataclass(frozen=True)
class RecordDeed:
    """A new deed that the registry issued for a title, named by its uid, and the parcels that it covers.

    ``hijri_date`` is ``YYYY/MM/DD``, ``dated`` the same day as ISO text; ``form`` is paper or electronic.
    """

    title_uid: str
    number: str
    hijri_date: str
    dated: str
    issuer: str
    form: str
    area_m2: Decimal | None = None
    registry_no: str = ""
    parcel_uids: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndDeed:
    """A deed is closed: it is no deed of this title any more."""

    title_id: int
    deed_id: int


@dataclass(frozen=True)
class SettleDeedChange:
    """What the registry answered to a pending change: ``confirmed``, or ``returned`` with a coded reason.

    ``number`` and ``on`` (ISO text) are those of the registry's answer.
    """

    change_id: int
    state: str
    reason: str = ""
    number: str = ""
    on: str = ""


@dataclass(frozen=True)
class SendDeedAgain:
    """A change that the registry returned is pending again."""

    title_id: int
    change_id: int


Operation = (
    RetireSpatialUnit
    | CreateSpatialUnit
    | AmendBoundary
    | AcquireLand
    | ReleaseLand
    | TransferRight
    | CreateTitle
    | EndTitle
    | PendDeed
    | CarryRestriction
    | AttachSource
    | ShowLand
    | DivideTitle
    | RecordDeed
    | EndDeed
    | SettleDeedChange
    | SendDeedAgain
)


@dataclass(frozen=True)
class ChangeSet:
    """What a decision does to the register: typed operations. What the reviewer sees is what is applied."""

    service: str
    operations: tuple[Operation, ...]

    def of(self, kind: type[Any]) -> tuple[Any, ...]:
        """Return the operations of one kind, in order."""
        return tuple(op for op in self.operations if isinstance(op, kind))


# Rules and services -------------------------------------------------------------------------------------------------


class Rules(Protocol):
    """The rules of one authority as they stand on one day (see ``land_services/rules``)."""

    @property
    def on(self) -> date:
        """Return the day whose rules these are."""

    def value(self, key: str, zone: str | None = None) -> Any:
        """Return the value in force; a zone's own value goes before the general one. KeyError names an unknown key."""

    def source(self, key: str, zone: str | None = None) -> RuleSource:
        """Return where that value comes from."""


Check = Callable[[Any, Facts, Rules], Iterable[Finding]]


@dataclass(frozen=True)
class LandService:
    """A land service: inputs -> checks -> change set (see ``docs/how-to/add-a-land-service.md``)."""

    code: str
    inputs: type[Any]
    needs: Callable[[Any], FactsQuery]
    checks: tuple[Check, ...]
    plan: Callable[[Any, Facts, Rules], ChangeSet]


@dataclass(frozen=True)
class Side:
    """A measured side of a polygon: a maximal run of segments that are one straight line or one true arc.

    ``outward_bearing_deg`` is the direction the side looks to, clockwise from grid north.
    """

    line: LineString
    length_m: float
    bearing_deg: float
    outward_bearing_deg: float
    face: Face
    arc: Arc | None = None
