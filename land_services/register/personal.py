"""Names and id numbers of people: stored in one table, encrypted where they identify, and read by one function.

Every look at them leaves an audit row that says who looked at which parties for what purpose, never what was seen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connections, transaction

from layers import audit
from layers.viewer import Viewer

from .models import Party

__all__ = [
    "ID_KINDS",
    "NotAllowed",
    "PersonView",
    "id_number_key",
    "open_id_number",
    "owned_by",
    "read_parties",
    "seal_id_number",
]

ID_KINDS = ("national_id", "iqama", "commercial_registration", "government_code")
"""How a person, company or body that owns land says who it is."""
FORMER_ID_KINDS = {"residence_permit": "iqama", "body_code": "government_code"}
"""Words of rows that were loaded before there was one word for each."""
READERS = ("reviewer", "survey_head", "planner", "mayor", "registrar", "administrator")


class NotAllowed(Exception):
    """This viewer may not see personal data."""


@dataclass(frozen=True)
class PersonView:
    """A party with its names and id number, as shown to someone who may see them."""

    id: int
    kind: str
    name_ar: str
    name_en: str
    id_kind: str
    id_number: str
    representation: str
    represented_by: int | None


@cache
def _key(purpose: str, secret: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha256(secret.encode()).digest(), digest_size=32).digest()


def seal_id_number(number: str) -> bytes:
    """Return the number encrypted (AES-256-GCM, a fresh nonce before the text)."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_key("id number", settings.PERSONAL_DATA_KEY)).encrypt(nonce, number.encode(), None)


def open_id_number(sealed: bytes | memoryview | None) -> str:
    """Return the number that ``seal_id_number`` encrypted; "" for None."""
    if sealed is None:
        return ""
    raw = bytes(sealed)
    return AESGCM(_key("id number", settings.PERSONAL_DATA_KEY)).decrypt(raw[:12], raw[12:], None).decode()


def id_number_key(number: str) -> bytes:
    """Return the keyed hash by which a number is found without opening all of them."""
    return hmac.digest(_key("look-up", settings.PERSONAL_DATA_KEY), number.encode(), "sha256")


def read_parties(ids: Iterable[int], *, viewer: Viewer, purpose: str, using: str = "default") -> list[PersonView]:
    """Return parties with names and numbers, in the order of ``ids``, and record the look.

    Raises
    ------
    NotAllowed
        If the viewer neither has a role that needs the data nor speaks for every one of the parties.
    """
    wanted = list(dict.fromkeys(ids))
    if not viewer.has_role(*READERS) and not viewer.parties.issuperset(wanted):
        raise NotAllowed("owner data is shown to those who decide on the land and to the owners themselves")
    with transaction.atomic(using=using):
        rows = Party.objects.using(using).in_bulk(wanted)
        audit.record(
            "personal.read",
            subject=purpose,
            actor_id=viewer.user_id,
            payload={"parties": sorted(rows)},
            using=using,
        )
    return [
        PersonView(
            id=party.pk,
            kind=party.kind,
            name_ar=party.name_ar,
            name_en=party.name_en,
            id_kind=FORMER_ID_KINDS.get(party.id_kind, party.id_kind),
            id_number=open_id_number(party.id_number),
            representation=party.representation,
            represented_by=party.represented_by_id,
        )
        for party in (rows[key] for key in wanted if key in rows)
    ]


_OWNERS = """
SELECT p.id FROM register_party p
JOIN register_right r ON r.party_id = p.id AND r.kind = 'ownership'
  AND (r.end_entry_id IS NULL OR r.end_entry_id > %(entry)s)
JOIN register_baunitparcel j ON j.ba_unit_id = r.ba_unit_id AND j.parcel_uid = %(uid)s::uuid
  AND (j.end_entry_id IS NULL OR j.end_entry_id > %(entry)s)
WHERE p.id_number_key = %(key)s AND p.id_kind = ANY(%(kinds)s)
LIMIT 1
"""


def owned_by(uid: str, id_kind: str, id_number: str, *, since_entry: int, purpose: str, using: str = "default") -> bool:
    """Return whether who has this number owns a parcel, or did after an entry of the register; record a match.

    Nothing is opened for it: the number is looked up by its keyed hash, and no name is read.
    """
    params: dict[str, str | int | bytes | list[str]] = {
        "uid": uid,
        "entry": since_entry,
        "kinds": [id_kind, *(former for former, kind in FORMER_ID_KINDS.items() if kind == id_kind)],
        "key": id_number_key(id_number),
    }
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute(_OWNERS, params)
            row = cursor.fetchone()
        if row is not None:
            audit.record("personal.read", subject=purpose, payload={"parties": [row[0]], "by": "number"}, using=using)
    return row is not None
