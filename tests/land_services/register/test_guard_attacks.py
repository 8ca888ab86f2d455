"""Attacks on the guard that once got through, or might: raw SQL as the application's role, all on one set of lots.

Each attack is a transaction of its own that tries to commit; ``refused`` also proves that nothing of it was kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import psycopg2
import pytest
from django.db import connections, transaction

from land_services.register import proof
from land_services.register.adapters import to_db
from land_services.register.proof import audit_register
from layers import audit

from .land import LOTS, X0, Y0, load_lots, polygon, uid
from .test_guard import (
    EAST_AMENDED,
    NORTH,
    SOUTH,
    WEST_AMENDED,
    application,
    begin,
    connect,
    end,
    entry,
    move,
    refused,
    split,
    title,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
FREE = ((100, 0), (120, 0), (120, 30), (100, 30))
THIRD = ((40, 0), (60, 0), (60, 30), (40, 30))


@pytest.fixture(autouse=True)
def _lots() -> None:
    load_lots()


def parent(cursor: Any, key: int, of: str, child: str) -> None:
    cursor.execute(
        "INSERT INTO register_lineage (entry_id, parent_uid, child_uid) VALUES (%s, %s, %s)", [key, uid(of), uid(child)]
    )


def acquire(cursor: Any, number: str, points: Any = FREE, **more: Any) -> int:
    key, at = entry(cursor)
    move(cursor, key, "acquired", polygon(*points))
    begin(cursor, number, polygon(*points), key, at, **more)
    return int(key)


def prove() -> None:
    while audit.seal() > 0:
        pass
    report = audit_register()
    assert report["ok"], report["promises"]


# Land


def launder_an_overlap(cursor: Any) -> None:
    """Two parcels on the same land, ended in the same transaction, would make their overlap a known one."""
    key, at = entry(cursor)
    for number in ("a", "b"):
        move(cursor, key, "acquired", polygon(*FREE))
        begin(cursor, number, polygon(*FREE), key, at)
    key, at = entry(cursor)
    cursor.execute(
        "UPDATE layers_parcel SET end_lifespan_version = %s, end_entry_id = %s WHERE uid IN (%s, %s)",
        [at, key, uid("a"), uid("b")],
    )
    for number in ("a", "b"):
        begin(cursor, number, polygon(*FREE), key, at)


def acquire_twins(cursor: Any) -> None:
    key, at = entry(cursor)
    for number in ("a", "b"):
        move(cursor, key, "acquired", polygon(*FREE))
        begin(cursor, number, polygon(*FREE), key, at)


def acquire_a_nested_parcel(cursor: Any) -> None:
    acquire(cursor, "a", ((45, 5), (55, 5), (55, 25), (45, 25)))


def acquire_land_and_give_it_back(cursor: Any) -> None:
    key, _ = entry(cursor)
    for kind in ("acquired", "released"):
        move(cursor, key, kind, polygon(*FREE))


def acquire_land_that_a_parcel_holds(cursor: Any) -> None:
    key, _ = entry(cursor)
    for kind in ("acquired", "released"):
        move(cursor, key, kind, polygon(*THIRD))


def acquire_a_bow_tie(cursor: Any) -> None:
    acquire(cursor, "a", ((100, 0), (120, 30), (120, 0), (100, 30)))


def acquire_a_spike(cursor: Any) -> None:
    acquire(cursor, "a", ((100, 0), (120, 0), (120, 30), (120, 40), (120, 30), (100, 30)))


def acquire_nothing(cursor: Any) -> None:
    acquire(cursor, "a", ((100, 0), (120, 0), (110, 0)))


def sneak_below_the_grid(cursor: Any) -> None:
    acquire(cursor, "a", ((100, 0), (120.0000004, 0), (120, 30), (100, 30)))


def leave_a_neighbours_corner_out(cursor: Any) -> None:
    """A vertex 0.9 mm beside lot 3's east side, where lot 3 has none."""
    acquire(cursor, "a", ((60, 0), (80, 0), (80, 30), (60, 30), (60.001, 15)))
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def reach_over_a_continent(cursor: Any) -> None:
    acquire(cursor, "a", ((100, 0), (3_000_100, 0), (3_000_100, 3_000_000), (100, 3_000_000)))


