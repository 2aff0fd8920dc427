"""The records that a report rests on: where each stands, its state, and when it changed last. A fixed number of queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trialsite.accounts.models import User
from trialsite.marks.selectors import get_marks
from trialsite.marks.states import State
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from visits.crfs.registry import CRFS
from visits.models import Visit
from visits.selectors import FormState, get_form_states
from visits.shown_states import StateReader


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBehind:
    """One stored form. `visit_key` is None for a form that belongs to no visit."""

    patient_id: UUID
    form_key: str
    title: str
    record_id: UUID
    visit_id: UUID | None
    visit_key: str | None
    state: State
    revision: int
    changed_at: datetime


def get_records_behind(
    user: User, patient_ids: Collection[UUID], forms: Collection[str], protocol: Protocol
) -> list[RecordBehind]:
    """The forms with these keys of these patients, as far as the person may read them, in the order of the registry."""
    definitions = [one for one in CRFS.values() if one.key in forms and one.may_view(user) and not one.is_restricted]
    if not definitions or not patient_ids:
        return []
    states = StateReader(get_marks(patient_ids), definitions, protocol)
    changes, visits = _get_changes(definitions, patient_ids), _get_visit_keys(patient_ids)
    titles = {definition.key: definition.title for definition in definitions}
    return [
        _make(form, patient_id, states, titles, changes, visits)
        for patient_id, stored in get_form_states(patient_ids, definitions).items()
        for form in stored
    ]


def _make(
    form: FormState,
    patient_id: UUID,
    states: StateReader,
    titles: Mapping[str, str],
    changes: Mapping[UUID, tuple[int, datetime]],
    visits: Mapping[UUID, str],
) -> RecordBehind:
    revision, changed_at = changes[form.record_id]
    return RecordBehind(
        patient_id=patient_id,
        form_key=form.form_key,
        title=titles[form.form_key],
        record_id=form.record_id,
        visit_id=form.visit_id,
        visit_key=visits.get(form.visit_id) if form.visit_id else None,
        state=states.state_of(form, patient_id),
        revision=revision,
        changed_at=changed_at,
    )


def _get_changes(
    definitions: Sequence[CrfDefinition], patient_ids: Collection[UUID]
) -> dict[UUID, tuple[int, datetime]]:
    found: dict[UUID, tuple[int, datetime]] = {}
    for definition in definitions:
        forms: Any = definition.model._base_manager  # whose form it is stands in each of them
        rows = forms.filter(patient_id__in=patient_ids)
        found |= {
            record_id: (revision, changed_at)
            for record_id, revision, changed_at in rows.values_list("id", "revision", "changed_at")
        }
    return found


def _get_visit_keys(patient_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = Visit.objects.filter(patient_id__in=patient_ids)
    return dict(rows.values_list("id", "planned_key"))
