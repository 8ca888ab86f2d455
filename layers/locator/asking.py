"""What a client of the API asks for, read from the query and checked; every refusal names the parameter."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.nearest import Key
from layers.locator.positions import BadPosition, Position
from layers.locator.search import MOST, NearbyQuery
from layers.locator.where import district_at
from layers.ogc.parameters import plain_query
from layers.problems import bad_parameter, shown

if TYPE_CHECKING:
    from layers.locator.network.store import Mode

__all__ = [
    "NEARBY",
    "PLACES",
    "plain",
    "read_after",
    "read_codes",
    "read_limit",
    "read_minutes",
    "read_mode",
    "read_moment",
    "read_nearby",
    "read_position",
    "read_uid",
    "read_yes",
]

POSITION: Final = ("lon", "lat")
NEARBY: Final = (
    *POSITION,
    "category",
    "kind",
    "limit",
    "open",
    "open_at",
    "within",
    "beyond",
    "mode",
    "before_closing",
    "wheelchair",
    "after",
    "lang",
)
PLACES: Final = ("q", "category", "kind", "district", "bbox", "wheelchair", "limit", "after", "lang")

_DEGREES: Final = re.compile(r"[+-]?(\d{1,3}(\.\d{0,20})?|\.\d{1,20})", re.A)
_METRES: Final = re.compile(r"\d{1,8}(\.\d{1,20})?(e-?\d{1,3})?", re.A)
_WHOLE: Final = re.compile(r"\d{1,6}", re.A)
_YES: Final[Mapping[str, bool]] = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_LOST_PLUS: Final = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$", re.A)  # a sign that was not escaped became a space
_FIRST_YEAR: Final = 1902
_LAST_YEAR: Final = 9000


def plain(request: HttpRequest, known: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters, each once; Problem 400 for one that is unknown, repeated, overlong or holds a NUL."""
    return plain_query(request.GET, known)


def read_nearby(asked: Mapping[str, str]) -> NearbyQuery:
    """Return the question for the nearest places that parameters ask."""
    at = read_position(asked)
    return NearbyQuery(
        lon=at.lon,
        lat=at.lat,
        categories=read_codes(asked, "category", CATEGORIES),
        kinds=read_codes(asked, "kind", KINDS),
        limit=read_limit(asked, 10, MOST),
        open_at=_open_at(asked),
        tell_open=bool({"open", "open_at"} & asked.keys()),
        within=_district(asked, "within", at),
        beyond=_district(asked, "beyond", at),
        mode=read_mode(asked),
        before_closing=read_yes(asked, "before_closing"),
        wheelchair=read_yes(asked, "wheelchair"),
        after=read_after(asked),
    )


# One parameter each -------------------------------------------------------------------------------------------------


def read_position(asked: Mapping[str, str]) -> Position:
    """Return the position of ``lon`` and ``lat``."""
    values = []
    for name in POSITION:
        if name not in asked:
            raise bad_parameter(
                name, "مطلوب: موقعك بالدرجات (WGS 84).", "is needed: your position in degrees (WGS 84)."
            )
        text = asked[name].strip()
        # What a number is beyond this, float() would take: nan, infinity, 1_0, digits of any script.
        values.append(float(text) if _DEGREES.fullmatch(text) else math.nan)
    try:
        return Position(*values)
    except BadPosition as bad:
        most = 180 if bad.name == "lon" else 90
        given = shown(asked[bad.name], 20)
        raise bad_parameter(
            bad.name,
            f"«{given}» ليس عددًا من -{most} إلى {most}.",
            f"“{given}” is not a number from -{most} to {most}.",
        ) from None


def read_codes(asked: Mapping[str, str], name: str, known: Mapping[str, object]) -> tuple[str, ...]:
    """Return codes with commas between them; an empty value is none."""
    given = [code.strip() for code in asked.get(name, "").split(",")]
    codes = tuple(dict.fromkeys(code for code in given if code))
    for code in codes:
        _one_of(name, code, known)
    return codes


def _one_of(name: str, given: str, known: Iterable[str]) -> None:
    known = tuple(known)
    if given not in known:
        listed = ", ".join(known)
        raise bad_parameter(
            name, f"«{shown(given)}» غير معروف. المعروف: {listed}.", f"“{shown(given)}” is not known. Known: {listed}."
        )


