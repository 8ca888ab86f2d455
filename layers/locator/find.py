"""What a text finds: places, districts, streets by name, parcels and plans by number, kinds of places, positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal
from uuid import UUID

from layers.locator.categories import CATEGORIES, KINDS, category_spellings, kind_spellings
from layers.locator.normalise import fold
from layers.locator.parse import Number, Question, read_question
from layers.locator.positions import Position
from layers.locator.rank import likeness
from layers.querying import TooSlow, read_rows

__all__ = ["Hit", "Hits", "find", "words"]

What = Literal["place", "district", "street", "parcel", "plan"]

_CANDIDATES: Final = 60
_LEAST_ALIKE: Final = 0.45
_ENOUGH: Final = 5
_MOST_HELD: Final = 20_000
"""Names that hold a text and are compared with it; what more names hold than that tells nothing apart."""
_SHORTEST: Final = 2
_SAME_KIND: Final = 0.3
_STEPS_M: Final = 1000.0


@dataclass(frozen=True)
class Hit:
    """Something that a text may mean, with a position on it. ``number`` is PLAN/BLOCK/PARCEL of a parcel or plan.

    ``distance_m`` is None where no position was given.
    """

    what: What
    uid: UUID
    name_ar: str
    name_en: str
    lon: float
    lat: float
    category: str = ""
    kind: str = ""
    number: str = ""
    distance_m: float | None = None
    worth: float = 0.0


@dataclass(frozen=True)
class Hits:
    """What a text was understood as, and what it finds, the likeliest first.

    Where the whole text is the word for a category or a kind, ``question`` names it and nothing else need be looked
    for: the nearest of that kind answer it.
    """

    question: Question
    hits: tuple[Hit, ...]

    @property
    def is_kind_only(self) -> bool:
        return bool(self.question.category) and not self.question.rest


@cache
def words() -> dict[str, tuple[str, str]]:
    """Return the words for categories and kinds, folded, with the codes that they stand for."""
    found: dict[str, tuple[str, str]] = {}
    for category in CATEGORIES.values():
        for word in (category.ar, category.en, category.code):
            found.setdefault(fold(word), (category.code, ""))
    for kind in KINDS.values():
        for word in (kind.ar, kind.en, kind.code):
            found.setdefault(fold(word), (kind.category, kind.code))
    for word, code in kind_spellings().items():
        found.setdefault(fold(word), (KINDS[code].category, code))
    for word, code in category_spellings().items():
        found.setdefault(fold(word), (code, ""))
    found.pop("", None)
    return found


def find(text: str, *, position: Position | None = None, limit: int = 20, using: str = "default") -> Hits:
    """Return what a text may mean.

    Parameters
    ----------
    text : str
        Anything somebody typed.
    position : Position, optional
        Of things equally likely the nearer ones come first.

    Raises
    ------
    TooSlow
        The time of a feature was over.
    """
    question = read_question(text, words())
    hits = [*_numbered(question.numbers, using)]
    if len(question.folded) >= _SHORTEST and not (question.category and not question.rest):
        hits += _named(question, position, using)
    hits.sort(key=lambda hit: (-hit.worth, (hit.distance_m or 0) // _STEPS_M, hit.what, hit.uid))
    return Hits(question, tuple(hits[:limit]))


# Names --------------------------------------------------------------------------------------------------------------

# One condition of a name: it holds the text as it is (the index finds that at once, however common the words are), or
# it is like it.
_HOLDS: Final = "{0} LIKE %(held)s"
_IS_LIKE: Final = "{0} %%> %(asked)s"
_FOLDED: Final = "layers_fold(t.name_ar, t.name_en)"
_NAMES: Final = (
    (
        "t.folded",
        "SELECT 'place', t.uid::text, t.name_ar, t.name_en, t.category, t.kind, t.geog::geometry, {alike}"
        " FROM layers_place t WHERE t.end_lifespan_version IS NULL AND {condition} LIMIT {most}",
    ),
    (
        _FOLDED,
        "SELECT 'district', t.uid::text, t.name_ar, t.name_en, '', '',"
        " ST_Transform(ST_PointOnSurface(t.geom), 4326), {alike}"
        " FROM layers_district t WHERE t.end_lifespan_version IS NULL AND {condition}",
    ),
    (
        # A street has as many rows as pieces between crossings.
        _FOLDED,
        "SELECT DISTINCT ON (t.name_ar, t.name_en) 'street', t.uid::text, t.name_ar, t.name_en, '', '',"
        " ST_Transform(ST_PointOnSurface(t.geom), 4326), {alike}"
        " FROM layers_street t WHERE t.end_lifespan_version IS NULL AND {condition}"
        " ORDER BY t.name_ar, t.name_en, t.id",
    ),
)


def _named(question: Question, position: Position | None, using: str) -> list[Hit]:
    """Return what has a name: those that hold the text, and where they are few, those that are like it."""
    held = _asked(question, position, _HOLDS, using)
    if len(held) >= _ENOUGH:
        return held
    try:
        alike = _asked(question, position, _IS_LIKE, using)
    except TooSlow:
        if not held:
            raise
        return held
    return list({hit.uid: hit for hit in (*held, *alike)}.values())


def _asked(question: Question, position: Position | None, condition: str, using: str) -> list[Hit]:
    # The word of the kind is in thousands of names; what tells them apart is the rest.
    asked = question.rest or question.folded
    params: dict[str, Any] = {"asked": asked, "held": f"%{asked}%", "most": _CANDIDATES}  # a folded text has no % or _
    away = "NULL::float8"
    if position is not None:
        params |= {"lon": position.lon, "lat": position.lat}
        away = "ST_Distance(t.point::geography, ST_Point(%(lon)s, %(lat)s)::geography)"
    parts = [
        part.format(
            condition=condition.format(name),
            alike=f"word_similarity(%(asked)s, {name})",
            most=_MOST_HELD if condition is _HOLDS else "ALL",
        )
        for name, part in _NAMES
    ]
    chosen = " UNION ALL ".join(
        f"(SELECT * FROM ({part}) t(what, uid, name_ar, name_en, category, kind, point, alike)"
        " ORDER BY alike DESC, length(name_ar || name_en), uid LIMIT %(most)s)"
        for part in parts
    )
    sql = (
        f"SET LOCAL pg_trgm.word_similarity_threshold = {_LEAST_ALIKE};"
        f" SELECT t.what, t.uid, t.name_ar, t.name_en, t.category, t.kind, ST_X(t.point), ST_Y(t.point), {away}"
        f" FROM ({chosen}) t"
    )
    found = []
    for what, uid, ar, en, category, kind, lon, lat, distance_m in read_rows(sql, params, kind="feature", using=using):
        hit = Hit(what, UUID(uid), ar, en, lon, lat, category, kind, distance_m=distance_m)
        found.append(replace(hit, worth=_worth(question, hit)))
    return found


def _worth(question: Question, hit: Hit) -> float:
    names = [fold(name) for name in (hit.name_ar, hit.name_en) if name]
    asked = {question.folded, question.rest} - {""}
    worth = max((likeness(text, name) for text in asked for name in names), default=0.0)
    is_of_kind = bool(question.category) and question.category == hit.category and question.kind in ("", hit.kind)
    return worth + _SAME_KIND * is_of_kind


# Numbers ------------------------------------------------------------------------------------------------------------

_PARCELS: Final = (
    "SELECT 'parcel', t.uid::text, t.plan_no, t.block_no, t.parcel_no, ST_Transform(ST_PointOnSurface(t.geom), 4326)"
    " AS point FROM layers_parcel t WHERE t.end_lifespan_version IS NULL AND {where}"
    " ORDER BY t.block_no, t.uid LIMIT 20"
)
_PLANS: Final = (
    "SELECT 'plan', t.uid::text, t.plan_no, t.name_ar, t.name_en, ST_Transform(ST_PointOnSurface(t.geom), 4326)"
    " AS point FROM layers_plan t WHERE t.end_lifespan_version IS NULL AND t.plan_no = %(plan_no)s"
    " ORDER BY t.uid LIMIT 20"
)


def _numbered(numbers: tuple[Number, ...], using: str) -> Iterator[Hit]:
    """Yield parcels and plans with a number. A parcel's number alone is in every plan, so it finds nothing."""
    seen: set[UUID] = set()
    for number in numbers:
        said = {name: value for name, value in vars(number).items() if value is not None}
        if "plan_no" not in said:
            continue
        is_parcel = "parcel_no" in said
        if not is_parcel and len(said) > 1:
            continue
        sql = _PARCELS.format(where=" AND ".join(f"t.{n} = %({n})s" for n in said)) if is_parcel else _PLANS
        sql = f"SELECT t.*, ST_X(t.point), ST_Y(t.point) FROM ({sql}) t"
        for what, uid, one, other, third, _, lon, lat in read_rows(sql, said, kind="feature", using=using):
            if UUID(uid) in seen:
                continue
            seen.add(UUID(uid))
            if what == "plan":
                yield Hit("plan", UUID(uid), other, third, lon, lat, number=one, worth=5.0)
            else:
                yield Hit("parcel", UUID(uid), "", "", lon, lat, number=_written(one, other, third), worth=6.0)


def _written(*parts: str) -> str:
    plan, block = ((part or "-").replace("/", "%2F") for part in parts[:2])
    return f"{plan}/{block}/{parts[2]}"
