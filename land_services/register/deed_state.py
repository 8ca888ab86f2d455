"""Do land and deed agree? One question, asked here alone, of any parcel at any moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from django.db import connections
from django.utils import timezone

from land_services.deeds import RETURN_REASONS, hijri_of
from land_services.documents.dates import gregorian_text

from .selectors import held

__all__ = ["DeedEvent", "DeedState", "deed_history", "deed_states", "state_words"]

Kind = Literal["none", "no_deed", "on_record", "confirmed", "pending", "returned"]
AGREE: Final = frozenset({"on_record", "confirmed"})


@dataclass(frozen=True)
class DeedState:
    """How the deed of a parcel stands against its land.

    ``none``: no title joins the parcel; ``no_deed``: its title has no valid deed; ``on_record``: the deed it was loaded
    with; ``confirmed``: the registry confirmed the last change, ``at`` and ``deeds`` say when and by which deeds;
    ``pending``: the municipality decided ``at``, the registry has not answered; ``returned``: it refused, and the deed
    is as it was before the decision.
    """

    kind: Kind
    at: datetime | None = None
    reference: str = ""
    deeds: tuple[str, ...] = ()
    reason: str = ""
    on: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the deed says what the register's land is."""
        return self.kind in AGREE


NONE: Final = DeedState("none")


@dataclass(frozen=True)
class DeedEvent:
    """One thing that happened to the deed of a parcel."""

    at: datetime
    state: DeedState


def _query(at: datetime | None) -> str:
    begun = "" if at is None else "AND e.at <= %(at)s"
    state = "c.state" if at is None else "CASE WHEN s.at <= %(at)s THEN c.state ELSE 'pending' END"
    return f"""
        SELECT j.parcel_uid::text, l.state, l.at, l.reference, l.settled_at, l.told,
          d.numbers, d.at, d.reference, d.told
        FROM register_baunitparcel j
        LEFT JOIN LATERAL (
            SELECT {state} AS state, e.at, e.reference, s.at AS settled_at, {_told("s", "c.id::text")} AS told
            FROM register_pendingdeedchange c JOIN register_registerentry e ON e.id = c.entry_id
            LEFT JOIN register_registerentry s ON s.id = c.settled_by_id
            WHERE c.ba_unit_id = j.ba_unit_id {begun} ORDER BY {state} = 'pending' DESC, c.id DESC LIMIT 1) AS l ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(o.number ORDER BY o.id) AS numbers, max(e.at) AS at, max(e.reference) AS reference,
              (jsonb_agg({_told("e", "NULL")} ORDER BY e.id DESC)) -> 0 AS told
            FROM register_baunitsource b JOIN register_source o ON o.id = b.source_id AND o.kind = 'deed' AND o.is_valid
            LEFT JOIN register_registerentry e ON e.id = b.begin_entry_id AND EXISTS (
                SELECT FROM register_pendingdeedchange c WHERE c.settled_by_id = e.id AND c.state = 'confirmed')
            WHERE b.ba_unit_id = j.ba_unit_id AND {held("b", at)}) AS d ON true
        WHERE j.parcel_uid = ANY(%(uids)s::uuid[]) AND {held("j", at)}"""


def _told(entry: str, change: str) -> str:
    """Return the expression of what an entry says of a change it settled; of any where ``change`` is NULL."""
    which = "" if change == "NULL" else f"AND op ->> 'change_id' = {change}"
    return f"""(SELECT op FROM jsonb_array_elements({entry}.change_set -> 'operations') AS x(op)
        WHERE op ->> 'op' = 'settle_deed' {which} LIMIT 1)"""


def deed_states(uids: Iterable[str], *, at: datetime | None = None, using: str = "default") -> Mapping[str, DeedState]:
    """Return how the deed of each parcel stands, now or at a moment of the past, in one query."""
    wanted = list(dict.fromkeys(uids))
    states = dict.fromkeys(wanted, NONE)
    if not wanted:
        return states
    with connections[using].cursor() as cursor:
        cursor.execute(_query(at), {"uids": wanted, "at": at})
        for uid, *row in cursor.fetchall():
            states[uid] = _state(*row)
    return states


