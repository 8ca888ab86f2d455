"""The guard against raw SQL, as the application's role: each promise attacked in each way we could think of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections
from shapely.geometry import Polygon

from land_services.register.adapters import as_multipolygon, to_db

from .land import X0, Y0, load_lots, polygon, uid, version

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(autouse=True)
def _lots() -> None:
    load_lots()


def connect(alias: str = "default") -> Any:
    s = connections[alias].settings_dict
    return psycopg2.connect(
        dbname=s["NAME"], user=s["USER"], password=s["PASSWORD"], host=s["HOST"], port=s["PORT"] or None
    )


@contextmanager
def application() -> Iterator[Any]:
    """A cursor of the application's role in a transaction that commits at the end."""
    plain = connect()
    try:
        with plain, plain.cursor() as cursor:
            yield cursor
    finally:
        plain.close()


def entry(cursor: Any, *, source: bool = True) -> tuple[int, Any]:
    cursor.execute(
        "INSERT INTO register_registerentry (service, reference, change_set, xact, guarded_rows)"
        " VALUES ('raw', '', '{}', 0, 0)"
        " RETURNING id, at"
    )
    key, at = cursor.fetchone()
    if source:
        cursor.execute(
            """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
               VALUES ('decision', 'raw', '', '', '', true, '', '{}', %s)""",
            [key],
        )
    return key, at


def end(cursor: Any, number: str, key: int, at: Any) -> None:
    cursor.execute(
        "UPDATE layers_parcel SET end_lifespan_version = %s, end_entry_id = %s WHERE id = %s",
        [at, key, version(number)],
    )


def begin(cursor: Any, number: str, shape: Polygon, key: int, at: Any, parent: str | None = None, **more: Any) -> None:
    values = {"plan_no": "P1", "block_no": "7", "parcel_no": number, **more}
    cursor.execute(
        """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, geom,
             begin_lifespan_version, begin_entry_id)
           VALUES (%s, %s, %s, %s, 'residential', %s::geometry, %s, %s)""",
        [
            uid(number),
            values["plan_no"],
            values["block_no"],
            values["parcel_no"],
            to_db(as_multipolygon(shape)),
            at,
            key,
        ],
    )
    if parent:
        cursor.execute(
            "INSERT INTO register_lineage (entry_id, parent_uid, child_uid) VALUES (%s, %s, %s)",
            [key, uid(parent), uid(number)],
        )


def move(cursor: Any, key: int, kind: str, shape: Polygon) -> None:
    cursor.execute(
        """INSERT INTO register_landmovement (entry_id, kind, reason, source, geom)
           VALUES (%s, %s, 'street', 'plan', %s::geometry)""",
        [key, kind, to_db(shape)],
    )


@contextmanager
def refused(rule: str) -> Iterator[None]:
    rows = snapshot()
    with pytest.raises(psycopg2.Error) as error:
        yield
    assert error.value.diag.constraint_name == rule, f"{error.value.diag.constraint_name}: {error.value}"
    assert snapshot() == rows, "something was kept"


def snapshot() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(p::text, ',' ORDER BY id)), count(*) FROM layers_parcel p")
        return list(cursor.fetchone())


SOUTH, NORTH = ((20, 0), (40, 0), (40, 15), (20, 15)), ((20, 15), (40, 15), (40, 30), (20, 30))
WEST_AMENDED = ((0, 0), (20, 0), (20, 15), (20, 30), (0, 30))
EAST_AMENDED = ((40, 0), (60, 0), (60, 30), (40, 30), (40, 15))


def split(
    cursor: Any, south: Any = SOUTH, north: Any = NORTH, west: Any = WEST_AMENDED, east: Any = EAST_AMENDED
) -> tuple[int, Any]:
    key, at = entry(cursor)
    for number in ("2", "1", "3"):
        end(cursor, number, key, at)
    begin(cursor, "1/2", polygon(*south), key, at, "2")
    begin(cursor, "2/2", polygon(*north), key, at, "2")
    begin(cursor, "1", polygon(*west), key, at)
    begin(cursor, "3", polygon(*east), key, at)
    return key, at


