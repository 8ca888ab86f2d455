"""The application's role has no DDL and no TRUNCATE, whatever the migrations made."""

from __future__ import annotations

import importlib.util

import pytest
from django.db import ProgrammingError, connection, connections, transaction

DDL = [
    "CREATE TABLE loot (id int)",
    "CREATE TEMP TABLE loot (id int)",
    "CREATE SCHEMA loot",
    "CREATE FUNCTION loot() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION hstore",
    "ALTER TABLE accounts_user ADD COLUMN loot int",
    "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
    "DROP TABLE accounts_user CASCADE",
    "TRUNCATE accounts_user CASCADE",
    "SET session_replication_role = replica",
    "SET ROLE gisportal_owner",
    "ALTER ROLE gisportal_app SUPERUSER",
    "CREATE ROLE loot",
    "GRANT gisportal_owner TO gisportal_app",
    "INSERT INTO spatial_ref_sys (srid) VALUES (998999)",
    "UPDATE pg_catalog.pg_class SET relname = relname",
    "COPY accounts_user TO PROGRAM 'id'",
    "COPY accounts_user TO '/tmp/loot'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", DDL)
def test_the_applications_role_is_refused(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must (be|have)"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_the_applications_role_makes_no_database() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE loot")


@pytest.mark.django_db
@pytest.mark.parametrize("privilege", ["TRUNCATE", "TRIGGER", "REFERENCES"])
def test_no_table_grants_the_application_more_than_rows(privilege: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, %s)",
            [privilege],
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_the_application_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_the_owner_works_on_the_same_database_and_is_no_superuser() -> None:
    with connection.cursor() as app, connections["owner"].cursor() as owner:
        app.execute("SELECT current_database(), current_user")
        owner.execute("SELECT current_database(), current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        here, there = app.fetchone(), owner.fetchone()
    assert here is not None and there is not None
    assert here[0] == there[0]
    assert here[1] != there[1]
    assert there[2] is False


def test_psycopg_3_is_not_installed() -> None:
    """Django prefers psycopg 3 whenever it can be imported: one careless requirement would move the whole ORM."""
    assert importlib.util.find_spec("psycopg") is None


@pytest.mark.django_db
def test_the_log_of_the_database_keeps_no_statement_of_the_application() -> None:
    """They hold what people ask for: positions, names."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW log_min_error_statement")
        assert cursor.fetchone() == ("panic",)
