"""What a loading wrote is told to the audit row by row: ``audit_register`` finds what was changed behind it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from land_services.domain import BoundaryCorner, BoundarySide
from land_services.register import told
from land_services.register.load import load_fabric
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
from land_services.register.proof import audit_register

from .land import LOTS, X0, Y0, at, staged, uid
from .tampering import rows, seal_all, tamper
from .test_proof import FAULTY

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def make_loaded() -> None:
    """Load a faulty fabric, titles of three lots with a seizure, and the sides of a lot; seal the audit."""
    lots = [staged(n, number, at(shape)) for n, (number, shape) in enumerate(FAULTY.items(), start=1)]
    report = load_fabric([lots], source={"name": "fabric"})
    sides = tuple(
        BoundarySide(start=(X0 + a, Y0 + b), end=(X0 + c, Y0 + d), length_m=length, face=face)
        for a, b, c, d, length, face in [(20, 0, 40, 0, 20.0, "S"), (40, 0, 40, 30, 30.0, "E")]
    )
    corners = (BoundaryCorner(number="7", x=X0 + 20, y=Y0),)
    load_boundaries([BoundaryRow(uuid.UUID(uid("2")), sides, corners)], entry_id=report.entry_id or 0)
    load_titles(
        Titles(
            parties=[PartyRow(n, "person", f"مالك {n}", f"Owner {n}", "", "") for n in (1, 2, 3)],
            titles=[TitleRow(n, uuid.UUID(int=n), (uuid.UUID(uid(str(n))),)) for n in (1, 2, 3)],
            rights=[
                RightRow(1, 1, "ownership", 1, 3),
                RightRow(1, 2, "ownership", 2, 3),
                RightRow(2, 2, "ownership", 1, 1),
                RightRow(3, 3, "ownership", 1, 1),
            ],
            deeds=[DeedRow(n, n, f"33010000{n}", "1440/05/12", "", "electronic", None, True) for n in (1, 2, 3)],
            restrictions=[RestrictionRow(2, "seizure", "4401", "court", None)],
        ),
        source={"name": "titles"},
    )
    seal_all()


TITLES_ENTRY = "(SELECT max(id) FROM register_registerentry)"
FABRIC_ENTRY = "(SELECT min(id) FROM register_registerentry)"

CHANGED: dict[str, tuple[str, str]] = {
    "two owners' shares swapped": (
        "UPDATE register_right SET party_id = CASE share_numerator WHEN 1 THEN party_id + 1 ELSE party_id - 1 END"
        " WHERE share_denominator = 3",
        "a loaded row of register_right",
    ),
    "a plot given to somebody else": (
        "UPDATE register_right SET party_id = (SELECT min(id) FROM register_party)"
        " WHERE party_id = (SELECT max(id) FROM register_party)",
        "a loaded row of register_right",
    ),
    "two plots' titles exchanged": (
        "UPDATE register_baunit SET uid = ('00000000-0000-0000-0000-0000000000' || to_char(id + 40, 'FM00'))::uuid",
        "a loaded row of register_baunit ",
    ),
    "a seizure deleted": ("DELETE FROM register_restriction", "a loaded row of register_restriction"),
    "a seizure turned into an easement": (
        "UPDATE register_restriction SET kind = 'easement'",
        "a loaded row of register_restriction",
    ),
    "a seizure lifted by the loading itself": (
        "UPDATE register_restriction SET end_entry_id = begin_entry_id",
        "1 rows of register_restriction were ended by a loading",
    ),
    "a mortgage slipped in": (
        "INSERT INTO register_restriction (ba_unit_id, kind, reference, holder, begin_entry_id)"
        " SELECT ba_unit_id, 'mortgage', '9', '', begin_entry_id FROM register_restriction",
        "1 rows of register_restriction say that this loading wrote them",
    ),
    "a mortgage slipped in under the fabric's entry": (
        "INSERT INTO register_restriction (ba_unit_id, kind, reference, holder, begin_entry_id)"
        f" SELECT ba_unit_id, 'mortgage', '9', '', {FABRIC_ENTRY} FROM register_restriction",
        "1 rows of register_restriction say that this loading wrote them",
    ),
    "the number of a deed changed": (
        "UPDATE register_source SET number = '0' WHERE kind = 'deed' AND number = '330100002'",
        "a loaded row of register_source",
    ),
    "a deed made of no value": ("UPDATE register_source SET is_valid = false WHERE kind = 'deed'", "register_source"),
    "a deed taken from its title": (
        "DELETE FROM register_baunitsource WHERE id = (SELECT max(id) FROM register_baunitsource)",
        "a loaded row of register_baunitsource",
    ),
    "the sum of the file that was loaded changed": (
        "UPDATE register_source SET sha256 = 'x' WHERE kind = 'fabric_file'",
        "a loaded row of register_source",
    ),
    "who loaded it changed": (
        "UPDATE register_registerentry SET acting_user_id = 99 WHERE id = " + TITLES_ENTRY,
        "a loaded row of register_registerentry",
    ),
    "a defect deleted": (
        "DELETE FROM register_defect WHERE kind = 'overlap'",
        "0 defects of the kind overlap are listed, the loading stated 1",
    ),
    "a defect added to hide an overlap": (
        "INSERT INTO register_defect (entry_id, kind, uids, detail, geom)"
        f" SELECT {FABRIC_ENTRY}, 'overlap', '[]', '{{}}', geom FROM layers_parcel LIMIT 1",
        "2 defects of the kind overlap are listed, the loading stated 1",
    ),
    "a defect added in the name of another loading": (
        "INSERT INTO register_defect (entry_id, kind, uids, detail, geom)"
        f" SELECT {TITLES_ENTRY}, 'overlap', '[]', '{{}}', geom FROM layers_parcel LIMIT 1",
        "1 rows of register_defect say that this loading wrote them",
    ),
    "a defect made larger": (
        "UPDATE register_defect SET geom = ST_Expand(geom, 100) WHERE kind = 'gap'",
        "a loaded row of register_defect",
    ),
    "a side made longer": ("UPDATE layers_boundaryline SET length_m = 21 WHERE face = 'S'", "layers_boundaryline"),
    "a side added": (
        "INSERT INTO layers_boundaryline (parcel_id, sequence, face, face_is_manual, length_m, sense, adjoining_ar,"
        " adjoining_en, geom) SELECT parcel_id, 9, face, face_is_manual, length_m, sense, adjoining_ar, adjoining_en,"
        " geom FROM layers_boundaryline WHERE sequence = 1",
        "1 rows of layers_boundaryline say that this loading wrote them",
    ),
    "the number of a corner changed": ("UPDATE layers_boundarypoint SET number = '8'", "layers_boundarypoint"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_loading_that_was_tampered_with_is_named(what: str) -> None:
    statement, words = CHANGED[what]
    make_loaded()
    assert audit_register()["ok"]

    tamper(statement)

    chain = audit_register()["promises"]["chain"]
    assert not chain["ok"]
    assert words in json.dumps(chain["faults"]), chain["faults"]


def test_rows_are_told_in_runs_and_only_the_run_with_the_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "RUN", 2)
    make_loaded()
    keys = [key for (key,) in rows("SELECT id FROM register_right ORDER BY id")]
    ((payload,),) = rows("SELECT payload FROM layers_auditrow WHERE action = 'register.titles'")
    runs = (json.loads(payload) if isinstance(payload, str) else payload)["told"]["register_right"]
    assert [run[:3] for run in runs] == [[keys[0], keys[1], 2], [keys[2], keys[3], 2]]

    tamper(f"UPDATE register_right SET party_id = party_id - 1 WHERE id = {keys[3]}")

    faults = audit_register()["promises"]["chain"]["faults"]
    assert [fault["keys"] for fault in faults] == [[keys[2], keys[3]]]


def test_the_hashes_do_not_depend_on_the_sessions_settings() -> None:
    make_loaded()
    ((entry,),) = rows(f"SELECT {TITLES_ENTRY}")
    before = told.runs_of(entry, "owner", told.TABLES)

    rows(
        "SET datestyle = 'German'; SET timezone = 'Asia/Riyadh'; SET extra_float_digits = -5; SET bytea_output = escape"
    )
    try:
        assert told.runs_of(entry, "owner", told.TABLES) == before
    finally:
        rows("RESET ALL")


def test_what_a_loading_tells_holds_no_name_and_no_number_of_a_person() -> None:
    make_loaded()

    payloads: list[Any] = [payload for (payload,) in rows("SELECT payload FROM layers_auditrow")]

    assert "Owner" not in json.dumps(payloads)
    assert "register_party" not in told.TABLES


def test_a_second_loading_of_sides_tells_only_of_its_own() -> None:
    lots = [staged(n, number, at(shape)) for n, (number, shape) in enumerate(LOTS.items(), start=1)]
    entry = load_fabric([lots], source={"name": "fabric"}).entry_id or 0
    side = BoundarySide(start=(X0, Y0), end=(X0 + 20, Y0), length_m=20.0, face="S")
    for number in ("1", "2"):
        load_boundaries([BoundaryRow(uuid.UUID(uid(number)), (side,), ())], entry_id=entry)

    assert audit_register()["ok"]
    tamper("DELETE FROM layers_boundaryline WHERE id = (SELECT min(id) FROM layers_boundaryline)")
    assert len(audit_register()["promises"]["chain"]["faults"]) == 1
