"""The Django forms of this app outside the case report forms: when a visit took place."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms

from enrollment.actions.code_break import BreakReason
from trialsite.lib.widgets import TextArea
from trialsite.marks.models import LockKind
from trialsite.records.fields import TEXT_LIMIT
from trialsite.records.forms import REASONS
from trialsite.records.open_words import OpenWords
from visits.actions.marks import MEANINGS
from visits.visit import Visit, VisitStatus


class AttendanceForm(forms.Form):
    """A visit that took place on a day, or did not and why."""

    status = forms.ChoiceField(
        choices=VisitStatus.choices,
        widget=forms.RadioSelect,
        label="Did the visit take place?",
        initial=VisitStatus.ATTENDED,
    )
    visited_on = forms.DateField(
        required=False,
        label="Date of the visit",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date that exists, as 2011-02-28."},
    )
    missed_reason = OpenWords(required=False, max_length=TEXT_LIMIT, label="Why was it missed?")

    def __init__(self, *args: Any, visit: Visit | None = None, **kwargs: Any) -> None:
        """`visit` is the stored visit being corrected, which then needs a reason."""
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [("attended", "Yes"), ("missed", "No, missed")]  # type: ignore[attr-defined]  # a ChoiceField
        if visit is not None:
            self.fields["reason_code"] = forms.ChoiceField(
                choices=(("", "Choose …"), *REASONS),
                label="Reason for this change",
                error_messages={"required": "Choose why this is changed."},
            )
            self.fields["reason_text"] = OpenWords(
                required=False, max_length=TEXT_LIMIT, label="in a few words", rows=1
            )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Div(*(Div(name, css_class="col-sm-6 col-lg-4") for name in self.fields), css_class="row")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("status") == VisitStatus.MISSED:
            self._clean_missed(cleaned)
        elif "visited_on" not in self.errors:
            self._clean_attended(cleaned)
        if cleaned.get("reason_code") == "other" and not cleaned.get("reason_text"):
            self.add_error("reason_text", "Say in a few words why this is changed.")
        return cleaned

    def _clean_missed(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("missed_reason"):
            self.add_error("missed_reason", "Say why the visit was missed, for example: patient abroad.")
        if cleaned.get("visited_on"):
            self.add_error(
                "visited_on", "A missed visit has no date. Remove the date, or say that the visit took place."
            )

    def _clean_attended(self, cleaned: dict[str, Any]) -> None:
        on = cleaned.get("visited_on")
        if on is None:
            self.add_error("visited_on", "Enter the day the patient was seen.")
        if cleaned.get("missed_reason"):
            self.add_error("missed_reason", "The visit took place. Remove the reason, or say that it was missed.")

    @property
    def visit_values(self) -> dict[str, Any]:
        names = ("status", "visited_on", "missed_reason")
        return {name: self.cleaned_data[name] for name in names}

    @property
    def change_reason(self) -> str:
        label = dict(REASONS).get(self.cleaned_data.get("reason_code", ""), "")
        text = self.cleaned_data.get("reason_text", "")
        return f"{label}: {text}" if text else label


class UnscheduledForm(AttendanceForm):
    """A visit between the planned ones, with its reason."""

    unscheduled_reason = OpenWords(max_length=TEXT_LIMIT, label="Why is the patient seen?")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("status", "missed_reason"):
            del self.fields[name]
        self.helper.layout = Layout(
            Div(*(Div(name, css_class="col-sm-6 col-lg-4") for name in self.fields), css_class="row")
        )

    @property
    def visit_values(self) -> dict[str, Any]:
        return {
            "visited_on": self.cleaned_data["visited_on"],
            "unscheduled_reason": self.cleaned_data["unscheduled_reason"],
        }


class PasswordForm(forms.Form):
    """The password of the person signed in, asked again."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password."},
    )


class CodeBreakForm(PasswordForm):
    """Why the code of one patient is broken, and for whom; with the password of who breaks it."""

    reason = forms.ChoiceField(
        choices=BreakReason.choices,
        widget=forms.RadioSelect,
        label="Why must the treatment be known?",
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose one of the reasons."},
    )
    reason_text = forms.CharField(
        label="In a few words",
        max_length=TEXT_LIMIT,
        widget=TextArea(attrs={"rows": 2}),
        error_messages={"required": "Write in a few words what happened."},
    )
    clinician = forms.CharField(
        label="Treating clinician who needs to know",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Write the name of the clinician who treats the patient."},
    )
    occasion = forms.IntegerField(min_value=1, max_value=10_000, widget=forms.HiddenInput)

    field_order = ("reason", "reason_text", "clinician", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _without_tag()


class CodeBreakImpactForm(forms.Form):
    """What a code break meant for the patient and for the trial."""

    assessment = forms.CharField(
        label="What did the break mean for the patient and for the trial?",
        max_length=TEXT_LIMIT,
        widget=TextArea(attrs={"rows": 4}),
        help_text="Kept encrypted; besides you, the statistician reads it.",
        error_messages={"required": "Write what the break meant."},
    )
    treatment_change = forms.ChoiceField(
        label="Was the patient's treatment changed because of it?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the treatment was changed."},
    )
    told = forms.CharField(
        label="Who was told the treatment?",
        max_length=TEXT_LIMIT,
        widget=TextArea(attrs={"rows": 2}),
        help_text="Names and roles; nobody, if nobody was.",
        error_messages={"required": "Write who was told, or that nobody was."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _without_tag()


def _without_tag() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    return helper


def _reason_field(label: str, sentence: str, *, required: bool = True) -> OpenWords:
    return OpenWords(
        label=label,
        required=required,
        max_length=TEXT_LIMIT,
        error_messages={"required": sentence},
    )


def _password_field(sentence: str) -> forms.CharField:
    return forms.CharField(
        max_length=1000,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": sentence},
    )


class SignRecordsForm(forms.Form):
    """What the signature means, the password again, and what the signer was shown."""

    meaning = forms.ChoiceField(
        label="Your signature means",
        choices=tuple(MEANINGS.items()),
        widget=forms.RadioSelect,
        initial="review",
        error_messages={"required": "Choose what your signature means."},
    )
    password = _password_field("Enter your password to sign.")
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    helper = _without_tag()


class TakeBackForm(forms.Form):
    """Why verifications are taken back."""

    reason = _reason_field("Why is it taken back?", "Say why the verification is taken back.")
    helper = _without_tag()


class LockForm(forms.Form):
    """Whether records are frozen or locked; a lock over something unfinished says why."""

    kind = forms.ChoiceField(choices=LockKind.choices, widget=forms.HiddenInput)
    reason = _reason_field("Reason", "Say why.", required=False)
    helper = _without_tag()


class OpenForm(forms.Form):
    """Why records are opened again."""

    reason = _reason_field("Why is it opened again?", "Say why it is opened again.")
    helper = _without_tag()


class DeclineForm(forms.Form):
    """Why somebody says no to an unlock."""

    no_because = _reason_field("Why does it stay locked?", "Say why it stays locked.")
    helper = _without_tag()


class ApproveForm(forms.Form):
    """A second person's password."""

    password = _password_field("Enter your password to unlock.")
    helper = _without_tag()
