"""Looks of others than the filer at what a case holds of people: one row of the audit for each, ids and codes alone."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from land_services.catalogue import Field
from layers import audit

from .at_work import CaseAtWork

__all__ = ["LOOKS", "note_look", "note_look_at_case"]

CASE: Final = "case.read"
LOOKS: Final = (CASE, "case.paper_read", "case.document_read", "case.attempt_read")
"""The page of a case or its JSON; a document that was handed in; one that was issued; a survey file."""
ABOUT_PEOPLE: Final = ("text", "long_text", "email", "phone")
"""Kinds of fields whose answers may hold anything about a person."""


def note_look(work: CaseAtWork, action: str, **ids: Any) -> None:
    """Tell the audit that somebody looked; a look of whoever filed the case needs no row."""
    if work.is_filer:
        return
    with transaction.atomic():
        audit.record(action, subject=work.case.reference, actor_id=work.user_id, payload=ids)


def note_look_at_case(work: CaseAtWork, fields: tuple[Field, ...] | None = None, **ids: Any) -> None:
    """Tell of a look at a case: its filer is named to whoever sees it. ``fields`` are the ones shown, all if not given.

    Kept are the codes of those whose answers may be about a person.
    """
    shown = work.card.form if fields is None else fields
    told = [one.code for one in shown if one.kind in ABOUT_PEOPLE and work.case.form.get(one.code)]
    note_look(work, CASE, fields=told, **ids)
