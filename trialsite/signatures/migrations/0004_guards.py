from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("signatures", "0003_scope"), ("audit", "0002_guards")]

    operations = [guard_app("signatures")]
