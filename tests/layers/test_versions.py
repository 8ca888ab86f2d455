"""Versioned rows of the map: ended once, never rewritten, whoever writes raw SQL as the application's role."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

TABLES = {
    "layers_plan": "plan_no",
    "layers_block": "block_no",
    "layers_district": "code",
    "layers_street": "name_ar",
    "layers_zone": "code",
    "layers_place": "category",
    "layers_address": "building_no",
}
SHAPES = {"layers_street": "MULTILINESTRING((0 0,1 1))", "layers_place": "POINT(0 0)", "layers_address": "POINT(0 0)"}
EXTRA = {
    "layers_plan": "name_ar, name_en",
    "layers_block": "plan_no",
    "layers_district": "name_ar, name_en, municipality",
    "layers_street": "name_en, road_class",
    "layers_zone": "name_ar, name_en, kind",
    "layers_place": "name_ar, name_en, opening_hours, phone",
    "layers_address": "additional_no, street_ar, street_en, district_ar, district_en, postcode, short_address",
}


def add(table: str) -> int:
    extra = EXTRA[table].split(", ")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {table} (uid, begin_lifespan_version, geom, {TABLES[table]}, {EXTRA[table]})
                VALUES (gen_random_uuid(), now(), ST_GeomFromText(%s, (SELECT Find_SRID('public', %s, 'geom'))), 'x',
                        {", ".join(["'x'"] * len(extra))}) RETURNING id""",
            [SHAPES.get(table, "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"), table],
        )
        return int(cursor.fetchone()[0])


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("table", TABLES)
def test_a_version_is_ended_once_and_nothing_else_of_it_changes(table: str) -> None:
    key = add(table)
    assert refused(f"UPDATE {table} SET {TABLES[table]} = 'y' WHERE id = {key}")
    assert refused(f"UPDATE {table} SET geom = ST_Translate(geom, 1, 0) WHERE id = {key}")
    assert refused(f"DELETE FROM {table} WHERE id = {key}")
    assert refused(f"TRUNCATE {table}")
    assert not refused(f"UPDATE {table} SET end_lifespan_version = clock_timestamp() WHERE id = {key}")
    assert refused(f"UPDATE {table} SET end_lifespan_version = NULL WHERE id = {key}")
    assert refused(f"UPDATE {table} SET end_lifespan_version = clock_timestamp() WHERE id = {key}")


@pytest.mark.parametrize("table", TABLES)
def test_not_even_the_owner_deletes_by_mistake(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1", [table]
        )
        assert {"row_stays", "table_stays", "version_ends"} <= {row[0] for row in cursor.fetchall()}


KEPT = [
    "DELETE FROM cases_case",
    "DELETE FROM cases_attempt",
    "UPDATE cases_attempt SET fit = true",
    "DELETE FROM cases_issueddocument",
    "UPDATE cases_issueddocument SET sha256 = ''",
    "DELETE FROM layers_publicoutline",
    "UPDATE layers_publicoutline SET uid = gen_random_uuid()",
    "UPDATE layers_publicoutline SET reference = ''",
]


@pytest.mark.parametrize("statement", KEPT)
def test_what_a_case_holds_is_kept(statement: str) -> None:
    assert refused(statement)


def test_current_and_past_rows_have_indexes_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname ~ '_(current|past)_geom$'")
        found = cursor.fetchall()
    assert len(found) == 18
    assert all("WHERE" in definition for _, definition in found), found
