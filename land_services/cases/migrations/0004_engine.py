"""The engine: stages, remarks, referrals, minutes, visits, invoices, documents handed in, and the card of each case."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_kept"),
        ("register", "0003_names_for_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document", models.TextField(blank=True, default="")),
                ("version", models.PositiveIntegerField()),
                ("name", models.TextField()),
                ("type", models.TextField()),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("file", models.FileField(upload_to="papers/")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("scan", models.TextField(blank=True, default="")),
                ("stripped", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="CasePause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CaseStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("act", models.TextField()),
                ("stage", models.TextField(blank=True, default="")),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("note", models.TextField(blank=True, default="")),
                ("details", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.TextField(unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("basis_ar", models.TextField()),
                ("basis_en", models.TextField()),
                ("issued_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                ("receipt", models.TextField(blank=True, default="")),
            ],
        ),
        migrations.CreateModel(
            name="Minutes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.TextField()),
                ("number", models.TextField()),
                ("held_on", models.DateField()),
                ("present", models.TextField()),
                (
                    "outcome",
                    models.TextField(choices=[("recommend", "recommend"), ("return", "return"), ("reject", "reject")]),
                ),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.TextField()),
                ("agency", models.TextField()),
                ("component", models.TextField(default="case")),
                ("question", models.TextField(blank=True, default="")),
                ("required", models.BooleanField(default=True)),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "default_answer",
                    models.TextField(
                        choices=[
                            ("consent", "consent"),
                            ("conditions", "conditions"),
                            ("object", "object"),
                            ("not_required", "not_required"),
                        ]
                    ),
                ),
                (
                    "answer",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("consent", "consent"),
                            ("conditions", "conditions"),
                            ("object", "object"),
                            ("not_required", "not_required"),
                        ],
                        default="",
                    ),
                ),
                ("text", models.TextField(blank=True, default="")),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("by_clock", models.BooleanField(default=False)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.TextField()),
                ("round", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("reason", models.TextField()),
                ("text", models.TextField()),
                (
                    "place",
                    models.TextField(
                        choices=[
                            ("case", "case"),
                            ("map", "map"),
                            ("part", "part"),
                            ("document", "document"),
                            ("field", "field"),
                        ],
                        default="case",
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=settings.STORAGE_SRID),
                ),
                ("part", models.TextField(blank=True, default="")),
                ("page", models.PositiveIntegerField(blank=True, null=True)),
                ("field", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
                ("answer", models.TextField(blank=True, default="")),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ServiceVersion",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("service", models.TextField()),
                ("card", models.JSONField()),
                ("first_used_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="StageRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.TextField()),
                ("kind", models.TextField()),
                ("position", models.PositiveSmallIntegerField()),
                ("role", models.TextField()),
                ("area", models.TextField(blank=True, default="")),
                ("days", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("waiting", "waiting"),
                            ("active", "active"),
                            ("returned", "returned"),
                            ("done", "done"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("warned_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True, default="")),
            ],
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.TextField()),
                ("at", models.DateTimeField()),
                ("proposed_at", models.DateTimeField()),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("report", models.TextField(blank=True, default="")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="case_is_decided_by_others",
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="case_approved_with_its_entry",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_by_state",
        ),
        migrations.AddField(
            model_name="case",
            name="area",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="case",
            name="channel",
            field=models.TextField(default="web"),
        ),
        migrations.AddField(
            model_name="case",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="form",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="case",
            name="party_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name="case",
            name="round",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="secret",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="case",
            name="stopped_in",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="case",
            name="submitted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="issueddocument",
            name="title_ar",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="issueddocument",
            name="title_en",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="issueddocument",
            name="valid_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="case",
            name="state",
            field=django_fsm.FSMField(
                choices=[
                    ("draft", "draft"),
                    ("submitted", "submitted"),
                    ("returned", "returned"),
                    ("stopped", "stopped"),
                    ("approved", "approved"),
                    ("issued", "issued"),
                    ("closed", "closed"),
                    ("rejected", "rejected"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=50,
                protected=True,
            ),
        ),
        migrations.AlterField(
            model_name="issueddocument",
            name="kind",
            field=models.TextField(),
        ),
        migrations.AddConstraint(
            model_name="issueddocument",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="issueddocument_number"),
        ),
        migrations.AddField(
            model_name="casefile",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="casefile",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="files", to="cases.case"),
        ),
        migrations.AddField(
            model_name="casepause",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="pauses", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="casestep",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="casestep",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="cases.case"),
        ),
        migrations.AddField(
            model_name="casestep",
            name="for_user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="invoice", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="cashier",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="minutes",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="minutes",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="minutes", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="remarks", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remarks",
                to="cases.casefile",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.serviceversion"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state", "due_at"], name="case_by_state_due"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["filed_by", "-filed_at"], name="case_by_filer"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["service", "state"], name="case_by_service"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="case_by_due"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["-filed_at", "-id"], name="case_by_age"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(fields=["roles"], name="case_by_roles"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["parcel_uids"], name="case_by_parcels", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by", models.F("filed_by")), _negated=True),
                    models.Q(("recommended_by", models.F("filed_by")), _negated=True),
                    models.Q(
                        ("entry__isnull", True),
                        ("recommended_by__isnull", True),
                        ("decided_by__isnull", True),
                        models.Q(("decided_by", models.F("recommended_by")), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="case_is_decided_by_others",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "issued", "closed"]), _negated=True),
                    ("decided_at__isnull", False),
                    _connector="OR",
                ),
                name="case_approved_by_somebody",
            ),
        ),
        migrations.AddField(
            model_name="stagerun",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assigned_stages",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stagerun",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stages", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="stagerun",
            name="done_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="agreed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="casefile",
            constraint=models.UniqueConstraint(fields=("case", "document", "version"), name="casefile_version"),
        ),
        migrations.AddConstraint(
            model_name="casepause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("case",), name="casepause_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="casepause",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gte", models.F("began_at")), _connector="OR"),
                name="casepause_ends_after_begin",
            ),
        ),
        migrations.AddIndex(
            model_name="casestep",
            index=models.Index(fields=["case", "id"], name="casestep_of_case"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="invoice_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cashier", None), ("paid_at", None), ("receipt", "")),
                    models.Q(
                        ("cashier__isnull", False), ("paid_at__isnull", False), models.Q(("receipt", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="invoice_paid_with_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("receipt", ""), _negated=True), fields=("receipt",), name="invoice_receipt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="minutes",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="minutes_number"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("answer", ""), ("cancelled_at", None)),
                fields=["due_at"],
                name="referral_open_by_due",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["agency", "asked_at"], name="referral_of_agency"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at", None), ("answered_by", None), ("by_clock", False)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        ("answered_at__isnull", False),
                        models.Q(("answered_by__isnull", False), ("by_clock", True), _connector="XOR"),
                    ),
                    _connector="OR",
                ),
                name="referral_answered_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", ""), ("cancelled_at", None)),
                fields=("case", "agency", "component"),
                name="referral_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="remark",
            index=models.Index(fields=["reason", "at"], name="remark_by_reason"),
        ),
        migrations.AddConstraint(
            model_name="remark",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="remark_number"),
        ),
        migrations.AddConstraint(
            model_name="remark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("place", "case"),
                    models.Q(("place", "map"), ("point__isnull", False)),
                    models.Q(("place", "part"), models.Q(("part", ""), _negated=True)),
                    models.Q(("file__isnull", False), ("place", "document")),
                    models.Q(("place", "field"), models.Q(("field", ""), _negated=True)),
                    _connector="OR",
                ),
                name="remark_is_pinned",
            ),
        ),
        migrations.AddConstraint(
            model_name="remark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at", None), ("answered_by", None)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="remark_answered_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="stagerun",
            index=models.Index(
                condition=models.Q(("state", "active")), fields=["role", "due_at"], name="stagerun_at_work"
            ),
        ),
        migrations.AddIndex(
            model_name="stagerun",
            index=models.Index(
                condition=models.Q(("state", "active")), fields=["assignee", "due_at"], name="stagerun_of_one"
            ),
        ),
        migrations.AddIndex(
            model_name="stagerun",
            index=models.Index(condition=models.Q(("state", "active")), fields=["due_at"], name="stagerun_by_due"),
        ),
        migrations.AddConstraint(
            model_name="stagerun",
            constraint=models.UniqueConstraint(fields=("case", "code"), name="stagerun_once"),
        ),
        migrations.AddConstraint(
            model_name="stagerun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "active", "returned", "done", "cancelled"])),
                name="stagerun_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stagerun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True), ("done_at__isnull", False), _connector="OR"
                ),
                name="stagerun_done_is_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("agreed_by", None),
                    models.Q(("agreed_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="visit_agreed_by_the_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_at", None), models.Q(("agreed_at", None), _negated=True), _connector="OR"),
                name="visit_held_after_agreeing",
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None), ("held_at", None)),
                fields=("case", "stage"),
                name="visit_one_open",
            ),
        ),
    ]
