from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_guards")]

    operations = [
        migrations.RemoveField(model_name="allocationlist", name="method"),
        guard_app("vault"),
    ]
