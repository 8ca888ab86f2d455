"""Marks say whether a change leaves a block's outline, and how many parcels it adds."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tiles", "0003_generalised")]

    operations = [
        migrations.AddField(
            model_name="staleblock",
            name="keeps_outline",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="staleblock",
            name="delta",
            field=models.IntegerField(db_default=0, default=0),
        ),
        RunSqlFile(SQL / "same_land.sql"),
    ]