def _state(
    state: str | None,
    since: datetime | None,
    reference: str | None,
    settled_at: datetime | None,
    told: Any,
    numbers: Any,
    confirmed_at: datetime | None,
    confirmed_by: str | None,
    confirmation: Any,
) -> DeedState:
    deeds = tuple(_json(numbers) or ())
    if state == "pending":
        return DeedState("pending", since, reference or "", deeds)
    if state == "returned":
        said = _json(told) or {}
        return DeedState("returned", settled_at, reference or "", deeds, said.get("reason", ""), said.get("on", ""))
    if not deeds:
        return DeedState("no_deed")
    if confirmed_at is None:
        return DeedState("on_record", deeds=deeds)
    said = _json(confirmation) or {}
    return DeedState("confirmed", confirmed_at, confirmed_by or "", deeds, on=said.get("on", ""))


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def deed_history(uid: str, *, using: str = "default") -> list[DeedEvent]:
    """Return what happened to the deed of a parcel since it is in the register, the latest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT moment FROM register_baunitparcel j
               JOIN register_pendingdeedchange c ON c.ba_unit_id = j.ba_unit_id
               JOIN register_registerentry e ON e.id = c.entry_id
               LEFT JOIN register_registerentry s ON s.id = c.settled_by_id
               JOIN register_registerentry jb ON jb.id = j.begin_entry_id
               LEFT JOIN register_registerentry je ON je.id = j.end_entry_id
               CROSS JOIN LATERAL unnest(ARRAY[e.at, s.at]) AS m(moment)
               WHERE j.parcel_uid = %s::uuid AND moment >= jb.at AND (je.at IS NULL OR moment <= je.at)
               ORDER BY moment DESC""",
            [uid],
        )
        moments = [moment for (moment,) in cursor.fetchall()]
    events = [DeedEvent(moment, deed_states([uid], at=moment, using=using)[uid]) for moment in moments]
    return [event for event in events if event.state.kind != "none"]


# Words ----------------------------------------------------------------------------------------------------------------


def state_words(state: DeedState, language: str, *, with_deeds: bool = False) -> str:
    """Return how land and deed stand in a sentence, Arabic or English.

    Numbers of deeds, and why the registry returned a change, are told only ``with_deeds``: not everybody need know of a
    dispute, or of an owner who did not come.
    """
    arabic = language != "en"
    since = _day(state.at, arabic)
    by = _by(state, arabic) if with_deeds and state.deeds else ""
    on = _answered(state, arabic)
    reason = f": {RETURN_REASONS.get(state.reason, RETURN_REASONS['other'])[not arabic]}" if with_deeds else ""
    if arabic:
        return {
            "none": "لا ملكية مسجلة لهذه القطعة",
            "no_deed": "لا صك ساري المفعول لهذه القطعة",
            "on_record": f"يوافق الصك الأرض كما سُجلت{by}",
            "confirmed": f"أُكد من جهة التوثيق بتاريخ {on}{by}",
            "pending": f"قرار بلدي بانتظار تأكيد جهة التوثيق منذ {since}",
            "returned": f"أعادته جهة التوثيق بتاريخ {on}{reason}. الأرض كما في القرار البلدي والصك كما كان قبله",
        }[state.kind]
    return {
        "none": "No title joins this parcel",
        "no_deed": "This parcel has no valid deed",
        "on_record": f"The deed agrees with the land as it was recorded{by}",
        "confirmed": f"Confirmed by the registry on {on}{by}",
        "pending": f"As in the municipal decision, pending the registry's confirmation since {since}",
        "returned": f"Returned by the registry on {on}{reason}. "
        "The land is as in the municipal decision, the deed as it was before",
    }[state.kind]


def _by(state: DeedState, arabic: bool) -> str:
    numbers = ("، " if arabic else ", ").join(state.deeds)
    return f"، الصك {numbers}" if arabic else f", by deed {numbers}"


def _answered(state: DeedState, arabic: bool) -> str:
    return _written(date.fromisoformat(state.on), arabic) if state.on else _day(state.at, arabic)


def _day(at: datetime | None, arabic: bool) -> str:
    return _written(timezone.localdate(at), arabic) if at else ""


def _written(day: date, arabic: bool) -> str:
    """Return a day in both calendars, in the figures of pages."""
    gregorian, hijri = gregorian_text(day, "en"), hijri_of(day)
    if arabic:
        return f"{hijri} هـ ({gregorian} م)" if hijri else f"{gregorian} م"
    return f"{gregorian} ({hijri} AH)" if hijri else gregorian
