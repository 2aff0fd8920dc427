from django.db import migrations

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [guard_app("audit")]
