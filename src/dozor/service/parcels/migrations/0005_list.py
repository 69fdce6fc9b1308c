"""What pages read: where the money of an order is, which thought about a parcel is the latest, and indexes that hold
all that is counted.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.utils import timezone

from dozor.service.parcels import models as models_of


def think_again(apps: Any, schema_editor: Any) -> None:
    """The watch thinks every open parcel over, and that fills the new column."""
    apps.get_model("parcels", "Parcel").objects.filter(fate="open").update(review_at=timezone.now())


class Migration(migrations.Migration):
    """Order.money, Parcel.revision, and the indexes."""

    dependencies = [("parcels", "0004_learnt")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="money",
            field=models.CharField(
                blank=True,
                choices=[
                    ("held", "held"),
                    ("released_recoverable", "released_recoverable"),
                    ("lost_on_platform", "lost_on_platform"),
                    ("refund_due", "refund_due"),
                    ("refunded", "refunded"),
                    ("unknown", "unknown"),
                ],
                default="",
                max_length=24,
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["owner", "money", "price_currency", "price_minor"], name="order_money"),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(fields=["owner", "fate", "step", "cause"], name="parcel_counts"),
        ),
        migrations.AddField(
            model_name="parcel",
            name="revision",
            field=models.CharField(default=models_of.new_ref, max_length=24),
        ),
        migrations.RunPython(think_again, migrations.RunPython.noop),
    ]
