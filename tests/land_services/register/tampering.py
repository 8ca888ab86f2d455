"""A small register with a title and one subdivision, and what somebody with the owner's password could do to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg2
from django.db import connections, transaction

from land_services.domain import ChangeSet, TransferRight
from land_services.register.apply import apply_change_set
from land_services.register.load_titles import DeedRow, PartyRow, RightRow, TitleRow, Titles, load_titles
from layers import audit

from .land import load_lots, query, split_lot_2, uid

TITLE = uuid.UUID("00000000-0000-4000-8000-0000000000aa")
TABLES = (
    "layers_parcel layers_auditrow layers_auditseal register_registerentry register_lineage register_right "
    "register_baunit register_source register_defect register_baunitparcel register_baunitsource register_restriction "
    "layers_boundaryline layers_boundarypoint"
).split()


def titles(*shares: tuple[int, int], parcel: str = "2") -> Titles:
    """Return one title of a lot, held by as many parties as there are shares."""
    return Titles(
        parties=[PartyRow(n, "person", f"مالك {n}", f"Owner {n}", "", "") for n in range(1, len(shares) + 1)],
        titles=[TitleRow(1, TITLE, (uuid.UUID(uid(parcel)),))],
        rights=[RightRow(1, n, "ownership", *share) for n, share in enumerate(shares, start=1)],
        deeds=[DeedRow(1, 1, "330100001", "1440/05/12", "", "electronic", Decimal("600.00"), True)],
        restrictions=[],
    )


def seal_all() -> None:
    while audit.seal() > 0:
        pass


def make_register() -> None:
    """Load six lots and a title, subdivide lot 2, seal the audit."""
    load_lots()
    load_titles(titles((1, 3), (2, 3)), source={"name": "titles for a test"})
    ((title,),) = rows("SELECT id FROM register_baunit")
    change = split_lot_2()
    change = ChangeSet(
        change.service, (*change.operations, TransferRight(title, (uid("2"),), (uid("1/2"), uid("2/2"))))
    )
    apply_change_set(change, reference="SUB-1", acting_user_id=1, recheck=lambda facts: (), query=query("2"))
    seal_all()


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, params or None)
        return list(cursor.fetchall()) if cursor.description else []


def tamper(*statements: str) -> None:
    """Run SQL as the owner with every trigger of the register off."""
    with transaction.atomic(using="owner"):
        for table in TABLES:
            rows(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            rows(statement)
        rows("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            rows(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def application() -> Iterator[Any]:
    """Give a connection of its own to the application's role."""
    s = connections["default"].settings_dict
    session = psycopg2.connect(
        dbname=s["NAME"], user=s["USER"], password=s["PASSWORD"], host=s["HOST"], port=s["PORT"] or None
    )
    try:
        yield session
    finally:
        session.close()
