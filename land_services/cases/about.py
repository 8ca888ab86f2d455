"""Cases about land: the parcels they were filed for, and those that they made or ended."""

from __future__ import annotations

from django.db.models import Q

from land_services.register.selectors import entries_of, find_parcel

__all__ = ["about_land"]

MOST = 20
"""Parcels of one number that are looked for: more carry it in no register worth the name."""


def about_land(text: str) -> Q:
    """Return which cases are about the parcel of an identifier or number, of today or of before.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    uids = find_parcel(text, ever=True)[:MOST]
    about = Q(pk__in=())
    for uid in uids:
        about |= Q(parcel_uids__contains=[uid])
    entries = entries_of(uids) if uids else []
    return about | Q(entry_id__in=entries) if entries else about
