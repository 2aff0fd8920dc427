"""The state in which a form is shown: its status, and the marks that still hold."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from trialsite.marks.selectors import Marks
from trialsite.marks.states import FormFacts, State, state_of
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.critical import critical_items
from visits.reach import StoredForm
from visits.selectors import FormState


class StateReader:
    """Tells the states of forms from marks read once."""

    def __init__(self, marks: Marks, definitions: Iterable[CrfDefinition], protocol: Protocol) -> None:
        self.marks = marks
        self._definitions: Mapping[str, CrfDefinition] = {definition.key: definition for definition in definitions}
        self.items = {
            key: tuple(item.field for item in critical_items(definition, protocol))
            for key, definition in self._definitions.items()
        }

    def facts_of(self, form: FormState, patient_id: UUID) -> FormFacts:
        return self.marks.facts(
            form.status,
            form.record_id,
            form.visit_id,
            patient_id,
            items=self.items[form.form_key],
            is_restricted=self._definitions[form.form_key].is_restricted,
        )

    def facts_of_stored(self, form: StoredForm, patient_id: UUID) -> FormFacts:
        return self.facts_of(
            FormState(form.definition.key, form.record.pk, form.visit_id, form.record.status), patient_id
        )

    def shown(self, forms: Iterable[FormState], patient_id: UUID) -> list[FormState]:
        """The forms of one patient with the state they are shown in as their status."""
        return [replace(form, status=state_of(self.facts_of(form, patient_id)).value) for form in forms]

    def state_of(self, form: FormState, patient_id: UUID) -> State:
        return state_of(self.facts_of(form, patient_id))
