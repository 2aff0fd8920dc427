from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("trail", "0003_remarks"), ("audit", "0002_guards")]

    operations = [guard_app("trail")]