def go_to_infinity(cursor: Any) -> None:
    key, at = entry(cursor)
    cursor.execute(
        """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, geom, begin_lifespan_version,
             begin_entry_id)
           SELECT %s, 'P1', '7', 'a', '', ST_Multi(ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[ST_MakePoint(0, 0),
             ST_MakePoint('inf', 0), ST_MakePoint(1, 1), ST_MakePoint(0, 0)])),
             Find_SRID('public', 'layers_parcel', 'geom'))), %s, %s""",
        [uid("a"), at, key],
    )


def lie_about_parents(cursor: Any) -> None:
    """The parts of lot 2 say they come from lot 1, which only gets a vertex."""
    key, at = entry(cursor)
    for number in ("2", "1", "3"):
        end(cursor, number, key, at)
    begin(cursor, "1/2", polygon(*SOUTH), key, at, "1")
    begin(cursor, "2/2", polygon(*NORTH), key, at, "2")
    begin(cursor, "1", polygon(*WEST_AMENDED), key, at)
    begin(cursor, "3", polygon(*EAST_AMENDED), key, at)


def claim_one_parent_too_many(cursor: Any) -> None:
    key, _ = split(cursor)
    parent(cursor, key, "3", "1/2")


def be_ones_own_parent(cursor: Any) -> None:
    key, _ = split(cursor)
    parent(cursor, key, "1", "1")


def orphan_a_merged_parcel(cursor: Any) -> None:
    key, at = entry(cursor)
    for number in ("2", "3"):
        end(cursor, number, key, at)
    begin(cursor, "23", polygon((20, 0), (40, 0), (60, 0), (60, 30), (40, 30), (20, 30)), key, at, "2")


def keep_the_uid_and_take_a_number(cursor: Any, number: str = "4") -> None:
    key, at = entry(cursor)
    end(cursor, "3", key, at)
    begin(cursor, "3", polygon(*THIRD), key, at, parcel_no=number)


def lose_the_number(cursor: Any) -> None:
    keep_the_uid_and_take_a_number(cursor, "")


def sit_on_the_next_key(cursor: Any) -> None:
    key, at = entry(cursor)
    move(cursor, key, "acquired", polygon(*FREE))
    cursor.execute(
        """INSERT INTO layers_parcel (id, uid, plan_no, block_no, parcel_no, land_use, geom, begin_lifespan_version,
             begin_entry_id)
           SELECT last_value + 1, %s, 'P1', '7', 'a', '', ST_Multi(%s::geometry), %s, %s FROM layers_parcel_id_seq""",
        [uid("a"), to_db(polygon(*FREE)), at, key],
    )


def add_to_it_after_the_guard(cursor: Any) -> None:
    key, _ = split(cursor)
    cursor.execute("SET CONSTRAINTS registerentry_guard IMMEDIATE")
    cursor.execute("SET CONSTRAINTS registerentry_guard DEFERRED")
    cursor.execute("SAVEPOINT s")
    cursor.execute(
        """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
           VALUES ('deed', 'late', '', '', '', true, '', '{}', %s)""",
        [key],
    )


LAND: list[tuple[str, Callable[[Any], None]]] = [
    ("version_is_guarded_before_it_ends", launder_an_overlap),
    ("parcels_do_not_overlap", acquire_twins),
    ("parcels_do_not_overlap", acquire_a_nested_parcel),
    ("acquired_land_was_free", acquire_land_and_give_it_back),
    ("acquired_land_was_free", acquire_land_that_a_parcel_holds),
    ("parcel_outline_is_valid", acquire_a_bow_tie),
    ("parcel_outline_is_valid", acquire_a_spike),
    ("parcel_outline_is_valid", acquire_nothing),
    ("parcel_is_on_grid", sneak_below_the_grid),
    ("land_is_within_reach", reach_over_a_continent),
    ("land_is_within_reach", go_to_infinity),
    ("parents_gave_the_land", lie_about_parents),
    ("parents_gave_the_land", claim_one_parent_too_many),
    ("lineage_is_the_entrys", be_ones_own_parent),
    ("parents_gave_the_land", orphan_a_merged_parcel),
    ("parcel_number_is_free", keep_the_uid_and_take_a_number),
    ("parcel_number_is_free", lose_the_number),
    ("keys_are_drawn", sit_on_the_next_key),
    ("entry_is_closed", add_to_it_after_the_guard),
]


