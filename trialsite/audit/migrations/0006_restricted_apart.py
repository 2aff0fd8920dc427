from django.db import migrations, models

from trialsite.audit.guards import guard_app


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_words_of_restricted")]

    operations = [
        migrations.RemoveConstraint("auditevent", "audit_one_event_per_revision"),
        migrations.AddConstraint(
            "auditevent",
            models.UniqueConstraint(
                fields=("record_id", "revision"),
                condition=models.Q(revision__isnull=False, is_restricted=False),
                name="audit_one_event_per_revision",
            ),
        ),
        migrations.AddConstraint(
            "auditevent",
            models.UniqueConstraint(
                fields=("record_id", "revision"),
                condition=models.Q(revision__isnull=False, is_restricted=True),
                name="audit_one_restricted_event_per_revision",
            ),
        ),
        migrations.AddConstraint(
            "auditevent",
            models.CheckConstraint(
                condition=models.Q(is_restricted=False) | models.Q(reason="", detail=""),
                name="audit_words_of_restricted_events_elsewhere",
            ),
        ),
        guard_app("audit"),
    ]
