"""Roles for the services that one engine carries: staff of more sections, applicants, suppliers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="role_grant_known_role",
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
                choices=[
                    ("surveyor", "Surveyor"),
                    ("reviewer", "Survey reviewer"),
                    ("survey_head", "Head of survey"),
                    ("planner", "Planner"),
                    ("mayor", "Mayor"),
                    ("registrar", "Registrar"),
                    ("cashier", "Cashier"),
                    ("archive", "Archive"),
                    ("agency", "Agency"),
                    ("director", "Director"),
                    ("gis_engineer", "GIS engineer"),
                    ("administrator", "Administrator"),
                    ("resident", "Resident"),
                    ("applicant", "Applicant"),
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
                    ("supplier", "Supplier"),
                ],
                max_length=20,
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "surveyor",
                            "reviewer",
                            "survey_head",
                            "planner",
                            "mayor",
                            "registrar",
                            "cashier",
                            "archive",
                            "agency",
                            "director",
                            "gis_engineer",
                            "administrator",
                            "resident",
                            "applicant",
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
                            "supplier",
                        ],
                    )
                ),
                name="role_grant_known_role",
            ),
        ),
    ]
