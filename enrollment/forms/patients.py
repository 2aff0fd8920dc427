"""The Django forms about patients as a whole: the register, the ways out, and signing."""

from datetime import date
from typing import Any, cast
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.core.signing import BadSignature, Signer
from django.http import QueryDict

from enrollment.models import PatientStatus, WithdrawalScope
from enrollment.outs import failure_reasons
from enrollment.refusal import RefusedError
from enrollment.selectors.patients import PatientSearch
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol, Site
from trialsite.records.fields import TEXT_LIMIT
from trialsite.records.open_words import OpenWords

_TOKEN = Signer(salt="enrollment.register")


def sites_of(user: User, protocol: Protocol) -> list[Site]:
    """The trial's sites this person works at."""
    return [site for site in protocol.sites if user.may_see_site(site.code)]


def _helper() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    return helper


def _day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Enter the day it happened.",
            "invalid": "Enter a date that exists, as 2011-02-28.",
        },
    )


class SearchForm(forms.Form):
    """What the register is asked for; nothing in it is needed."""

    q = forms.CharField(required=False, max_length=40, label="Number contains")
    status = forms.ChoiceField(required=False, label="Status", choices=(("", "Any"), *PatientStatus.choices))
    site = forms.ChoiceField(required=False, label="Site")
    phase = forms.TypedChoiceField(required=False, label="Phase", coerce=int, empty_value=None)

    def __init__(self, *args: Any, user: User, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = [(site.code, f"{site.code} {site.name}") for site in sites_of(user, protocol)]
        self._choose("site", [("", "Any"), *sites])
        self._choose("phase", [("", "Any"), *((phase.number, phase.label) for phase in protocol.phases)])

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def search(self) -> PatientSearch:
        asked = self.cleaned_data
        return PatientSearch(
            number=asked["q"], status=asked["status"], site_code=asked["site"], phase_number=asked["phase"]
        )


class RegisterForm(forms.Form):
    """A new patient: where and in which phase. The number is given by the system.

    The token names the patient before they exist, so that sending the form twice registers one.
    """

    site = forms.ChoiceField(label="Site", error_messages={"required": "Choose the site."})
    phase = forms.TypedChoiceField(label="Phase", coerce=int, error_messages={"required": "Choose the phase."})
    token = forms.Field(widget=forms.HiddenInput, required=False)  # any text: what is wrong with it is said below

    def __init__(self, *args: Any, user: User, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        sites = [(site.code, f"{site.code} {site.name}") for site in sites_of(user, protocol)]
        phases = [(phase.number, phase.label) for phase in protocol.phases]
        self._choose("site", sites)
        self._choose("phase", phases)
        self.initial.setdefault("token", self._new_token())
        self.helper = _helper()

    def _choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        shown = choices if len(choices) == 1 else [("", "Choose …"), *choices]
        self.fields[name].choices = shown  # type: ignore[attr-defined]  # a ChoiceField

    def _new_token(self) -> str:
        return _TOKEN.sign(f"{self.user.pk}/{uuid4()}")

    def clean_token(self) -> UUID:
        """The id inside a token that this person was given."""
        try:
            owner, _, patient_id = _TOKEN.unsign(str(self.cleaned_data["token"])).partition("/")
            if owner == str(self.user.pk):
                return UUID(patient_id)
        except (BadSignature, ValueError):
            pass
        renewed = cast(QueryDict, self.data).copy()
        renewed["token"] = self._new_token()
        self.data = renewed
        raise forms.ValidationError("This page was out of date and has been renewed. Press Register again.")


class RefusableForm(forms.Form):
    """A form whose act may be refused with reasons: each is shown at its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper()

    def show(self, refused: RefusedError) -> None:
        for finding in refused.findings:
            self.add_error(finding.field if finding.field in self.fields else None, finding.message)


class ScreeningFailureForm(RefusableForm):
    """Why a patient does not enter the trial."""

    reasons = forms.MultipleChoiceField(
        label="Reasons",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one reason."},
    )
    details = OpenWords(required=False, max_length=TEXT_LIMIT, label="Details", rows=3)
    on = _day_field("Decided on")

    def __init__(self, *args: Any, protocol: Protocol, phase_number: int, today: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"on": today, **(kwargs.pop("initial", None) or {})}, **kwargs)
        self.fields["reasons"].choices = failure_reasons(protocol, phase_number)  # type: ignore[attr-defined]  # a ChoiceField


class ReopenForm(RefusableForm):
    """Why a screening failure is taken back."""

    reason = OpenWords(
        max_length=TEXT_LIMIT,
        label="Why is it taken back?",
        error_messages={"required": "Say why the screening failure is taken back."},
    )


class WithdrawalForm(RefusableForm):
    """What a patient no longer agrees to."""

    scope = forms.ChoiceField(
        label="The patient no longer agrees to",
        choices=WithdrawalScope.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the patient no longer agrees to."},
    )
    on = _day_field("Withdrawn on")
    reason = OpenWords(
        max_length=TEXT_LIMIT,
        label="Reason",
        rows=3,
        help_text="A patient need not give one: then write so.",
        error_messages={"required": "Give the reason, or write that the patient gave none."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"on": today}, **kwargs)


class SignForm(RefusableForm):
    """The password again, and what the signer was shown."""

    password = forms.CharField(
        max_length=1000,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password to sign."},
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
