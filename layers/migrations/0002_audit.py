"""The audit: its triggers and sealing function; and the versions of the map, which are ended and never rewritten."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial")]
    operations = [RunSqlFile(SQL / "audit.sql"), RunSqlFile(SQL / "versions.sql")]
