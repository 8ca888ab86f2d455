"""The two loadings at the beginning: what they refuse, what they list, and that a refusal leaves nothing behind."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import shapely
from django.db import DatabaseError
from shapely.geometry import MultiPolygon, Point, Polygon, box

from land_services.register.load import LandAlreadyHeld, load_fabric
from land_services.register.load_titles import TitlesRefused, load_titles
from land_services.register.proof import audit_register

from .land import LOTS, X0, Y0, at, load_lots, staged, uid
from .tampering import rows, titles

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

SOURCE = {"name": "second file", "sha256": "2" * 64}
TABLES = ("layers_parcel", "register_registerentry", "register_source", "register_defect", "layers_auditrow")


def counts(*more: str) -> list[int]:
    return [int(rows(f"SELECT count(*) FROM {table}")[0][0]) for table in (*TABLES, *more)]


def lot(row: int, number: str, shape: Polygon | MultiPolygon, **more: Any) -> Any:
    return staged(row, number, at(shape) if isinstance(shape, Polygon) else shape, **more)


# Fabric -------------------------------------------------------------------------------------------------------------


def test_land_that_is_held_is_refused_with_a_list_and_nothing_is_kept() -> None:
    load_lots()
    before = counts()
    batch = [lot(1, "a", box(100, 0, 120, 30)), lot(2, "b", box(50, 20, 80, 40)), lot(3, "c", box(0, 60, 20, 90))]

    with pytest.raises(LandAlreadyHeld) as refused:
        load_fabric([batch], source=SOURCE)

    held = {(row, number, by) for row, number, by, _ in refused.value.held}
    assert held == {(2, "b", uid("3")), (2, "b", uid("6"))}
    assert {round(area, 3) for *_, area in refused.value.held} == {100.0}
    assert counts() == before


def test_land_beside_what_is_held_comes_in() -> None:
    load_lots()

    report = load_fabric([[lot(1, "7", box(0, 60, 20, 90)), lot(2, "8", box(20, 60, 40, 90))]], source=SOURCE)

    assert (report.read, report.written, report.defective) == (2, 2, 0)
    assert audit_register()["ok"]


def test_a_uid_that_the_register_knows_is_refused() -> None:
    load_lots()
    before = counts()

    with pytest.raises(LandAlreadyHeld):
        load_fabric([[lot(1, "1", box(500, 0, 520, 30))]], source=SOURCE)

    assert counts() == before


def test_a_uid_twice_in_one_file_is_refused_and_nothing_is_kept() -> None:
    batch = [lot(1, "1", box(0, 0, 20, 30)), lot(2, "1", box(20, 0, 40, 30))]

    with pytest.raises(DatabaseError, match="uid"):
        load_fabric([batch], source=SOURCE)

    assert counts() == [0] * len(TABLES)


def test_a_file_that_breaks_off_leaves_nothing() -> None:
    def batches() -> Any:
        yield [lot(1, "1", box(0, 0, 20, 30))]
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="ends here"):
        load_fabric(batches(), source=SOURCE)

    assert counts() == [0] * len(TABLES)


def test_the_guard_is_on_again_after_a_loading_and_after_a_failed_one() -> None:
    load_lots()
    with pytest.raises(LandAlreadyHeld):
        load_lots()

    with pytest.raises(DatabaseError, match=r"kept for good|refused"):
        rows("DELETE FROM layers_parcel")
    off = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'"
    assert rows(off) == []


def test_a_dry_run_tells_the_same_and_keeps_nothing() -> None:
    batch = [lot(n, number, shape) for n, (number, shape) in enumerate(FAULTY.items(), 1)]

    dry = load_fabric([batch], source=SOURCE, dry_run=True)

    assert counts() == [0] * len(TABLES)
    real = load_fabric([batch], source=SOURCE)
    assert (dry.read, dry.written, dry.defective, dry.defects) == (
        real.read,
        real.written,
        real.defective,
        real.defects,
    )
    assert dry.entry_id is None
    assert real.entry_id is not None


def test_the_applications_role_may_not_load() -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        load_fabric([[lot(1, "1", box(0, 0, 20, 30))]], source=SOURCE, using="default")

    assert counts() == [0] * len(TABLES)


FAULTY = {
    "1": box(0, 0, 20.2, 30),
    "2": box(20, 0, 40, 30),
    "3": box(40.005, 0, 60, 30),
    "4": box(0, 30, 30, 60),
    "5": box(30, 30, 60, 60),
}


def test_each_defect_is_listed_with_its_parcels_and_its_place() -> None:
    report = load_fabric([[lot(n, k, s) for n, (k, s) in enumerate(FAULTY.items(), 1)]], source=SOURCE)

    assert {"overlap", "gap", "t_junction"} <= set(report.defects)
    ((who, size, x, y),) = rows(
        "SELECT uids, size, ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom)) FROM register_defect"
        " WHERE kind = 'overlap'"
    )
    assert {uid("1"), uid("2")} == set(who if isinstance(who, list) else json.loads(who))
    assert size == pytest.approx(6.0)
    assert X0 + 20 < x < X0 + 20.2
    assert Y0 < y < Y0 + 30
    gaps = rows("SELECT size FROM register_defect WHERE kind = 'gap'")
    assert gaps
    assert all(width == pytest.approx(0.005, abs=1e-6) for (width,) in gaps)
    assert rows("SELECT count(*) FROM register_defect WHERE geom IS NULL") == [(0,)]


def test_an_empty_fabric_is_loaded_as_nothing() -> None:
    report = load_fabric([], source=SOURCE)

    assert (report.read, report.written, dict(report.defects)) == (0, 0, {})
    assert audit_register()["ok"]


def test_a_row_without_land_is_told_and_left_out() -> None:
    empty = lot(2, "2", MultiPolygon())

    report = load_fabric([[lot(1, "1", LOTS["1"]), empty]], source=SOURCE)

    assert (report.read, report.written) == (2, 1)
    assert report.skipped == ((2, "empty_geometry"),)
    assert report.defects == {"empty_geometry": 1}


def test_a_text_with_tabs_backslashes_and_line_breaks_comes_back_as_it_was() -> None:
    number = "1\t\\N \\. \n٣/٢٠٨ \"'; DROP TABLE layers_parcel"

    load_fabric([[lot(1, number, LOTS["1"])]], source=SOURCE)

    assert rows("SELECT parcel_no FROM layers_parcel") == [(number,)]
    assert audit_register()["ok"]


BOW_TIE = Polygon([(0, 0), (20, 30), (20, 0), (0, 30)])
UNSOUND = {
    "a self-crossing outline": (BOW_TIE, "invalid_ring", 300.0, (10.0, 15.0)),
    "a hole outside its shell": (
        Polygon(box(0, 0, 20, 30).exterior.coords, [box(40, 40, 50, 50).exterior.coords]),
        "invalid_ring",
        600.0,
        None,
    ),
    "a spike": (Polygon([(0, 0), (20, 0), (20, 30), (30, 40), (20, 30), (0, 30)]), "invalid_ring", 600.0, None),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_an_outline_that_a_caller_gives_invalid_is_stored_repaired_and_listed_with_its_place(what: str) -> None:
    shape, kind, area, place = UNSOUND[what]
    given = MultiPolygon([at(shape)])

    report = load_fabric([[lot(1, "1", given), lot(2, "2", LOTS["2"])]], source=SOURCE)

    assert (report.written, report.defects[kind]) == (2, 1)
    assert rows("SELECT ST_IsValid(geom), ST_Area(geom) FROM layers_parcel WHERE parcel_no = '1'") == [(True, area)]
    ((original, x, y),) = rows(
        "SELECT original, ST_X(ST_Centroid(geom)), ST_Y(ST_Centroid(geom)) FROM register_defect WHERE kind = %s", kind
    )
    assert shapely.from_wkb(bytes(original)).equals_exact(given)
    if place is not None:
        assert (x - X0, y - Y0) == place
    else:
        assert given.distance(Point(x, y)) < 0.001
    assert audit_register()["ok"]


def test_an_outline_given_off_the_grid_is_rounded_to_it() -> None:
    shape = Polygon([(0.00049, 0), (20, 0), (20, 30.0004), (0, 30)])

    report = load_fabric([[lot(1, "1", shape)]], source=SOURCE)

    assert (report.written, dict(report.defects)) == (1, {})
    assert rows("SELECT ST_Area(geom) FROM layers_parcel") == [(600.0,)]
    assert audit_register()["ok"]


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (Polygon([(0, 0), (float("inf"), 0), (20, 30)]), "bad_coordinate"),
        (Polygon([(0, 0), (10, 15), (20, 30)]), "collapsed_on_grid"),
        (Polygon([(0, 0), (20, 0.0004), (20, 0)]), "collapsed_on_grid"),
    ],
)
def test_an_outline_of_which_nothing_can_be_kept_is_left_out_and_told(shape: Polygon, kind: str) -> None:
    report = load_fabric([[lot(1, "1", MultiPolygon([shape])), lot(2, "2", LOTS["2"])]], source=SOURCE)

    assert (report.read, report.written, report.skipped) == (2, 1, ((1, kind),))
    assert report.defects == {kind: 1}
    assert audit_register()["ok"]


def test_a_defect_that_the_file_was_listed_for_already_is_not_listed_twice() -> None:
    noted = (("invalid_ring", {"reason": "Self-intersection"}),)

    report = load_fabric([[lot(1, "1", BOW_TIE, defects=noted, original_wkb=b"as it came")]], source=SOURCE)

    assert report.defects == {"invalid_ring": 1, "several_parts": 1}
    assert {bytes(o) for (o,) in rows("SELECT original FROM register_defect")} == {b"as it came"}


# Titles -------------------------------------------------------------------------------------------------------------

OF_TITLES = ("register_party", "register_baunit", "register_right", "register_baunitparcel", "register_baunitsource")


@pytest.mark.parametrize(
    "shares",
    [
        ((1, 3), (1, 3)),
        ((1, 2), (2, 3)),
        ((999_999, 1_000_000),),
        ((1, 3), (333_333, 1_000_000), (333_333, 1_000_000)),
        (),
    ],
)
def test_shares_that_do_not_add_up_to_one_are_refused_and_nothing_is_kept(shares: tuple[tuple[int, int], ...]) -> None:
    load_lots()
    before = counts(*OF_TITLES)

    with pytest.raises(TitlesRefused, match="do not add up"):
        load_titles(titles(*shares), source={"name": "titles"})

    assert counts(*OF_TITLES) == before


def test_shares_of_heirs_add_up_exactly() -> None:
    load_lots()

    written = load_titles(
        titles((1, 8), (7, 24), (7, 24), (7, 48), (6_999_999, 48_000_000), (1, 48_000_000)), source={"name": "titles"}
    )

    assert written["register_right"] == 6
    assert audit_register()["promises"]["shares"]["ok"]


@pytest.mark.parametrize("parcel", ["no such lot", "gone"])
def test_a_title_of_a_parcel_that_is_not_current_is_refused(parcel: str) -> None:
    load_lots()

    with pytest.raises(TitlesRefused, match="not current"):
        load_titles(titles((1, 1), parcel=parcel), source={"name": "titles"})

    assert counts(*OF_TITLES)[len(TABLES) :] == [0] * len(OF_TITLES)


def test_a_parcel_in_two_titles_is_refused() -> None:
    load_lots()
    load_titles(titles((1, 1)), source={"name": "titles"})
    before = counts(*OF_TITLES)
    again = titles((1, 1))
    second = type(again)(
        again.parties,
        [row._replace(uid=uuid.uuid4()) for row in again.titles],
        again.rights,
        again.deeds,
        again.restrictions,
    )

    with pytest.raises(TitlesRefused, match="belongs to another title"):
        load_titles(second, source={"name": "titles"})

    assert counts(*OF_TITLES) == before


def test_the_applications_role_may_not_load_titles() -> None:
    load_lots()

    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        load_titles(titles((1, 1)), source={"name": "titles"}, using="default")
