import json
from itertools import groupby

import django.db.models.deletion
from django.db import migrations, models

from trialsite.audit.guards import guard_app, guard_statements
from trialsite.lib.batches import batches

ENTRIES = "audit_auditentry"


def gather_values(apps, schema_editor):
    """Values of restricted events go into the table of their own. The trail only grows: its guard is taken off for that, and stands again after."""
    entry, values = (apps.get_model("audit", name) for name in ("AuditEntry", "RestrictedValues"))
    restricted = entry.objects.filter(event__is_restricted=True).order_by("event_id", "id")
    if not restricted.exists():
        return
    for some in batches(_group(restricted)):
        values.objects.bulk_create(
            values(
                event_id=event_id,
                record_id=record_id,
                fields=_to_text([field for field, _, _ in rows]),
                changes=_to_text([[old, new] for _, old, new in rows]),
            )
            for (event_id, record_id), rows in some
        )
    vendor = schema_editor.connection.vendor
    if vendor == "sqlite":
        schema_editor.execute(f'DROP TRIGGER IF EXISTS "guard_{ENTRIES}_delete"')
    else:
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute(f"ALTER TABLE {ENTRIES} DISABLE TRIGGER USER")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM audit_auditentry WHERE event_id IN (SELECT event_id FROM audit_restrictedvalues)"
        )
    if vendor != "sqlite":
        schema_editor.execute(f"ALTER TABLE {ENTRIES} ENABLE TRIGGER USER")
    for statement in guard_statements(vendor, ENTRIES, "append_only"):
        schema_editor.execute(statement, params=None)


def _to_text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _group(restricted):
    rows = restricted.values_list("event_id", "record_id", "field", "old", "new").iterator()
    for key, some in groupby(rows, key=lambda row: row[:2]):
        yield key, [list(row[2:]) for row in some]


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_restricted_of_patient")]

    operations = [
        migrations.CreateModel(
            name="RestrictedValues",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="audit.auditevent",
                    ),
                ),
                ("record_id", models.UUIDField(db_index=True, editable=False)),
                ("fields", models.TextField()),
                ("changes", models.TextField()),
            ],
            options={"ordering": ("event",), "verbose_name_plural": "restricted values"},
        ),
        migrations.RunPython(gather_values),  # there is no way back: without this table the values would be gone
        guard_app("audit"),
    ]
