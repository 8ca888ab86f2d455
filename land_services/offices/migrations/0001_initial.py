"""Licences of offices and authorisations of agents."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("register", "0003_names_for_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=60, verbose_name="number of the authorisation")),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_until", models.DateField(help_text="The last day on which it holds.", verbose_name="until")),
                (
                    "revoked_on",
                    models.DateField(
                        blank=True, help_text="From this day on it does not hold.", null=True, verbose_name="revoked on"
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="register.party",
                        verbose_name="who acts",
                    ),
                ),
                (
                    "principal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="register.party",
                        verbose_name="who authorises",
                    ),
                ),
            ],
            options={
                "verbose_name": "authorisation of an agent",
                "verbose_name_plural": "authorisations of agents",
                "indexes": [models.Index(fields=["agent", "valid_until"], name="authorisation_of_agent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("agent", models.F("principal")), _negated=True),
                        name="authorisation_of_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="authorisation_ends_after_begin",
                    ),
                    models.UniqueConstraint(fields=("principal", "agent", "number"), name="authorisation_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfficeLicence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("classification", models.CharField(blank=True, max_length=60, verbose_name="classification")),
                ("valid_from", models.DateField(verbose_name="licensed from")),
                (
                    "valid_until",
                    models.DateField(help_text="The last day on which it holds.", verbose_name="licensed until"),
                ),
                ("suspended_from", models.DateField(blank=True, null=True, verbose_name="suspended from")),
                (
                    "suspended_until",
                    models.DateField(
                        blank=True,
                        help_text="Empty means until further notice.",
                        null=True,
                        verbose_name="suspended until",
                    ),
                ),
                (
                    "party",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licence",
                        to="register.party",
                        verbose_name="office",
                    ),
                ),
            ],
            options={
                "verbose_name": "licence of an office",
                "verbose_name_plural": "licences of offices",
                "indexes": [models.Index(fields=["valid_until"], name="licence_by_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="licence_ends_after_begin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("suspended_until", None),
                            ("suspended_until__gte", models.F("suspended_from")),
                            _connector="OR",
                        ),
                        name="suspension_ends_after_begin",
                    ),
                ],
            },
        ),
    ]
