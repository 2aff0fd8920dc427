from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_second_factor"), ("audit", "0002_guards")]

    operations = [guard_app("accounts")]
