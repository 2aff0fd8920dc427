"""What each row of a file would do, judged as the form judges what is typed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from enrollment.models import Patient
from enrollment.selectors.facts import find_consent_gap
from enrollment.selectors.unblinding import find_shown_moment
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.diff import is_blank, to_plain
from trialsite.records.forms import SAVE, CrfForm
from trialsite.records.models import CaseReportForm
from trialsite.records.saving import get_row_values, get_rows
from visits.context import build_context
from visits.imports.rules import Row
from visits.selectors import find_neighbors, find_planned_visit
from visits.visit import Visit, VisitStatus

NEW, FILLED, SAME, EMPTY, REFUSED = "new draft", "draft filled", "already there", "no reading", "refused"
KNOWS_THE_ARM = (
    "You were shown this patient's treatment. Enter this in the form, and say there why, or have a colleague import it."
)


class ImportedForm(CrfForm):
    """A form filled in from a file; the file is the reason of what it stores."""

    import_reason = ""

    @property
    def change_reason(self) -> str:
        return self.import_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row cannot be stored: the column ("" for the whole line), what stands there, and a sentence."""

    column: str
    value: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of one row. `questions` stay open as data queries; `form` is what would be saved."""

    row: Row
    outcome: str
    faults: Sequence[Fault] = ()
    questions: Sequence[str] = ()
    form: ImportedForm | None = field(default=None, repr=False)
    context: Any = field(default=None, repr=False)

    @property
    def is_stored(self) -> bool:
        return self.outcome in {NEW, FILLED}


def importable(definitions: Iterable[CrfDefinition], user: User) -> list[CrfDefinition]:
    """The forms a person may fill in from a file: of a visit, not restricted, and their own to enter."""
    return [one for one in definitions if one.kind == "visit" and not one.is_restricted and one.may_enter(user)]


def columns_of(definition: CrfDefinition, protocol: Protocol) -> list[str]:
    """What the columns of a file may be called: the items of the form, and cells of its grid as grid.row.column."""
    shaped = definition.for_protocol(protocol)
    return (
        [*shaped.field_names, *(name for name, _ in shaped.grid.inputs())] if shaped.grid else list(shaped.field_names)
    )


def judge_rows(user: User, definition: CrfDefinition, rows: Sequence[Row], protocol: Protocol) -> list[Plan]:
    """What every row would do."""
    seen: dict[tuple[str, str], int] = {}
    plans = []
    for row in rows:
        first = seen.setdefault((row.patient, row.visit), row.line)
        if first != row.line:
            plans.append(
                _refuse(row, Fault(column="", value="", sentence=f"Line {first} is about the same patient and visit."))
            )
        else:
            plans.append(judge_row(user, definition, row, protocol))
    return plans


def judge_row(user: User, definition: CrfDefinition, row: Row, protocol: Protocol) -> Plan:
    found = _find_visit(user, row, protocol)
    if isinstance(found, Fault):
        return _refuse(row, found)
    with timezone.override(ZoneInfo(protocol.site(found.patient.site_code).time_zone)):
        return _judge_at(user, found, definition, row, protocol)


def _find_visit(user: User, row: Row, protocol: Protocol) -> Visit | Fault:
    """The visit that a row names. A patient of another site is as unknown as one that never was."""
    patient: Patient | None = Patient.objects.filter(number=row.patient).first()
    if patient is None or not user.may_see_site(patient.site_code):
        return Fault(column="patient", value=row.patient, sentence="There is no such patient at your sites.")
    if gap := find_consent_gap(patient):
        return Fault(column="patient", value=row.patient, sentence=gap)
    if row.visit not in {planned.key for planned in protocol.visits_of_phase(patient.phase_number)}:
        known = ", ".join(planned.key for planned in protocol.visits_of_phase(patient.phase_number))
        return Fault(column="visit", value=row.visit, sentence=f"There is no such visit. The protocol has {known}.")
    visit = find_planned_visit(patient, row.visit)
    if visit is None or visit.status == VisitStatus.MISSED:
        return Fault(
            column="visit",
            value=row.visit,
            sentence="No such visit of this patient took place so far. Record the visit first.",
        )
    visit.patient = patient
    return visit


def _judge_at(user: User, visit: Visit, definition: CrfDefinition, row: Row, protocol: Protocol) -> Plan:
    neighbors = find_neighbors(definition, visit, protocol)
    record = neighbors.own or _new_form(definition, visit)
    if not record.is_stored and not visit.patient.uses_data:
        return _refuse(
            row, Fault(column="patient", value=row.patient, sentence="The patient withdrew the use of their data.")
        )
    if definition.is_outcome and find_shown_moment(visit.patient, user.username):
        return _refuse(row, Fault(column="patient", value=row.patient, sentence=KNOWS_THE_ARM))
    context = build_context(definition, visit.patient, protocol, visit=visit, record_id=record.pk, neighbors=neighbors)
    rows = get_row_values(definition.grid, get_rows(definition.grid, record))
    shown = CrfForm(definition, record, context, protocol, rows=rows)
    form = ImportedForm(definition, record, context, protocol, data=_typed(shown, record, row), rows=rows)
    form.is_valid()
    faults = [*_say_errors(form, row), *(_say_conflicts(shown, form, row) if record.is_stored else ())]
    if faults:
        return Plan(row=row, outcome=REFUSED, faults=faults)
    if record.is_stored and not form.is_changed():
        return Plan(row=row, outcome=SAME)
    if form.is_untouched():  # as on the page: a form in which nothing stands does not come to be
        return Plan(row=row, outcome=EMPTY)
    outcome = FILLED if record.is_stored else NEW
    return Plan(
        row=row, outcome=outcome, questions=[finding.message for finding in form.unanswered], form=form, context=context
    )


def _new_form(definition: CrfDefinition, visit: Visit) -> CaseReportForm:
    """As the entry page would make it: a form a visit has once has one possible id."""
    made = definition.new(
        id=uuid.uuid5(visit.pk, definition.key), patient=visit.patient, visit=visit, assessed_on=visit.visited_on
    )
    return cast(CaseReportForm, made)


def _typed(shown: CrfForm, record: CaseReportForm, row: Row) -> "MultiValueDict[str, Any]":
    """What a person would send who typed the cells of the row over the stored form."""
    sent: dict[str, list[str]] = {"intent": [SAVE], "base_revision": [str(record.revision)]}
    for name in shown.fields:
        sent |= shown.as_sent(name)
    for name in record.absent:
        sent |= shown.as_sent(f"absent.{name}")
    sent |= {f"base-{name}": [extras.base_text] for name, extras in shown.extras.items() if extras.base_text}
    for name, cell in row.cells.items():
        sent[name] = [part.strip() for part in cell.split(";")] if _takes_several(shown.fields[name]) else [cell]
    return MultiValueDict(sent)


def _takes_several(made: forms.Field) -> bool:
    return isinstance(made, forms.MultipleChoiceField)


def _say_errors(form: CrfForm, row: Row) -> list[Fault]:
    return [
        Fault(column="" if name == "__all__" else name, value=row.cells.get(name, ""), sentence=str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]


def _say_conflicts(shown: CrfForm, form: CrfForm, row: Row) -> Iterable[Fault]:
    """Nothing that stands in a form is replaced, and nothing is added to one that is complete."""
    then: Mapping[str, Any] = {name: shown.record.get_value(name) for name in shown.definition.field_names} | shown.rows
    for name, cell in row.cells.items():
        stored, new = to_plain(then.get(name)), to_plain(form.cleaned_data.get(name))
        if stored == new:
            continue
        if not is_blank(stored):
            yield Fault(
                column=name,
                value=cell,
                sentence=f"{_word(stored)} stands there already. Nothing is replaced; correct it in the form.",
            )
        elif shown.record.needs_reason:
            yield Fault(
                column=name,
                value=cell,
                sentence="The form is complete and has no value here. Enter it there, with the reason.",
            )


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _refuse(row: Row, fault: Fault) -> Plan:
    return Plan(row=row, outcome=REFUSED, faults=(fault,))
