"""Derived geometries for small scales, and a function that tiles are cut with."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("layers", "0005_added_layers")]
    operations = [RunSqlFile(SQL / "functions.sql")]
