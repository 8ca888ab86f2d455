"""What a device brings from the site: files one by one, then the record with which the visit is held, each kept once.

A device sends a thing again until it has heard that it is there. Whatever came before is answered as it was then;
whoever sends at the same moment waits for the case and finds what the other brought.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from land_services.cases.at_work import CaseAtWork, look_at, take_up
from land_services.cases.checking import to_wgs84
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.field_corners import Measured, compare, corners_of
from land_services.cases.field_points import read_points, to_storage
from land_services.cases.field_report import FieldReport
from land_services.cases.keeping import HandedIn, keep_file, sha256_of
from land_services.cases.land_papers import facts_at_decision
from land_services.cases.models import Case, CaseFile, FieldFile, FieldRecord
from land_services.cases.photos import stripped
from land_services.cases.scanning import scan
from land_services.cases.sniffing import kind_of
from land_services.findings import to_json
from land_services.rulebook.in_force import rules_on
from layers import audit
from layers.viewer import Viewer

from .visiting import hold, open_visit

__all__ = ["DOCUMENTS", "FieldSent", "hold_in_field", "take_from_field"]

DOCUMENTS: Final = {"photo": "field_photo", "points": "field_points"}
"""Under which name the files stand among those of the case; no card asks for them."""
TAKEN: Final = {"photo": ("jpg", "png"), "points": ("csv", "txt", "xml", "json")}


@dataclass(frozen=True)
class FieldSent:
    """A file as it came: the device's identifier and hash, what it is, and how a file of corners is to be read."""

    uid: uuid.UUID
    kind: str
    path: Path
    name: str
    sha256: str
    crs: str = ""
    columns: str = "header"


def take_from_field(case: Case, visit: int, sent: FieldSent, *, viewer: Viewer) -> FieldFile:
    """Keep a photo or a file of corners of a visit; what is there already is returned as it is.

    Raises
    ------
    Incomplete
        If not all of it came, or it is not what it is said to be.
    ActionRefused
        If the visit takes nothing any more, the scanner refuses the file, or it cannot be read.
    """
    seen = look_at(Case.objects.get(pk=case.pk), viewer)
    there = _already(seen, visit, sent)
    if there is not None:
        return there
    open_visit(seen, visit)
    _require_whole(sent)
    kind = _accepted(sent)
    with tempfile.TemporaryDirectory() as folder:
        plain = stripped(sent.path, kind) if sent.kind == "photo" else None
        path = sent.path
        if plain is not None:
            path = Path(folder) / "plain"
            path.write_bytes(plain)
        said = scan(path)
        read = read_points(path, sent.name, sent.crs, sent.columns) if sent.kind == "points" else {}
        handed = HandedIn(path, sent.name, sha256_of(path))
        with take_up(case, viewer) as work:
            there = _already(work, visit, sent)
            if there is not None:
                return there
            found = open_visit(work, visit)
            file = _kept(work, sent, handed, kind, said, was_stripped=plain is not None)
            there = FieldFile.objects.create(
                case=work.case, visit=found, uid=sent.uid, kind=sent.kind, file=file, sha256=sent.sha256, read=read,
                by_id=file.by_id, at=work.now,
            )  # fmt: skip
            payload = {"visit": visit, "paper": file.pk, "kind": sent.kind, "sha256": file.sha256}
            audit.record("case.field_file", subject=work.case.reference, actor_id=work.user_id, payload=payload)
    return there


def _already(work: CaseAtWork, visit: int, sent: FieldSent) -> FieldFile | None:
    """Return the file that came under this identifier; another content under it is refused."""
    there = FieldFile.objects.select_related("file").filter(uid=sent.uid).first()
    if there is None:
        return None
    same = (there.case_id, there.visit_id, there.kind, there.sha256) == (work.case.pk, visit, sent.kind, sent.sha256)
    if not same or there.by_id != work.user_id:
        raise ActionRefused(
            "وصل من قبل ملف آخر بهذا المعرّف؛ احفظ ما في الجهاز ملفًا وسلّمه.",
            "Another file came under this identifier before; save what is on the device as a file and hand it in.",
        )
    return there


def _require_whole(sent: FieldSent) -> None:
    size = sent.path.stat().st_size
    if not size or sha256_of(sent.path) != sent.sha256:
        raise Incomplete("لم يصل الملف كاملًا؛ سيُرسل من جديد.", "The file did not come whole; it will be sent again.")
    if size > settings.PAPER_MAX_MB * 1024 * 1024:
        raise Incomplete(
            f"الملف أكبر من {settings.PAPER_MAX_MB} ميغابايت.", f"The file is larger than {settings.PAPER_MAX_MB} MB."
        )


def _accepted(sent: FieldSent) -> str:
    """Return what the file is by its content."""
    kind = kind_of(sent.path)
    if sent.kind not in TAKEN or kind not in TAKEN[sent.kind]:
        listed = ", ".join(TAKEN.get(sent.kind, ()))
        raise Incomplete(
            f"محتوى الملف ليس من الأنواع المقبولة هنا: {listed}.",
            f"By its content this file is not of a kind that is taken here: {listed}.",
        )
    return kind


