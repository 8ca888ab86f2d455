"""The outbox of messages, and those on the pages of people."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("layers", "0012_kinds_of_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.TextField()),
                ("reference", models.TextField(blank=True, default="")),
                ("params", models.JSONField(default=dict)),
                ("key", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["recipient", "-created_at", "-id"], name="notice_by_recipient"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)), fields=["recipient"], name="notice_unread"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("key", "recipient"), name="notice_once")],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.TextField(verbose_name="event")),
                ("reference", models.TextField(blank=True, default="", verbose_name="reference")),
                ("language", models.CharField(max_length=2, verbose_name="language")),
                (
                    "channel",
                    models.TextField(choices=[("in_app", "on the pages"), ("email", "e-mail")], verbose_name="channel"),
                ),
                ("params", models.JSONField(default=dict, verbose_name="values")),
                ("key", models.TextField(verbose_name="key")),
                ("message_id", models.TextField(blank=True, default="", verbose_name="message id")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="written"),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                (
                    "next_try_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="next attempt"
                    ),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="taken for sending")),
                ("claimed_by", models.TextField(blank=True, default="")),
                ("in_doubt", models.PositiveIntegerField(default=0, verbose_name="perhaps sent more than once")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("failed_at", models.DateTimeField(blank=True, null=True, verbose_name="given up")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "message to be sent",
                "verbose_name_plural": "messages to be sent",
                "indexes": [
                    models.Index(
                        condition=models.Q(("failed_at__isnull", True), ("sent_at__isnull", True)),
                        fields=["channel", "next_try_at", "id"],
                        name="outbox_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("failed_at__isnull", False)), fields=["failed_at"], name="outbox_failed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "recipient", "channel"), name="outbox_once"),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["in_app", "email"])), name="outbox_channel_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sent_at__isnull", True), ("failed_at__isnull", True), _connector="OR"),
                        name="outbox_sent_or_failed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("ar", "Arabic"), ("en", "English")],
                        default="ar",
                        max_length=2,
                        verbose_name="Language of e-mails",
                    ),
                ),
                ("by_email", models.BooleanField(default=True, verbose_name="Send me e-mails too")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["ar", "en"])), name="preference_language_known"
                    )
                ],
            },
        ),
        RunSqlFile(SQL / "notices.sql"),
    ]
