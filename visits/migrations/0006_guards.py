from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("visits", "0005_unblinded_message"), ("audit", "0002_guards")]

    operations = [guard_app("visits")]