def _kept(work: CaseAtWork, sent: FieldSent, handed: HandedIn, kind: str, said: str, *, was_stripped: bool) -> CaseFile:
    assert work.user_id is not None  # noqa: S101 - the visit is open to whoever sends it
    document = DOCUMENTS[sent.kind]
    versions = [file.version for file in work.files if file.document == document]
    file = CaseFile(
        case=work.case, document=document, version=max(versions, default=0) + 1, name=handed.name[:200], type=kind,
        size=handed.path.stat().st_size, sha256=handed.sha256, by_id=work.user_id, round=work.case.round, scan=said,
        stripped=was_stripped,
    )  # fmt: skip
    keep_file(file, handed, f".{kind}")
    file.save()
    return file


# The record -----------------------------------------------------------------------------------------------------------


def hold_in_field(case: Case, visit: int, report: FieldReport, *, viewer: Viewer) -> FieldRecord:
    """Hold the visit with what a device recorded, once all files that belong to it are there.

    Raises
    ------
    Incomplete
        If files are missing, or nothing was written of what was found.
    ActionRefused
        If the visit was held with another record, or is not open to this person any more.
    """
    with take_up(case, viewer) as work:
        there = FieldRecord.objects.filter(visit_id=visit, case=work.case).first()
        if there is not None and (there.uid, there.sha256, there.by_id) == (report.uid, report.sha256, work.user_id):
            return there
        if there is not None:
            raise ActionRefused(
                "عُقدت هذه الزيارة بسجل آخر؛ احفظ ما في الجهاز ملفًا وسلّمه.",
                "This visit was held with another record; save what is on the device as a file and hand it in.",
            )
        found = open_visit(work, visit)
        files = _files(work, visit, report)
        compared = _compared(work, report, files)
        hold(work, found, report.text, record=report.sha256, files=len(files))
        there = FieldRecord.objects.create(
            case=work.case, visit=found, uid=report.uid, sha256=report.sha256, data=dict(report.data),
            compared=compared, by_id=work.user_id, at=work.now,
        )  # fmt: skip
    return there


def _files(work: CaseAtWork, visit: int, report: FieldReport) -> dict[str, FieldFile]:
    """Return the files that the record names, by identifier; each must be there with its content."""
    wanted = report.files
    there = {file.uid: file for file in FieldFile.objects.filter(visit_id=visit, uid__in=wanted, by_id=work.user_id)}
    missing = [uid for uid, said in wanted.items() if uid not in there or _of(there[uid]) != said]
    if missing:
        raise Incomplete(
            f"لم تصل بعد كل ملفات الزيارة (الناقص: {len(missing)})؛ أعد المزامنة.",
            f"Not all files of the visit are there yet (missing: {len(missing)}); synchronise again.",
        )
    return {str(uid): file for uid, file in there.items()}


def _of(file: FieldFile) -> tuple[str, str]:
    return file.kind, file.sha256


def _compared(work: CaseAtWork, report: FieldReport, files: dict[str, FieldFile]) -> dict[str, Any]:
    """Return how what was measured compares with the register, as it is now and by the rules of the case's day."""
    corners = corners_of(facts_at_decision(work.case).parcels) if work.case.parcel_uids else []
    points, operations = _measured(report, files)
    marks = {mark["corner"]: mark["state"] for mark in report.data["marks"]}
    rules = rules_on(work.case.filed_on)
    rows, findings = compare(corners, points, marks, rules)
    return {
        "tolerance_m": float(rules.value("outline_tolerance_m")),
        "rows": rows,
        "findings": to_json(findings, to_wgs84=to_wgs84),
        "operations": sorted(operations),
    }


def _measured(report: FieldReport, files: dict[str, FieldFile]) -> tuple[list[Measured], set[str]]:
    points: list[Measured] = []
    operations: set[str] = set()
    for given in report.data["files"]:
        read = files[given["uid"]].read
        accuracy = _worse(given["accuracy_m"], read["operation_accuracy_m"])
        operations |= {read["operation"]} - {""}
        points += [
            Measured(one["number"], one["x"], one["y"], accuracy, given["given"].get(one["number"], ""))
            for one in read["points"]
        ]
    for one in report.data["points"]:
        moved = to_storage([(one["x"], one["y"])], _crs(one["crs"]))
        operations |= {moved.operation} - {""}
        accuracy = _worse(one["accuracy_m"], moved.accuracy_m)
        points.append(Measured(one["number"], *moved.xy[0], accuracy, one["corner"]))
    return points, operations


def _crs(name: str) -> str:
    if not name or name.lower() == "local":
        raise Incomplete(
            "سمِّ نظام إحداثيات كل نقطة كتبتها.", "Name the coordinate system of every point that you wrote down."
        )
    return name


def _worse(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)
