from django.db import migrations

from enrollment.vault.door import build_door
from enrollment.vault.guards import guard_vault


class Migration(migrations.Migration):
    dependencies = [("vault", "0007_code_breaks")]

    operations = [build_door(), guard_vault()]
