from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("marks", "0003_unlock_refusals"), ("audit", "0002_guards")]

    operations = [guard_app("marks")]
