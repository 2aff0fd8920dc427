"""Whether every snapshot is the one that the trail tells of. Its content is held against its digest whenever it is opened, with the key."""

from collections.abc import Iterator

from django.db import connection

from enrollment.vault.door import SCHEMA
from enrollment.vault.models import DataSnapshot
from enrollment.vault.snapshots import say_made
from trialsite.audit.entries import with_words
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import Problem


def verify_snapshots() -> Iterator[Problem]:
    """Number and digest of each, without the key. A role that has no right on the vault verifies none of them."""
    if not _may_read():
        return
    told = {event.record_id: event.detail for event in with_words(AuditEvent.objects.filter(action="make_snapshot"))}
    for row in DataSnapshot.objects.defer("sealed_facts").order_by("serial"):
        detail = told.pop(row.pk, None)
        if detail is None:
            yield Problem(
                kind="inserted", place=f"snapshot {row.serial}", sentence="the trail tells of no such snapshot"
            )
        elif detail != say_made(row):
            yield Problem(kind="altered", place=f"snapshot {row.serial}", sentence=f'the trail tells of "{detail}"')
    for detail in told.values():
        yield Problem(kind="deleted", place="snapshots", sentence=f'the trail tells of "{detail}", and it is gone')


def _may_read() -> bool:
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(%s, 'USAGE')", [SCHEMA])
        return bool(cursor.fetchone()[0])
