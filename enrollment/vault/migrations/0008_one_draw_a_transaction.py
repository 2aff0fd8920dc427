import django.db.models.deletion
from django.db import migrations, models

from enrollment.vault.door import build_door
from enrollment.vault.guards import guard_vault


class Migration(migrations.Migration):
    dependencies = [("vault", "0007_code_breaks")]

    operations = [
        migrations.AlterField(
            "allocationslot",
            "stratum",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="slots",
                to="vault.allocationstratum",
            ),
        ),
        build_door(),
        guard_vault(),
    ]
