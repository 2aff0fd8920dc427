from django.db import migrations, models

from trialsite.audit.guards import guard_app

TABLES = ("audit_auditevent", "audit_restrictedvalues")
MOVE = (
    """
    UPDATE audit_restrictedvalues SET
        reason = (SELECT e.reason FROM audit_auditevent e WHERE e.id = audit_restrictedvalues.event_id),
        detail = (SELECT e.detail FROM audit_auditevent e WHERE e.id = audit_restrictedvalues.event_id)
    """,
    """
    INSERT INTO audit_restrictedvalues (event_id, record_id, reason, detail, salt, fields, changes)
    SELECT e.id, e.record_id, e.reason, e.detail, '', '[]', '[]' FROM audit_auditevent e
    WHERE e.is_restricted AND (e.reason <> '' OR e.detail <> '')
        AND NOT EXISTS (SELECT 1 FROM audit_restrictedvalues v WHERE v.event_id = e.id)
    """,
    "UPDATE audit_auditevent SET reason = '', detail = '' WHERE is_restricted AND (reason <> '' OR detail <> '')",
)
OFF = {
    "sqlite": [f'DROP TRIGGER IF EXISTS "guard_{table}_{act}"' for table in TABLES for act in ("insert", "update")],
    "postgresql": ["SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES)],
}
ON = {
    "sqlite": [],  # made anew by what follows
    "postgresql": [
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES),
        # A column that is given a type, were it its own, loses the statistics in which its most frequent words are kept.
        "ALTER TABLE audit_auditevent ALTER COLUMN reason TYPE text, ALTER COLUMN detail TYPE text",
    ],
}


def move_words(apps, schema_editor):
    """Reasons and details of restricted events go where their values are. The trail only grows: its guards are taken off for that, and stand again after."""
    vendor = schema_editor.connection.vendor
    for statement in (*OFF[vendor], *MOVE, *ON[vendor]):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_restricted_values")]

    operations = [
        migrations.AddField("restrictedvalues", "reason", models.TextField(blank=True, default="")),
        migrations.AddField("restrictedvalues", "detail", models.TextField(blank=True, default="")),
        migrations.AddField(
            "restrictedvalues", "salt", models.CharField(blank=True, default="", editable=False, max_length=32)
        ),
        migrations.AlterField(
            "restrictedvalues", "record_id", models.UUIDField(db_index=True, editable=False, null=True)
        ),
        migrations.AlterField("restrictedvalues", "fields", models.TextField(default="[]")),
        migrations.AlterField("restrictedvalues", "changes", models.TextField(default="[]")),
        migrations.RunPython(move_words),  # there is no way back: an older version would find no words
        guard_app("audit"),
    ]
