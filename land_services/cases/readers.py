"""Who may read a document of a case, and who may add one, as its card says; without a word of the card, as ever.

Without ``readers`` whoever sees the case reads it; without ``added_by`` whoever files hands it in. What somebody added
they may read themselves.
"""

from __future__ import annotations

from collections.abc import Collection

from land_services.catalogue import Document

from .at_work import CaseAtWork
from .errors import ActionRefused, NotYours
from .may import not_now, not_own, refusal, stands_for_any
from .models import CaseFile
from .people import agencies_of

__all__ = [
    "adding_refused",
    "by_the_filer",
    "document_of",
    "may_read",
    "note_stand_in",
    "readable",
    "staff_papers_missing",
]

RUNNING = ("submitted", "approved", "issued")
"""When others than the filer add their papers."""
FILER = "filer"
AGENCY = "agency"


def document_of(work: CaseAtWork, code: str) -> Document | None:
    """Return what the card says of a document; None for what was added beside those it names."""
    return next((one for one in work.card.documents if one.code == code), None)


def by_the_filer(document: Document | None) -> bool:
    """Return True if whoever files hands this document in."""
    return document is None or not document.added_by or FILER in document.added_by


def may_read(work: CaseAtWork, file: CaseFile) -> bool:
    """Return True if this person, who sees the case, may read a document of it."""
    document = document_of(work, file.document)
    if document is None or not document.readers or (work.user_id is not None and file.by_id == work.user_id):
        return True
    # Colleagues of the same office file together.
    own = work.is_filer and by_the_filer(document)
    return own or _is_one_of(work, document.readers)


def readable(work: CaseAtWork) -> list[CaseFile]:
    """Return the documents handed in that this person may read, the latest version of each first."""
    return [file for file in work.files if may_read(work, file)]


def adding_refused(work: CaseAtWork, document: Document | None) -> ActionRefused | None:
    """Return why this person may not add a document now; None where they may."""
    filing = refusal(work, "attach") if by_the_filer(document) else None
    if document is None or not document.added_by or (by_the_filer(document) and filing is None):
        return filing
    others = tuple(word for word in document.added_by if word != FILER)
    if not _is_one_of(work, others):
        return filing or NotYours(f"تضيف «{document.ar}» جهة أخرى.", f"“{document.en}” is added by somebody else.")
    if work.case.state not in RUNNING or work.case.erased_at is not None:
        return not_now(work)
    return not_own(work)


def note_stand_in(work: CaseAtWork, document: Document | None) -> None:
    """Note in whose place a document is added, where it is not by one's own right."""
    if document is not None and document.added_by and not work.is_filer:
        work.for_user_id = stands_for_any(work, [word for word in document.added_by if ":" not in word])


def staff_papers_missing(work: CaseAtWork) -> list[Document]:
    """Return the required documents that others than the filer add and nobody added yet."""
    there = {file.document for file in work.files}
    return [one for one in work.card.documents if one.required and not by_the_filer(one) and one.code not in there]


def _is_one_of(work: CaseAtWork, words: Collection[str]) -> bool:
    return any(_is(work, word) for word in words)


def _is(work: CaseAtWork, word: str) -> bool:
    if word == FILER:
        return work.is_filer
    role, _, agency = word.partition(":")
    if role == AGENCY:
        mine = agencies_of(work.viewer, work.now)
        asked = {one.agency for one in work.referrals if one.cancelled_at is None}
        return bool(mine & asked & ({agency} if agency else mine))
    return work.viewer.holds_in(work.case.area, role)
