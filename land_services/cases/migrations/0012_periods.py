"""Periods of agencies stand while a case does."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"

# How long each agency had is in the card that its case was opened under; where a card does not say, the working days
# of a week from Sunday to Thursday are counted. The guard lets it pass until periods.sql puts it back, in the same
# transaction: a table that was just written cannot have its trigger switched off.
FILL = """
CREATE OR REPLACE FUNCTION cases_guard_referral() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
UPDATE cases_referral r SET days = coalesce(
    (SELECT (asked ->> 'days')::int FROM cases_case c JOIN cases_serviceversion v ON v.digest = c.version_id,
        jsonb_array_elements(v.card -> 'referrals') asked
     WHERE c.id = r.case_id AND asked ->> 'code' = r.agency AND asked ->> 'stage' = r.stage LIMIT 1),
    (SELECT count(*) FROM generate_series(r.asked_at::date + 1, r.due_at::date, '1 day') day
     WHERE extract(dow FROM day) NOT IN (5, 6)));
UPDATE cases_referral r SET due_at = NULL WHERE answer = '' AND cancelled_at IS NULL AND EXISTS (
    SELECT FROM cases_casepause p WHERE p.case_id = r.case_id AND p.ended_at IS NULL);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_erasure"),
    ]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="referral",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        RunSqlFile(SQL / "periods.sql"),
    ]
