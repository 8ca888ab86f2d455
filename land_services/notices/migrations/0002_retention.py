"""Messages that were delivered long ago may go, once their case is over."""

from pathlib import Path

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    atomic = False  # an index made concurrently, so that a full outbox is written meanwhile

    dependencies = [
        ("notices", "0001_initial"),
        ("cases", "0010_submissions"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="outbox",
            index=models.Index(fields=["sent_at"], name="outbox_sent", condition=Q(sent_at__isnull=False)),
        ),
        RunSqlFile(SQL / "retention.sql"),
    ]