def test_it_lets_a_correct_split_through() -> None:
    with application() as cursor:
        split(cursor)
    assert version("1/2") and version("2/2")


def test_it_refuses_parts_that_overlap() -> None:
    with refused("entry_balances"), application() as cursor:
        split(cursor, south=((20, 0), (40, 0), (40, 15.5), (20, 15.5)))


def test_it_refuses_parts_that_leave_a_millimetre_between_them() -> None:
    with refused("entry_balances"), application() as cursor:
        split(cursor, south=((20, 0), (40, 0), (40, 14.999), (20, 14.999)))


def test_it_refuses_two_parts_on_the_same_land_with_the_rest_missing() -> None:
    with refused("entry_balances"), application() as cursor:
        split(cursor, south=NORTH)


def test_it_refuses_a_t_junction_inside_the_split() -> None:
    with refused("entry_balances"), application() as cursor:
        split(cursor, north=((20, 15), (30, 15), (40, 15), (40, 30), (20, 30)))


def test_it_refuses_neighbours_without_the_new_vertex() -> None:
    """Left out of the entry, lot 1 has a foreign vertex in its side; named in it, its outline is not what it was,
    noded.
    """
    with refused("neighbours_share_vertices"), application() as cursor:
        key, at = entry(cursor)
        for number in ("2", "3"):
            end(cursor, number, key, at)
        begin(cursor, "1/2", polygon(*SOUTH), key, at, "2")
        begin(cursor, "2/2", polygon(*NORTH), key, at, "2")
        begin(cursor, "3", polygon(*EAST_AMENDED), key, at)
    with refused("entry_balances"), application() as cursor:
        split(cursor, west=((0, 0), (20, 0), (20, 30), (0, 30)))


def test_it_refuses_a_new_side_laid_over_a_neighbours_vertex() -> None:
    """Lots 1 and 2 become one: its north side may not swallow the corner that lots 4 and 5 have there."""
    with refused("entry_balances"), application() as cursor:
        key, at = entry(cursor)
        for number in ("1", "2"):
            end(cursor, number, key, at)
        begin(cursor, "12", polygon((0, 0), (20, 0), (40, 0), (40, 30), (0, 30)), key, at, "1")
        cursor.execute(
            "INSERT INTO register_lineage (entry_id, parent_uid, child_uid) VALUES (%s, %s, %s)",
            [key, uid("2"), uid("12")],
        )


def test_it_refuses_land_taken_from_nowhere() -> None:
    with refused("entry_balances"), application() as cursor:
        key, at = entry(cursor)
        end(cursor, "3", key, at)
        begin(cursor, "3", polygon((40, 0), (60.001, 0), (60.001, 30), (40, 30)), key, at)


def test_it_refuses_an_overlap_brought_in_as_acquired_land() -> None:
    with refused("parcels_do_not_overlap"), application() as cursor:
        key, at = entry(cursor)
        new = polygon((59, 0), (80, 0), (80, 30), (59, 30))
        move(cursor, key, "acquired", new)
        begin(cursor, "9", new, key, at)


def test_it_lets_land_be_acquired_and_released_with_a_source() -> None:
    with application() as cursor:
        key, at = entry(cursor)
        new = polygon((60, 0), (80, 0), (80, 30), (60, 30))
        move(cursor, key, "acquired", new)
        begin(cursor, "9", new, key, at)
    with application() as cursor:
        key, at = entry(cursor)
        end(cursor, "9", key, at)
        move(cursor, key, "released", new)


