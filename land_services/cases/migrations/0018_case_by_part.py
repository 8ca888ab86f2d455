"""Cases by a part of their reference."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_remark_by_time")]
    operations = [
        migrations.AddIndex("case", GinIndex(fields=["reference"], name="case_by_part", opclasses=["gin_trgm_ops"])),
    ]
