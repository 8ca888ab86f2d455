"""Documents' sample values: one ordinary subdivision, drawn below, and helpers to make odd ones.

::

      x=0        20        40      60        (metres from the origin)
  30  +----------+----------+----------+
      |   206    |   208    |   209    |
      |          | 1/208 | 2/208       |
   0  +----------+----------+----------+
  -15        street, 15 m wide
"""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from shapely.geometry import LineString, Polygon, box

from land_services.documents import model as m
from land_services.documents.qr import encode_code
from land_services.domain import BoundaryCorner, BoundarySide, Face

ORIGIN = (412_350.0, 2_923_480.0)
ISSUED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
AUTHORITY = m.Authority(
    m.Text("أمانة المنطقة النموذجية", "Sample Region Amanah"),
    m.Text("بلدية المدينة النموذجية", "Sample City Municipality"),
)


def shifted(*points: tuple[float, float]) -> Polygon:
    return Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in points])


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return shifted((x0, y1), (x1, y1), (x1, y0), (x0, y0))


def header(number: str = "SD-1448-000123-1") -> m.DocumentHeader:
    return m.DocumentHeader(
        number=number,
        case_reference="SUB-1448-000123",
        issued_at=ISSUED,
        verification_code=encode_code(0x0123456789ABCDEF0123456789ABCDEF),
        base_url="https://gis.example.gov",
        authority=AUTHORITY,
        purpose=m.Text("فرز أرض سكنية", "Subdivision of residential land"),
        service=m.Text("فرز الأراضي", "Land subdivision"),
    )


def face_of(dx: float, dy: float) -> Face:
    """Return the face of a clockwise ring's side by its outward direction."""
    bearing = math.degrees(math.atan2(dx, dy)) % 360
    outward = (bearing - 90) % 360
    return ("N", "E", "S", "W")[round(outward / 90) % 4]


def sides_of(polygon: Polygon, adjoining: str = "القطعة رقم 207") -> tuple[BoundarySide, ...]:
    ring = polygon.exterior
    coords = list(ring.coords)[::-1] if ring.is_ccw else list(ring.coords)
    return tuple(
        BoundarySide(face_of(q[0] - p[0], q[1] - p[1]), p, q, math.dist(p, q), None, adjoining, "Parcel no. 207")
        for p, q in itertools.pairwise(coords)
    )


def corners_of(polygon: Polygon, first: int = 1) -> tuple[BoundaryCorner, ...]:
    coords = list(polygon.exterior.coords)[:-1]
    return tuple(BoundaryCorner(str(first + i), x, y) for i, (x, y) in enumerate(coords))


def drawn(number: str, polygon: Polygon, first: int = 1) -> m.DrawnParcel:
    return m.DrawnParcel(number, polygon, Decimal(f"{polygon.area:.2f}"), sides_of(polygon), corners_of(polygon, first))


def street() -> m.DrawnStreet:
    row = rectangle(-60, -15, 120, 0)
    line = LineString([(ORIGIN[0] - 60, ORIGIN[1] - 7.5), (ORIGIN[0] + 120, ORIGIN[1] - 7.5)])
    return m.DrawnStreet(m.Text("شارع النخيل", "Al Nakheel Street"), Decimal("15"), row, line)


def neighbours() -> tuple[m.DrawnParcel, ...]:
    plots = {"206": (0, 0, 20, 30), "209": (40, 0, 60, 30), "305": (0, 30, 25, 60), "306": (25, 30, 50, 60)}
    plots["307"] = (50, 30, 75, 60)
    plots["401/أ"] = (0, -45, 30, -15)
    return tuple(m.DrawnParcel(number, rectangle(*c)) for number, c in plots.items())


def drawing(parcels: tuple[m.DrawnParcel, ...] = (), before: tuple[m.DrawnParcel, ...] = ()) -> m.DrawingModel:
    parcels = parcels or (drawn("1/208", rectangle(20, 0, 30, 30)),)
    return m.DrawingModel(
        crs="EPSG:32639",
        crs_name=m.Text("WGS 84 / UTM 39N", "WGS 84 / UTM zone 39N"),
        after=parcels,
        before=before,
        neighbours=neighbours(),
        streets=(street(),),
        context_parcels=tuple(rectangle(x, y, x + 20, y + 30) for x in range(-100, 160, 20) for y in (-45, 0, 30, 75)),
        context_streets=(street().right_of_way,),
        context_outline=box(ORIGIN[0] - 120, ORIGIN[1] - 80, ORIGIN[0] + 200, ORIGIN[1] + 140),
        context_name=m.Text("حي النخيل", "Al Nakheel district"),
    )


def segments_of(parcel: m.DrawnParcel, face: Face) -> tuple[m.SegmentLine, ...]:
    numbers = {(c.x, c.y): c.number for c in parcel.corners}
    return tuple(
        m.SegmentLine(numbers.get(s.start, "?"), numbers.get(s.end, "?"), Decimal(f"{s.length_m:.2f}"))
        for s in parcel.sides
        if s.face == face
    )


def faces_of(parcel: m.DrawnParcel) -> tuple[m.FaceLine, ...]:
    adjoining = {
        "N": m.Text("القطعة رقم 305", "Parcel no. 305"),
        "S": m.Text("شارع النخيل بعرض 15 م", "Al Nakheel Street, 15 m wide"),
        "E": m.Text("القطعة رقم 2/208", "Parcel no. 2/208"),
        "W": m.Text("القطعة رقم 206", "Parcel no. 206"),
    }
    lines = []
    for face in m.FACES:
        segments = segments_of(parcel, face)
        total = sum((s.length_m for s in segments), Decimal("0.00"))
        lines.append(m.FaceLine(face, total, adjoining[face], segments))
    return tuple(lines)