def test_it_refuses_a_parcel_inserted_after_the_guard_was_made_to_run() -> None:
    """``SET CONSTRAINTS ALL IMMEDIATE`` runs the guard early; what has been checked cannot be added to."""
    with refused("entry_is_closed"), application() as cursor:
        key, at = split(cursor)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        begin(cursor, "77", polygon((200, 0), (220, 0), (220, 30), (200, 30)), key, at, "2")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_it_refuses_snapshots_that_would_blind_the_guard(level: str) -> None:
    with refused("register_isolation"), application() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        split(cursor)


def test_it_refuses_an_entry_of_another_transaction() -> None:
    with application() as cursor:
        key, at = split(cursor)
    with refused("entry_is_of_its_transaction"), application() as cursor:
        begin(cursor, "78", polygon((200, 0), (220, 0), (220, 30), (200, 30)), key, at)
    with refused("entry_is_of_its_transaction"), application() as cursor:
        end(cursor, "4", key, at)


def test_it_refuses_an_entry_without_a_source() -> None:
    with refused("entry_has_a_source"), application() as cursor:
        entry(cursor, source=False)


def test_it_refuses_lifespans_that_are_not_the_entrys() -> None:
    with refused("parcel_lifespan_is_the_entrys"), application() as cursor:
        key, at = entry(cursor)
        end(cursor, "3", key, at)
        begin(cursor, "3", polygon((40, 0), (60, 0), (60, 30), (40, 30)), key, at.replace(year=2101))


def test_a_chosen_time_or_transaction_of_an_entry_is_overwritten() -> None:
    with application() as cursor:
        cursor.execute(
            """INSERT INTO register_registerentry (service, reference, change_set, xact, guarded_rows, at)
               VALUES ('raw', '', '{}', 1, 99, '2001-01-01') RETURNING id, at > now() - interval '1 hour',
               guarded_rows, xact > 1"""
        )
        key, fresh, rows, real = cursor.fetchone()
        assert (fresh, rows, real) == (True, 0, True)
        cursor.execute(
            """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
               VALUES ('decision', 'raw', '', '', '', true, '', '{}', %s)""",
            [key],
        )


def test_it_refuses_a_number_in_use_and_a_uid_used_before() -> None:
    with refused("parcel_number_is_free"), application() as cursor:
        key, at = split(cursor)
        cursor.execute("SAVEPOINT s")
        add_acquired(cursor, key, at, "9", parcel_no="4")
    with refused("parcel_is_well_born"), application() as cursor:
        key, at = entry(cursor)
        end(cursor, "6", key, at)
        move(cursor, key, "released", polygon((40, 30), (60, 30), (60, 60), (40, 60)))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        second, at = entry(cursor)
        add_acquired(cursor, second, at, "6", parcel_no="600")


def add_acquired(cursor: Any, key: int, at: Any, number: str, **more: Any) -> None:
    new = polygon((100, 0), (120, 0), (120, 30), (100, 30))
    move(cursor, key, "acquired", new)
    begin(cursor, number, new, key, at, **more)


def test_it_refuses_a_vertex_between_millimetres() -> None:
    with refused("parcel_is_on_grid"), application() as cursor:
        split(cursor, south=((20, 0), (40, 0), (40, 15.0004), (20, 15)))


