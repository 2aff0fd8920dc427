"""The Django form of any case report form: fields with limits, reasons for missing items, answers to questions, a reason for change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
)
from django.db import models
from django.utils.datastructures import MultiValueDict

from trialsite.lib.findings import Finding, Severity
from trialsite.lib.units import say_unit
from trialsite.protocol.model import Limit, Protocol
from trialsite.protocol.telling import find_telling
from trialsite.records.crf import CrfDefinition, Section
from trialsite.records.diff import diff, is_blank, to_plain
from trialsite.records.fields import TEXT_LIMIT, SeveralCodes, YesNo
from trialsite.records.judging import find_limits, fingerprint_of, judge_stored, stored_answer
from trialsite.records.models import AbsenceCode, CaseReportForm

YES_NO = (("yes", "Yes"), ("no", "No"))
SAVE, COMPLETE, COMPUTE = "save", "complete", "compute"
RIGHT = "Value is right."  # the answer of whoever only ticks the box
REASONS = (
    ("transcription", "Transcription error"),
    ("new_information", "New information from the source"),
    ("late_entry", "Item entered late"),
    ("query", "Answer to a data query"),
    ("other", "Other (say which)"),
)
# What an integer column holds on every database.
_TOO_LARGE = "This number is too large to be right. Correct it."
_FITS_COLUMN = (MinValueValidator(-(2**31), _TOO_LARGE), MaxValueValidator(2**31 - 1, _TOO_LARGE))
_ABSENCE_INPUTS = (("absent", "code"), ("absent_reason", "reason"))
_FITS_COLUMN_OF_PAGE = 29  # letters of a choice
_FREE_TEXT = (ProhibitNullCharactersValidator(), MaxLengthValidator(TEXT_LIMIT))


@dataclass(slots=True)
class FieldExtras:
    """What the template shows around an input: unit, limits, the reason it is missing, questions about it, what a colleague stored.

    `threads` are what people say about the item; each names the template (`template`) that shows it.
    """

    name: str
    unit: str = ""
    hint: str = ""
    is_needed: bool = False
    absence_code: str = ""
    absence_reason: str = ""
    absence_error: str = ""
    questions: list["Question"] = field(default_factory=list)
    threads: list[Any] = field(default_factory=list)
    may_be_absent: bool = True
    aria_label: str = ""
    cell_label: str = ""
    mark: str = ""
    base_text: str = ""
    is_roomy: bool = False

    @property
    def absence_choices(self) -> list[tuple[str, str]]:
        return list(AbsenceCode.choices)


@dataclass(frozen=True, slots=True)
class GridTable:
    """A grid to be drawn: headings across, then (label, cells) of each line; None where there is nothing to enter."""

    headings: tuple[str, ...]
    lines: list[tuple[str, tuple[forms.BoundField | None, ...]]]


@dataclass(frozen=True, slots=True)
class Question:
    """A soft finding, and the answer given to it. `typed` may be an answer to an older value, which does not count until it is sent again."""

    finding: Finding
    fingerprint: str
    answer: str = ""
    typed: str = ""

    @property
    def input_name(self) -> str:
        return f"confirm-{self.finding.key}"

    @property
    def tick_name(self) -> str:
        return f"right-{self.finding.key}"

    @property
    def asked_name(self) -> str:
        return f"asked-{self.finding.key}"

    @property
    def shown_words(self) -> str:
        """What stands in the input for words: nothing, where the tick says it all."""
        words = self.typed or self.answer
        return "" if words == RIGHT else words


def make_form_field(
    model_field: "models.Field[Any, Any]", limit: Limit | None = None, links: Sequence[tuple[str, str]] = ()
) -> forms.Field:
    """The input for one item; limits of the protocol are its hard limits, `links` the records a foreign key may point at."""
    if isinstance(model_field, models.ForeignKey):
        return _make_link_field(model_field, links)
    return deepcopy(_make_plain_field(model_field, is_bounded=_is_bounded(limit)))


@cache
def _make_plain_field(model_field: "models.Field[Any, Any]", *, is_bounded: bool) -> forms.Field:
    """Made once: to copy an input, as forms of Django do with theirs, takes a fraction of making it."""
    if isinstance(model_field, YesNo):
        return forms.TypedChoiceField(
            choices=YES_NO,
            coerce=lambda code: code == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            required=False,
            label=_label(model_field),
        )
    if isinstance(model_field, SeveralCodes) and model_field.codes is not None:
        return forms.MultipleChoiceField(
            choices=model_field.codes.choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
            label=_label(model_field),
        )
    made = model_field.formfield()
    if made is None:
        raise TypeError(f"{model_field} has no form field")
    made.required = False
    _dress(made, model_field, is_bounded=is_bounded)
    return made


def _make_link_field(model_field: "models.Field[Any, Any]", links: Sequence[tuple[str, str]]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[("", "—"), *links],
        coerce=UUID,
        empty_value=None,
        required=False,
        label=_label(model_field),
        error_messages={"invalid_choice": "Choose one of the records in the list."},
    )


def _make_compact(made: forms.Field) -> None:
    """In a grid, yes or no is a list to choose from: two buttons a cell would take most of the width."""
    if not isinstance(made, forms.ChoiceField) or isinstance(made, forms.MultipleChoiceField):
        return
    codes = [choice for choice in made.widget.choices if choice[0] != ""]
    if isinstance(made.widget, forms.RadioSelect):
        made.widget = forms.Select()
    if isinstance(made.widget, forms.Select):
        made.choices = [("", "—"), *codes]


def _is_roomy(made: forms.Field) -> bool:
    """Whether a list holds a choice that one column would cut off; boxes to tick have the whole width anyway."""
    if not isinstance(made, forms.ChoiceField) or not isinstance(made.widget, forms.Select):
        return False
    return any(len(str(label)) > _FITS_COLUMN_OF_PAGE for _, label in made.widget.choices)


def _label(model_field: "models.Field[Any, Any]") -> str:
    text = str(model_field.verbose_name)
    return text[:1].upper() + text[1:]


def _dress(made: forms.Field, model_field: "models.Field[Any, Any]", *, is_bounded: bool) -> None:
    made.label = _label(model_field)
    if isinstance(made, forms.DateTimeField):
        made.widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        made.input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        made.error_messages["invalid"] = "Enter the date and time as 2011-02-28 14:30."
    elif isinstance(made, forms.DateField):
        made.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        made.input_formats = ["%Y-%m-%d"]
        made.error_messages["invalid"] = "Enter a date that exists, as 2011-02-28."
    elif isinstance(made, forms.TimeField):
        made.widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        made.input_formats = ["%H:%M", "%H:%M:%S"]
        made.error_messages["invalid"] = "Enter the time as 14:30."
    elif isinstance(made, forms.IntegerField | forms.DecimalField):
        # Not type=number: browsers silently drop what they cannot read there, such as a decimal comma.
        made.widget = forms.TextInput(
            attrs={"inputmode": "decimal" if isinstance(made, forms.DecimalField) else "numeric", "autocomplete": "off"}
        )
        made.error_messages["invalid"] = (
            "Enter a number with a decimal point, such as 3.5."
            if isinstance(made, forms.DecimalField)
            else "Enter a whole number, such as 3."
        )
        if not isinstance(made, forms.DecimalField) and not is_bounded:
            made.validators = [*made.validators, *_FITS_COLUMN]
    elif isinstance(model_field, models.TextField):
        made.widget = forms.Textarea(attrs={"rows": 2})
    made.widget.attrs.setdefault("autocomplete", "off")
    # A browser cuts what is pasted at this length and does not say so; the field says how much is too much.
    made.widget.attrs.pop("maxlength", None)


class CrfForm(forms.Form):
    """Shows, reads and judges one case report form. It stores nothing; `trialsite.records.entry` does."""

    def __init__(
        self,
        definition: CrfDefinition,
        record: CaseReportForm,
        context: Any,
        protocol: Protocol,
        *,
        data: Mapping[str, Any] | None = None,
        rows: Mapping[str, Any] | None = None,
        knows_since: datetime | None = None,
    ) -> None:
        self.definition, self.record, self.context, self.protocol = (
            definition.for_protocol(protocol),
            record,
            context,
            protocol,
        )
        self.rows = dict(rows or {})
        self.knows_since = knows_since  # when the account that fills it in learned the arm
        self.questions: dict[str, Question] = {}
        self.refusals: list[Finding] = []
        self.missing: list[str] = []
        self.reason_error = ""
        self.justification_error = ""
        self.extras: dict[str, FieldExtras] = {}
        self.entered: dict[str, Any] = {}  # what could be read; stays whole when questions are put to a field later
        super().__init__(data, initial=self._initial())
        self.base_revision = record.revision if data is None else _read_revision(data.get("base_revision"))
        for name in self.definition.field_names:
            self._add(name, name, definition.model._meta.get_field(name))  # type: ignore[arg-type]  # a form has no reverse relations
        for input_name, model_field in self._grid_inputs():
            self._add(input_name, model_field.name, model_field)
            self._dress_cell(input_name)
        if data is None and record.is_stored:
            self._ask_again()

    # -- building

    def _ask_again(self) -> None:
        """A page that is only opened shows the questions to what is stored, with the answers given."""
        for asked in judge_stored(self.definition, self.record, self.rows, self.context, self.protocol):
            self._put(Question(asked.finding, asked.fingerprint, asked.answer))

    def _initial(self) -> dict[str, Any]:
        values = {name: _shown(self.record.get_value(name)) for name in self.definition.field_names}
        return values | {name: _shown(value) for name, value in self.rows.items()}

    def _add(self, input_name: str, limit_name: str, model_field: "models.Field[Any, Any]") -> None:
        limit = self.protocol.limit(self.definition.key, limit_name)
        link = self.definition.links.get(limit_name)
        self.fields[input_name] = made = make_form_field(model_field, limit, link(self.context) if link else ())
        absence = self._posted_or_stored_absence(input_name)
        self.extras[input_name] = made.extras = FieldExtras(  # type: ignore[attr-defined]  # read by the template
            name=input_name,
            unit=say_unit(limit.unit if limit else getattr(model_field, "unit", "")),
            hint="" if getattr(model_field, "choices", None) else _hint(limit),
            is_needed=input_name in self.definition.model.REQUIRED,
            absence_code=absence["code"],
            absence_reason=absence["reason"],
            is_roomy=_is_roomy(made),
        )

    def _dress_cell(self, input_name: str) -> None:
        """A cell of a grid has no label of its own to show, and carries what it held when the page was opened."""
        grid = self.definition.grid
        extras = self.extras[input_name]
        row = dict(grid.rows)[input_name.split(".")[1]] if grid else ""
        extras.may_be_absent = False
        _make_compact(self.fields[input_name])
        extras.aria_label = f"{row}, {self.fields[input_name].label}"
        extras.cell_label = row if grid and grid.is_turned else _heading(self[input_name])
        posted = str(self.data.get(f"base-{input_name}", ""))
        extras.base_text = posted if self.is_bound else _write_base(self.initial.get(input_name))

    def _grid_inputs(self) -> "Iterator[tuple[str, models.Field[Any, Any]]]":
        grid = self.definition.grid
        for name, column in grid.inputs() if grid else ():
            yield name, grid.model._meta.get_field(column)  # type: ignore[misc, union-attr]  # columns are plain fields

    def _posted_or_stored_absence(self, name: str) -> dict[str, str]:
        if self.is_bound:
            return {
                "code": str(self.data.get(f"absent-{name}", "")),
                "reason": str(self.data.get(f"absent_reason-{name}", "")),
            }
        stored = self.record.absent.get(name, {})
        return {"code": stored.get("code", ""), "reason": stored.get("reason", "")}

    # -- reading

    @property
    def intent(self) -> str:
        return str(self.data.get("intent", SAVE))

    @property
    def reason_code(self) -> str:
        return str(self.data.get("reason_code", ""))

    @property
    def reason_text(self) -> str:
        return str(self.data.get("reason_text", ""))

    @property
    def justification(self) -> str:
        """Why somebody who knows the arm changes what the arms are compared by."""
        return str(self.data.get("justification", "")).strip()

    @property
    def telling_words(self) -> list[str]:
        """Words in what is newly written here that may tell an arm, with those of the reason for it."""
        return list(dict.fromkeys([*find_telling(self.reason_text), *self.left_words]))

    @property
    def left_words(self) -> list[str]:
        """Such words in the form itself; what stood there before was thought about then."""
        typed = [question.answer for question in self.questions.values()]
        for name, value in getattr(self, "cleaned_data", {}).items():
            if isinstance(self.fields.get(name), forms.CharField) and value != self.initial.get(name):
                typed.append(str(value))
        return find_telling("\n".join(typed))

    @property
    def shows_thinking(self) -> bool:
        """Whether the note about such words stands below the form: once it was shown it stays, with what was written there."""
        return self.is_bound and ("thought" in self.data or bool(self.telling_words))

    @property
    def thought_about(self) -> frozenset[str]:
        """Those the writer was shown already, and left."""
        return frozenset(str(self.data.get("thought", "")).split("|"))

    @property
    def to_unblinded(self) -> str:
        """What the writer says to the unblinded alone."""
        return str(self.data.get("to_unblinded", "")).replace("\0", "").strip()[:TEXT_LIMIT]

    @property
    def change_reason(self) -> str:
        label = dict(REASONS).get(self.reason_code, "")
        text = self.reason_text.strip()
        return f"{label}: {text}" if label and text else label

    @property
    def reason_choices(self) -> tuple[tuple[str, str], ...]:
        return REASONS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_limits(cleaned)
        self._check_absences(cleaned)
        self._run_checks(cleaned)
        self._check_answers()
        self._find_missing(cleaned)
        self._check_reason()
        self._check_justification()
        self.entered = dict(cleaned)
        return cleaned

    def _check_answers(self) -> None:
        for question in self.questions.values():
            try:
                _check_free_text(question.answer)
            except forms.ValidationError as error:
                field = question.finding.field
                self.add_error(field if field in self.fields else None, error)

    def _check_reason(self) -> None:
        """A form that was complete once says why it changes; a submission that changes nothing needs no reason."""
        if self.intent == COMPUTE or not self.record.needs_reason or not self.is_changed():
            return
        if self.reason_code not in dict(REASONS):
            self._refuse_reason("Choose why the form is changed.")
        elif self.reason_code == "other" and not self.reason_text.strip():
            self._refuse_reason("Say in a few words why the form is changed.")
        try:
            _check_free_text(self.reason_text)
        except forms.ValidationError as error:
            self._refuse_reason(" ".join(error.messages))

    def _check_justification(self) -> None:
        if self.intent == COMPUTE or self.knows_since is None or not self.is_changed():
            return
        try:
            _check_free_text(self.justification)
        except forms.ValidationError as error:
            self.justification_error = " ".join(error.messages)
        if not self.justification:
            self.justification_error = "You know this patient's treatment: say why you enter or change this."
        if self.justification_error:
            self.add_error(None, self.justification_error)

    def _refuse_reason(self, sentence: str) -> None:
        self.reason_error = sentence
        self.add_error(None, sentence)

    def is_untouched(self) -> bool:
        """Whether this is a new form sent as it was opened, with items missing or no wish to complete it."""
        is_whole = self.intent == COMPLETE and not self.missing
        return not (self.record.is_stored or is_whole or self.is_changed())

    def is_changed(self) -> bool:
        """Whether anything typed differs from what is stored."""
        mine = self.values() | {"absent": self.absences(), "confirmed": self.confirmations()}
        stored = {name: getattr(self.record, name) for name in mine}
        rows = {name: self.rows.get(name) for name, _ in self._grid_inputs()}
        return bool(diff(plain_of(stored), plain_of(mine)) or diff(plain_of(rows), plain_of(self.row_values())))

    def _check_limits(self, cleaned: dict[str, Any]) -> None:
        for finding in find_limits(self.definition.key, cleaned, self.protocol):
            self._take(finding, cleaned)

    def _take(self, finding: Finding, cleaned: dict[str, Any]) -> None:
        """Refuse, note as missing, or ask, as the finding wants."""
        if finding.severity is Severity.HARD:
            self.refusals.append(finding)
            self.add_error(finding.field if finding.field in self.fields else None, finding.message)
        elif finding.severity is Severity.MISSING:
            self._miss(finding.field, cleaned)
        else:
            self._put(self._read_question(finding, cleaned.get(finding.field)))

    def _check_absences(self, cleaned: dict[str, Any]) -> None:
        for name, extras in self.extras.items():
            if not extras.absence_code:
                continue
            if extras.absence_code not in AbsenceCode.values:
                self.add_error(name, "Choose why there is no value from the list.")
            elif not is_blank(cleaned.get(name)):
                self.add_error(name, "There is a value and a reason why there is none. Keep one of them.")
            elif not AbsenceCode(extras.absence_code).explains_itself and not extras.absence_reason.strip():
                self.add_error(name, "Say in a few words why there is no value.")
            try:
                _check_free_text(extras.absence_reason)
            except forms.ValidationError as error:
                self.add_error(name, error)

    def _run_checks(self, cleaned: dict[str, Any]) -> None:
        for finding in self.definition.check(cleaned, self.context):
            self._take(finding, cleaned)

    def _put(self, question: Question) -> None:
        self.questions[question.finding.key] = question
        extras = self.extras.get(question.finding.field)
        if extras is not None:
            extras.questions.append(question)

    def _find_missing(self, cleaned: dict[str, Any]) -> None:
        for name in self.definition.model.REQUIRED:
            if name in self.extras:  # the protocol may have left its section out
                self._miss(name, cleaned)

    def _miss(self, name: str, cleaned: dict[str, Any]) -> None:
        is_needed = name not in self.errors and name not in self.missing
        if is_needed and is_blank(cleaned.get(name)) and not self.extras[name].absence_code:
            self.missing.append(name)

    # -- answers to soft findings

    def _read_question(self, finding: Finding, value: Any) -> Question:
        """With the answer sent along. Where the page did not ask, the answer given before counts while question and value are the same."""
        question = Question(finding, fingerprint_of(finding, value))
        posted = [self.data.get(name) for name in (question.input_name, question.tick_name, question.asked_name)]
        if posted == [None, None, None]:
            return replace(question, answer=stored_answer(self.record, finding, question.fingerprint))
        words, is_ticked, asked = str(posted[0] or "").strip(), bool(posted[1]), posted[2]
        if asked not in (None, question.fingerprint):
            return replace(question, typed=words)
        return replace(question, answer=words or (RIGHT if is_ticked else ""), typed=words)

    @property
    def whole_form_questions(self) -> list[Question]:
        return [question for question in self.questions.values() if question.finding.field not in self.extras]

    @property
    def unanswered(self) -> list[Finding]:
        return [question.finding for question in self.questions.values() if not question.answer]

    # -- results

    def values(self) -> dict[str, Any]:
        """Field -> value of the form's own fields."""
        return {name: self.cleaned_data.get(name) for name in self.definition.field_names}

    def posted_base(self) -> dict[str, Any]:
        """What the grid held when the page was opened: the browser sends it back, for rows have revisions of their own."""
        return {
            name: _read_base(self.fields[name], self.data.get(f"base-{name}", "")) for name, _ in self._grid_inputs()
        }

    def row_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name, _ in self._grid_inputs()}

    def absences(self) -> dict[str, dict[str, str]]:
        return {
            name: {"code": extras.absence_code, "reason": extras.absence_reason.strip()}
            for name, extras in self.extras.items()
            if extras.absence_code
        }

    def confirmations(self) -> dict[str, dict[str, Any]]:
        """Answers to the questions that stand now; an answer to a question that no longer stands is dropped."""
        return {
            key: {"about": question.finding.message, "answer": question.answer, "for": question.fingerprint}
            for key, question in self.questions.items()
            if question.answer
        }

    # -- catching up with a colleague

    def caught_up_with(
        self, stored: CaseReportForm, rows: Mapping[str, Any], their_names: Collection[str]
    ) -> "CrfForm":
        """What was typed here on top of the form as it is stored by now: the items in `their_names` are a colleague's."""
        theirs = CrfForm(self.definition, stored, self.context, self.protocol, rows=rows)
        data = _as_lists(self.data)
        for name in their_names:
            data |= theirs.as_sent(name)
        data |= {f"base-{name}": [theirs.extras[name].base_text] for name, _ in self._grid_inputs()}
        data["base_revision"] = [str(stored.revision)]
        return CrfForm(
            self.definition,
            stored,
            self.context,
            self.protocol,
            data=MultiValueDict(data),
            rows=rows,
            knows_since=self.knows_since,
        )

    def as_sent(self, name: str) -> dict[str, list[str]]:
        """What a browser sends for a stored item, a reason why there is none ("absent.item") or an answer ("confirmed.key")."""
        outer, _, inner = name.partition(".")
        if outer == "absent":
            absence = self.record.absent.get(inner, {})
            return {f"{part}-{inner}": [absence.get(key, "")] for part, key in _ABSENCE_INPUTS}
        if outer == "confirmed":
            given = self.record.confirmed.get(inner, {})
            return {
                f"confirm-{inner}": [str(given.get("answer", ""))],
                f"asked-{inner}": [str(given.get("for", ""))],
                f"right-{inner}": [],
            }
        shown = self.fields[name].widget.format_value(self[name].value())
        return {name: [str(one) for one in shown] if isinstance(shown, list) else ["" if shown is None else str(shown)]}

    # -- layout

    @property
    def laid_out(self) -> list[tuple[Section, list[forms.BoundField]]]:
        return [(section, [self[name] for name in section.fields]) for section in self.definition.sections]

    @property
    def grid_table(self) -> GridTable | None:
        """The grid as it is drawn; turned, its rows stand beside each other, which suits few rows of many items."""
        grid = self.definition.grid
        if grid is None:
            return None
        cells = [[self[name] if name else None for name in grid.cells(row)] for row, _ in grid.rows]
        rows = tuple(label for _, label in grid.rows)
        columns = tuple(_heading(next(cell for cell in column if cell)) for column in zip(*cells, strict=True))
        if grid.is_turned:
            return GridTable(rows, list(zip(columns, zip(*cells, strict=True), strict=True)))
        return GridTable(columns, list(zip(rows, map(tuple, cells), strict=True)))


