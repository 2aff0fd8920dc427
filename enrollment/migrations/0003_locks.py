from django.db import migrations

from trialsite.marks.guards import guard_locks


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0002_guards"), ("marks", "0002_guards")]

    operations = [guard_locks("enrollment")]