def test_it_refuses_lineage_to_parcels_the_entry_did_not_touch() -> None:
    with refused("lineage_is_the_entrys"), application() as cursor:
        key, _ = split(cursor)
        cursor.execute(
            "INSERT INTO register_lineage (entry_id, parent_uid, child_uid) VALUES (%s, %s, %s)",
            [key, uid("5"), uid("1/2")],
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layers_parcel SET parcel_no = '99'",
        "UPDATE layers_parcel SET geom = ST_Translate(geom, 1, 0)",
        "UPDATE layers_parcel SET official_area_m2 = 1",
        "DELETE FROM layers_parcel",
        "DELETE FROM layers_boundaryline",
        "DELETE FROM register_registerentry",
        "UPDATE register_registerentry SET service = 'x'",
        "UPDATE register_registerentry SET guarded_rows = 999",
        "DELETE FROM layers_auditrow",
        "UPDATE layers_auditrow SET action = 'x'",
        "INSERT INTO layers_auditseal (sequence, row_id, hash, sealed_at) VALUES (1, 1, '', now())",
        "UPDATE layers_audithorizon SET xact = 0",
        "TRUNCATE layers_parcel CASCADE",
        "TRUNCATE layers_auditrow CASCADE",
        "TRUNCATE register_right",
        "ALTER TABLE layers_parcel DISABLE TRIGGER ALL",
        "ALTER TABLE register_registerentry DISABLE TRIGGER registerentry_guard",
        "DROP TRIGGER registerentry_guard ON register_registerentry",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION register_check_balance(land register_land) RETURNS void LANGUAGE sql AS ''",
        "DROP TABLE layers_parcel",
        "CREATE TABLE mine (x int)",
        "SET ROLE gisportal_owner",
    ],
)
def test_the_applications_role_may_not(statement: str) -> None:
    rows = snapshot()
    with pytest.raises(psycopg2.Error), application() as cursor:
        cursor.execute(statement)
    assert snapshot() == rows


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM layers_parcel",
        "TRUNCATE layers_parcel CASCADE",
        "UPDATE layers_parcel SET parcel_no = '99'",
        "DELETE FROM layers_auditrow",
        "UPDATE layers_auditrow SET action = 'x'",
        "UPDATE layers_auditseal SET sequence = sequence + 1",
    ],
)
def test_not_even_the_owner_may_by_mistake(statement: str) -> None:
    with application() as cursor:
        split(cursor)
        cursor.execute("SELECT layers_seal_audit()")
    plain = connect("owner")
    with pytest.raises(psycopg2.Error), plain, plain.cursor() as cursor:
        cursor.execute(statement)
    plain.close()


def test_a_version_is_ended_once_and_never_revived() -> None:
    with application() as cursor:
        split(cursor)
    for change in ("end_lifespan_version = NULL, end_entry_id = NULL", "end_lifespan_version = now()"):
        with refused("history_is_kept"), application() as cursor:
            key, _ = entry(cursor)
            cursor.execute(f"UPDATE layers_parcel SET {change} WHERE uid = %s", [uid("2")])
    with refused("history_is_kept"), application() as cursor:
        key, _ = entry(cursor)
        cursor.execute(
            """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, geom,
             begin_lifespan_version, begin_entry_id,
                 end_lifespan_version, end_entry_id)
               SELECT gen_random_uuid(), '', '', 'old', '', geom, now() - interval '9 days', %s, now(), %s
                 FROM layers_parcel LIMIT 1""",
            [key, key],
        )


def test_two_transactions_cannot_take_the_same_free_land() -> None:
    """Neither sees the other's rows while it runs: the guard waits for the cell and then looks again."""
    new = polygon((100, 0), (120, 0), (120, 30), (100, 30))
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def take(number: str) -> None:
        try:
            with application() as cursor:
                key, at = entry(cursor)
                move(cursor, key, "acquired", new)
                begin(cursor, number, new, key, at)
                ready.wait(10)
            outcomes.append("kept")
        except psycopg2.Error as error:
            outcomes.append(error.diag.constraint_name)

    threads = [threading.Thread(target=take, args=(number,)) for number in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "parcels_do_not_overlap"]


# Titles ----------------------------------------------------------------------------------------------------------


