"""From an approved case to the papers that leave the house: decisions, drawing, letter, and the result as files.

Documents are made once. A crash on the way leaves the case approved and its documents to be issued again; what was
written before is not referred to by anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields

from django.core.files.base import ContentFile
from django.utils import timezone

from layers.viewer import Viewer

from .cards import card_of
from .decisions import against_document
from .errors import ActionRefused
from .issued import AMENDING, DECISION_NO, decision_by_number
from .land_papers import decision_again, facts_at_decision, land_papers, letters_again
from .models import Case, IssuedDocument
from .outcomes import outcome_papers
from .papers import Paper

__all__ = ["facts_at_decision", "keep_papers", "letter_again", "make_papers"]


def make_papers(case: Case, viewer: Viewer) -> list[Paper]:
    """Make the documents of an approved case, which takes seconds; nothing is kept yet."""
    case = Case.objects.select_related("entry", "filed_by", "recommended_by", "decided_by").get(pk=case.pk)
    if case.state != "approved":
        raise ActionRefused("لم يُعتمد هذا الطلب بعد.", "This case is not approved yet.")
    printer = _printer(viewer)
    if case.service in AMENDING:
        return list(decision_again(case, _amended(case), printer))
    return list(land_papers(case, printer) if card_of(case).register else outcome_papers(case, printer))


def _amended(case: Case) -> IssuedDocument:
    """Return the decision that a case prints again; refuse one that something stands against by now."""
    document = decision_by_number(str(case.form.get(DECISION_NO, "")))
    findings = () if document is None else against_document(document)
    if document is None or findings:
        raise ActionRefused(
            "القرار الذي يذكره الطلب لم يعد صالحًا لإعادة الإصدار.",
            "The decision that the request names can no longer be issued again.",
            findings,
        )
    return document


def _printer(viewer: Viewer) -> Viewer:
    """Return who prints: papers name the owners, whoever of the house issues them; the look is recorded as theirs."""
    known = {field.name: getattr(viewer, field.name) for field in fields(Viewer)}  # a request's viewer is a lazy one
    return Viewer(**{**known, "roles": viewer.roles | {"registrar"}})


def keep_papers(case: Case, papers: Iterable[Paper], *, supersedes: Sequence[str] = ()) -> list[IssuedDocument]:
    """Keep documents of a case that is held; papers of parcels that it ended or changed are superseded.

    With ``supersedes``, the case's own earlier papers of these kinds are superseded by the last new one, and no others.
    """
    kept = [_keep(case, paper) for paper in papers]
    if supersedes:
        earlier = IssuedDocument.objects.filter(case=case, kind__in=supersedes, superseded_by=None)
        earlier.exclude(pk__in=[document.pk for document in kept]).update(superseded_by=kept[-1])
    elif case.service in AMENDING:
        _replace(case, kept[-1])
    elif card_of(case).register:
        _supersede(kept, case.parcel_uids)
    return kept


def _replace(case: Case, newer: IssuedDocument) -> None:
    """Let a decision take the place of the one that its case names; of two that come at once the second is refused."""
    IssuedDocument.objects.select_for_update().get(pk=_amended(case).pk)
    older = _amended(case)  # looked at again while it is held
    older.superseded_by = newer
    older.save(update_fields=["superseded_by"])


def letter_again(case: Case, viewer: Viewer) -> list[Paper]:
    """Make the letter to the registry once more, after it returned the change; none where none was issued."""
    case = Case.objects.select_related("entry", "filed_by", "recommended_by", "decided_by").get(pk=case.pk)
    return list(letters_again(case, _printer(viewer)))


def _keep(case: Case, paper: Paper) -> IssuedDocument:
    document = IssuedDocument(
        case=case,
        kind=paper.kind,
        title_ar=paper.title_ar,
        title_en=paper.title_en,
        valid_until=paper.valid_until,
        number=paper.number,
        parcel_uid=paper.parcel_uid,
        code=paper.code,
        sha256=hashlib.sha256(paper.content).hexdigest(),
        issued_at=timezone.now(),
    )
    name = f"{case.reference}/{paper.number}{paper.suffix}"
    # A file that an earlier try left behind without its row: nothing refers to it, and the case is locked.
    document.file.storage.delete(f"documents/{name}")
    document.file.save(name, ContentFile(paper.content), save=False)
    document.save()
    return document


def _supersede(kept: list[IssuedDocument], changed: list[str]) -> None:
    """Earlier papers of the parcels that this case changed are superseded by its drawing, or its first paper."""
    newer = next((document for document in kept if document.kind.endswith("_drawing")), kept[0])
    IssuedDocument.objects.filter(parcel_uid__in=changed, superseded_by=None).exclude(case=newer.case).update(
        superseded_by=newer
    )
