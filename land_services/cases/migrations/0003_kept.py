"""Cases, attempts and issued documents are kept."""

from pathlib import Path

from django.db import migrations

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_verify_looks"), ("layers", "0002_audit")]
    operations = [RunSqlFile(SQL / "kept.sql")]
