"""Rule values that an installation decides for itself."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0010_submissions"),
        ("layers", "0002_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("authority", models.TextField(verbose_name="authority")),
                ("key", models.TextField(verbose_name="rule")),
                ("zone", models.TextField(blank=True, default="", verbose_name="zone")),
                ("value", models.JSONField(verbose_name="value")),
                ("valid_from", models.DateField(verbose_name="holds from")),
                ("source_ar", models.TextField(verbose_name="source in Arabic")),
                ("source_en", models.TextField(verbose_name="source in English")),
                (
                    "source_date",
                    models.CharField(blank=True, default="", max_length=10, verbose_name="date of the source"),
                ),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("official", "Official text"),
                            ("press", "Press report of an official rule"),
                            ("placeholder", "Placeholder: no official text yet"),
                        ],
                        max_length=12,
                        verbose_name="kind of source",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a decision"),
                            ("accepted", "Accepted"),
                            ("refused", "Turned down"),
                            ("withdrawn", "Taken back"),
                        ],
                        default="proposed",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("proposed_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("note", models.TextField(blank=True, default="", verbose_name="remark on the decision")),
                ("number", models.PositiveIntegerField(blank=True, null=True, unique=True, verbose_name="number")),
                ("decision", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a rule",
                "verbose_name_plural": "changes of rules",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["authority", "-number"], name="rulechange_by_number")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["accepted", "refused"]), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="rulechange_is_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "withdrawn"), _negated=True),
                            ("decided_by", models.F("proposed_by")),
                            _connector="OR",
                        ),
                        name="rulechange_is_taken_back_by_its_author",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None), ("decided_by", None), ("decided_on", None), ("state", "proposed")
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("decided_on__isnull", False),
                                ("state__in", ["accepted", "refused", "withdrawn"]),
                            ),
                            _connector="OR",
                        ),
                        name="rulechange_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision__isnull", False), ("number__isnull", False), ("state", "accepted")),
                            models.Q(
                                models.Q(("state", "accepted"), _negated=True), ("decision", None), ("number", None)
                            ),
                            _connector="OR",
                        ),
                        name="rulechange_numbered_when_accepted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "accepted"), _negated=True),
                            ("valid_from__gte", models.F("decided_on")),
                            _connector="OR",
                        ),
                        name="rulechange_begins_after_its_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_ar", ""), _negated=True),
                            models.Q(("source_en", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            models.Q(
                                ("confidence", "placeholder"),
                                models.Q(("source_date", ""), _negated=True),
                                _connector="OR",
                            ),
                        ),
                        name="rulechange_has_a_source",
                    ),
                ],
            },
        ),
        RunSqlFile(SQL / "rulebook.sql"),
    ]
