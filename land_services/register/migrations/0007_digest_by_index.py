"""The hash of an entry is found by index, however large the loading before it was."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("register", "0006_erased")]
    operations = [RunSqlFile(SQL / "digest_by_index.sql")]
