"""Cases by their filing date: a decision on a rule asks for those filed from a day on, while filings wait for it.

Concurrently: cases are written meanwhile. The index stands here, beside the guard that asks.
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("rulebook", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS cases_case_by_filing_date ON cases_case (filed_on)",
            "DROP INDEX CONCURRENTLY IF EXISTS cases_case_by_filing_date",
        ),
    ]
