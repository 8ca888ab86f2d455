"""Foreign keys from parcels to register entries, and the guard of the register."""

from pathlib import Path

from django.db import migrations

from land_services.register.sqlvalues import SQL_VALUES
from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial"), ("layers", "0002_audit")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE layers_parcel
                ADD CONSTRAINT parcel_begin_entry_fk FOREIGN KEY (begin_entry_id) REFERENCES register_registerentry (id),
                ADD CONSTRAINT parcel_end_entry_fk FOREIGN KEY (end_entry_id) REFERENCES register_registerentry (id);
            """,
            """
            ALTER TABLE layers_parcel DROP CONSTRAINT parcel_begin_entry_fk, DROP CONSTRAINT parcel_end_entry_fk;
            """,
        ),
        RunSqlFile(SQL / "guard.sql", SQL_VALUES),
    ]
