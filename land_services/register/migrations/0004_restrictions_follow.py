"""A restriction on one parcel follows the land when the parcel leaves its title."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "restrictions.sql").read_text(encoding="utf-8")
UNDO = """
DROP TRIGGER restrictions_follow ON register_baunitparcel;
DROP FUNCTION register_guard_restrictions();
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0003_names_for_people")]

    operations = [migrations.RunSQL(SQL, UNDO)]
