"""The coverage as the planner's page shows it: rows of districts, classes with their counts, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from gisportal.nearby.coverage_asked import CoverageAsked
from gisportal.nearby.rows import name_in
from gisportal.numbers import number_text
from layers import crs
from layers.locator.coverage import Coverage, District, Gap
from layers.locator.positions import Position

__all__ = ["NO_DATA", "Class", "GapRow", "Row", "Table", "class_of", "gap_rows", "legend", "table"]

BOUNDS: Final = (20, 40, 60, 80)
"""Where one class ends and the next begins, per cent; a share at a bound belongs to the higher class."""
NO_DATA: Final = "none"
MOST_GAPS: Final = 40


@dataclass(frozen=True)
class Cell:
    """Homes within a limit, and their share in per cent; None where nobody knows."""

    homes: int | None
    share: float | None

    @property
    def text(self) -> str:
        return "—" if self.share is None else number_text(self.share, 1)

    @property
    def homes_text(self) -> str:
        return number_text(self.homes)


@dataclass(frozen=True)
class Row:
    """A district, or all of them. ``after`` and ``gained`` are those of the asked minutes, with a place more."""

    uid: str
    name: str
    homes: int
    cells: tuple[Cell, ...]
    chosen: Cell
    after: Cell | None = None
    gained: int | None = None
    points: float | None = None

    @property
    def homes_text(self) -> str:
        return number_text(self.homes)

    @property
    def code(self) -> str:
        """The class of what is shown: with a place more, where one is asked for."""
        return class_of((self.after or self.chosen).share)

    @property
    def gained_text(self) -> str:
        return "—" if self.gained is None else f"+{number_text(self.gained)}"

    @property
    def points_text(self) -> str:
        return "—" if self.points is None else f"+{number_text(self.points, 1)}"


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    total: Row
    limits: tuple[int, ...]
    gained: tuple[tuple[int, int], ...] = ()
    """Minutes, and how many homes more are within them with a place more."""


@dataclass(frozen=True)
class Class:
    """A class of the legend, with how many districts and homes are in it."""

    code: str
    words: str
    districts: int
    homes: str


@dataclass(frozen=True)
class GapRow:
    homes: str
    district: str
    is_whole: bool
    lon: str
    lat: str
    link: str


def class_of(share: float | None) -> str:
    """Return the class of a share in per cent.

    >>> [class_of(share) for share in (None, 0.0, 19.99, 20.0, 80.0, 100.0)]
    ['none', '0', '0', '1', '4', '4']
    """
    return NO_DATA if share is None else str(sum(share >= bound for bound in BOUNDS))


def table(told: Coverage, asked: CoverageAsked, after: Coverage | None = None) -> Table:
    """Return rows, the worst first: the least share within the asked minutes, then the most homes without."""
    at = told.limits_min.index(asked.minutes)
    rows = [
        _row(told, number, _name(district, asked.language), at, after)
        for number, district in enumerate(told.districts)
        if district.homes or district.uid
    ]
    total = _row(told, None, _("All districts"), at, after)
    limits = tuple(int(limit) for limit in told.limits_min)
    gained: tuple[tuple[int, int], ...] = ()
    if after is not None and after.within is not None and told.within is not None:
        more = (after.within[0].sum(axis=0) - told.within[0].sum(axis=0)).tolist()
        gained = tuple(zip(limits, more, strict=True))
    return Table(tuple(sorted(rows, key=_worst_first)), total, limits, gained)


def _worst_first(row: Row) -> tuple[bool, float, int, str]:
    without = row.homes - (row.chosen.homes or 0)
    return row.chosen.share is None, row.chosen.share or 0.0, -without, row.name


def _row(told: Coverage, number: int | None, name: str, at: int, after: Coverage | None) -> Row:
    homes = told.homes if number is None else told.districts[number].homes
    uid = None if number is None else told.districts[number].uid
    cells = _cells(told, number, homes)
    then = None if after is None else _cells(after, number, homes)[at]
    gained = points = None
    if then is not None and then.homes is not None and cells[at].homes is not None:
        gained = then.homes - (cells[at].homes or 0)
        points = (then.share or 0.0) - (cells[at].share or 0.0)
    return Row(str(uid) if uid else "", name, homes, cells, cells[at], then, gained, points)


def _cells(told: Coverage, number: int | None, homes: int) -> tuple[Cell, ...]:
    if told.within is None or not homes:
        return (Cell(None, None),) * len(told.limits_min)
    counts = told.within[0].sum(axis=0) if number is None else told.within[0, number]
    return tuple(Cell(count, 100 * count / homes) for count in counts.tolist())


def _name(district: District, language: str) -> str:
    if district.uid is None:
        return _("Outside all districts")
    return name_in(district.name_ar, district.name_en, language)


def legend(rows: Sequence[Row]) -> list[Class]:
    """Return all classes, the highest first, those without any district too; what is not known is the last."""
    edges = (0, *BOUNDS, 100)
    words = {
        str(n): f"{low}–{high}" if high == 100 else f"{low}–<{high}"  # a span
        for n, (low, high) in enumerate(pairwise(edges))
    }
    found = []
    for code in (*reversed(words), NO_DATA):
        of = [row for row in rows if row.code == code and row.uid]
        found.append(Class(code, words.get(code, ""), len(of), number_text(sum(row.homes for row in of))))
    return found


def gap_rows(gaps: Sequence[Gap], asked: CoverageAsked) -> list[GapRow]:
    """Return the gaps with the most homes, each with a link that asks what a place there would bring."""
    some = gaps[:MOST_GAPS]
    if not some:
        return []
    at = np.array([(gap.x, gap.y) for gap in some])
    degrees = crs.transform_coordinates(at, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    return [
        GapRow(
            number_text(gap.homes),
            _name(gap.district, asked.language),
            gap.is_whole_district,
            f"{lon:.5f}",
            f"{lat:.5f}",
            asked.link_at(Position(lon, lat)),
        )
        for gap, (lon, lat) in zip(some, degrees.tolist(), strict=True)
    ]
