"""The guard of deeds: what an answer of the registry may change."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("register", "0004_restrictions_follow")]
    operations = [RunSqlFile(SQL / "deeds.sql")]
