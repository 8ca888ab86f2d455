"""From a decided case to its documents: change set and facts in, document models out. Pure, nothing is read here.

The figures are rounded here and nowhere later: each side to 0.01 m, a face's total as the sum of its rounded sides, so
that a reader who adds up the paper gets the paper's total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from land_services.documents.build_parts import (
    area_lines,
    deed_lines,
    drawn_marks,
    drawn_neighbours,
    drawn_parcel,
    drawn_streets,
    face_lines,
    land_use_text,
    measured_m2,
    owner_lines,
    parent_parcel,
    planning_lines,
    shown_area_lines,
)
from land_services.documents.model import (
    NO_TEXT,
    OWNER_APPROVED,
    AreaLines,
    Authority,
    DecisionModel,
    DocumentHeader,
    DrawingModel,
    DrawnParcel,
    FeeLine,
    LetterModel,
    OwnerLine,
    ParcelLine,
    PartLine,
    RepresentativeLine,
    SignOff,
    SubdivisionDrawingModel,
    SurveyLines,
    Text,
)
from land_services.domain import (
    AmendBoundary,
    AreaPolygon,
    ChangeSet,
    CreateSpatialUnit,
    Facts,
    ParcelFact,
    ReleaseLand,
    Rules,
    ShowLand,
)

NOTARY: Final = Text("رئيس كتابة العدل", "Head of the Notary")
PURPOSES: Final = {
    "subdivision": Text("فرز أرض", "Land subdivision"),
    "merge": Text("دمج أراضٍ", "Merging of parcels"),
    "deed_update": Text("تحديث صك", "Deed update"),
    "survey_decision": Text("وصف الأرض", "Description of land"),
}
SHEETS: Final = {
    "subdivision": Text("مخطط الفرز", "Subdivision Drawing"),
    "merge": Text("مخطط الدمج", "Merging Drawing"),
    "boundary_adjustment": Text("مخطط تعديل الحد الفاصل", "Boundary Adjustment Drawing"),
    "duplex_subdivision": Text("مخطط فرز الوحدات", "Duplex Subdivision Drawing"),
    "update_and_subdivide": Text("مخطط التحديث والفرز", "Update and Subdivision Drawing"),
    "deed_update": Text("الكروكي المساحي", "Survey Sketch"),
}
"""How the drawing sheet of each service is headed."""
DRAWING_NAMES: Final = {
    "subdivision": Text("مخطط الفرز قبل وبعد", "The subdivision drawing, before and after"),
    "merge": Text("مخطط الدمج قبل وبعد", "The merging drawing, before and after"),
    "boundary_adjustment": Text("مخطط تعديل الحد قبل وبعد", "The boundary adjustment drawing, before and after"),
    "duplex_subdivision": Text("مخطط فرز الوحدات قبل وبعد", "The duplex subdivision drawing, before and after"),
    "update_and_subdivide": Text("مخطط التحديث والفرز قبل وبعد", "The drawing before and after"),
    "deed_update": Text("الرسم المساحي", "The survey drawing"),
}


@dataclass(frozen=True)
class CaseFile:
    """All that the documents of one decided case are made from.

    ``facts`` are those the change set was planned on; ``crs`` names their CRS. ``owners`` carry names and numbers read
    by the one selector that may, keyed by the party's id; shares come from the titles in ``facts``. ``context_*`` feed
    the location inset (the neighbours stand in). ``survey`` says how the land was measured, where the decision is
    about nothing else. ``rules`` with ``rule_labels`` prints rule values with their sources.
    """

    reference: str
    issued_at: datetime
    base_url: str
    authority: Authority
    crs: str
    facts: Facts
    change_set: ChangeSet
    owners: Mapping[int, OwnerLine]
    city: Text = NO_TEXT
    subdivision: Text = NO_TEXT
    districts: Mapping[str, Text] = field(default_factory=dict)
    land_uses: Mapping[str, Text] = field(default_factory=dict)
    representatives: tuple[RepresentativeLine, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    fee: FeeLine | None = None
    remarks: tuple[Text, ...] = ()
    validity: Text = NO_TEXT
    purpose: Text = NO_TEXT
    survey: tuple[tuple[Text, Text], ...] = ()
    kind: str = "subdivision"
    rules: Rules | None = None
    context_parcels: tuple[AreaPolygon, ...] = ()
    context_streets: tuple[AreaPolygon, ...] = ()
    context_outline: AreaPolygon | None = None
    context_name: Text = NO_TEXT


def crs_name(crs: str) -> Text:
    """Return the registered name of a CRS, the same in both languages; the code itself where it has none."""
    try:
        return Text(CRS.from_user_input(crs).name)
    except CRSError:
        return Text(crs)


def result_units(case: CaseFile) -> tuple[CreateSpatialUnit, ...]:
    """Return what came out of the case: its new parcels, then its own that live on with another boundary.

    A parcel that lives on is shown as it is now, its version before standing as its parent; neighbours that only got a
    vertex are no result.
    """
    return units_of(case.change_set, case.facts)


def units_of(change_set: ChangeSet, facts: Facts) -> tuple[CreateSpatialUnit, ...]:
    """Return what came out of a change: its new parcels, then those of the facts that live on with other values."""
    lives = {parcel.uid: parcel for parcel in facts.parcels}
    amended = (op for op in change_set.of(AmendBoundary) if op.uid in lives)
    return (*change_set.of(CreateSpatialUnit), *(_as_it_is_now(op, lives[op.uid]) for op in amended))


def areas_of(unit: CreateSpatialUnit, change_set: ChangeSet, facts: Facts) -> AreaLines:
    """Return the areas that the decision of a parcel states."""
    shown = [op for op in change_set.of(ShowLand) if op.uid == unit.uid]
    if shown:
        return shown_area_lines(unit, facts, shown)
    return area_lines(unit, facts, change_set.of(ReleaseLand))


def _as_it_is_now(op: AmendBoundary, before: ParcelFact) -> CreateSpatialUnit:
    return CreateSpatialUnit(
        uid=op.uid,
        plan_no=before.plan_no,
        block_no=before.block_no,
        parcel_no=op.parcel_no or before.parcel_no,
        land_use=before.land_use,
        geometry=op.geometry,  # type: ignore[arg-type]  # checks refuse parcels in several pieces
        parents=(op.uid,),
        official_area_m2=before.official_area_m2 if op.keeps_areas else op.official_area_m2,
        surveyed_area_m2=before.surveyed_area_m2 if op.keeps_areas else op.surveyed_area_m2,
        sides=op.sides,
        corners=op.corners,
        unit_count=before.unit_count if op.unit_count is None else op.unit_count,
        building_area_m2=before.building_area_m2,
    )


def header(case: CaseFile, number: str, code: str) -> DocumentHeader:
    """Return the head of one document of the case."""
    return DocumentHeader(
        number=number,
        case_reference=case.reference,
        issued_at=case.issued_at,
        verification_code=code,
        base_url=case.base_url,
        authority=case.authority,
        purpose=case.purpose or PURPOSES[case.kind],
        validity=case.validity,
    )


def drawing(case: CaseFile, shown: Sequence[CreateSpatialUnit], before: Sequence[ParcelFact] = ()) -> DrawingModel:
    """Return what a drawing shows: some new parcels, all else around them (their siblings among the neighbours)."""
    chosen = {unit.uid for unit in shown}
    siblings = [drawn_parcel(unit) for unit in result_units(case) if unit.uid not in chosen]
    return DrawingModel(
        crs=case.crs,
        crs_name=crs_name(case.crs),
        after=tuple(drawn_parcel(unit) for unit in shown),
        before=tuple(drawn_parcel(parcel) for parcel in before),
        neighbours=(*siblings, *drawn_neighbours(case.facts)),
        streets=drawn_streets(case.facts),
        context_parcels=case.context_parcels,
        context_streets=case.context_streets,
        context_outline=case.context_outline,
        context_name=case.context_name or _district(case, before[0] if before else parent_parcel(shown[0], case.facts)),
    )


def _district(case: CaseFile, parcel: ParcelFact | None) -> Text:
    name = parcel.district if parcel else ""
    return case.districts.get(name, Text(name))


def _owners(case: CaseFile, uids: Iterable[str]) -> tuple[OwnerLine, ...]:
    return owner_lines(case.facts, set(uids), case.owners)


def parcel_line(case: CaseFile, unit: CreateSpatialUnit | ParcelFact) -> ParcelLine:
    """Return the names of a new or a retired parcel as documents print them."""
    parent = unit if isinstance(unit, ParcelFact) else parent_parcel(unit, case.facts)
    numbers = {parcel.uid: parcel.parcel_no for parcel in case.facts.parcels}
    parents = () if isinstance(unit, ParcelFact) else unit.parents
    zone = next((z for z in case.facts.zones if z.kind == "zoning" and z.geometry.intersects(unit.geometry)), None)
    return ParcelLine(
        uid=unit.uid,
        plan_no=unit.plan_no,
        block_no=unit.block_no,
        parcel_no=unit.parcel_no,
        city=case.city,
        district=_district(case, parent),
        land_use=case.land_uses.get(unit.land_use) or land_use_text(unit.land_use),
        use_symbol=zone.code if zone else "",
        subdivision_type=NO_TEXT if isinstance(unit, ParcelFact) else case.subdivision,
        building_area_m2=unit.building_area_m2,
        unit_count=unit.unit_count,
        parents=tuple(numbers.get(uid, uid) for uid in parents if uid != unit.uid),
    )


def decision(case: CaseFile, unit: CreateSpatialUnit, number: str, code: str) -> DecisionModel:
    """Return the survey decision of one parcel: a new one, or one that was measured and nothing else."""
    shown = [op for op in case.change_set.of(ShowLand) if op.uid == unit.uid]
    outline = next((op.geometry for op in shown if op.role == "outline"), None)
    if outline is not None:
        return _measured_decision(case, replace(unit, geometry=outline), shown, number, code)
    return DecisionModel(
        header=header(case, number, code),
        parcel=parcel_line(case, unit),
        owners=_owners(case, unit.parents),
        deeds=deed_lines(case.facts, set(unit.parents)),
        faces=face_lines(unit.sides, unit.corners),
        areas=areas_of(unit, case.change_set, case.facts),
        drawing=drawing(case, [unit]),
        representatives=case.representatives,
        planning=planning_lines(unit.geometry, case.facts, case.rules),
        sign_offs=case.sign_offs,
        fee=case.fee,
        remarks=case.remarks,
    )


def _measured_decision(
    case: CaseFile, unit: CreateSpatialUnit, shown: Sequence[ShowLand], number: str, code: str
) -> DecisionModel:
    """Return the decision of a parcel that was described as measured, with what its net area leaves out."""
    crs = next((corner.source_crs for corner in unit.corners if corner.source_crs), "")
    return DecisionModel(
        header=header(case, number, code),
        parcel=parcel_line(case, unit),
        owners=_owners(case, unit.parents),
        deeds=deed_lines(case.facts, set(unit.parents)),
        faces=face_lines(unit.sides, unit.corners),
        areas=areas_of(unit, case.change_set, case.facts),
        drawing=replace(drawing(case, [unit]), marks=drawn_marks(shown)),
        representatives=case.representatives,
        planning=planning_lines(unit.geometry, case.facts, case.rules),
        sign_offs=case.sign_offs,
        fee=case.fee,
        remarks=case.remarks,
        survey=SurveyLines(case.survey, crs, crs_name(crs) if crs else NO_TEXT),
    )


def _part(case: CaseFile, unit: CreateSpatialUnit | ParcelFact) -> PartLine:
    drawn: DrawnParcel = drawn_parcel(unit)
    return PartLine(
        parcel_line(case, unit), measured_m2(unit), unit.official_area_m2, face_lines(drawn.sides, drawn.corners)
    )


def subdivision_drawing(case: CaseFile, number: str, code: str) -> SubdivisionDrawingModel:
    """Return the drawing sheet of the case: the retired parcels before, the new ones after."""
    created = result_units(case)
    # Land whose outline stays is drawn once: there is no before to compare.
    moved = [
        p for p in case.facts.parcels if not any(u.uid == p.uid and u.geometry.equals(p.geometry) for u in created)
    ]
    return SubdivisionDrawingModel(
        header=header(case, number, code),
        drawing=drawing(case, created, moved),
        parts=tuple(_part(case, unit) for unit in created),
        parents=tuple(_part(case, parcel) for parcel in case.facts.parcels),
        sign_offs=case.sign_offs,
        remarks=case.remarks,
        title=SHEETS.get(case.kind, NO_TEXT),
    )


def letter(
    case: CaseFile,
    number: str,
    code: str,
    *,
    addressee: Text = NOTARY,
    attachments: Sequence[Text] = (),
    owner_approval: Text = OWNER_APPROVED,
) -> LetterModel:
    """Return the letter that asks the registry to amend the deeds; attachments follow the case's own documents."""
    created = result_units(case)
    uids = {parcel.uid for parcel in case.facts.parcels}
    own = (
        Text(
            f"القرار المساحي لكل قطعة ناتجة (العدد: {len(created)})",
            f"The survey decision of each parcel ({len(created)})",
        ),
        DRAWING_NAMES[case.kind],
    )
    return LetterModel(
        header=header(case, number, code),
        addressee=addressee,
        kind=case.kind,
        owners=_owners(case, uids),
        deeds=deed_lines(case.facts, uids),
        parents=tuple(_part(case, parcel) for parcel in case.facts.parcels),
        parts=tuple(_part(case, unit) for unit in created),
        attachments=(*own, *attachments),
        owner_approval=owner_approval,
        sign_offs=tuple(line for line in case.sign_offs if line.signed_at)[-1:],
        remarks=case.remarks,
    )


__all__ = [
    "CaseFile",
    "areas_of",
    "crs_name",
    "decision",
    "drawing",
    "header",
    "letter",
    "parcel_line",
    "result_units",
    "subdivision_drawing",
    "units_of",
]