def read_limit(asked: Mapping[str, str], usual: int, most: int) -> int:
    """Return how many are asked for; more than the most is refused, so that nobody takes part for all."""
    text = asked.get("limit", str(usual)).strip()
    number = int(text) if _WHOLE.fullmatch(text) else 0
    if not 1 <= number <= most:
        raise bad_parameter(
            "limit",
            f"«{shown(text)}» ليس عددًا صحيحًا من 1 إلى {most}.",
            f"“{shown(text)}” is not a whole number from 1 to {most}.",
        )
    return number


def _open_at(asked: Mapping[str, str]) -> datetime | None:
    if "open" not in asked:
        return read_moment(asked, "open_at")
    _one_of("open", asked["open"], ("now", "any"))
    if "open_at" in asked:
        raise bad_parameter("open", "اذكر open أو open_at، لا كليهما.", "give open or open_at, not both.")
    return timezone.now() if asked["open"] == "now" else None


def read_moment(asked: Mapping[str, str], name: str) -> datetime | None:
    """Return a moment of RFC 3339; without an offset it is by the clock of the municipality."""
    if name not in asked:
        return None
    text = _LOST_PLUS.sub(r"\1+\2", asked[name].strip())
    try:
        moment = parse_datetime(text) if text.isascii() and ":" in text else None
    except ValueError:
        moment = None
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise bad_parameter(
            name,
            f"«{shown(text)}» ليس وقتًا مثل 2026-03-01T20:00:00+03:00.",
            f"“{shown(text)}” is not a moment such as 2026-03-01T20:00:00+03:00.",
        )
    return moment if moment.tzinfo else timezone.make_aware(moment)


def read_uid(asked: Mapping[str, str], name: str) -> UUID | None:
    """Return an identifier."""
    if name not in asked:
        return None
    try:
        return UUID(asked[name].strip())
    except ValueError:
        raise bad_parameter(
            name,
            f"«{shown(asked[name])}» ليس معرّفًا (UUID).",
            f"“{shown(asked[name])}” is not an identifier (UUID).",
        ) from None


def _district(asked: Mapping[str, str], name: str, at: Position) -> UUID | None:
    """Return a district: an identifier, or ``here`` for the one that the position is in."""
    if asked.get(name) != "here":
        return read_uid(asked, name)
    found = district_at(at.lon, at.lat)
    if found is None:
        raise bad_parameter(
            name,
            "لا يقع هذا الموقع في أي حي. احذف المعامل أو اذكر معرّف حي.",
            "this position is in no district. Leave the parameter out, or name a district.",
        )
    return found.uid


def read_mode(asked: Mapping[str, str]) -> Mode | None:
    """Return how somebody goes: ``foot`` or ``car``."""
    if "mode" not in asked:
        return None
    from layers.locator.network.store import Mode

    _one_of("mode", asked["mode"], tuple(Mode))
    return Mode(asked["mode"])


def read_yes(asked: Mapping[str, str], name: str) -> bool:
    """Return a choice of yes or no; no where it is not made."""
    given = asked.get(name, "no").strip().lower()
    _one_of(name, given, _YES)
    return _YES[given]


def read_after(asked: Mapping[str, str]) -> Key | None:
    """Return where the last page ended: a number and an identifier."""
    if "after" not in asked:
        return None
    metres, _, uid = asked["after"].partition("~")
    try:
        if _METRES.fullmatch(metres):
            return float(metres), UUID(uid)
    except ValueError:
        pass
    raise _bad_after()


def _bad_after() -> Exception:
    """Return the refusal of an ``after`` that no answer gave."""
    return bad_parameter(
        "after",
        "ليس من رابط next لصفحة سابقة. خذه من هناك كما هو.",
        "is not from the next link of an earlier page. Take it from there as it is.",
    )


def read_minutes(asked: Mapping[str, str]) -> tuple[float, ...]:
    """Return minutes with commas between them, at most five, each up to 60."""
    texts = [text.strip() for text in asked.get("minutes", "5,10,15").split(",")]
    if len(texts) > 5 or not all(
        re.fullmatch(r"\d{1,2}(\.\d)?", text, re.A) and 0 < float(text) <= 60 for text in texts
    ):
        raise bad_parameter(
            "minutes",
            "حتى خمسة أعداد بينها فواصل، كل منها أكبر من 0 ولا يزيد على 60.",
            "up to five numbers with commas between them, each more than 0 and at most 60.",
        )
    return tuple(sorted({float(text) for text in texts}))
