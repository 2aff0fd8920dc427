from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0001_initial"), ("audit", "0002_guards")]

    operations = [guard_app("endpoints")]
