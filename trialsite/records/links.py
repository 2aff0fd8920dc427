"""Records that a form points at, in words: nobody reads an id."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.records.models import ClinicalRecord
from trialsite.records.wording import HIDDEN, Worded

NO_VISIT = "a form without a visit"


@cache
def links_of(model: type[ClinicalRecord]) -> frozenset[str]:
    """The fields by which a record points at another form."""
    return frozenset(field.name for field in model.clinical_fields() if field.is_relation) - HIDDEN


def name_links(definition: Worded, plains: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names of all forms that these plain values point at, by id. One query, and none where nothing points anywhere."""
    names = links_of(definition.model)
    return name_linked({UUID(str(plain[name])) for plain in plains for name in names if plain.get(name)})


def name_linked(ids: Collection[UUID]) -> dict[str, str]:
    """Id of a form -> the label of the visit it was first stored at."""
    if not ids:
        return {}
    labels = {visit.key: visit.label for visit in get_protocol().visits}
    firsts = AuditEvent.objects.filter(record_id__in=ids, revision=1).order_by()
    found = firsts.values_list("record_id", "visit_label")
    return {str(record_id): labels.get(visit, visit) or NO_VISIT for record_id, visit in found}
