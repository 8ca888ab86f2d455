"""Land of the sample that each service fits on, found in the city's rows: the same in every run."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import shapely
from shapely.geometry import Polygon

from gisportal.sample.city import Chunk, City
from gisportal.sample.rows import DeedRow, ParcelRow, Point, TitleRow
from gisportal.sample.survey import front_and_back, length_of, strips

__all__ = [
    "Finder",
    "Lot",
    "LotFinder",
    "adjoining",
    "divisible",
    "misstated",
    "paired",
    "stated",
    "two_units",
    "villas",
]

MOST_PARCELS: Final = 5000
"""In a larger city the first plans serve."""
HOMES: Final = ("residential", "villa", "duplex")
WIDE_MM: Final = 20_500
"""Two lots of the least frontage beside each other, and a little."""
VILLA_MM: Final = 12_500
GIVING_MM: Final = (15_000, 28_000)
SIDE_M: Final = 20.0
LARGE_M2: Final = 450
ROUNDED_M2: Final = 0.2
"""How far the parts of a lot may sum to another area than the lot: what whole millimetres make of straight cuts."""

Lots = tuple["Lot", ...]


@dataclass(frozen=True)
class Lot:
    """A parcel of one title without restrictions and with one valid deed, on one straight piece of street."""

    row: ParcelRow
    title: TitleRow
    deed: DeedRow
    front: tuple[Point, ...]
    back: tuple[Point, ...]

    @property
    def uid(self) -> str:
        return str(self.row.uid)

    @cached_property
    def outline(self) -> Polygon:
        return polygon(self.row.rings[0])

    @property
    def front_mm(self) -> float:
        return length_of(list(self.front))

    @property
    def surplus(self) -> float:
        """How much more the ground has than the deed, as a part of the ground."""
        if self.row.official_area_m2 is None or not self.row.surveyed_area_m2:
            return 1.0
        return 1.0 - float(self.row.official_area_m2 / self.row.surveyed_area_m2)

    def cut_at(self, *parts: float) -> list[Polygon]:
        """Cut across, from front to back, at these parts of the frontage."""
        cuts = [0.0, *(part * self.front_mm for part in parts), self.front_mm]
        return [polygon([*piece, piece[0]]) for piece in strips(list(self.front), list(self.back), cuts)]


def polygon(ring: Iterable[Point]) -> Polygon:
    """Return a ring of whole millimetres in metres."""
    return Polygon([(x / 1000, y / 1000) for x, y in ring])


class LotFinder:
    """Gives each case its land: parcels that no other case is about, from blocks without a case while there are any."""

    def __init__(self, city: City) -> None:
        chunks = _first_chunks(city)
        self.rows = [row for chunk in chunks for row in chunk.parcels]
        self.lots = _clean_lots(chunks)
        self._forbidden = shapely.union_all([polygon(zone.outline[0]) for zone in city.prohibited_zones])
        self.by_block: dict[tuple[int, str], list[Lot]] = defaultdict(list)
        for lot in self.lots:
            self.by_block[lot.row.plan, lot.row.block_no].append(lot)
        self._taken: set[str] = set()
        self._blocks: set[tuple[int, str]] = set()

    def take(self, find: Finder) -> Lots:
        """Return the first land of a kind that is free, () where the sample has no more of it."""
        found = self._first(find, self._blocks) or self._first(find, set())
        if found:
            self._taken.update(lot.uid for lot in found)
            self._blocks.add(self._block(found))
        return found

    def _first(self, find: Finder, full: set[tuple[int, str]]) -> Lots:
        for lots in find(self):
            is_free = self._block(lots) not in full and self._taken.isdisjoint(lot.uid for lot in lots)
            if is_free and all(self._is_sound(lot) for lot in lots):
                return lots
        return ()

    def _is_sound(self, lot: Lot) -> bool:
        """Whether straight cuts divide the lot, and no forbidden zone touches it."""
        halves = lot.cut_at(0.5)
        whole = abs(sum(half.area for half in halves) - lot.outline.area) < ROUNDED_M2
        return whole and all(half.is_valid for half in halves) and not lot.outline.intersects(self._forbidden)

    @staticmethod
    def _block(lots: Lots) -> tuple[int, str]:
        return lots[0].row.plan, lots[0].row.block_no


Finder = Callable[[LotFinder], Iterator[Lots]]


def _first_chunks(city: City) -> list[Chunk]:
    chunks: list[Chunk] = []
    for chunk in city.chunks():
        chunks.append(chunk)
        if sum(len(c.parcels) for c in chunks) >= MOST_PARCELS:
            break
    return chunks


def _clean_lots(chunks: list[Chunk]) -> list[Lot]:
    """Return the lots for homes, shaped as usual, that nothing forbids to change."""
    streets = {p for c in chunks for s in c.streets if not s.is_closed for area in s.right_of_way for p in area[0]}
    held = {uid: title for c in chunks for title in c.titles for uid in title.parcels}
    deeds: dict[int, list[DeedRow]] = defaultdict(list)
    for deed in itertools.chain.from_iterable(c.deeds for c in chunks):
        deeds[deed.title].append(deed)
    bound = {restriction.title for c in chunks for restriction in c.restrictions}
    special = {uid for c in chunks for s in c.situations for uid in (s.uid, *s.related)}
    lots = []
    for row in itertools.chain.from_iterable(c.parcels for c in chunks):
        title = held.get(row.uid)
        if title is None or title.id in bound or row.uid in special or row.land_use not in HOMES or row.arcs:
            continue
        papers = deeds[title.id]
        if len(papers) == 1 and papers[0].is_valid and papers[0].kind == "electronic" and len(row.rings) == 1:
            lot = _shaped(row, title, papers[0], streets)
            if lot is not None:
                lots.append(lot)
    return lots


def _shaped(row: ParcelRow, title: TitleRow, deed: DeedRow, streets: set[Point]) -> Lot | None:
    """Return a lot with its front and its back; None where it has not one straight piece of street."""
    ring = row.rings[0][:-1]
    on_street = [p in streets for p in ring]
    starts = sum(here and not before for before, here in zip([on_street[-1], *on_street[:-1]], on_street, strict=True))
    if starts != 1 or not 2 <= sum(on_street) <= 3:
        return None
    front, back = front_and_back(streets, ring)
    return Lot(row, title, deed, tuple(front), tuple(back)) if len(back) >= 2 else None


# What each service is about -------------------------------------------------------------------------------------------


def _alone(finder: LotFinder) -> Iterator[Lot]:
    return (lot for lot in finder.lots if len(lot.title.parcels) == 1)


def divisible(finder: LotFinder) -> Iterator[Lots]:
    """Lots that make two, with a deed that states what the ground has."""
    return (
        (lot,)
        for lot in _alone(finder)
        if lot.front_mm >= WIDE_MM and lot.outline.area >= LARGE_M2 and lot.surplus == 0
    )


def stated(finder: LotFinder) -> Iterator[Lots]:
    """Lots with a deed that states what the ground has."""
    return ((lot,) for lot in _alone(finder) if lot.surplus == 0)


def paired(finder: LotFinder) -> Iterator[Lots]:
    """Two lots side by side that one deed joins."""
    by_title: dict[int, list[Lot]] = defaultdict(list)
    for lot in finder.lots:
        by_title[lot.title.id].append(lot)
    for lots in by_title.values():
        if len(lots) == 2 and len(lots[0].title.parcels) == 2 and lots[0].surplus == lots[1].surplus == 0:
            joined = shapely.union_all([lot.outline for lot in lots])
            if isinstance(joined, Polygon) and not joined.interiors:
                yield tuple(lots)


def adjoining(finder: LotFinder) -> Iterator[Lots]:
    """Two neighbours of two titles with a side line in common; the first is wide enough to give some land."""
    for lots in finder.by_block.values():
        clean = [lot for lot in lots if len(lot.title.parcels) == 1 and lot.surplus == 0]
        for gives, takes in itertools.permutations(clean, 2):
            is_wide = GIVING_MM[0] <= gives.front_mm <= GIVING_MM[1] and gives.row.land_use == takes.row.land_use
            if is_wide and not {gives.front[0], gives.front[-1]}.isdisjoint(takes.front):
                if gives.outline.intersection(takes.outline).length > SIDE_M:
                    yield gives, takes


def misstated(least: float, most: float, *, front_mm: float = 0) -> Finder:
    """Lots whose ground has more than the deed by a part between these two, and which are so wide."""

    def find(finder: LotFinder) -> Iterator[Lots]:
        return (
            (lot,)
            for lot in _alone(finder)
            if lot.surplus and least <= lot.surplus <= most and lot.front_mm >= front_mm
            and lot.outline.area >= (LARGE_M2 if front_mm else 0)
        )  # fmt: skip

    return find


def two_units(finder: LotFinder) -> Iterator[Lots]:
    """Lots with two units on record, wide enough for a lot each."""
    return (lots for lots in divisible(finder) if lots[0].row.unit_count == 2)


def villas(finder: LotFinder) -> Iterator[Lots]:
    """Lots with one unit on record."""
    return (
        (lot,)
        for lot in _alone(finder)
        if lot.row.unit_count == 1 and lot.front_mm >= VILLA_MM and lot.surplus == 0
    )  # fmt: skip
