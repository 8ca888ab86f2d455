"""The made-up municipality as rows: ``generate(parcels, seed)`` gives a ``City``.

``City.chunks()`` gives everything in one pass, plan by plan, in bounded memory; the other iterators are views of it.
The same number and seed give the same rows on every machine; another seed gives another city.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from gisportal.sample.builder import NAMESPACE, Builder, Chunk
from gisportal.sample.lattice import Lattice
from gisportal.sample.names import MUNICIPALITY
from gisportal.sample.rows import (
    AddressRow,
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
from gisportal.sample.showcase import SITUATION_PLANS
from gisportal.sample.zones import fixed_zones

__all__ = ["ALL_SITUATIONS_PARCELS", "NAMESPACE", "Chunk", "City", "generate"]


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
        for chunk in Builder(self.lattice, self.count, self.seed).run():
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
    def addresses(self) -> Iterator[AddressRow]:
        """Addresses of built lots that front a street."""
        return chain.from_iterable(c.addresses for c in self.chunks())

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
