"""What the planner asks of the coverage: a kind of place, minutes, a mode, and where a place more would stand.

The address holds all of it. Whatever is wrong in it becomes a sentence on the page; the rest is answered all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gisportal.nearby.rows import name_in
from layers.digits import to_latin_digits
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.coverage_measure import LIMITS_MIN
from layers.locator.network.store import Mode
from layers.locator.positions import BadPosition, Position
from layers.locator.where import stored

__all__ = ["CoverageAsked", "read_coverage_asked"]

USUAL_CODE: Final = "health"
USUAL_MIN: Final = 10
DECIMALS: Final = 5
"""A place that would stand somewhere is told to the metre: it is nobody's position."""
_LONGEST: Final = 40


@dataclass(frozen=True)
class CoverageAsked:
    """A question. ``position`` is where a place more would stand, ``xy`` the same in the storage CRS."""

    language: str
    code: str = USUAL_CODE
    minutes: int = USUAL_MIN
    mode: Mode = Mode.FOOT
    position: Position | None = None
    xy: tuple[float, float] | None = None
    typed: tuple[str, str] = ("", "")
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The kind in words."""
        named = CATEGORIES.get(self.code) or KINDS[self.code]
        return name_in(named.ar, named.en, self.language)

    @property
    def icon(self) -> str:
        return CATEGORIES[self.code if self.code in CATEGORIES else KINDS[self.code].category].icon

    @property
    def parameters(self) -> dict[str, str]:
        given = {"kind": self.code, "minutes": str(self.minutes), "mode": str(self.mode)}
        if self.position is not None:
            given |= _at(self.position)
        return given

    @property
    def link(self) -> str:
        return "?" + urlencode(self.parameters)

    @property
    def link_without(self) -> str:
        """The same question without a place more."""
        return "?" + urlencode({k: v for k, v in self.parameters.items() if k not in ("lon", "lat")})

    def link_at(self, position: Position) -> str:
        return "?" + urlencode({**self.parameters, **_at(position)})


def _at(position: Position) -> dict[str, str]:
    return {"lon": f"{position.lon:.{DECIMALS}f}", "lat": f"{position.lat:.{DECIMALS}f}"}


def read_coverage_asked(request: HttpRequest) -> CoverageAsked:
    """Return the question that an address holds."""
    problems: list[str] = []
    code = _of(request.GET, "kind", (*CATEGORIES, *KINDS), USUAL_CODE, _("There is no such kind of place."), problems)
    limits = [f"{limit:g}" for limit in LIMITS_MIN]
    minutes = _of(request.GET, "minutes", limits, str(USUAL_MIN), _("Minutes are 5, 10 or 15."), problems)
    modes = [str(mode) for mode in Mode]
    mode = _of(request.GET, "mode", modes, str(Mode.FOOT), _("One goes on foot or by car."), problems)
    typed = (_text(request.GET, "lon"), _text(request.GET, "lat"))
    position, xy = _position(typed, problems)
    return CoverageAsked(
        "en" if get_language() == "en" else "ar",
        code,
        int(minutes),
        Mode(mode),
        position,
        xy,
        typed,
        tuple(problems),
    )


def _text(given: QueryDict, name: str) -> str:
    """Return a value as it may be shown again: short, without NUL and halves of characters."""
    text = given.get(name, "").encode("utf-8", "replace").decode().replace("\x00", "?")
    return to_latin_digits(text).strip()[:_LONGEST]


def _of(given: QueryDict, name: str, known: object, usual: str, problem: str, problems: list[str]) -> str:
    text = _text(given, name)
    if not text:
        return usual
    if isinstance(known, Mapping | list | tuple) and text in known:
        return text
    problems.append(problem)
    return usual


def _position(typed: tuple[str, str], problems: list[str]) -> tuple[Position | None, tuple[float, float] | None]:
    if not any(typed):
        return None, None
    try:
        position = Position(*(round(float(text), DECIMALS) for text in typed))
    except (ValueError, OverflowError, BadPosition):
        problems.append(_("That is no position: longitude and latitude are degrees, such as 50.10000 and 26.40000."))
        return None, None
    xy = stored(position)
    if xy is None:
        problems.append(_("That position is far from the municipality."))
        return None, None
    return position, xy
