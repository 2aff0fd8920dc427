"""After the faults: is everything there that was acknowledged, once, with its audit; and nothing half stored?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from uuid import UUID

from django.core.management import CommandError, call_command

from tests.faults.clerk import Save
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.records.models import ClinicalRecord
from trialsite.records.verify import clinical_models
from visits.models import AdverseEvent, VitalSigns


def find_problems(saves: Sequence[Save], shared: str) -> Iterator[str]:
    """Sentences, none when all is well."""
    yield from _check_own([save for save in saves if save.address != shared])
    yield from _check_shared([save for save in saves if save.address == shared], shared)
    yield from _check_entries_of_logs(saves)
    yield from _check_halves()
    yield from _verify()


def _check_own(saves: Iterable[Save]) -> Iterator[str]:
    """What each of these typed is unlike anything else: it is in the trail exactly once, by its author, with an event that is bound."""
    for save in saves:
        found = list(AuditEntry.objects.filter(field=save.item, new=json.dumps(save.value)).select_related("event"))
        if len(found) != 1:
            if save.is_acknowledged or found:
                yield f"{save.username}: {save.value!r} was stored {len(found)} times"
            continue
        event = found[0].event
        if event.actor_username != save.username or not hasattr(event, "link"):
            yield f"{save.username}: {save.value!r} has no bound event of its author"


def _check_shared(saves: Iterable[Save], shared: str) -> Iterator[str]:
    """Everybody's values of the form that all share, in the order in which they were acknowledged."""
    sent: dict[tuple[str, str], list[str]] = defaultdict(list)
    for save in saves:
        if save.is_acknowledged:
            sent[save.username, save.item].append(save.value)
    record = VitalSigns.objects.filter(visit_id=shared.split("/")[2]).first()
    if record is None:
        yield from (["the form that all share is not stored"] if sent else [])
        return
    for (username, item), values in sent.items():
        entries = AuditEntry.objects.filter(record_id=record.pk, field=item, event__actor_username=username)
        told = [_bare(str(json.loads(new))) for new in entries.order_by("id").values_list("new", flat=True)]
        now = _bare(str(record.plain_values()[item]))
        if told != [_bare(value) for value in values] or now != told[-1]:
            yield f"{username}: of {item} were acknowledged {values}, stored {told}, and now it is {now}"


def _bare(text: str) -> str:
    """The same number is the same text: 60.0 and 60."""
    return text.removesuffix(".0")


def _check_entries_of_logs(saves: Iterable[Save]) -> Iterator[str]:
    """As many adverse events as were entered, each under the name it was sent with."""
    wanted = {UUID(save.address.rstrip("/").rpartition("/")[2]): save.value for save in saves if save.item == "term"}
    stored = dict(AdverseEvent.objects.values_list("pk", "term"))
    if stored != wanted:
        odd = [*stored.items() ^ wanted.items()]
        yield f"{len(wanted)} adverse events were entered and {len(stored)} are stored: {odd[:5]}"


def _check_halves() -> Iterator[str]:
    """A record with every event of its revisions, and no event of a revision without the record; that they say the same, verify_audit tells."""
    records: dict[UUID, ClinicalRecord] = {
        row.pk: row for model in clinical_models() for row in model._base_manager.all()
    }
    told: dict[UUID, list[int]] = defaultdict(list)
    for record_id, revision in AuditEvent.objects.filter(revision__isnull=False).values_list("record_id", "revision"):
        told[record_id].append(revision)  # type: ignore[index,arg-type]  # not null, as asked for
    for record_id in {*records, *told}:
        record = records.get(record_id)
        if record is None or sorted(told[record_id]) != [*range(1, record.revision + 1)]:
            yield f"record {record_id} is half stored: {record} and revisions {sorted(told[record_id])}"


def _verify() -> Iterator[str]:
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, no_color=True)
    except CommandError as error:
        yield f"{said.getvalue()}{error}"
