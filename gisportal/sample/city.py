"""The made-up municipality as rows: ``generate(parcels, seed)`` gives a ``City``.

``City.chunks()`` gives everything in one pass, plan by plan, in bounded memory; the other iterators are views of it.
The same number and seed give the same rows on every machine; another seed gives another city.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from gisportal.sample.chance import chance
from gisportal.sample.fabric import BoundaryRoads, Lot, PlanLand, Street, draw
from gisportal.sample.lattice import DISTRICT_PLANS, Lattice
from gisportal.sample.names import MUNICIPALITY, NOUNS, boundary_name, district_name, pick, street_name
from gisportal.sample.people import Papers, Registry, Wish, decimal_m2
from gisportal.sample.places import place_of
from gisportal.sample.rows import (
    BlockRow,
    DeedRow,
    DistrictRow,
    MunicipalityRow,
    ParcelRow,
    PartyRow,
    PlaceRow,
    PlanRow,
    PublicLandRow,
    RestrictionRow,
    RightRow,
    Situation,
    StreetRow,
    TitleRow,
    ZoneRow,
)
from gisportal.sample.showcase import SITUATION_PLANS, name_situations, wishes_for
from gisportal.sample.zones import fixed_zones

NAMESPACE = UUID("6f1d0d5e-3a0b-5c8e-9b63-6d1f0c2a7e11")
"""Namespace of all uids of the sample."""

NO_PLAN = "بدون"
ZONE_NAMES = {
    "R1": ("سكني منخفض الكثافة", "Residential, low density"),
    "R2": ("سكني متوسط الكثافة", "Residential, medium density"),
    "R3": ("سكني دوبلكس", "Residential, duplex"),
    "C1": ("تجاري على الشوارع الرئيسية", "Commercial along main roads"),
}
MULTI_PARCEL_SHARE = 0.025


class Chunk(NamedTuple):
    """The rows of one plan with the rows it brings in (its district, boundary roads, parties). Load chunks in order."""

    districts: list[DistrictRow]
    plans: list[PlanRow]
    blocks: list[BlockRow]
    streets: list[StreetRow]
    zones: list[ZoneRow]
    parcels: list[ParcelRow]
    public_land: list[PublicLandRow]
    places: list[PlaceRow]
    parties: list[PartyRow]
    titles: list[TitleRow]
    rights: list[RightRow]
    deeds: list[DeedRow]
    restrictions: list[RestrictionRow]
    situations: list[Situation]


def empty_chunk() -> Chunk:
    """Return a chunk without rows."""
    return Chunk(*([] for _ in Chunk._fields))


@dataclass
class _Counters:
    street: int = 0
    street_name: int = 0
    block: int = 0
    zone: int = 0
    public_land: int = 0
    place: int = 0
    parcels: int = 0
    districts: dict[tuple[int, int], int] = field(default_factory=dict)


class City:
    """A made-up municipality of exactly ``parcels`` parcels. See the module for its guarantees."""

    def __init__(self, parcels: int, seed: int, srid: int = 32639) -> None:
        if parcels < 1:
            raise ValueError("a city has at least one parcel")
        self.count, self.seed, self.srid = parcels, seed, srid
        self.lattice = Lattice(parcels, seed, srid)
        self._kept: list[Chunk] | None = None

    # One pass -------------------------------------------------------------------------------------------------------

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows once, plan by plan. Small cities are kept, so that asking again costs nothing."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Chunk] = []
        for chunk in _Builder(self).run():
            if self.count <= KEEP_PARCELS:
                kept.append(chunk)
            yield chunk
        if self.count <= KEEP_PARCELS:
            self._kept = kept

    @property
    def municipality(self) -> MunicipalityRow:
        """The municipality with its outline."""
        columns, rows = self.lattice.columns, self.lattice.rows
        return MunicipalityRow(*MUNICIPALITY, (self.lattice.frame(-2, -2, columns + 2, rows + 2),))

    @property
    def districts(self) -> Iterator[DistrictRow]:
        """Districts in order of their index."""
        return chain.from_iterable(c.districts for c in self.chunks())

    @property
    def plans(self) -> Iterator[PlanRow]:
        """Subdivision plans."""
        return chain.from_iterable(c.plans for c in self.chunks())

    @property
    def blocks(self) -> Iterator[BlockRow]:
        """Blocks between streets."""
        return chain.from_iterable(c.blocks for c in self.chunks())

    @property
    def streets(self) -> Iterator[StreetRow]:
        """Streets, alleys and boundary roads."""
        return chain.from_iterable(c.streets for c in self.chunks())

    @property
    def zones(self) -> Iterator[ZoneRow]:
        """Zoning (growth phases and prohibited zones have iterators of their own)."""
        return (z for c in self.chunks() for z in c.zones if z.kind == "zoning")

    @property
    def growth_phases(self) -> Iterator[ZoneRow]:
        """Urban growth phases; they do not overlap and cover the municipality."""
        return (z for z in fixed_zones(self.lattice) if z.kind == "growth_phase")

    @property
    def prohibited_zones(self) -> Iterator[ZoneRow]:
        """Zones where nothing may be decided: a valley and a pipeline corridor that crosses some lots."""
        return (z for z in fixed_zones(self.lattice) if z.kind == "prohibited")

    @property
    def parcels(self) -> Iterator[ParcelRow]:
        """Parcels, exactly as many as asked for."""
        return chain.from_iterable(c.parcels for c in self.chunks())

    @property
    def public_land(self) -> Iterator[PublicLandRow]:
        """Remnant strips, and reserve land not yet allotted (in the last plan)."""
        return chain.from_iterable(c.public_land for c in self.chunks())

    @property
    def places(self) -> Iterator[PlaceRow]:
        """Places of the neighbourhood finder."""
        return chain.from_iterable(c.places for c in self.chunks())

    @property
    def parties(self) -> Iterator[PartyRow]:
        """Persons, companies, bodies and groups."""
        return chain.from_iterable(c.parties for c in self.chunks())

    @property
    def titles(self) -> Iterator[TitleRow]:
        """Titles (BAUnits); every parcel is in exactly one."""
        return chain.from_iterable(c.titles for c in self.chunks())

    @property
    def rights(self) -> Iterator[RightRow]:
        """Shares of parties in titles."""
        return chain.from_iterable(c.rights for c in self.chunks())

    @property
    def deeds(self) -> Iterator[DeedRow]:
        """Deeds of titles; a few titles have none."""
        return chain.from_iterable(c.deeds for c in self.chunks())

    @property
    def restrictions(self) -> Iterator[RestrictionRow]:
        """Seizures, mortgages, easements and usufructs."""
        return chain.from_iterable(c.restrictions for c in self.chunks())

    @property
    def situations(self) -> list[Situation]:
        """Where each interesting case lies; every code from ``ALL_SITUATIONS_PARCELS`` parcels on."""
        found: list[Situation] = []
        for chunk in self.chunks():
            found += chunk.situations
            if len(chunk.plans) and chunk.plans[-1].id >= SITUATION_PLANS:
                break
        return found

    def situation(self, code: str) -> Situation:
        """Return the first situation of a code; KeyError where the city has none."""
        for situation in self.situations:
            if situation.code == code:
                return situation
        raise KeyError(code)


KEEP_PARCELS = 6000
"""Cities up to this size are kept in memory after the first pass."""

ALL_SITUATIONS_PARCELS = 2000


def generate(parcels: int, seed: int, srid: int = 32639) -> City:
    """Return the made-up municipality of exactly ``parcels`` parcels.

    Parameters
    ----------
    parcels : int
        Number of parcels, at least 1.
    seed : int
        Same number and seed: same rows, byte for byte, on every machine.
    srid : int
        A metric CRS of UTM belts 38, 39 or 40 (WGS 84, Ain el Abd or KSA-GRF17).

    Raises
    ------
    ValueError
        ``parcels`` below 1, or a CRS that the sample does not fit.
    """
    return City(parcels, seed, srid)


class _Builder:
    """Turns land into rows: names, numbers, people."""

    def __init__(self, city: City) -> None:
        self.city, self.lattice, self.seed = city, city.lattice, city.seed
        self.count = _Counters()
        self.registry = Registry(city.count, city.seed)

    def run(self) -> Iterator[Chunk]:
        """Yield the chunks: plans row by row, boundary roads after each row."""
        roads = BoundaryRoads(self.lattice)
        index = row = 0
        while self.count.parcels < self.city.count:
            for column in range(self.lattice.columns):
                land = draw(self.lattice, column, row, index)
                roads.add(land)
                yield self._chunk(land)
                index += 1
                if self.count.parcels == self.city.count:
                    break
            yield self._roads(chain(roads.east_west(row), roads.north_south(row)))
            row += 1
        yield self._roads(roads.east_west(row))

    def _roads(self, streets: Iterable[Street]) -> Chunk:
        chunk = empty_chunk()
        for street in streets:
            chunk.streets.append(self._street(street, None, boundary_name(street.line)))
        return chunk

    def _street(self, street: Street, plan: int | None, name: tuple[str, str]) -> StreetRow:
        self.count.street += 1
        return StreetRow(
            self.count.street,
            plan,
            *name,
            street.width_m,
            street.road_class,
            street.centrelines,
            street.right_of_way,
            street.is_closed,
        )

    def _chunk(self, land: PlanLand) -> Chunk:
        chunk = empty_chunk()
        rng = chance(self.seed, "people", land.index)
        plan = self._plan(land, rng, chunk)
        for street in land.streets:
            name = street_name(self.count.street_name)
            self.count.street_name += 1
            if street.is_closed:
                name = (name[0].replace("شارع", "ممر"), name[1].replace("Street", "Alley"))
            chunk.streets.append(self._street(street, plan.id, name))
        for code, outline in land.zones:
            self.count.zone += 1
            chunk.zones.append(ZoneRow(100 + self.count.zone, code, "zoning", *ZONE_NAMES[code], outline))
        blocks = self._blocks(land, plan, chunk)
        rows = self._parcels(land, plan, blocks, rng, chunk)
        papers = self.registry.take()
        name_situations(self.lattice, land, rows, chunk.public_land, chunk.streets, chunk.situations)
        return self._with_papers(chunk, papers)

    @staticmethod
    def _with_papers(chunk: Chunk, papers: Papers) -> Chunk:
        return chunk._replace(
            parties=papers.parties,
            titles=papers.titles,
            rights=papers.rights,
            deeds=papers.deeds,
            restrictions=papers.restrictions,
        )

    def _plan(self, land: PlanLand, rng: Random, chunk: Chunk) -> PlanRow:
        number = self.count.districts.get(land.district)
        if number is None:
            number = self.count.districts[land.district] = len(self.count.districts)
            chunk.districts.append(DistrictRow(number, *district_name(number), (self._district(land.district),)))
        index = land.index
        plan_no = (f"{200 + index}", f"ش د {1000 + index}", f"2/{300 + index}")[index % 3]
        if index % 29 == 2:
            plan_no = NO_PLAN
        ar, en = pick(NOUNS, rng)
        approved = f"{1398 + int(rng.random() * 46)}/{1 + int(rng.random() * 12):02d}/{1 + int(rng.random() * 29):02d}"
        plan = PlanRow(index, plan_no, number, f"مخطط {ar}", f"{en} Plan", approved, land.outline)
        chunk.plans.append(plan)
        return plan

    def _district(self, place: tuple[int, int]) -> tuple[tuple[int, int], ...]:
        west, south = place[0] * DISTRICT_PLANS, place[1] * DISTRICT_PLANS
        east = min(west + DISTRICT_PLANS, self.lattice.columns)
        return self.lattice.frame(west, south, east, south + DISTRICT_PLANS)

    def _blocks(self, land: PlanLand, plan: PlanRow, chunk: Chunk) -> list[str]:
        """Write the blocks and return their numbers; in plans without a number they carry the plan's index."""
        numbers = []
        for k, outline in enumerate(land.blocks):
            self.count.block += 1
            number = f"{plan.id}-{k + 1}" if plan.plan_no == NO_PLAN else str(k + 1)
            numbers.append(number)
            chunk.blocks.append(BlockRow(self.count.block, plan.id, plan.plan_no, number, outline))
        return numbers

    # Parcels --------------------------------------------------------------------------------------------------------

    def _parcels(
        self, land: PlanLand, plan: PlanRow, blocks: list[str], rng: Random, chunk: Chunk
    ) -> dict[int, ParcelRow]:
        """Write parcels, public land, titles and places; return the parcel of each lot by the lot's position."""
        room = self.city.count - self.count.parcels
        lots = [k for k, lot in enumerate(land.lots) if lot.kind in ("lot", "room")]
        chosen = lots[:room]
        for k in [k for k, lot in enumerate(land.lots) if lot.kind == "remnant"] + lots[room:]:
            lot = land.lots[k]
            kind = "remnant" if lot.kind == "remnant" else "reserve"
            self.count.public_land += 1
            chunk.public_land.append(PublicLandRow(self.count.public_land, plan.id, blocks[lot.block], kind, lot.rings))
        self.count.parcels += len(chosen)
        wishes = wishes_for(land, set(chosen))
        numbers = _numbers(land, chosen)
        rows: dict[int, ParcelRow] = {}
        for group in _titles(land, chosen, wishes, rng):
            self._title(land, plan, blocks, group, numbers, wishes.get(group[0], Wish()), rng, rows)
        for k in chosen:
            row = rows[k]
            chunk.parcels.append(row)
            place = place_of(self.count.place + 1, land.lots[k], row, rng)
            if place is not None:
                self.count.place += 1
                chunk.places.append(place)
        return rows

    def _title(
        self, land: PlanLand, plan: PlanRow, blocks: list[str], group: list[int], numbers: dict[int, str],
        wish: Wish, rng: Random, rows: dict[int, ParcelRow],
    ) -> None:  # fmt: skip
        uids = tuple(uuid5(NAMESPACE, f"{self.seed}/{plan.id}/{k}") for k in group)
        ground = [(land.lots[k].area2 + 10_000) // 20_000 for k in group]
        first = land.lots[group[0]]
        title_uid = uuid5(NAMESPACE, f"{self.seed}/title/{plan.id}/{group[0]}")
        deed = self.registry.title(uids, title_uid, first.use, sum(ground), rng, wish)
        for uid, k, cents in zip(uids, group, ground, strict=True):
            lot = land.lots[k]
            official = None if deed is None else decimal_m2(deed if len(group) == 1 else cents)
            built, units = _building(lot, cents, wish, rng)
            rows[k] = ParcelRow(
                uid,
                plan.id,
                plan.district,
                plan.plan_no,
                blocks[lot.block],
                numbers[k],
                lot.use,
                official,
                decimal_m2(cents) if wish.paper or rng.random() < 0.9 else None,
                built,
                units,
                lot.rings,
                lot.arcs,
            )


def _numbers(land: PlanLand, chosen: list[int]) -> dict[int, str]:
    """Number the lots through the plan; halves of an old lot share a number with letters, rooms follow their lot."""
    numbers, n = {}, 0
    for k in chosen:
        tag = land.lots[k].tag
        if tag != "half-b":
            n += 1
        numbers[k] = f"{n}/أ" if tag == "half-a" else f"{n}/ب" if tag == "half-b" else str(n)
    return numbers


def _titles(land: PlanLand, chosen: list[int], wishes: dict[int, Wish], rng: Random) -> Iterator[list[int]]:
    """Group lots into titles: mostly one each, now and then two or three neighbours of one row."""
    k = 0
    while k < len(chosen):
        group = [chosen[k]]
        size = wishes[group[0]].parcels if group[0] in wishes else 1
        if group[0] not in wishes and rng.random() < MULTI_PARCEL_SHARE:
            size = 2 + int(rng.random() * 2)
        while len(group) < size and k + len(group) < len(chosen):
            nxt = chosen[k + len(group)]
            if nxt in wishes or not _are_plain_neighbours(land.lots[group[-1]], land.lots[nxt]):
                break
            group.append(nxt)
        yield group
        k += len(group)


def _are_plain_neighbours(a: Lot, b: Lot) -> bool:
    return (a.block, a.row, a.tag) == (b.block, b.row, "lot") and a.tag == "lot" and a.use == b.use


def _building(lot: Lot, cents: int, wish: Wish, rng: Random) -> tuple[Decimal | None, int | None]:
    """Return the building area and number of units; None on vacant land."""
    draw, share = rng.random(), 35 + int(rng.random() * 30)
    is_duplex = lot.use == "duplex"
    if lot.use in ("park", "utility") or wish.vacant or (draw > 0.6 and not (is_duplex and wish.paper)):
        return None, None
    units = 2 if is_duplex else 1 + int(draw * 5) if lot.use == "residential" else 1
    return decimal_m2(cents * share // 100), units
