"""Entering the papers of one patient, form by form, as a person at a desk would: typed, judged, corrected by nobody."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.forms import Form
from django.utils import timezone

from enrollment.context import PatientContext
from enrollment.crfs.registry import ENROLLMENT_CRFS, definition_for
from enrollment.models import Patient
from enrollment.selectors.facts import get_form_context
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.lib import clock
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.forms import COMPLETE, SAVE, CrfForm
from trialsite.records.models import CaseReportForm
from trialsite.records.saving import get_row_values, get_rows, save_crf
from visits.actions.questions import prepare_save
from visits.actions.visit import record_visit
from visits.context import build_context
from visits.crfs.context import VisitContext
from visits.crfs.registry import CRFS
from visits.forms import AttendanceForm, UnscheduledForm
from visits.views.forms import new_visit_form
from visits.visit import Visit, VisitStatus

Paper = Mapping[str, str | list[str]]
ANSWER = "Checked against the source document."


class PaperRefusedError(RuntimeError):
    """What stands on paper does not pass the form: the plan and the product disagree."""

    def __init__(self, where: str, sentences: Sequence[str]) -> None:
        super().__init__(f"{where}: {' '.join(sentences)}")


class Desk:
    """Where the papers of one patient are entered."""

    def __init__(self, patient: Patient, protocol: Protocol) -> None:
        self.patient, self.protocol = patient, protocol
        self.time_zone = protocol.site(patient.site_code).time_zone

    def reload(self) -> Patient:
        """The patient as stored now."""
        self.patient = Patient._base_manager.get(pk=self.patient.pk)
        return self.patient

    # -- visits

    def attend(self, key: str, on: date, *, by: User) -> Visit:
        values = {"status": VisitStatus.ATTENDED, "visited_on": on.isoformat()}
        return self._record_visit(key, AttendanceForm(values), by)

    def miss(self, key: str, reason: str, *, by: User) -> Visit:
        values = {"status": VisitStatus.MISSED, "missed_reason": reason}
        return self._record_visit(key, AttendanceForm(values), by)

    def attend_unscheduled(self, on: date, reason: str, *, by: User) -> Visit:
        values = {"visited_on": on.isoformat(), "unscheduled_reason": reason}
        return self._record_visit("unscheduled", UnscheduledForm(values), by)

    def _record_visit(self, key: str, form: AttendanceForm, by: User) -> Visit:
        if not form.is_valid():
            raise PaperRefusedError(self._where(key), _sentences(form))
        planned = self.protocol.visit(key)
        visit = record_visit(self.patient, planned, form.visit_values, protocol=self.protocol, actor=actor_of(by))
        self.reload()
        return visit

    # -- forms

    def fill(
        self,
        key: str,
        sheet: Paper,
        *,
        by: User,
        visit: Visit | None = None,
        record: Any = None,
        is_draft: bool = False,
    ) -> CaseReportForm:
        """Enter a form and complete it; a draft is only saved. `record` is the entry to be changed, where there is one."""
        record = record or self._new_record(CRFS[key], visit)
        context = self._context(CRFS[key], visit, record)
        definition = definition_for(CRFS[key], context) if isinstance(context, PatientContext) else CRFS[key]
        if not definition.may_enter(by):
            raise PaperRefusedError(self._where(key, visit), [f"{by.username} may not enter it."])
        data = self._typed(sheet, record, visit, is_draft=is_draft)
        with timezone.override(ZoneInfo(self.time_zone)):
            form = self._judge(definition, record, context, data)
            follow = prepare_save(definition, record, context, self.protocol, actor_of(by))
            saved = save_crf(form, actor=actor_of(by), also=follow)
        if not is_draft and not saved.record.is_complete:
            raise PaperRefusedError(self._where(key, visit), [f"Missing: {name}." for name in form.missing])
        return saved.record

    def _new_record(self, definition: CrfDefinition, visit: Visit | None) -> CaseReportForm:
        if visit is not None:
            return new_visit_form(definition, visit)
        identity = uuid.uuid5(self.patient.pk, definition.key) if definition.kind == "single" else uuid.uuid4()
        return cast(CaseReportForm, definition.new(id=identity, patient=self.patient))

    def _context(
        self, definition: CrfDefinition, visit: Visit | None, record: CaseReportForm
    ) -> PatientContext | VisitContext:
        if definition.key in ENROLLMENT_CRFS:
            return get_form_context(definition.key, self.patient, self.protocol, record.pk)
        return build_context(definition, self.patient, self.protocol, visit=visit, record_id=record.pk)

    def _typed(self, sheet: Paper, record: CaseReportForm, visit: Visit | None, *, is_draft: bool) -> dict[str, Any]:
        day = {"assessed_on": visit.visited_on.isoformat()} if visit and visit.visited_on else {}
        head = {"intent": SAVE if is_draft else COMPLETE, "base_revision": str(record.revision)}
        return {**day, **sheet, **head}

    def _judge(self, definition: CrfDefinition, record: CaseReportForm, context: Any, data: dict[str, Any]) -> CrfForm:
        """Read what was typed; answer the questions it raises, and read it again with the answers."""
        form = self._read(definition, record, context, data)
        if data["intent"] == COMPLETE and form.unanswered:
            answers = {f"confirm-{finding.key}": ANSWER for finding in form.unanswered}
            form = self._read(definition, record, context, {**data, **answers})
        return form

    def _read(
        self, definition: CrfDefinition, record: CaseReportForm, context: Any, data: Mapping[str, Any]
    ) -> CrfForm:
        rows = get_row_values(definition.grid, get_rows(definition.grid, record))
        form = CrfForm(definition, record, context, self.protocol, data=data, rows=rows)
        if not form.is_valid():
            raise PaperRefusedError(self._where(definition.key, getattr(record, "visit", None)), _sentences(form))
        return form

    def _where(self, key: str, visit: Visit | None = None) -> str:
        at = f", {visit.planned_key} on {visit.visited_on}" if visit else ""
        return f"{self.patient.number}{at}, {key} ({clock.now():%Y-%m-%d %H:%M})"


def _sentences(form: Form) -> list[str]:
    return [f"{field}: {sentence}" for field, found in form.errors.items() for sentence in found]