def title(cursor: Any, key: int, shares: list[tuple[int, int]], parcel: str | None = None) -> int:
    cursor.execute(
        "INSERT INTO register_baunit (uid, begin_entry_id) VALUES (gen_random_uuid(), %s) RETURNING id", [key]
    )
    (unit,) = cursor.fetchone()
    for numerator, denominator in shares:
        cursor.execute(
            """INSERT INTO register_party (kind, name_ar, name_en, id_kind, representation)
               VALUES ('person', 'س', 'x', '', '')
               RETURNING id"""
        )
        (party,) = cursor.fetchone()
        cursor.execute(
            """INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator,
                 begin_entry_id)
               VALUES (%s, %s, 'ownership', %s, %s, %s)""",
            [unit, party, numerator, denominator, key],
        )
    if parcel:
        cursor.execute(
            "INSERT INTO register_baunitparcel (ba_unit_id, parcel_uid, begin_entry_id) VALUES (%s, %s, %s)",
            [unit, uid(parcel), key],
        )
    return int(unit)


def test_shares_of_any_denominator_add_up_exactly() -> None:
    primes = [1_000_003, 1_000_033, 1_000_037]
    rest_numerator, rest_denominator = 1, 1
    with application() as cursor:
        key, _ = entry(cursor)
        shares = [(1, p) for p in primes]
        for p in primes:
            rest_numerator, rest_denominator = rest_numerator * p - rest_denominator, rest_denominator * p
        title(cursor, key, [*shares, (rest_numerator, rest_denominator)])


@pytest.mark.parametrize(
    "shares", [[(1, 2)], [(1, 3)] * 2, [(1, 2), (1, 2), (1, 10**15)], [(333_333, 1_000_000)] * 3, []]
)
def test_it_refuses_shares_that_do_not_add_up_to_one(shares: list[tuple[int, int]]) -> None:
    with refused("shares_add_up_to_one"), application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, shares)


def test_it_refuses_ending_a_share_alone_and_lets_it_pass_on_whole() -> None:
    with application() as cursor:
        key, _ = entry(cursor)
        unit = title(cursor, key, [(1, 2), (1, 2)])
    with refused("shares_add_up_to_one"), application() as cursor:
        key, _ = entry(cursor)
        cursor.execute(
            """UPDATE register_right SET end_entry_id = %s
               WHERE id = (SELECT min(id) FROM register_right WHERE ba_unit_id = %s)""",
            [key, unit],
        )
    with application() as cursor:
        key, _ = entry(cursor)
        cursor.execute("UPDATE register_right SET end_entry_id = %s WHERE ba_unit_id = %s", [key, unit])
        cursor.execute(
            """INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator,
                 begin_entry_id)
               SELECT %s, min(id), 'ownership', 1, 1, %s FROM register_party""",
            [unit, key],
        )


def test_two_transactions_cannot_each_add_the_same_half() -> None:
    with application() as cursor:
        key, _ = entry(cursor)
        unit = title(cursor, key, [(1, 1)])
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def replace() -> None:
        try:
            with application() as cursor:
                key, _ = entry(cursor)
                cursor.execute(
                    """INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator,
                 begin_entry_id)
                       SELECT %s, min(id), 'ownership', 1, 2, %s FROM register_party""",
                    [unit, key],
                )
                ready.wait(10)
            outcomes.append("kept")
        except psycopg2.Error as error:
            outcomes.append(error.diag.constraint_name)

    threads = [threading.Thread(target=replace) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["shares_add_up_to_one"] * 2


def test_it_refuses_a_parcel_in_two_titles_and_a_title_on_an_ended_parcel() -> None:
    with application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, [(1, 1)], parcel="2")
    with refused("baunitparcel_one_title_at_a_time"), application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, [(1, 1)], parcel="2")
    with refused("title_joins_current_parcels"), application() as cursor:
        split(cursor)


def test_rights_are_not_rewritten() -> None:
    with application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, [(1, 1)])
    for statement in (
        "UPDATE register_right SET share_numerator = 1, share_denominator = 3",
        "DELETE FROM register_right",
    ):
        with pytest.raises(psycopg2.Error), application() as cursor:
            cursor.execute(statement)


def test_origin_is_where_the_lots_lie() -> None:
    assert (X0, Y0) == (412_000.0, 2_924_000.0)
