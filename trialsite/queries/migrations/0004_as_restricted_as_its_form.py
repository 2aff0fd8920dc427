from django.db import migrations, models

from trialsite.audit.guards import guard_app, guard_lifted

RESTRICTED_FORMS = ("intervention",)
RESTRICTED_KINDS = ("visits.intervention", "visits.interventionvein")
OF_RESTRICTED = models.Q(form_key__in=RESTRICTED_FORMS) | models.Q(record_kind__in=RESTRICTED_KINDS)


def restrict_planted(apps, schema_editor):
    """No product stored an open query at a restricted form. Where one was put there past it, nobody blinded reads it from now on.

    The trail says still that it was open, and so `verify_audit` names it.
    """
    query, message = (apps.get_model("queries", name) for name in ("DataQuery", "QueryMessage"))
    planted = list(query._base_manager.filter(OF_RESTRICTED, is_restricted=False).values_list("pk", flat=True))
    if not planted:
        return
    with guard_lifted(schema_editor, query):
        models.QuerySet(query).filter(pk__in=planted).update(is_restricted=True)
    with guard_lifted(schema_editor, message):
        models.QuerySet(message).filter(query__in=planted).update(is_restricted=True)


class Migration(migrations.Migration):

    dependencies = [
        ("queries", "0003_restricted_apart"),
    ]

    operations = [
        migrations.RunPython(restrict_planted, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="dataquery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_restricted", True),
                    models.Q(
                        models.Q(("form_key__in", RESTRICTED_FORMS), _negated=True),
                        models.Q(("record_kind__in", RESTRICTED_KINDS), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="query_as_restricted_as_its_form",
            ),
        ),
        guard_app("queries"),
    ]