def _heading(field: forms.BoundField) -> str:
    unit = field.field.extras.unit  # type: ignore[attr-defined]  # every input of a form has extras
    return f"{field.label} ({unit})" if unit and unit != "count" else str(field.label)


def _shown(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _is_bounded(limit: Limit | None) -> bool:
    return limit is not None and limit.hard_min is not None and limit.hard_max is not None


def _hint(limit: Limit | None) -> str:
    if limit is None or (limit.hard_min is None and limit.hard_max is None):
        return ""
    return f"{limit.hard_min if limit.hard_min is not None else ''} to {limit.hard_max if limit.hard_max is not None else ''}".strip()


def _as_lists(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What was sent, all values of each name."""
    if isinstance(data, MultiValueDict):
        return {name: list(values) for name, values in data.lists()}
    return {name: value if isinstance(value, list) else [value] for name, value in data.items()}


def _check_free_text(text: str) -> None:
    for validator in _FREE_TEXT:
        validator(text)


def _read_revision(text: Any) -> int:
    """The revision the page was opened at; 0 when the browser sends none or nonsense, which compares with everything ever stored."""
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 9 else 0


def _write_base(value: Any) -> str:
    """A stored cell as the page carries it back; several codes are parted by commas, which no code holds."""
    plain = to_plain(value)
    if isinstance(plain, list):
        return ",".join(plain)
    return "" if plain is None else str(plain)


def _read_base(made: forms.Field, text: Any) -> Any:
    try:
        if isinstance(made, forms.MultipleChoiceField):
            return made.clean([code for code in str(text).split(",") if code])
        return made.clean(text)
    except forms.ValidationError:
        return None


def plain_of(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_plain(value) for name, value in values.items()}
