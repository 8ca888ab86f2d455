"""Absences, and who holds whose roles meanwhile."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_more_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "indexes": [models.Index(fields=["user", "valid_until"], name="absence_of_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("valid_from"))), name="absence_ends_after_begin"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("reviewer", "Survey reviewer"),
                            ("survey_head", "Head of survey"),
                            ("planner", "Planner"),
                            ("mayor", "Mayor"),
                            ("registrar", "Registrar"),
                            ("cashier", "Cashier"),
                            ("archive", "Archive"),
                            ("director", "Director"),
                            ("gis_engineer", "GIS engineer"),
                            ("clerk", "Counter clerk"),
                            ("planning_head", "Head of planning"),
                            ("building_reviewer", "Building plans reviewer"),
                            ("building_head", "Head of building permits"),
                            ("inspector", "Inspector"),
                            ("lands_officer", "Lands officer"),
                            ("projects_engineer", "Projects engineer"),
                            ("roads_engineer", "Roads engineer"),
                            ("environment_officer", "Environment officer"),
                            ("committee", "Committee member"),
                            ("finance", "Finance"),
                            ("personnel", "Personnel"),
                            ("it_support", "IT support"),
                            ("maintenance", "Maintenance"),
                            ("employee", "Employee"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        blank=True,
                        help_text="Empty means wherever the absent person holds the role.",
                        max_length=40,
                        verbose_name="area",
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "from_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="delegations_given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="absent person",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "to_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="delegations_received",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stands in",
                    ),
                ),
            ],
            options={
                "verbose_name": "delegation",
                "verbose_name_plural": "delegations",
                "indexes": [
                    models.Index(fields=["to_user", "valid_until"], name="delegation_received"),
                    models.Index(fields=["from_user", "valid_until"], name="delegation_given"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_user", models.F("to_user")), _negated=True),
                        name="delegation_to_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("valid_from"))),
                        name="delegation_ends_after_begin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "reviewer",
                                    "survey_head",
                                    "planner",
                                    "mayor",
                                    "registrar",
                                    "cashier",
                                    "archive",
                                    "director",
                                    "gis_engineer",
                                    "clerk",
                                    "planning_head",
                                    "building_reviewer",
                                    "building_head",
                                    "inspector",
                                    "lands_officer",
                                    "projects_engineer",
                                    "roads_engineer",
                                    "environment_officer",
                                    "committee",
                                    "finance",
                                    "personnel",
                                    "it_support",
                                    "maintenance",
                                    "employee",
                                ],
                            )
                        ),
                        name="delegation_of_staff_role",
                    ),
                ],
            },
        ),
    ]
