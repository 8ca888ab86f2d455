"""Nobody with a right in force is erased, and nobody erased is given one."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("register", "0005_deeds")]
    operations = [RunSqlFile(SQL / "erased.sql")]
