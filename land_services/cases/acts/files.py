"""Attaching documents: known by content, scanned, without a camera's traces, written once, in versions."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.conf import settings

from land_services.cases.at_work import CaseAtWork, look_at, take_up
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.keeping import HandedIn, keep_file, sha256_of
from land_services.cases.models import Case, CaseFile
from land_services.cases.photos import PICTURES, stripped
from land_services.cases.readers import adding_refused, note_stand_in
from land_services.cases.scanning import scan
from land_services.cases.sniffing import KINDS, SAME, kind_of
from land_services.catalogue import Document, ServiceCard
from layers.viewer import Viewer

__all__ = ["attach"]


def attach(case: Case, path: Path, *, viewer: Viewer, document: str = "", file_name: str = "") -> CaseFile:
    """Attach a document of the card, or another one beside them; a newer version stands before the older.

    Raises
    ------
    Incomplete
        If the file is empty, too large, or not of a kind that is taken for this document.
    ActionRefused
        If this is not the time for it, or the scanner refuses it.
    """
    seen = look_at(Case.objects.get(pk=case.pk), viewer)
    wanted = _wanted(seen.card, document)
    _require(seen, wanted)
    kind = _accepted(path, wanted)
    with tempfile.TemporaryDirectory() as folder:
        plain = stripped(path, kind) if kind in PICTURES else None
        if plain is not None:
            path = Path(folder) / "plain"
            path.write_bytes(plain)
        said = scan(path)
        handed = HandedIn(path, file_name or path.name, sha256_of(path))
        size = path.stat().st_size
        with take_up(case, viewer) as work:
            user_id = _require(work, wanted)
            versions = [file.version for file in work.files if file.document == document]
            file = CaseFile(
                case=work.case,
                document=document,
                version=max(versions, default=0) + 1,
                name=handed.name[:200],
                type=kind,
                size=size,
                sha256=handed.sha256,
                by_id=user_id,
                round=work.case.round,
                scan=said,
                stripped=plain is not None,
            )
            keep_file(file, handed, f".{kind}")
            file.save()
            work.say("attach", document=document, version=file.version, sha256=file.sha256)
    return file


def _require(work: CaseAtWork, wanted: Document | None) -> int:
    """Return who adds it, or raise the refusal."""
    refused = adding_refused(work, wanted)
    if refused is not None or work.user_id is None:
        raise refused or ActionRefused("سجّل الدخول أولًا.", "Sign in first.")
    note_stand_in(work, wanted)
    return work.user_id


def _wanted(card: ServiceCard, code: str) -> Document | None:
    if not code:
        return None
    for document in card.documents:
        if document.code == code:
            return document
    raise ActionRefused("لا تطلب هذه الخدمة وثيقة كهذه.", "This service does not ask for such a document.")


def _accepted(path: Path, wanted: Document | None) -> str:
    size = path.stat().st_size
    if not size:
        raise Incomplete("الملف فارغ.", "The file is empty.")
    if size > settings.PAPER_MAX_MB * 1024 * 1024:
        raise Incomplete(
            f"الملف أكبر من {settings.PAPER_MAX_MB} ميغابايت.", f"The file is larger than {settings.PAPER_MAX_MB} MB."
        )
    kind = kind_of(path)
    taken = {SAME.get(name, name) for name in wanted.formats} if wanted else set(KINDS)
    if kind not in taken:
        listed = ", ".join(sorted(taken))
        raise Incomplete(
            f"محتوى الملف ليس من الأنواع المقبولة هنا: {listed}.",
            f"By its content this file is not of a kind that is taken here: {listed}.",
        )
    return kind
