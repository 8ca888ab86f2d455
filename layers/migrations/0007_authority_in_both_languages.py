"""The body in charge of a prohibited zone, in both languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("layers", "0006_addresses_and_outlines")]

    operations = [
        migrations.RenameField(model_name="zone", old_name="authority", new_name="authority_ar"),
        migrations.AddField(
            model_name="zone",
            name="authority_en",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
