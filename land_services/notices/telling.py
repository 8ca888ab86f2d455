"""Telling people: rows of the outbox, written in the transaction that they tell of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, transaction

from .kinds import Value
from .models import Channel, Outbox, Preference
from .wake import wake
from .words import Event, NoticeError, load_words

__all__ = ["Telling", "Told", "tell", "tell_all", "tell_each"]

_LONGEST_KEY: Final = 200


def tell(
    event: str,
    *,
    recipients: Iterable[int],
    reference: str = "",
    params: Mapping[str, Value] | None = None,
    key: str,
    using: str = "default",
) -> int:
    """Tell people of an event, on their pages and by e-mail, once the transaction at hand commits.

    Parameters
    ----------
    event : str
        A code of ``words.toml``.
    recipients : iterable of int
        Keys of accounts; each is told once, those that are not active not at all.
    reference : str
        The case that it is about.
    params : mapping
        What the event carries: ids, numbers and dates only.
    key : str
        What happened, uniquely (``case:17:returned:2``): told again under the same key, nobody hears it twice.

    Returns
    -------
    int
        How many messages were written; those that had been written under the key before are counted too.

    Raises
    ------
    RuntimeError
        If no transaction is open: a message must stand or fall with what it tells.
    NoticeError
        If there is no such event, or it carries other values.
    """
    return tell_all([Telling(event, frozenset(recipients), key, reference, params or {})], using)


@dataclass(frozen=True)
class Telling:
    """What people are told of: the arguments of :func:`tell`."""

    event: str
    recipients: frozenset[int]
    key: str
    reference: str = ""
    params: Mapping[str, Value] = field(default_factory=dict)


def tell_all(tellings: Iterable[Telling], using: str = "default") -> int:
    """Tell of several events as :func:`tell` does of one: two queries, whatever their number and that of the people."""
    messages = []
    for telling in tellings:
        event = _checked(telling.event, using)
        _check(event, telling.params, telling.key)
        told = [Told(user_id, telling.params, telling.key) for user_id in sorted(telling.recipients)]
        messages += [(event, one, telling.reference) for one in told]
    return _write(messages, using)


@dataclass(frozen=True)
class Told:
    """A message to one person, with values of their own."""

    recipient: int
    params: Mapping[str, Value]
    key: str


def tell_each(event: str, messages: Sequence[Told], reference: str = "", using: str = "default") -> int:
    """Tell people of an event, each with values of their own, as ``tell`` does: two queries, whatever their number."""
    known = _checked(event, using)
    for message in messages:
        _check(known, message.params, message.key)
    return _write([(known, message, reference) for message in messages], using)


def _checked(event: str, using: str) -> Event:
    if not connections[using].in_atomic_block:
        raise RuntimeError("a message is written inside the transaction that it tells of")
    known = load_words().get(event)
    if known is None:
        raise NoticeError(f"{event} is not an event of words.toml")
    return known


def _check(event: Event, params: Mapping[str, Value], key: str) -> None:
    event.check(params)
    if not key or len(key) > _LONGEST_KEY:
        raise NoticeError(f"a key has from 1 to {_LONGEST_KEY} characters")


def _write(messages: Sequence[tuple[Event, Told, str]], using: str) -> int:
    """Write the rows of messages, each with the case that it is about."""
    people = _people({message.recipient for _, message, _ in messages}, using)
    rows = []
    for event, message, reference in messages:
        if message.recipient not in people:
            continue
        address, language, wants_email = people[message.recipient]
        common: dict[str, Any] = {
            "event": event.code, "reference": reference, "recipient_id": message.recipient, "language": language,
            "params": dict(message.params), "key": message.key,
        }  # fmt: skip
        rows.append(Outbox(channel=Channel.IN_APP, **common))
        if event.by_email and wants_email and address and settings.EMAIL_URL:
            rows.append(Outbox(channel=Channel.EMAIL, message_id=_message_id(), **common))
    if rows:
        Outbox.objects.using(using).bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(wake, using=using, robust=True)
    return len(rows)


def _people(keys: set[int], using: str) -> dict[int, tuple[str, str, bool]]:
    """Return address, language, and whether e-mail is wanted of those that are active: one query for all."""
    if not keys:
        return {}
    account, wish = get_user_model()._meta.db_table, Preference._meta.db_table
    # Every act of every case asks this: as text it takes half the time of the same query put together anew.
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id, a.email, coalesce(w.language, ''), coalesce(w.by_email, true)
                FROM {account} a LEFT JOIN {wish} w ON w.user_id = a.id
                WHERE a.is_active AND a.id = ANY(%s)""",  # noqa: S608  tables of our models
            [sorted(keys)],
        )
        found = cursor.fetchall()
    usual = settings.LANGUAGE_CODE[:2]
    return {user_id: (address, language or usual, by_email) for user_id, address, language, by_email in found}


def _message_id() -> str:
    """Return the Message-ID of an e-mail, made once and kept with its row: every attempt carries the same."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"
