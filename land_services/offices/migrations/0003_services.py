"""What an authorisation is for, where it is not for everything."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("offices", "0002_classes")]

    operations = [
        migrations.AddField(
            model_name="authorisation",
            name="services",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                default=list,
                help_text="None chosen means a general authorisation: for every service.",
                size=None,
                verbose_name="for these services",
            ),
        ),
    ]
