"""Which side proposed a date on the site."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_field")]
    operations = [
        migrations.AddField("visit", "by_filer", models.BooleanField(default=False)),
        RunSqlFile(SQL / "visits.sql"),
    ]
