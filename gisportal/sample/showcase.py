"""The situations that checkers must find, all in the first plans of the city.

The first plan is laid out with every special shape; lots of ordinary shape there get the papers that make a case.
A case is chosen by the shape of its lot, so the same rules hold for every seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gisportal.sample.fabric import Lot, PlanLand
from gisportal.sample.lattice import Lattice
from gisportal.sample.people import CLEAN, Wish
from gisportal.sample.rows import ParcelRow, PublicLandRow, Situation, StreetRow
from gisportal.sample.zones import is_well_inside, pipeline_corridor

if TYPE_CHECKING:
    from uuid import UUID

SITUATION_PLANS = 2
"""Index of the last plan with situations."""

SHAPES: dict[str, tuple[str, str, str]] = {
    "wide": ("clean_wide", "", "subdivides into 4 parts of 15 m frontage without an error"),
    "L": ("l_shaped", "clean", "L-shaped: its width differs from its frontage"),
    "flag": ("flag", "clean", "flag lot: frontage 5 m, the land lies behind its neighbour"),
    "alley-corner": ("closed_alley", "clean", "abuts a closed alley of 6 m; related are the other abutting lots"),
    "alley-only": ("alley_only", "clean", "its only access is a closed alley of 6 m"),
    "narrow": ("narrow_lot", "clean", "frontage of 8.5 m, below the least"),
    "duplex": ("duplex_two_units", "clean", "built duplex with two units"),
    "half-a": ("lettered_number", "clean", "its number has a slash and an Arabic letter; related is the other half"),
    "triangle": ("triangle", "clean", "triangular lot"),
}
PAPERS: tuple[tuple[str, Wish, str], ...] = (
    ("seized", Wish("person", "equal", "seizure"), "a seizure stops every change"),
    ("mortgaged", Wish("person", "equal", "mortgage"), "a mortgage stops every change"),
    ("deed_3_percent", Wish("person", "3%"), "the deed states 3 % less than the ground"),
    ("deed_30_percent", Wish("person", "30%"), "the deed states 30 % less than the ground"),
    ("no_deed", Wish("person", "none"), "the title has no deed"),
    ("heirs_big_denominators", Wish("old_heirs", "equal"), "heirs with a share whose denominator is 10^6 or more"),
    ("company_owner", Wish("company", "equal"), "owned by a company"),
    ("old_paper_deed", Wish("person", "ancient"), "paper deed dated before 1343 AH, the date is raw text"),
    ("void_deed", Wish("person", "void"), "the only deed is no longer valid"),
    ("represented", Wish("person", "equal", agent=True), "the owner is represented by an agent"),
    ("several_parcels", Wish("person", "equal", parcels=2), "one deed joins two parcels"),
)
HOMES = ("residential", "villa", "duplex")
STEP = 8
"""Ordinary lots between two paper cases."""

CORNER_CUT_MM2 = (17_985_000, 18_015_000)
"""Squared length of a corner cut with legs of 3 m at a right angle."""


def _distinct(lot: Lot) -> int:
    return len(lot.rings[0]) - 1


def _has_corner_cut(lot: Lot) -> bool:
    ring = lot.rings[0]
    return any(
        CORNER_CUT_MM2[0] < (bx - ax) ** 2 + (by - ay) ** 2 < CORNER_CUT_MM2[1]
        for (ax, ay), (bx, by) in itertools.pairwise(ring)
    )


def touching(land: PlanLand, k: int) -> list[int]:
    """Return the lots that share at least an edge with lot ``k``, remnants and alleys left out."""
    mine = set(land.lots[k].rings[0])
    return [
        other
        for other, lot in enumerate(land.lots)
        if other != k and lot.kind == "lot" and len(mine.intersection(lot.rings[0])) >= 2
    ]


Cases = dict[str, tuple[int, Wish, str, list[int]]]


def _cases(land: PlanLand, chosen: set[int]) -> Cases:
    """Return for the showcase plan: code -> (lot, what its papers must be, what to expect, related lots)."""
    cases: Cases = {}
    lots = land.lots
    for k in sorted(chosen):
        lot = lots[k]
        if lot.tag in SHAPES and SHAPES[lot.tag][0] not in cases:
            code, _, expect = SHAPES[lot.tag]
            related = [m for m in lot.mates if lots[m].kind == "lot"] if lot.tag == "alley-corner" else []
            if lot.tag == "half-a":
                related = [k + 1]
            wish = Wish("person", "equal", vacant=lot.use != "duplex")
            cases[code] = (k, wish, expect, related)
    for k, lot in enumerate(lots):
        if lot.kind == "remnant":
            beside = [m for m in touching(land, k) if lots[m].row == lot.row and m in chosen]
            if beside:
                expect = "a remnant strip of 3 m lies beside it; related are the other lots beside it"
                cases["remnant"] = (beside[0], CLEAN, expect, beside[1:])
    taken = {k for k, *_ in cases.values()} | {m for *_, related in cases.values() for m in related}
    plain = [k for k in sorted(chosen - taken) if lots[k].tag == "lot" and lots[k].use not in ("park", "mosque")]
    corners = [k for k in plain if _has_corner_cut(lots[k])]
    if corners:
        cases["corner_lot"] = (corners[0], CLEAN, "corner of two streets with a cut of 3 m by 3 m", [])
    inner = [k for k in plain if not _has_corner_cut(lots[k])]
    for k in inner:
        behind = [m for m in touching(land, k) if lots[m].row != lots[k].row]
        if _distinct(lots[k]) > 4 and len(behind) > 1 and set(behind) <= chosen:
            expect = "a neighbour's corner is a vertex of its back; related are the lots behind"
            cases["back_to_back"] = (k, CLEAN, expect, behind)
            inner.remove(k)
            break
    place = 2
    for code, wish, expect in PAPERS:
        while place < len(inner) and wish.parcels > 1 and not _pairs(land, inner, place):
            place += 1
        if place >= len(inner):
            break
        k = inner[place]
        cases[code] = (k, wish, expect, [k + 1] if wish.parcels > 1 else [])
        place += STEP
    return cases


def _pairs(land: PlanLand, inner: list[int], place: int) -> bool:
    """Return whether an ordinary lot and the one after it lie side by side."""
    if place + 1 >= len(inner) or inner[place + 1] != inner[place] + 1:
        return False
    a, b = land.lots[inner[place]], land.lots[inner[place + 1]]
    return (a.block, a.row) == (b.block, b.row)


def wishes_for(land: PlanLand, chosen: set[int]) -> dict[int, Wish]:
    """Return what the papers of certain lots must be, so that the situations are what they claim."""
    if land.is_showcase:
        return {k: wish for k, wish, _, _ in _cases(land, chosen).values()}
    if land.index == 1:
        return dict.fromkeys(_curved(land, chosen)[:1], CLEAN)
    return {}


def _curved(land: PlanLand, chosen: Iterable[int]) -> list[int]:
    """Return the ordinary lots between two arcs."""
    lots = land.lots
    return [k for k in sorted(chosen) if lots[k].tag == "lot" and len(lots[k].arcs) == 2 and not lots[k].mates][4:]


def name_situations(
    lattice: Lattice,
    land: PlanLand,
    rows: dict[int, ParcelRow],
    public_land: list[PublicLandRow],
    streets: list[StreetRow],
    found: list[Situation],
) -> None:
    """Add the situations of one plan to ``found``."""

    def add(code: str, k: int, expect: str, related: Iterable[int] = (), strip: int | None = None) -> None:
        row = rows[k]
        uids: tuple[UUID, ...] = tuple(rows[m].uid for m in related if m in rows)
        alley = next((s.id for s in streets if s.is_closed), None) if "alley" in code else None
        found.append(Situation(code, row.uid, row.plan_no, row.block_no, row.parcel_no, expect, uids, strip, alley))

    if land.index > SITUATION_PLANS:
        return
    if land.is_showcase:
        strip = next((p.id for p in public_land if p.kind == "remnant"), None)
        for code, (k, _, expect, related) in sorted(_cases(land, set(rows)).items()):
            add(code, k, expect, related, strip if code == "remnant" else None)
    for k in [k for k, lot in enumerate(land.lots) if len(lot.rings) > 1]:
        if k in rows and land.is_showcase:
            add("lot_with_hole", k, "an electricity room is a parcel of its own inside it")
    if land.index == 1:
        for k in _curved(land, rows)[:1]:
            add("curved_lot", k, "front and back are true arcs, fan-shaped")
        band = pipeline_corridor(lattice)
        for k, row in rows.items():
            if row.land_use in HOMES and any(is_well_inside(p, band) for p in row.rings[0]):
                add("prohibited_zone", k, "lies partly in the pipeline corridor")
                break
    if land.index == 2 and rows:
        k = next(iter(rows))
        add("no_plan_number", k, "its plan has no number; its block's number carries the plan's index")
