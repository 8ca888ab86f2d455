"""What comes from the site of a visit: taken once however often it is sent, compared with the register, kept whole."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from PIL import Image

from land_services.cases import acts
from land_services.cases.acts import FieldSent
from land_services.cases.erasure import erase_case
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.field_corners import Corner, Measured, compare, corners_of
from land_services.cases.field_report import read_report
from land_services.cases.land_papers import facts_at_decision
from land_services.cases.models import Case, CaseFile, FieldFile, FieldRecord, Visit
from land_services.cases.proof import case_faults
from tests.fabric import rules
from tests.land_services.cases.test_at_once import at_once
from tests.land_services.cases.test_documents_only import file_request
from tests.land_services.cases.test_erasure import years_ago
from tests.sample import Sample

STAGE = "resurvey"
TOLERANCE = float(rules().value("outline_tolerance_m"))


def complaint(sample: Sample, *, agreed: bool = True, due: timedelta = timedelta(0)) -> Visit:
    """Open a case on land whose stage is visited, with a date that both sides agreed to."""
    resident, reviewer = sample.viewer("resident"), sample.viewer("reviewer")
    form = {"decision_no": "SVD-1", "matter": "marks", "details": "نقلت العلامات"}
    case = acts.open_case("survey_complaint", [sample.uid], viewer=resident, form=form)
    acts.attach(case, sample.deed, viewer=resident, document="deed", file_name="deed.pdf")
    case = acts.submit(case, viewer=resident)
    visit = acts.propose_visit(case, timezone.now() + timedelta(seconds=0.2) + due, STAGE, viewer=reviewer)
    if agreed:
        acts.agree_visit(case, visit.pk, viewer=resident)
    while not due and timezone.now() <= visit.at:
        pass
    return visit


def picture(colour: str = "green", *, where: bool = True) -> bytes:
    """Return a photo as a camera writes it, with the place in its metadata."""
    written = io.BytesIO()
    exif = Image.Exif()
    if where:
        exif[0x010F] = "a camera of somebody"
    Image.new("RGB", (60, 40), colour).save(written, "JPEG", exif=exif)
    return written.getvalue()


def sent(folder: Path, content: bytes, kind: str = "photo", **more: Any) -> FieldSent:
    path = folder / uuid.uuid4().hex
    path.write_bytes(content)
    name = "photo.jpg" if kind == "photo" else "points.csv"
    return FieldSent(more.pop("uid", uuid.uuid4()), kind, path, name, sha256(content).hexdigest(), **more)


def body(**values: Any) -> bytes:
    empty: dict[str, Any] = {"photos": [], "files": [], "marks": [], "points": [], "offences": []}
    record = {"format": 1, "uid": str(uuid.uuid4()), "report": "العلامات في مواضعها", **empty, **values}
    return json.dumps(record).encode()


def photo_row(one: FieldSent, **more: Any) -> dict[str, Any]:
    position = {"lon": 50.1, "lat": 26.4, "accuracy_m": 4.5}
    at = timezone.now().isoformat()
    return {"uid": str(one.uid), "sha256": one.sha256, "taken_at": at, "position": position, **more}


def table(corners: list[Corner], *, east_m: float = 0.0) -> bytes:
    rows = [f"{n},{c.x + east_m:.3f},{c.y:.3f},3.100,peg" for n, c in enumerate(corners, start=101)]
    return "\n".join(["point_no,e,n,h,code", *rows]).encode()


def registered(case: Case) -> list[Corner]:
    return corners_of(facts_at_decision(case).parcels)


@pytest.mark.django_db
class TestTaking:
    def test_a_visit_is_held_with_photos_corners_and_marks(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        corners = registered(visit.case)
        photo = sent(tmp_path, picture())
        points = sent(tmp_path, table(corners, east_m=0.01), "points", crs="EPSG:32639")
        kept = [acts.take_from_field(visit.case, visit.pk, one, viewer=me) for one in (photo, points)]
        assert kept[0].file.stripped and b"somebody" not in Path(kept[0].file.file.path).read_bytes()
        assert Path(kept[1].file.file.path).read_bytes() == points.path.read_bytes()  # as it is
        assert len(kept[1].read["points"]) == len(corners)
        marks = [{"uid": str(uuid.uuid4()), "corner": corners[0].key, "state": "moved", "note": "مترًا"}]
        files = [{"uid": str(points.uid), "sha256": points.sha256, "accuracy_m": 0.02, "given": {}}]
        report = read_report(body(photos=[photo_row(photo, note="الركن")], files=files, marks=marks))
        record = acts.hold_in_field(visit.case, visit.pk, report, viewer=me)
        visit.refresh_from_db()
        assert visit.held_at and visit.report == "العلامات في مواضعها"
        assert record.data["photos"][0]["position"] == {"lon": 50.1, "lat": 26.4, "accuracy_m": 4.5}
        assert [row["verdict"] for row in record.compared["rows"]] == ["within"] * len(corners)
        assert [(one["rule"], one["severity"]) for one in record.compared["findings"]] == [("FLD-03", "warning")]
        step = visit.case.steps.get(act="hold_visit")
        assert step.details == {"visit": visit.pk, "record": report.sha256, "files": 2}
        assert not list(case_faults())

    def test_what_is_sent_again_is_there_once(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        photo = sent(tmp_path, picture("red"))
        first = acts.take_from_field(visit.case, visit.pk, photo, viewer=me)
        assert acts.take_from_field(visit.case, visit.pk, photo, viewer=me) == first
        report = read_report(body(photos=[photo_row(photo)]))
        record = acts.hold_in_field(visit.case, visit.pk, report, viewer=me)
        assert acts.hold_in_field(visit.case, visit.pk, report, viewer=me) == record
        assert acts.take_from_field(visit.case, visit.pk, photo, viewer=me) == first  # its receipt, after all
        assert visit.case.steps.filter(act="hold_visit").count() == 1
        with pytest.raises(ActionRefused, match="another record"):
            acts.hold_in_field(visit.case, visit.pk, read_report(body()), viewer=me)
        with pytest.raises(ActionRefused, match="held and recorded already"):
            acts.take_from_field(visit.case, visit.pk, sent(tmp_path, picture("blue")), viewer=me)
        other = sent(tmp_path, picture("white"), uid=photo.uid)
        with pytest.raises(ActionRefused, match="Another file"):
            acts.take_from_field(visit.case, visit.pk, other, viewer=me)

    def test_half_a_file_and_what_is_no_photo_leave_nothing(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        whole = sent(tmp_path, picture("yellow"))
        whole.path.write_bytes(whole.path.read_bytes()[:200])
        before = CaseFile.objects.filter(case=visit.case).count()
        for bad in (whole, sent(tmp_path, b"%PDF-1.7 x"), sent(tmp_path, b"")):
            with pytest.raises(Incomplete):
                acts.take_from_field(visit.case, visit.pk, bad, viewer=me)
        broken = sent(tmp_path, b"\xff\xd8\xff\xe0 no picture")
        with pytest.raises(ActionRefused, match="cannot be opened"):
            acts.take_from_field(visit.case, visit.pk, broken, viewer=me)
        assert CaseFile.objects.filter(case=visit.case).count() == before

    def test_a_record_waits_for_all_its_files(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        photo = sent(tmp_path, picture("navy"))
        report = read_report(body(photos=[photo_row(photo)]))
        with pytest.raises(Incomplete, match="missing: 1"):
            acts.hold_in_field(visit.case, visit.pk, report, viewer=me)
        visit.refresh_from_db()
        assert visit.held_at is None
        with pytest.raises(Incomplete, match="what was found"):
            acts.hold_in_field(visit.case, visit.pk, read_report(body(report=" ")), viewer=me)
        acts.take_from_field(visit.case, visit.pk, photo, viewer=me)
        acts.hold_in_field(visit.case, visit.pk, report, viewer=me)

    def test_whoever_may_not_hold_it_and_what_is_over(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        photo = sent(tmp_path, picture("pink"))
        for login in ("resident", "planner", "surveyor"):
            with pytest.raises(NotYours):
                acts.take_from_field(visit.case, visit.pk, photo, viewer=sample_land.viewer(login))
        acts.withdraw(visit.case, viewer=sample_land.viewer("resident"), reason="not needed any more")
        with pytest.raises(ActionRefused, match="withdrawn"):
            acts.take_from_field(visit.case, visit.pk, photo, viewer=me)
        with pytest.raises(ActionRefused, match="withdrawn"):
            acts.hold_in_field(visit.case, visit.pk, read_report(body()), viewer=me)
        assert not FieldRecord.objects.filter(case=visit.case).exists()

    def test_before_its_time_and_before_both_agree(self, sample_land: Sample, tmp_path: Path) -> None:
        me = sample_land.viewer("reviewer")
        visit = complaint(sample_land, agreed=False)
        with pytest.raises(ActionRefused, match="not agreed"):
            acts.take_from_field(visit.case, visit.pk, sent(tmp_path, picture("olive")), viewer=me)
        ahead = complaint(sample_land, due=timedelta(days=2))
        with pytest.raises(ActionRefused, match="not come yet"):
            acts.hold_in_field(ahead.case, ahead.pk, read_report(body()), viewer=me)

    def test_what_was_taken_stands(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        kept = acts.take_from_field(visit.case, visit.pk, sent(tmp_path, picture("gray")), viewer=me)
        for change in (lambda: FieldFile.objects.filter(pk=kept.pk).update(read={"x": 1}), kept.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        report = read_report(body())
        with pytest.raises(DatabaseError, match="takes nothing"), transaction.atomic():
            row: dict[str, Any] = {"visit": visit, "uid": report.uid, "sha256": report.sha256, "by_id": me.user_id}
            FieldRecord.objects.create(case=visit.case, at=timezone.now(), **row)  # not held yet


@pytest.mark.django_db
class TestPoints:
    def take(self, sample: Sample, folder: Path, content: bytes, **how: str) -> dict[str, Any]:
        visit = complaint(sample)
        file = sent(folder, content, "points", **how)
        return acts.take_from_field(visit.case, visit.pk, file, viewer=sample.viewer("reviewer")).read

    def test_a_file_of_an_instrument_without_a_first_line(self, sample_land: Sample, tmp_path: Path) -> None:
        rows = b"1;2923000.5;411000.25;2.1;peg\n2;2923030.5;411000.25;2.2;wall\n"
        read = self.take(sample_land, tmp_path, rows, crs="EPSG:32639", columns="nehc")
        assert [(p["number"], p["x"], p["y"], p["h"], p["code"]) for p in read["points"]] == [
            ("1", 411000.25, 2923000.5, 2.1, "peg"),
            ("2", 411000.25, 2923030.5, 2.2, "wall"),
        ]
        assert read["operation"] == "" and read["operation_accuracy_m"] is None

    @pytest.mark.parametrize(
        ("columns", "rows"),
        [
            ("nehc", b"1 2923000.5 411000.25 2.1 corner peg\n2   2923030.5 411000.25 2.2   wall\n"),
            ("enhc", "١ ٤١١٠٠٠٫٢٥ ٢٩٢٣٠٠٠٫٥ ٢٫١ corner peg\r\n2 411000.25 2923030.5 2.2 wall\r\n".encode()),
            ("header", b"no n e h code\n1 2923000.5 411000.25 2.1 corner peg\n2 2923030.5 411000.25 2.2 wall\n"),
            (
                "header",
                b"*110001+0000000000000001 81..10+0000000411000250 82..10+0000002923000500 83..10+0000000000002100"
                b" 71....+00000corner_peg\n"
                b"*110002+0000000000000002 81..10+0000000411000250 82..10+0000002923030500 83..10+0000000000002200"
                b" 71....+000000000000wall\n",
            ),
        ],
    )
    def test_files_with_spaces_and_of_leica(
        self, sample_land: Sample, tmp_path: Path, columns: str, rows: bytes
    ) -> None:
        read = self.take(sample_land, tmp_path, rows, crs="EPSG:32639", columns=columns)
        assert [(p["number"], p["x"], p["y"], p["h"], p["code"].replace("_", " ")) for p in read["points"]] == [
            ("1", 411000.25, 2923000.5, 2.1, "corner peg"),
            ("2", 411000.25, 2923030.5, 2.2, "wall"),
        ]

    def test_another_system_is_carried_over_with_its_accuracy(self, sample_land: Sample, tmp_path: Path) -> None:
        rows = b"no,e,n\n1,411060.40,2922996.70\n2,411060.40,2923026.70\n"
        read = self.take(sample_land, tmp_path, rows, crs="EPSG:20439")
        assert read["operation"] and read["operation_accuracy_m"] >= 1
        assert abs(read["points"][0]["x"] - 411060.40) > 30

    def test_what_cannot_be_read_says_why(self, sample_land: Sample, tmp_path: Path) -> None:
        visit, me = complaint(sample_land), sample_land.viewer("reviewer")
        unnamed = sent(tmp_path, b"no,e,n\n1,411000,2923000\n2,411001,2923000\n", "points")
        with pytest.raises(Incomplete, match="coordinate system"):
            acts.take_from_field(visit.case, visit.pk, unnamed, viewer=me)
        headless = sent(tmp_path, b"1,411000,2923000,2\n2,abc,2923000,2\n", "points", crs="EPSG:32639", columns="enhc")
        with pytest.raises(ActionRefused) as refused:
            acts.take_from_field(visit.case, visit.pk, headless, viewer=me)
        assert [(one.rule, one.params["line"]) for one in refused.value.findings if one.severity == "error"] == [
            ("SRV-05", 2)
        ]
        elsewhere = sent(tmp_path, b"no,e,n\n1,1,2\n2,3,4\n", "points", crs="EPSG:32639")
        with pytest.raises(ActionRefused):
            acts.take_from_field(visit.case, visit.pk, elsewhere, viewer=me)
        assert not FieldFile.objects.filter(visit=visit).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_same_sent_at_the_same_moment_is_there_once(
    committed_sample: Callable[[str], Sample], tmp_path: Path
) -> None:
    sample = committed_sample("land")
    visit, me = complaint(sample), sample.viewer("reviewer")
    photo = sent(tmp_path, picture())
    taken = at_once(*[lambda: acts.take_from_field(visit.case, visit.pk, photo, viewer=me)] * 4)
    assert len({one.pk for one in taken}) == 1
    report = read_report(body(photos=[photo_row(photo)]))
    held = at_once(*[lambda: acts.hold_in_field(visit.case, visit.pk, report, viewer=me)] * 4)
    assert len({one.pk for one in held}) == 1
    assert CaseFile.objects.filter(case=visit.case, document="field_photo").count() == 1
    assert visit.case.steps.filter(act="hold_visit").count() == 1


@pytest.mark.django_db
def test_it_is_erased_with_its_case(sample_land: Sample, tmp_path: Path) -> None:
    me, engineer = sample_land.viewer("resident"), sample_land.viewer("gis_engineer")
    with years_ago(4):
        case = file_request(sample_land, "plan_inquiry")
        visit = acts.propose_visit(case, timezone.now() - timedelta(days=4 * 365), "search", viewer=engineer)
        acts.agree_visit(case, visit.pk, viewer=me)
    rows = b"no,e,n,h,code\n1,411000,2923000,2,corner of somebody\n2,411001,2923000,2,x\n"
    file = sent(tmp_path, rows, "points", crs="EPSG:32639")
    files = [{"uid": str(file.uid), "sha256": file.sha256}]
    offences = [{"uid": str(uuid.uuid4()), "text": "a fence of somebody"}]
    with years_ago(3.9):
        kept = acts.take_from_field(case, visit.pk, file, viewer=engineer)
        acts.hold_in_field(case, visit.pk, read_report(body(files=files, offences=offences)), viewer=engineer)
        acts.withdraw(case, viewer=me, reason="not needed any more")
    path = Path(kept.file.file.path)
    assert path.is_file() and erase_case(case)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    kept.refresh_from_db()
    record = FieldRecord.objects.get(visit=visit)
    assert (kept.read, record.data, record.compared, kept.file.name) == ({}, {}, {}, "")


# Pure -----------------------------------------------------------------------------------------------------------------

SQUARE = [
    Corner(f"p:{n}", "p", "7", str(n), x, y)
    for n, (x, y) in enumerate([(0.0, 0.0), (20.0, 0.0), (20.0, 30.0), (0.0, 30.0)], start=1)
]


def verdicts(*points: Measured, **marks: str) -> tuple[list[str], list[str]]:
    rows, findings = compare(SQUARE, points, {f"p:{n[1:]}": state for n, state in marks.items()}, rules())
    return [row["verdict"] for row in rows], [f"{one.rule} {one.variant}".strip() for one in findings]


def test_each_corner_has_its_verdict_and_each_finding_is_said_once() -> None:
    """Corner 1 in its place, 2 beyond, 3 too vague to tell, 4 not measured and not found; a point beside them all."""
    rows, found = verdicts(
        Measured("a", TOLERANCE / 2, 0.0, 0.01),
        Measured("b", 20.0 + 3 * TOLERANCE, 0.0, 0.01),
        Measured("c", 20.0, 30.0, 4.0),
        Measured("d", 10.0, 15.0, 0.01),
        c4="missing",
    )
    assert rows == ["within", "beyond", "unsure", "unmeasured", "beside"]
    assert found == ["FLD-01", "FLD-02 unsure", "FLD-02 unmeasured", "FLD-03 missing", "FLD-04"]


def test_a_point_belongs_to_the_nearest_corner_unless_it_was_given_to_another() -> None:
    near = Measured("a", 0.02, 0.0)
    assert verdicts(near, Measured("b", 1.0, 0.0))[0] == ["within", "unmeasured", "unmeasured", "unmeasured", "beside"]
    given = Measured("a", 0.02, 0.0, None, "p:2")
    rows, findings = compare(SQUARE, [given], {}, rules())
    assert rows[1]["point"] == "a" and rows[1]["distance_m"] == 19.98
    assert [one.measured.value for one in findings if one.rule == "FLD-01" and one.measured] == [19.98]


def test_a_vague_position_far_away_still_tells_that_the_corner_lies_elsewhere() -> None:
    assert verdicts(Measured("a", 4.0, 0.0, 1.0))[0][0] == "beyond"


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 5000,
        body(format=2),
        body(report=7),
        body(report="x" * 4001),
        body(photos=[{"uid": "x"}]),
        body(points=[{"uid": str(uuid.uuid4()), "number": "1", "x": float("nan"), "y": 0, "crs": "", "how": "typed"}]),
        body(marks=[{"uid": str(uuid.uuid4()), "corner": "p:1", "state": "burnt"}]),
        body(marks=[{"uid": "6f1c1e62-0000-4000-8000-000000000001", "corner": "p:1", "state": "found"}] * 2),
        body(offences=[{"uid": str(uuid.uuid4()), "text": "x"}] * 501),
    ],
)
def test_what_is_no_record_is_refused(bad: bytes) -> None:
    with pytest.raises(Incomplete):
        read_report(bad)
