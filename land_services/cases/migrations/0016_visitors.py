"""Who came to the counter."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_visits")]
    operations = [
        migrations.AddField("case", "visitor", models.JSONField(default=dict)),
        RunSqlFile(SQL / "visitors.sql"),
    ]
