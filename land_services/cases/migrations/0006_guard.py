"""The database itself holds the ways of a case, two pairs of eyes, and what was said once."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_convert"), ("layers", "0002_audit")]
    operations = [RunSqlFile(SQL / "guard.sql")]
