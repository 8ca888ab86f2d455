"""What the documents print: frozen values, already decided. Templates read them and compute nothing.

Geometries are shapely objects in the storage CRS (metres, x east, y north). Lengths and areas are ``Decimal`` with two
places, rounded where the model is built, so that figures, words and the attached data say the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from land_services.documents.figures import clean_text
from land_services.domain import AreaPolygon, BoundaryCorner, BoundarySide, Face, RuleSource

FACES: tuple[Face, ...] = ("N", "S", "E", "W")
CORNER_CUTS = ("NE", "NW", "SE", "SW")


@dataclass(frozen=True)
class Text:
    """A text in both languages; ``en`` empty means that the Arabic stands for both (names)."""

    ar: str
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.ar or self.en)


NO_TEXT = Text("")
SURVEY_DEPARTMENT = Text("إدارة المساحة", "Survey Department")
APPROVED = Text("معتمد", "Approved")
RIYAL = Text("ريال", "SAR")
OWNER_APPROVED = Text("بعد أخذ موافقة المالك", "with the owner’s approval taken")


@dataclass(frozen=True)
class Authority:
    """Who issues: the Amanah (may be empty), the municipality, the department."""

    amanah: Text
    municipality: Text
    department: Text = SURVEY_DEPARTMENT


@dataclass(frozen=True)
class DocumentHeader:
    """What identifies a document. ``base_url`` and ``verification_code`` make the address in the QR symbol."""

    number: str
    case_reference: str
    issued_at: datetime
    verification_code: str
    base_url: str
    authority: Authority
    status: Text = APPROVED
    purpose: Text = NO_TEXT
    validity: Text = NO_TEXT
    service: Text = NO_TEXT

    @property
    def issued_on(self) -> date:
        return self.issued_at.date()


@dataclass(frozen=True)
class OwnerLine:
    """An owner with the exact share in the title; ``parcels`` names the land, where titles have different owners."""

    name: Text
    share: Fraction
    kind: Text = NO_TEXT
    id_kind: Text = NO_TEXT
    id_number: str = ""
    parcels: tuple[str, ...] = ()


@dataclass(frozen=True)
class RepresentativeLine:
    """Who acts for the owners and on what paper; dates are Hijri text as written."""

    name: Text
    kind: Text
    authorisation_no: str = ""
    hijri_date: str = ""
    issuer: str = ""


@dataclass(frozen=True)
class DeedLine:
    """A deed as registered, with the parcels it covers; a change the registry has yet to confirm is ``pending``."""

    number: str
    hijri_date: str
    issuer: str
    kind: Text
    area_m2: Decimal | None
    is_valid: bool = True
    pending: bool = False
    parcels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParcelLine:
    """What names and describes a parcel beside its geometry."""

    uid: str
    plan_no: str
    block_no: str
    parcel_no: str
    city: Text = NO_TEXT
    district: Text = NO_TEXT
    land_use: Text = NO_TEXT
    use_symbol: str = ""
    subdivision_type: Text = NO_TEXT
    building_area_m2: Decimal | None = None
    unit_count: int | None = None
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class SegmentLine:
    """One side between two numbered corners; an arc states radius and length along the arc."""

    from_corner: str
    to_corner: str
    length_m: Decimal
    adjoining: Text = NO_TEXT
    radius_m: Decimal | None = None


@dataclass(frozen=True)
class FaceLine:
    """One of the four boundaries: total length, what it adjoins, and the sides that make it up (none is possible)."""

    face: Face
    length_m: Decimal
    adjoining: Text
    segments: tuple[SegmentLine, ...]


@dataclass(frozen=True)
class AreaLines:
    """The areas of a parcel in m2; None means that the figure does not apply and "-" is printed."""

    net_m2: Decimal
    measured_m2: Decimal
    deed_m2: Decimal | None = None
    official_m2: Decimal | None = None
    surplus_m2: Decimal | None = None
    excluded_m2: Decimal = Decimal("0.00")
    corner_cuts_m2: Mapping[str, Decimal] | None = None
    electricity_room_m2: Decimal | None = None
    electricity_room_corner: str = ""


@dataclass(frozen=True)
class RuleLine:
    """A planning figure with its source; a placeholder source is marked so wherever it is printed."""

    label: Text
    value: Text
    source: RuleSource | None = None


@dataclass(frozen=True)
class PlanningLines:
    """Planning sentences (growth phase and the like), adjoining streets, building rule symbol, rule values."""

    sentences: tuple[Text, ...] = ()
    zone: Text = NO_TEXT
    streets: tuple[tuple[Text, Decimal], ...] = ()
    rules: tuple[RuleLine, ...] = ()


NO_PLANNING = PlanningLines()


@dataclass(frozen=True)
class SignOff:
    """Who signed in which capacity and when; ``licence`` for the engineering office and its surveyor.

    ``on_behalf_of`` is the absent person in whose place it was signed.
    """

    role: Text
    name: Text
    licence: str = ""
    signed_at: datetime | None = None
    on_behalf_of: Text = NO_TEXT


@dataclass(frozen=True)
class FeeLine:
    """The paid invoice."""

    invoice_no: str
    paid_on: date | None
    amount: Decimal | None = None
    currency: Text = RIYAL


@dataclass(frozen=True)
class DrawnParcel:
    """A parcel as drawn: outline, sides (true arcs kept), numbered corners, number and area to print inside."""

    number: str
    geometry: AreaPolygon
    area_m2: Decimal | None = None
    sides: tuple[BoundarySide, ...] = ()
    corners: tuple[BoundaryCorner, ...] = ()


@dataclass(frozen=True)
class DrawnMark:
    """Land shown on a parcel that its net area leaves out: ``excluded``, ``room`` or ``corner_cut``, and its label."""

    kind: str
    geometry: AreaPolygon
    label: Text
    area_m2: Decimal


@dataclass(frozen=True)
class DrawnStreet:
    """A street around: right of way and centreline where known, name and width in metres."""

    name: Text
    width_m: Decimal
    right_of_way: AreaPolygon | None = None
    centreline: BaseGeometry | None = None


@dataclass(frozen=True)
class DrawingModel:
    """All that a drawing shows. ``before`` is empty where there is nothing to compare; ``context`` feeds the inset."""

    crs: str
    crs_name: Text
    after: tuple[DrawnParcel, ...]
    before: tuple[DrawnParcel, ...] = ()
    neighbours: tuple[DrawnParcel, ...] = ()
    streets: tuple[DrawnStreet, ...] = ()
    context_parcels: tuple[AreaPolygon, ...] = ()
    context_streets: tuple[AreaPolygon, ...] = ()
    context_outline: AreaPolygon | None = None
    context_name: Text = NO_TEXT
    marks: tuple[DrawnMark, ...] = ()


@dataclass(frozen=True)
class SurveyLines:
    """How the land was measured, where the decision is about nothing but that: each line a label and what was said."""

    lines: tuple[tuple[Text, Text], ...]
    crs: str = ""
    crs_name: Text = NO_TEXT


@dataclass(frozen=True)
class DecisionModel:
    """A survey decision for one parcel. ``survey`` is there where the parcel was described and not made."""

    header: DocumentHeader
    parcel: ParcelLine
    owners: tuple[OwnerLine, ...]
    deeds: tuple[DeedLine, ...]
    faces: tuple[FaceLine, ...]
    areas: AreaLines
    drawing: DrawingModel
    representatives: tuple[RepresentativeLine, ...] = ()
    planning: PlanningLines = NO_PLANNING
    sign_offs: tuple[SignOff, ...] = ()
    fee: FeeLine | None = None
    remarks: tuple[Text, ...] = ()
    survey: SurveyLines | None = None


@dataclass(frozen=True)
class PartLine:
    """A row of the parts table of a drawing or letter."""

    parcel: ParcelLine
    measured_m2: Decimal
    official_m2: Decimal | None
    faces: tuple[FaceLine, ...] = ()


@dataclass(frozen=True)
class SubdivisionDrawingModel:
    """The drawing sheet of a subdivision or merge: before and after at one scale, tables of parts, sides, corners."""

    header: DocumentHeader
    drawing: DrawingModel
    parts: tuple[PartLine, ...]
    parents: tuple[PartLine, ...]
    sign_offs: tuple[SignOff, ...] = ()
    remarks: tuple[Text, ...] = ()
    title: Text = NO_TEXT


@dataclass(frozen=True)
class LetterModel:
    """The letter that asks the notary or the Real Estate Registry to amend the deeds."""

    header: DocumentHeader
    addressee: Text
    kind: str
    owners: tuple[OwnerLine, ...]
    deeds: tuple[DeedLine, ...]
    parents: tuple[PartLine, ...]
    parts: tuple[PartLine, ...]
    attachments: tuple[Text, ...]
    owner_approval: Text = OWNER_APPROVED
    sign_offs: tuple[SignOff, ...] = ()
    remarks: tuple[Text, ...] = ()


@dataclass(frozen=True)
class OutcomeLine:
    """One line of a paper: what it is, and what was said."""

    label: Text
    value: Text


@dataclass(frozen=True)
class OutcomeModel:
    """What comes out of a service that changes no register: what was asked, on which conditions, who signed.

    ``erased`` says of each thing held of a person whether it was erased or is kept, why and until when.
    """

    header: DocumentHeader
    title: Text
    summary: Text
    holder: Text = NO_TEXT
    asked: tuple[OutcomeLine, ...] = ()
    conditions: tuple[OutcomeLine, ...] = ()
    erased: tuple[OutcomeLine, ...] = ()
    valid_until: date | None = None
    fee: FeeLine | None = None
    sign_offs: tuple[SignOff, ...] = ()


def as_data(value: Any) -> Any:
    """Return a model as plain JSON values: decimals and fractions as text, dates as ISO 8601, geometry as in GeoJSON.

    Coordinates stay in the storage CRS, which ``DrawingModel.crs`` names.

    Raises
    ------
    TypeError
        If a value is of a kind that documents do not hold.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, BaseGeometry):
        return as_data(mapping(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_data(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [as_data(item) for item in value]
    raise TypeError(f"documents hold no {type(value).__name__}")


def data_json(model: Any) -> bytes:
    """Return the canonical JSON of a document's data: keys sorted, UTF-8, no spaces. Its hash is of these bytes."""
    text = json.dumps(as_data(model), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def data_sha256(model: Any) -> str:
    """Return the SHA-256 of the document's data, in hex; it is printed on every page and stored with the document."""
    return hashlib.sha256(data_json(model)).hexdigest()