def test_no_trick_with_land_lineage_or_numbers_is_committed() -> None:
    for rule, attack in LAND:
        with refused(rule), application() as cursor:
            attack(cursor)
    with application() as cursor:  # what is right still passes, twice in one transaction
        split(cursor)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        acquire(cursor, "a")
    prove()


def test_one_number_is_not_taken_twice_by_changes_far_apart() -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def take(number: str, east: float) -> None:
        try:
            with application() as cursor:
                acquire(cursor, number, [(x + east, y) for x, y in FREE], parcel_no="900")
                ready.wait(10)
            outcomes.append("kept")
        except psycopg2.Error as error:
            outcomes.append(error.diag.constraint_name or "")

    threads = [threading.Thread(target=take, args=args) for args in (("a", 0.0), ("b", 5000.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "parcel_number_is_free"]


# Titles, people, audit


def join_no_parcel(cursor: Any) -> None:
    key, _ = entry(cursor)
    title(cursor, key, [(1, 1)], parcel="nowhere")


def dodge_the_sum(cursor: Any) -> None:
    key, _ = entry(cursor)
    unit = title(cursor, key, [(1, 1)])
    cursor.execute(
        """INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator, begin_entry_id)
           SELECT %s, min(id), 'Ownership', 1, 1, %s FROM register_party""",
        [unit, key],
    )


def end_a_title_under_mortgage(cursor: Any) -> None:
    key, _ = entry(cursor)
    unit = title(cursor, key, [(1, 1)])
    cursor.execute(
        "INSERT INTO register_restriction (ba_unit_id, kind, reference, holder, begin_entry_id)"
        " VALUES (%s, 'mortgage', 'm', '', %s)",
        [unit, key],
    )
    cursor.execute("UPDATE register_right SET end_entry_id = %s WHERE ba_unit_id = %s", [key, unit])
    cursor.execute("UPDATE register_baunit SET end_entry_id = %s WHERE id = %s", [key, unit])


def settle_at_birth(cursor: Any) -> None:
    key, _ = entry(cursor)
    unit = title(cursor, key, [(1, 1)])
    cursor.execute(
        "INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state, settled_by_id)"
        " VALUES (%s, %s, 'confirmed', %s)",
        [unit, key, key],
    )


def pose_as_the_loading(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO register_registerentry (service, reference, change_set, xact, guarded_rows)"
        " VALUES ('load', '', '{}', 0, 0)"
    )


def tell_the_audit_a_tale(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO layers_auditrow (action, subject, payload) VALUES ('register.apply', '', %s)",
        ['{"entry": "x", "begun": {"1": "x"}}'],
    )


PAPERS: list[tuple[str, Callable[[Any], None]]] = [
    ("title_joins_current_parcels", join_no_parcel),
    ("right_kind", dodge_the_sum),
    ("ended_title_is_empty", end_a_title_under_mortgage),
    ("history_is_kept", settle_at_birth),
    ("loading_is_the_owners", pose_as_the_loading),
    ("audit_of_the_register_is_the_guards", tell_the_audit_a_tale),
]
FORBIDDEN = [
    "INSERT INTO register_defect (entry_id, kind, uids, detail) SELECT min(id), 'overlap', '[]', '{}'"
    " FROM register_registerentry",
    "DELETE FROM django_migrations",
    "SELECT setval('layers_parcel_id_seq', 1)",
    "SELECT register_check_entry(1)",
    "SELECT layers_seal_audit(-1)",
    "UPDATE layers_parcel SET calculated_area_m2 = DEFAULT",
    "INSERT INTO register_source (id, kind) VALUES (9, 'deed')",
    "COMMENT ON TABLE layers_parcel IS 'mine'",
    "LOCK TABLE layers_parcel IN ACCESS EXCLUSIVE MODE",
    "SET SESSION AUTHORIZATION gisportal_owner",
    "PREPARE TRANSACTION 'x'",
]


def test_no_trick_with_titles_people_or_the_audit_is_committed() -> None:
    for rule, attack in PAPERS:
        with refused(rule), application() as cursor:
            attack(cursor)
    for statement in FORBIDDEN:
        with pytest.raises(psycopg2.Error), application() as cursor:
            cursor.execute(statement)
    for how_many in (0, None, 2**31 - 1):
        with application() as cursor:
            cursor.execute("SELECT layers_seal_audit(%s), pg_advisory_unlock_all()", [how_many])
    with application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, [(1, 1)], parcel="2")
        cursor.execute("UPDATE register_party SET name_ar = 'ص' RETURNING id")
    with application() as cursor:
        cursor.execute("SELECT array_agg(payload -> 'changed') FROM layers_auditrow WHERE action = 'register.party'")
        assert cursor.fetchone()[0] == [["name_ar"]]
    with pytest.raises(psycopg2.Error), application() as cursor:
        cursor.execute("UPDATE register_party SET erased_at = now()")
    with pytest.raises(psycopg2.Error), application() as cursor:  # nobody decided it, and a right is in force
        cursor.execute("UPDATE register_party SET erased_at = now(), name_ar = '', name_en = '', id_kind = ''")
    prove()


def test_a_temporary_type_cannot_cut_the_number_of_the_transaction() -> None:
    """Where the application may make temporary things (a cluster of somebody else's), types of its own come first."""
    owner = connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT format('GRANT TEMP ON DATABASE %I TO PUBLIC', current_database())")
        cursor.execute(cursor.fetchone()[0])
    owner.close()
    with application() as cursor:
        cursor.execute("CREATE DOMAIN pg_temp.text AS pg_catalog.varchar(1)")
        cursor.execute("CREATE TEMP TABLE layers_parcel (LIKE public.layers_parcel)")
        cursor.execute("SET search_path = pg_temp, public, pg_catalog")
        cursor.execute(
            "INSERT INTO public.layers_auditrow (action, subject, payload) VALUES ('x', '', '{}') RETURNING xact"
        )
        assert cursor.fetchone()[0] > 9
        cursor.execute("SET search_path = DEFAULT")
    prove()


# What the owner can do with the triggers off, the proof notices


TAMPERING = [
    "UPDATE register_lineage SET parent_uid = gen_random_uuid()",
    "DELETE FROM register_lineage",
    "UPDATE register_source SET number = 'other' WHERE kind = 'decision'",
    "UPDATE register_right SET party_id = (SELECT max(id) FROM register_party)",
    "UPDATE register_right SET end_entry_id = begin_entry_id, kind = 'lease'",
    "UPDATE register_registerentry SET reference = 'other' WHERE service <> 'load'",
    "UPDATE register_landmovement SET reason = 'other'",
    "UPDATE layers_parcel SET end_lifespan_version = NULL, end_entry_id = NULL WHERE parcel_no = '2'",
    "UPDATE layers_parcel SET official_area_m2 = 1 WHERE id = (SELECT min(id) FROM layers_parcel)",
    "UPDATE layers_audithorizon SET hash = '\\x00'",
    "DELETE FROM layers_auditseal WHERE sequence = (SELECT max(sequence) FROM layers_auditseal)",
    "UPDATE layers_auditrow SET actor_id = 7 WHERE id = (SELECT min(id) FROM layers_auditrow)",
    "UPDATE register_baunitparcel SET parcel_uid = (SELECT uid FROM layers_parcel WHERE parcel_no = '6')",
]
TABLES = (
    "register_lineage register_source register_right register_registerentry register_landmovement layers_parcel"
    " layers_auditseal layers_auditrow register_baunitparcel"
)


def test_the_proof_notices_what_an_owner_changes_with_the_triggers_off() -> None:
    with application() as cursor:
        split(cursor)
    with application() as cursor:
        acquire(cursor, "a")
    with application() as cursor:
        key, _ = entry(cursor)
        title(cursor, key, [(1, 2), (1, 2)], parcel="5")
    prove()
    unnoticed = []
    for statement in TAMPERING:
        with transaction.atomic(using="owner"):
            with connections["owner"].cursor() as cursor:
                for table in TABLES.split():
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(statement)
                assert cursor.rowcount > 0, statement
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if proof_in(using="owner")["ok"]:
                unnoticed.append(statement)
            transaction.set_rollback(True, using="owner")
    assert unnoticed == []


def proof_in(using: str) -> dict[str, Any]:
    """The proof inside a transaction that wrote: its snapshot statement is refused there, and not needed."""
    with mock.patch.object(proof, "SNAPSHOT", "SELECT 1"):
        return proof.audit_register(using=using)


def test_the_lots_are_where_the_attacks_aim() -> None:
    assert LOTS["3"].bounds == (40, 0, 60, 30) and (X0, Y0) == (412_000.0, 2_924_000.0)
