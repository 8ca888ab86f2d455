"""Loading into empty tables lays indexes aside: afterwards the schema is what it was, and faults are still refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from land_services.register.bulk import checked_at_the_end

from .land import load_lots

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

SCHEMA = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1, 2, 3"""


def schema() -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(SCHEMA)
        return list(cursor.fetchall())


def test_the_schema_is_the_same_after_loading_into_empty_tables() -> None:
    before = schema()
    load_lots()
    assert schema() == before


def test_a_fault_is_refused_when_the_constraint_is_made_again() -> None:
    before = schema()
    with pytest.raises(IntegrityError), transaction.atomic("owner"), checked_at_the_end(["register_baunit"], "owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE register_baunit DISABLE TRIGGER USER")
            cursor.execute("INSERT INTO register_baunit (uid, begin_entry_id) VALUES (gen_random_uuid(), 4711)")
    assert schema() == before


def test_tables_that_hold_rows_keep_their_constraints_all_the_while() -> None:
    load_lots()
    before = schema()
    with transaction.atomic("owner"), checked_at_the_end(["layers_parcel"], "owner"):
        assert schema() == before