OWNERS = (
    m.OwnerLine(
        m.Text("عبدالله بن محمد النموذجي", "Abdullah M. Al-Namothaji"),
        Fraction(2, 3),
        m.Text("فرد", "Person"),
        m.Text("هوية وطنية", "National id"),
        "1000000001",
    ),
    m.OwnerLine(
        m.Text("شركة الأفق التجريبية", "Al Ofuq Sample Company"),
        Fraction(1, 3),
        m.Text("شركة", "Company"),
        m.Text("سجل تجاري", "Commercial register"),
        "2050000002",
    ),
)
DEEDS = (
    m.DeedLine(
        "330105001234",
        "1431/04/01",
        "كتابة العدل الأولى بالمدينة النموذجية",
        m.Text("إلكتروني", "Electronic"),
        Decimal("600.00"),
        True,
        True,
        ("208",),
    ),
)
SIGN_OFFS = (
    m.SignOff(
        m.Text("المكتب الهندسي", "Engineering office"),
        m.Text("مكتب القياس الدقيق", "Precise Survey Office"),
        "5012/ه",
        ISSUED,
    ),
    m.SignOff(m.Text("المساح", "Surveyor"), m.Text("سالم بن علي", "Salem bin Ali"), "7714", ISSUED),
    m.SignOff(m.Text("مراجع القسم", "Department reviewer"), m.Text("نورة بنت خالد", "Noura bint Khalid"), "", ISSUED),
    m.SignOff(m.Text("رئيس القسم", "Head of department"), m.Text("فهد بن سعد", "Fahad bin Saad"), "", ISSUED),
    m.SignOff(m.Text("رئيس البلدية", "Mayor"), m.Text("خالد بن ناصر", "Khalid bin Nasser"), "", ISSUED),
)


def parcel_line(number: str = "1/208") -> m.ParcelLine:
    return m.ParcelLine(
        uid="0b9c7c1e-5a55-4b6e-9a64-6f3f1f0c0001",
        plan_no="414/ش د",
        block_no="7",
        parcel_no=number,
        city=m.Text("المدينة النموذجية", "Sample City"),
        district=m.Text("حي النخيل", "Al Nakheel"),
        land_use=m.Text("سكني", "Residential"),
        use_symbol="R1",
        building_area_m2=None,
        unit_count=None,
        parents=("208",),
    )


def decision(parcel: m.DrawnParcel | None = None) -> m.DecisionModel:
    parcel = parcel or drawn("1/208", rectangle(20, 0, 30, 30))
    sketch = drawing((parcel,))
    return m.DecisionModel(
        header=header(),
        parcel=parcel_line(parcel.number),
        owners=OWNERS,
        deeds=DEEDS,
        faces=faces_of(parcel),
        areas=m.AreaLines(
            net_m2=parcel.area_m2 or Decimal(0),
            measured_m2=parcel.area_m2 or Decimal(0),
            deed_m2=Decimal("300.00"),
            official_m2=Decimal("300.00"),
            surplus_m2=Decimal("0.00"),
        ),
        drawing=sketch,
        representatives=(
            m.RepresentativeLine(
                m.Text("ماجد بن صالح", "Majed bin Saleh"),
                m.Text("وكيل شرعي", "Attorney"),
                "441234567",
                "1447/10/02",
                "كتابة العدل",
            ),
        ),
        planning=m.PlanningLines(
            sentences=(
                m.Text(
                    "تقع القطعة ضمن مرحلة النمو العمراني 1450هـ.",
                    "The parcel lies within the 1450 AH urban growth phase.",
                ),
            ),
            zone=m.Text("سكني R1", "Residential R1"),
            streets=((m.Text("شارع النخيل", "Al Nakheel Street"), Decimal("15.00")),),
        ),
        sign_offs=SIGN_OFFS,
        fee=m.FeeLine("INV-1448-00991", ISSUED.date(), Decimal("550.00")),
        remarks=(m.Text("رُوجعت الحدود على الطبيعة.", "Boundaries were checked on the ground."),),
    )


def parts() -> tuple[m.DrawnParcel, ...]:
    return drawn("1/208", rectangle(20, 0, 30, 30), 1), drawn("2/208", rectangle(30, 0, 40, 30), 5)


def part_line(parcel: m.DrawnParcel) -> m.PartLine:
    area = parcel.area_m2 or Decimal(0)
    return m.PartLine(parcel_line(parcel.number), area, area, faces_of(parcel))


def subdivision() -> m.SubdivisionDrawingModel:
    parent = drawn("208", rectangle(20, 0, 40, 30))
    return m.SubdivisionDrawingModel(
        header=header("SUB-1448-000123-DWG"),
        drawing=drawing(parts(), (parent,)),
        parts=tuple(part_line(p) for p in parts()),
        parents=(part_line(parent),),
        sign_offs=SIGN_OFFS,
    )


def letter() -> m.LetterModel:
    parent = drawn("208", rectangle(20, 0, 40, 30))
    return m.LetterModel(
        header=header("SUB-1448-000123-LTR"),
        addressee=m.Text("رئيس كتابة العدل الأولى بالمدينة النموذجية", "Head of the First Notary, Sample City"),
        kind="subdivision",
        owners=OWNERS,
        deeds=DEEDS,
        parents=(part_line(parent),),
        parts=tuple(part_line(p) for p in parts()),
        attachments=(
            m.Text("القرار المساحي لكل قطعة ناتجة (عدد 2)", "The survey decision of each resulting parcel (2)"),
            m.Text("مخطط الفرز قبل وبعد", "The subdivision drawing, before and after"),
            m.Text("صورة الصك", "Copy of the deed"),
        ),
        sign_offs=SIGN_OFFS[-1:],
    )
