"""Invoices of a surplus beside that of the fee, and the price that a committee sets."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0012_periods"),
    ]

    operations = [
        migrations.AddField(
            model_name="minutes",
            name="price_per_m2",
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
        ),
        migrations.AddConstraint(
            model_name="minutes",
            constraint=models.CheckConstraint(
                condition=Q(price_per_m2=None) | Q(price_per_m2__gt=0), name="minutes_price_is_positive"
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="kind",
            field=models.TextField(choices=[("fee", "fee"), ("surplus", "surplus")], default="fee"),
        ),
        migrations.AddField(
            model_name="invoice",
            name="void_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=Q(paid_at=None, void_at=None), fields=("case", "kind"), name="invoice_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(condition=Q(void_at=None) | Q(paid_at=None), name="invoice_void_or_paid"),
        ),
        RunSqlFile(SQL / "surplus.sql"),
    ]
