"""How good the hours of current places are: how many have any, and which are not understood. For the data steward."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from layers.locator.hours import HoursText, problem
from layers.querying import read_rows

__all__ = ["HoursReport", "NotRead", "Share", "check_hours"]

_BY_HOURS: Final = """
SELECT p.category, h.opening_hours, h.ramadan_hours, count(*), (array_agg(p.uid))[1]
FROM layers_place p JOIN (SELECT DISTINCT ON (key) * FROM layers_placehours ORDER BY key, id) h ON h.key = p.hours_key
WHERE p.end_lifespan_version IS NULL GROUP BY 1, 2, 3"""
_NAMES: Final = """
SELECT uid, name_ar, name_en FROM layers_place WHERE end_lifespan_version IS NULL AND uid = ANY(%(uids)s)"""


@dataclass(frozen=True)
class Share:
    """Of how many places how many have hours, and how many of those are not understood."""

    places: int = 0
    with_hours: int = 0
    not_read: int = 0

    def plus(self, places: int, *, has_hours: bool, is_read: bool) -> Share:
        return Share(
            self.places + places,
            self.with_hours + (places if has_hours else 0),
            self.not_read + (0 if is_read else places),
        )


@dataclass(frozen=True)
class NotRead:
    """Hours that are not understood, at which part, with how many places have them and one as an example."""

    hours: str
    part: str
    places: int
    uid: UUID
    name_ar: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class HoursReport:
    whole: Share
    by_category: dict[str, Share]
    not_read: tuple[NotRead, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self.whole),
            "by_category": {category: asdict(share) for category, share in self.by_category.items()},
            "hours_not_read": [{**asdict(one), "uid": str(one.uid)} for one in self.not_read],
        }


def check_hours(using: str = "default") -> HoursReport:
    """Judge the hours of all current places; those that most places have come first."""
    whole, by_category = Share(), dict[str, Share]()
    refused: dict[str, NotRead] = {}
    for category, opening, ramadan, places, uid in read_rows(_BY_HOURS, {}, kind="page", using=using):
        part = problem(HoursText(opening, ramadan))
        told = {"has_hours": bool(opening.strip() or ramadan.strip()), "is_read": not part}
        whole = whole.plus(places, **told)
        by_category[category] = by_category.get(category, Share()).plus(places, **told)
        if part:
            shown = " | ".join(filter(None, (opening, ramadan)))
            others = refused[shown].places if shown in refused else 0
            refused[shown] = NotRead(shown, part, places + others, uid)
    return HoursReport(whole, dict(sorted(by_category.items())), _named(list(refused.values()), using))


def _named(refused: list[NotRead], using: str) -> tuple[NotRead, ...]:
    rows = read_rows(_NAMES, {"uids": [one.uid for one in refused]}, kind="page", using=using) if refused else []
    names = {uid: (name_ar, name_en) for uid, name_ar, name_en in rows}
    named = (NotRead(one.hours, one.part, one.places, one.uid, *names.get(one.uid, ("", ""))) for one in refused)
    return tuple(sorted(named, key=lambda one: (-one.places, one.hours)))
