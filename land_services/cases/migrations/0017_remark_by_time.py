"""Remarks of a period are counted by reason from the index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0016_visitors")]
    operations = [
        migrations.RemoveIndex("remark", "remark_by_reason"),
        migrations.AddIndex("remark", models.Index(fields=["at"], include=["reason", "case"], name="remark_by_time")),
    ]
