from django.db import migrations

from trialsite.accounts.guard import guard_access


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_guards")]

    operations = [guard_access()]
