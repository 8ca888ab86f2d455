"""Erasing: cases whose retention has passed, people by a decision of two, and the files that nobody needs; who adds what."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_submissions"),
        ("case_api", "0001_initial"),
        ("register", "0006_erased"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="ErasedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("removed", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("settled_at", None)), fields=["id"], name="erasedfile_waiting")
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("party_id", models.BigIntegerField(blank=True, null=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "outcome",
                    models.TextField(
                        blank=True, choices=[("", ""), ("approved", "approved"), ("refused", "refused")], default=""
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("report", models.JSONField(default=list)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasures",
                        to="cases.case",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["party_id"], name="erasure_of_party"),
                    models.Index(
                        condition=models.Q(("closed_at", None), ("outcome", "approved")),
                        fields=["id"],
                        name="erasure_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("party_id__isnull", False), ("user__isnull", False), _connector="OR"),
                        name="erasure_of_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by", None),
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                _connector="OR",
                            ),
                            models.Q(
                                ("user", None),
                                models.Q(
                                    models.Q(("asked_by", models.F("user")), _negated=True),
                                    models.Q(
                                        ("decided_by", None),
                                        models.Q(("decided_by", models.F("user")), _negated=True),
                                        _connector="OR",
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="erasure_takes_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("outcome", "")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("outcome__in", ["approved", "refused"]),
                            ),
                            _connector="OR",
                        ),
                        name="erasure_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("done_at", None)),
                            models.Q(("done_at__isnull", False), ("outcome", "approved")),
                            _connector="OR",
                        ),
                        name="erasure_done_when_approved",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")), fields=("party_id",), name="erasure_party_asked_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")), fields=("user",), name="erasure_user_asked_once"
                    ),
                ],
            },
        ),
        RunSqlFile(SQL / "erasure.sql"),
        RunSqlFile(SQL / "added_by.sql"),
    ]
