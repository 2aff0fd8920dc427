from django.db import migrations

from enrollment.vault.door import build_door, move_into_schema


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_keys_codes_voids"), ("enrollment", "0003_locks")]

    operations = [move_into_schema(), build_door()]
