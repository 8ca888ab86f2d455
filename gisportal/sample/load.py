"""The made-up municipality into the database, in one pass over its chunks and in bounded memory."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from typing import IO, Any
from uuid import uuid5

import shapely
from django.db import connections, transaction

from gisportal.sample import rows
from gisportal.sample.boundary import boundaries
from gisportal.sample.city import NAMESPACE, Chunk, City
from gisportal.sample.load_days import load_days
from gisportal.sample.rows import Situation, multiline_wkb, multipolygon_wkb, point_wkb
from land_services.register.copying import copy_rows
from land_services.register.load import LoadReport, load_fabric
from land_services.register.load_boundaries import BoundaryRow, load_boundaries
from land_services.register.load_titles import (
    DeedRow,
    PartyRow,
    RestrictionRow,
    RightRow,
    TitleRow,
    Titles,
    load_titles,
)
from layers import audit
from layers.events import LandTouched, announce
from layers.files.staging import StagedParcel

__all__ = ["SampleExists", "load_city"]

Progress = Callable[[str, int, int | None], None]
WRITTEN = (
    *("districts", "plans", "blocks", "streets", "zoning", "growth_phases", "prohibited_zones"),
    *("places", "addresses"),
)
"""The layers written here; parcels are announced by their loading."""
ZONE_COLUMNS = "kind code name_ar name_en phase_year_ah authority_ar authority_en remarks geom"
PLACE_VALUES = (
    *("category", "kind", "name_ar", "name_en", "opening_hours", "ramadan_hours", "prayer_pause", "phone"),
    *("wheelchair", "address_ar", "address_en", "source", "source_ref", "source_on"),
)
PLACE_COLUMNS = f"{' '.join(PLACE_VALUES)} geom"
CLOSED_KIND = "convenience"
PAPERS = ("parties", "titles", "rights", "deeds", "restrictions")


class SampleExists(Exception):
    """The register already holds parcels; the sample is only loaded into an empty one."""


def load_city(city: City, *, using: str = "owner", progress: Progress) -> tuple[LoadReport, list[Situation]]:
    """Load the city: map, parcels, titles; everything or nothing. Return the report and where the interesting cases
    lie.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM layers_parcel)")
        if cursor.fetchone()[0]:
            raise SampleExists("the register already holds parcels; `make clean` forgets them")
    source = {"name": f"sample {city.count} {city.seed}", "sha256": "", "crs": f"EPSG:{city.srid}"}
    situations: list[Situation] = []
    with _Kept() as kept, transaction.atomic(using=using):
        layers = _Layers(city, using)
        layers.begin()
        report = load_fabric(_staged(city, layers, kept, situations), source=source, using=using, progress=progress)
        layers.end()
        load_boundaries(_boundaries(kept), entry_id=report.entry_id or 0, using=using)
        load_titles(_titles(kept), source=source, using=using, progress=lambda table, n: progress(table, n, n))
        audit.record("layers.load", subject=source["name"], payload=layers.written, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute("ANALYZE")
    return report, situations


def _staged(city: City, layers: _Layers, kept: _Kept, situations: list[Situation]) -> Iterator[list[StagedParcel]]:
    """Parcels plan by plan; the other rows of the chunk are written to their tables or kept for later as it passes."""
    row = 0
    for chunk in city.chunks():
        layers.write(chunk)
        kept.put(chunk)
        situations += chunk.situations
        shapes = shapely.from_wkb([multipolygon_wkb((parcel.rings,)) for parcel in chunk.parcels])
        batch = []
        for parcel, shape in zip(chunk.parcels, shapes, strict=True):
            row += 1
            batch.append(
                StagedParcel(
                    row=row,
                    plan_no=parcel.plan_no,
                    block_no=parcel.block_no,
                    parcel_no=parcel.parcel_no,
                    land_use=parcel.land_use,
                    official_area_m2=parcel.official_area_m2,
                    surveyed_area_m2=parcel.surveyed_area_m2,
                    geometry=shape,
                    uid=str(parcel.uid),
                    building_area_m2=parcel.building_area_m2,
                    unit_count=parcel.unit_count,
                )
            )
        yield batch


class _Kept:
    """What is loaded once the parcels are in, put aside plan by plan: one temporary file for each table."""

    def __init__(self) -> None:
        self._files: dict[str, IO[bytes]] = {name: tempfile.TemporaryFile() for name in (*PAPERS, "curved")}

    def __enter__(self) -> _Kept:
        return self

    def __exit__(self, *failure: object) -> None:
        for file in self._files.values():
            file.close()

    def put(self, chunk: Chunk) -> None:
        """Put aside the papers of a plan and its lots with arcs."""
        for name in PAPERS:
            pickle.dump(getattr(chunk, name), self._files[name], protocol=5)
        pickle.dump([parcel for parcel in chunk.parcels if parcel.arcs], self._files["curved"], protocol=5)

    def plans(self, name: str) -> Iterator[list[Any]]:
        """The rows of one table, plan by plan."""
        file = self._files[name]
        file.seek(0)
        while True:
            try:
                yield pickle.load(file)  # noqa: S301  written by ourselves a moment ago
            except EOFError:
                return

    def rows(self, name: str) -> Iterator[Any]:
        """The rows of one table."""
        return chain.from_iterable(self.plans(name))


def _boundaries(kept: _Kept) -> Iterator[BoundaryRow]:
    return chain.from_iterable(map(boundaries, kept.plans("curved")))


def _titles(kept: _Kept) -> Titles:
    """The papers put aside, read again table by table."""
    return Titles(
        parties=chain.from_iterable(map(_parties, kept.plans("parties"))),
        titles=(TitleRow(t.id, t.uid, t.parcels) for t in kept.rows("titles")),
        rights=(RightRow(r.title, r.party, r.kind, r.share_num, r.share_den) for r in kept.rows("rights")),
        deeds=(
            DeedRow(d.id, d.title, d.number, d.hijri_date, d.issuer, d.kind, d.area_m2, d.is_valid)
            for d in kept.rows("deeds")
        ),
        restrictions=(RestrictionRow(r.title, r.kind, r.reference, r.holder) for r in kept.rows("restrictions")),
    )


def _parties(parties: list[rows.PartyRow]) -> Iterator[PartyRow]:
    """The parties of one plan: an owner with an agent names him, an heir names the estate he belongs to.

    The register has no table of members: a group's number and name stand in the words by which each member acts.
    """
    agents = {p.agent_of: p.id for p in parties if p.agent_of is not None}
    groups = {p.id: p for p in parties if p.kind == "group"}
    for p in parties:
        agent, words = agents.get(p.id), ""
        if agent is not None:
            words = f"وكالة شرعية {44 + agent % 4}/{1000 + agent % 9000}"
        elif p.member_of is not None:
            group = groups[p.member_of]
            words = f"من {group.name_ar}، صك حصر ورثة {group.id_number}"
        yield PartyRow(p.id, p.kind, p.name_ar, p.name_en, p.id_kind, p.id_number, agent, words)


class _Layers:
    """The rows of the map beside the parcels."""

    def __init__(self, city: City, using: str) -> None:
        self.city = city
        self.using = using
        self.at: Any = None
        self.written: dict[str, int] = {}
        self._plan_numbers: dict[int, str] = {}
        self._closed: int | None = None  # the place that is closed for a time

    def begin(self) -> None:
        with connections[self.using].cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            self.at = cursor.fetchone()[0].isoformat()
        self._copy("zone", "kind code name_ar name_en geom", self._municipality())

    def end(self) -> None:
        zones = [*self.city.growth_phases, *self.city.prohibited_zones]
        self._copy("zone", ZONE_COLUMNS, map(self._zone, zones))
        closed = None if self._closed is None else self._uid("place", self._closed)
        self.written |= load_days(self.city.srid, closed, self.using)
        land = shapely.from_wkb(multipolygon_wkb((self.city.municipality.outline,)))
        announce(LandTouched(frozenset(WRITTEN), (), land.envelope, self.using))

    def _uid(self, kind: str, key: object) -> str:
        return str(uuid5(NAMESPACE, f"{self.city.seed}/{kind}/{key}"))

    def _multi(self, *polygons: Any) -> str:
        return multipolygon_wkb(polygons, self.city.srid).hex()

    def _copy(self, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Copy (key, value …) rows; uid and begin are put before them."""
        written = copy_rows(
            connections[self.using],
            f"layers_{table}",
            ((self._uid(table, key), self.at, *values) for key, *values in rows),
            ["uid", "begin_lifespan_version", *columns.split()],
        )
        self.written[table] = self.written.get(table, 0) + written

    def _municipality(self) -> Iterator[tuple[Any, ...]]:
        row = self.city.municipality
        yield "municipality", "municipality", "municipality", row.name_ar, row.name_en, self._multi(row.outline)

    def _zone(self, z: Any) -> tuple[Any, ...]:
        return (
            f"{z.kind}/{z.id}",
            z.kind,
            z.code,
            z.name_ar,
            z.name_en,
            z.phase_year_ah,
            *z.authority,
            z.remarks,
            self._multi(z.outline),
        )

    def write(self, chunk: Chunk) -> None:
        municipality = self.city.municipality.name_ar
        for plan in chunk.plans:
            self._plan_numbers[plan.id] = plan.plan_no
        self._copy(
            "district",
            "code name_ar name_en municipality geom",
            (
                (d.id, f"D{d.id:03d}", d.name_ar, d.name_en, municipality, self._multi(d.outline))
                for d in chunk.districts
            ),
        )
        self._copy(
            "plan",
            "plan_no name_ar name_en geom",
            ((p.id, p.plan_no, p.name_ar, p.name_en, self._multi(p.outline)) for p in chunk.plans),
        )
        self._copy(
            "block",
            "plan_no block_no geom",
            ((b.id, b.plan_no, b.block_no, self._multi(b.outline)) for b in chunk.blocks),
        )
        self._copy(
            "street",
            "name_ar name_en width_m road_class direction users barrier geom right_of_way",
            (
                (
                    s.id,
                    s.name_ar,
                    s.name_en,
                    s.width_m,
                    s.road_class,
                    s.direction,
                    s.users,
                    s.barrier,
                    multiline_wkb(s.centrelines, self.city.srid).hex(),
                    self._multi(*s.right_of_way),
                )
                for s in chunk.streets
            ),
        )
        self._copy("zone", ZONE_COLUMNS, map(self._zone, chunk.zones))
        self._copy(
            "place",
            PLACE_COLUMNS,
            (
                (p.id, *(getattr(p, name) for name in PLACE_VALUES), point_wkb(p.point, self.city.srid).hex())
                for p in chunk.places
            ),
        )
        if self._closed is None:
            self._closed = next((p.id for p in chunk.places if p.kind == CLOSED_KIND), None)
        self._copy(
            "address",
            "building_no additional_no street_ar street_en district_ar district_en postcode short_address geom",
            ((a.id, *a[1:9], point_wkb(a.point, self.city.srid).hex()) for a in chunk.addresses),
        )
