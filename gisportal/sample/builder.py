"""From land to rows: names, numbers, titles and places, plan by plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from gisportal.sample.addresses import addresses_of
from gisportal.sample.chance import chance
from gisportal.sample.fabric import BoundaryRoads, Lot, PlanLand, Street, draw
from gisportal.sample.lattice import DISTRICT_PLANS, Lattice
from gisportal.sample.names import NOUNS, boundary_name, district_name, pick, street_name
from gisportal.sample.people import Papers, Registry, Wish, decimal_m2
from gisportal.sample.places import place_of, with_addresses
from gisportal.sample.rows import (
    AddressRow,
    BlockRow,
    DeedRow,
    DistrictRow,
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
from gisportal.sample.showcase import name_situations, wishes_for
from gisportal.sample.traffic import Traffic, parts_of

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
    addresses: list[AddressRow]
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
    address: int = 0
    parcels: int = 0
    districts: dict[tuple[int, int], int] = field(default_factory=dict)


class Builder:
    """Turns land into rows: names, numbers, people."""

    def __init__(self, lattice: Lattice, parcels: int, seed: int) -> None:
        self.lattice, self.parcels, self.seed = lattice, parcels, seed
        self.count = _Counters()
        self.registry = Registry(parcels, seed)

    def run(self) -> Iterator[Chunk]:
        """Yield the chunks: plans row by row, boundary roads after each row."""
        roads = BoundaryRoads(self.lattice)
        index = row = 0
        while self.count.parcels < self.parcels:
            for column in range(self.lattice.columns):
                land = draw(self.lattice, column, row, index)
                roads.add(land)
                yield self._chunk(land)
                index += 1
                if self.count.parcels == self.parcels:
                    break
            yield self._roads(chain(roads.east_west(row), roads.north_south(row)))
            row += 1
        yield self._roads(roads.east_west(row))

    def _roads(self, streets: Iterable[Street]) -> Chunk:
        chunk = empty_chunk()
        for street in streets:
            chunk.streets.extend(self._streets(street, None, boundary_name(street.line)))
        return chunk

    def _streets(self, street: Street, plan: int | None, name: tuple[str, str]) -> Iterator[StreetRow]:
        for part, traffic in parts_of(self.count.street, street, self.lattice.columns):
            yield self._street(part, plan, name, traffic)

    def _street(self, street: Street, plan: int | None, name: tuple[str, str], traffic: Traffic) -> StreetRow:
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
            *traffic,
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
            chunk.streets.extend(self._streets(street, plan.id, name))
        for code, outline in land.zones:
            self.count.zone += 1
            chunk.zones.append(ZoneRow(100 + self.count.zone, code, "zoning", *ZONE_NAMES[code], outline))
        blocks = self._blocks(land, plan, chunk)
        rows = self._parcels(land, plan, blocks, rng, chunk)
        chunk.addresses.extend(addresses_of(land, chunk.streets, rows, plan.district, self.count.address + 1))
        self.count.address += len(chunk.addresses)
        chunk.places[:] = with_addresses(chunk.places, chunk.addresses)
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
        room = self.parcels - self.count.parcels
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
