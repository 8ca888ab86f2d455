"""The Saudi national grid (KSA-GRF17), which PostGIS 3.3 does not list."""

from django.db import migrations

from layers.crs import spatial_ref_sys_rows


def add(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for row in spatial_ref_sys_rows():
            cursor.execute(
                """INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT (srid) DO NOTHING""",
                list(row),
            )


class Migration(migrations.Migration):
    dependencies = [("layers", "0002_audit")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
