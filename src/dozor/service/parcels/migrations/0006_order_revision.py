"""Which writing of an order is the latest: what is kept of pages goes by it."""

from __future__ import annotations

from django.db import migrations, models

import dozor.service.parcels.models


class Migration(migrations.Migration):
    """Order.revision."""

    dependencies = [("parcels", "0005_list")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="revision",
            field=models.CharField(default=dozor.service.parcels.models.new_ref, max_length=24),
        ),
    ]
