"""What people read in the set-up: nothing in the database changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0007_authority_in_both_languages"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="addedlayer",
            options={"verbose_name": "added layer", "verbose_name_plural": "added layers"},
        ),
        migrations.AlterModelOptions(
            name="address",
            options={"verbose_name": "address", "verbose_name_plural": "addresses"},
        ),
        migrations.AlterModelOptions(
            name="auditrow",
            options={"verbose_name": "audit row", "verbose_name_plural": "audit rows"},
        ),
        migrations.AlterModelOptions(
            name="block",
            options={"verbose_name": "block", "verbose_name_plural": "blocks"},
        ),
        migrations.AlterModelOptions(
            name="district",
            options={"verbose_name": "district", "verbose_name_plural": "districts"},
        ),
        migrations.AlterModelOptions(
            name="feature",
            options={"verbose_name": "feature of an added layer", "verbose_name_plural": "features of added layers"},
        ),
        migrations.AlterModelOptions(
            name="parcel",
            options={"verbose_name": "parcel", "verbose_name_plural": "parcels"},
        ),
        migrations.AlterModelOptions(
            name="place",
            options={"verbose_name": "place", "verbose_name_plural": "places"},
        ),
        migrations.AlterModelOptions(
            name="plan",
            options={"verbose_name": "plan", "verbose_name_plural": "plans"},
        ),
        migrations.AlterModelOptions(
            name="publicoutline",
            options={"verbose_name": "outline of an open case", "verbose_name_plural": "outlines of open cases"},
        ),
        migrations.AlterModelOptions(
            name="street",
            options={"verbose_name": "street", "verbose_name_plural": "streets"},
        ),
        migrations.AlterModelOptions(
            name="zone",
            options={"verbose_name": "zone", "verbose_name_plural": "zones"},
        ),
    ]
