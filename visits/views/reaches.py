"""Where the pages about a form, a visit or a casebook lie: the way there and back."""

from typing import Any

from django.urls import reverse

from trialsite.marks.models import Scope
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from visits.presenters import form_url
from visits.reach import Reach


def url_of_form(definition: CrfDefinition, record: Any) -> str:
    if definition.kind == "visit":
        return form_url(record.visit_id, definition)
    return reverse("patient_record", args=(record.patient_id, definition.key, record.pk))


def back_url(reach: Reach) -> str:
    """The page of what is marked."""
    if reach.record is None:
        return reverse("locks")
    if reach.definition is not None:
        return url_of_form(reach.definition, reach.record)
    return reverse("visit" if reach.scope is Scope.VISIT else "casebook", args=(reach.record.pk,))


def trail_of(reach: Reach, last: str) -> list[tuple[str, str]]:
    if reach.patient is None:
        return [("Locks", reverse("locks")), (last, "")]
    head = [("Patients", reverse("patients")), (reach.patient.number, reverse("casebook", args=(reach.patient.pk,)))]
    if reach.visit is not None:
        label = get_protocol().visit(reach.visit.planned_key).label
        head.append((label, reverse("visit", args=(reach.visit.pk,))))
    if reach.definition is not None:
        head.append((reach.definition.title, back_url(reach)))
    return [*head, (last, "")]
