"""``audit_register`` finds what was changed behind the guard's back, and only that."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from shapely.geometry import box

from land_services.register.apply import apply_change_set
from land_services.register.proof import audit_register

from .land import load_lots, query, split_lot_2, uid
from .tampering import TABLES, make_register, rows, seal_all, tamper

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

CURRENT = "end_lifespan_version IS NULL"


def moved(number: str, from_: str, to: str) -> str:
    """SQL that moves one vertex of a current lot, its coordinates given as they are printed."""
    return (
        f"UPDATE layers_parcel SET geom = ST_GeomFromText(replace(ST_AsText(geom), '{from_}', '{to}'), ST_SRID(geom))"
        f" WHERE uid = '{uid(number)}' AND {CURRENT}"
    )


TAMPERED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "a vertex of a loaded lot moved by 5 mm": (
        (moved("5", "412020 2924030", "412020.005 2924030"),),
        {"coverage": uid("5"), "chain": "loaded parcel version was changed"},
    ),
    "a vertex of a created lot moved by 5 mm": (
        (moved("1/2", "412020 2924000", "412020.005 2924000"),),
        {"coverage": uid("1/2"), "balance": "SUB-1", "chain": "was changed after it was written"},
    ),
    "a row of the lineage deleted": (
        (f"DELETE FROM register_lineage WHERE child_uid = '{uid('1/2')}'",),
        {"lifespans": uid("1/2")},
    ),
    "a share changed": (
        ("UPDATE register_right SET share_numerator = 3, share_denominator = 4 WHERE share_numerator = 2",),
        {"shares": "13/12"},
    ),
    "a right ended by nobody": (
        ("UPDATE register_right SET end_entry_id = begin_entry_id WHERE share_numerator = 1",),
        {"shares": "2/3"},
    ),
    "a lifespan shifted": (
        (
            "UPDATE layers_parcel SET begin_lifespan_version = begin_lifespan_version - interval '1 hour'"
            f" WHERE uid = '{uid('2/2')}'",
        ),
        {"lifespans": uid("2/2"), "chain": "was changed"},
    ),
    "an ended lot made current again": (
        (f"UPDATE layers_parcel SET end_lifespan_version = NULL, end_entry_id = NULL WHERE uid = '{uid('2')}'",),
        {"coverage": "overlap", "balance": "SUB-1"},
    ),
    "a created lot deleted": (
        (f"DELETE FROM layers_parcel WHERE uid = '{uid('2/2')}'",),
        {"balance": "SUB-1", "chain": "is missing", "shares": uid("2/2")},
    ),
    "the payload of an audit row changed": (
        ("""UPDATE layers_auditrow SET payload = payload || '{"parcels": 7}' WHERE action = 'register.load'""",),
        {"chain": "the row or its seal was changed"},
    ),
    "the actor of an audit row changed": (
        ("UPDATE layers_auditrow SET actor_id = 99 WHERE action = 'register.apply'",),
        {"chain": "the row or its seal was changed"},
    ),
    "a seal in the middle deleted": (
        ("DELETE FROM layers_auditseal WHERE sequence = 2",),
        {"chain": "seals 2 to 2 are missing"},
    ),
    "the last audit row and its seal deleted": (
        (
            "DELETE FROM layers_auditseal WHERE sequence = (SELECT max(sequence) FROM layers_auditseal)",
            "DELETE FROM layers_auditrow WHERE id = (SELECT max(id) FROM layers_auditrow)",
        ),
        {"chain": "the sealer left it at"},
    ),
    "the last audit row deleted and the sealer set back": (
        (
            "DELETE FROM layers_auditseal WHERE sequence = (SELECT max(sequence) FROM layers_auditseal)",
            "DELETE FROM layers_auditrow WHERE id = (SELECT max(id) FROM layers_auditrow)",
            "UPDATE layers_audithorizon SET (sequence, hash) ="
            " (SELECT sequence, hash FROM layers_auditseal ORDER BY sequence DESC LIMIT 1)",
        ),
        {"chain": "no audit row tells of this"},
    ),
    "the deed area of a loaded lot changed": (
        (f"UPDATE layers_parcel SET official_area_m2 = 601 WHERE uid = '{uid('6')}'",),
        {"chain": "loaded parcel version was changed"},
    ),
    "a lot slipped into the loading": (
        (
            """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, geom, begin_lifespan_version,
                 begin_entry_id)
               SELECT gen_random_uuid(), 'P1', '7', '99', 'residential', ST_Translate(geom, 500, 500),
                 begin_lifespan_version, begin_entry_id FROM layers_parcel ORDER BY id LIMIT 1""",
        ),
        {"chain": "that the audit does not tell of"},
    ),
    "an entry made by hand with a lot of its own": (
        (
            """INSERT INTO register_registerentry (service, reference, change_set, at, xact, guarded_rows)
               VALUES ('load', 'by hand', '{}', now(), 1, 0)""",
            """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, geom, begin_lifespan_version,
                 begin_entry_id)
               SELECT gen_random_uuid(), 'P1', '7', '99', 'residential', ST_Translate(geom, 500, 500), e.at, e.id
               FROM layers_parcel p, register_registerentry e WHERE e.reference = 'by hand' ORDER BY p.id LIMIT 1""",
        ),
        {"chain": "no audit row tells of this load entry", "lifespans": "an entry cites no source"},
    ),
    "the source of a decision deleted": (
        ("DELETE FROM register_source WHERE entry_id = (SELECT max(id) FROM register_registerentry)",),
        {"lifespans": "an entry cites no source"},
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_it_names(what: str) -> None:
    statements, told = TAMPERED[what]
    make_register()

    tamper(*statements)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_register", "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert report["ok"] is False
    for name, words in told.items():
        promise = report["promises"][name]
        assert promise["ok"] is False, f"{name} holds: {report['promises']}"
        assert words in json.dumps(promise["faults"]), promise["faults"]


def test_a_sound_register_is_proven_in_the_agreed_shape() -> None:
    make_register()
    out = io.StringIO()

    call_command("audit_register", "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert list(report) == ["ok", "at", "parcels", "entries", "promises"]
    assert (report["ok"], report["parcels"], report["entries"]) == (True, 7, 3)
    assert list(report["promises"]) == ["coverage", "balance", "shares", "lifespans", "chain"]
    for name, promise in report["promises"].items():
        assert promise["ok"] is True
        assert promise["faults"] == [], name
    assert report["promises"]["coverage"]["known"] == 0
    assert report["promises"]["chain"]["unsealed"] == 0


def test_rows_not_sealed_yet_are_counted_and_are_no_fault() -> None:
    load_lots()

    report = audit_register()

    assert report["ok"]
    assert report["promises"]["chain"]["unsealed"] == 1
    assert report["promises"]["coverage"] == {"ok": True, "faults": [], "count": 0, "known": 0}


def test_an_empty_register_holds() -> None:
    report = audit_register()

    assert report["ok"]
    assert (report["parcels"], report["entries"]) == (0, 0)


FAULTY = {
    "1": box(0, 0, 20.2, 30),  # lies over lot 2 by 0.2 m
    "2": box(20, 0, 40, 30),
    "3": box(40.005, 0, 60, 30),  # leaves a gap of 5 mm
    "4": box(0, 30, 30, 60),  # has no vertex where lots 1 and 2 meet
    "5": box(30, 30, 60, 60),
}


def test_defects_that_the_fabric_came_with_are_known_and_stay_so_when_their_land_is_divided() -> None:
    report = load_lots(FAULTY)
    assert {"overlap", "gap", "t_junction"} <= set(report.defects)
    before = audit_register()
    assert before["ok"], before["promises"]["coverage"]
    assert before["promises"]["coverage"]["known"] > 0

    change = divided()
    apply_change_set(change, reference="SUB-1", acting_user_id=1, recheck=lambda facts: (), query=query("2"))
    seal_all()

    after = audit_register()
    assert after["ok"], after["promises"]
    assert after["promises"]["coverage"]["known"] > 0

    tamper(moved("5", "412060 2924030", "412060 2924030.004"))
    broken = audit_register()
    assert not broken["promises"]["chain"]["ok"]


def divided() -> Any:
    """Lot 2 of the faulty fabric cut by the kernel, as the service would plan it."""
    import random

    from land_services.register.selectors import load_facts

    from .cutter import cut

    return cut(random.Random(3), load_facts(query("2")), "SUB-1")


def test_a_fault_made_beside_known_ones_is_no_known_one() -> None:
    load_lots(FAULTY)
    seal_all()

    tamper(moved("5", "412060 2924060", "412060 2924059.9"), moved("4", "412030 2924060", "412030.05 2924060"))

    report = audit_register()
    faults = report["promises"]["coverage"]["faults"]
    assert [set(fault["parcels"]) for fault in faults if fault["kind"] == "overlap"] == [{uid("4"), uid("5")}]


def test_the_printed_report_says_what_holds_and_lists_what_does_not() -> None:
    make_register()
    tamper(*TAMPERED["a share changed"][0])
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("audit_register", stdout=out)

    text = out.getvalue()
    assert "balance    holds" in text
    assert "shares     FAILS 1 times" in text
    assert "13/12" in text
    assert "The register does NOT hold." in text


def test_it_writes_nothing() -> None:
    make_register()
    before = rows("SELECT count(*), max(xact) FROM layers_auditrow")

    audit_register()

    assert rows("SELECT count(*), max(xact) FROM layers_auditrow") == before


def test_a_split_without_its_neighbours_vertices_is_found_when_the_guard_was_off() -> None:
    load_lots()
    change = split_lot_2(amend=False)
    tables = ("layers_parcel", "register_registerentry", "register_lineage")
    for table in tables:
        rows(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    rows("ALTER TABLE register_registerentry ENABLE TRIGGER registerentry_stamp")
    try:
        apply_change_set(change, reference="SUB-9", acting_user_id=1, recheck=lambda facts: (), query=query("2"))
    finally:
        for table in tables:
            rows(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    report = audit_register()

    assert {fault["kind"] for fault in report["promises"]["coverage"]["faults"]} == {"t_junction"}


def test_the_hash_of_an_entry_reads_no_table_through() -> None:
    """A loading of a whole city made every later entry cost as much as all of its rows."""
    make_register()
    for table in TABLES:
        rows(f"ANALYZE {table}")
    counted = "SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0"

    with transaction.atomic(using="owner"):
        before = set(rows(counted))
        rows("SELECT register_entry_digest(max(id)) FROM register_registerentry WHERE service <> 'load'")
        after_the_hash = set(rows(counted))
        rows("SELECT count(*) FROM register_right")
        after_a_count = set(rows(counted))

    assert {table for table, _ in after_the_hash - before} <= {"register_registerentry"}
    assert {table for table, _ in after_a_count - after_the_hash} == {"register_right"}, "scans are not counted"
