"""What the trail is narrowed by."""

from datetime import UTC, datetime
from typing import Any, cast

from django import forms

from trialsite.accounts.forms import FilterForm
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.lib.widgets import TextArea
from trialsite.protocol.current import get_protocol
from trialsite.records.open_words import OpenWords
from trialsite.trail.kinds import get_kinds
from trialsite.trail.selectors import TrailFilter
from trialsite.trail.words import ACTION_WORDS, RESTRICTED_ACTIONS
from visits.crfs.registry import CRFS

_BAD_DAY = {"invalid": "Enter a date that exists, as 2011-02-28."}


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_BAD_DAY,
    )


class PeriodForm(FilterForm):
    """A period of days, open or closed at either end, that does not end before it begins."""

    from_on = _day("From")
    to_on = _day("To")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and last and first > last:
            self.add_error("to_on", "The period ends before it begins. Choose a later day.")
        return cleaned


class TrailForm(PeriodForm):
    """The filter above the trail; the choices are those of the person who asks."""

    text = forms.CharField(label="Words", max_length=120, required=False)
    patient = forms.CharField(label="Patient number", max_length=30, required=False)
    site = forms.ChoiceField(required=False)
    person = forms.CharField(label="User name", max_length=60, required=False)
    action = forms.ChoiceField(label="What", required=False)
    form = forms.ChoiceField(label="Form", required=False)
    field_order = ("text", "patient", "site", "person", "action", "form", "from_on", "to_on")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("site", [(site.code, site.name) for site in get_protocol().sites if user.may_see_site(site.code)])
        is_open = user.may(Permission.VIEW_RESTRICTED_RECORDS)
        self._choose("action", [item for item in ACTION_WORDS.items() if is_open or item[0] not in RESTRICTED_ACTIONS])
        readable = [(key, definition.title) for key, definition in CRFS.items() if definition.may_view(user)]
        others = [(kind.name, kind.title) for kind in get_kinds().values() if kind.definition is None]
        self._choose("form", readable + others)
        if is_open:
            self.fields["only_restricted"] = forms.BooleanField(label="Restricted only", required=False)
            self.fields["only_restricted"].widget.attrs["class"] = "form-check-input d-block"

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", "All"), *choices]

    def clean_person(self) -> str:
        return str(self.cleaned_data["person"]).strip().lower()

    @property
    def wanted(self) -> TrailFilter:
        return TrailFilter(**self.cleaned_data) if self.is_valid() else TrailFilter()


class ReviewForm(PeriodForm):
    """The period and the site of a review."""

    site = forms.ChoiceField(required=False)
    field_order = ("site", "from_on", "to_on")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = cast(forms.ChoiceField, self.fields["site"])
        sites = [(site.code, site.name) for site in get_protocol().sites if user.may_see_site(site.code)]
        site.choices = [("", "All"), *sites]
        for name in ("from_on", "to_on"):
            self.fields[name].required = True

    @property
    def wanted(self) -> TrailFilter:
        return TrailFilter(**self.cleaned_data)


class MomentForm(FilterForm):
    """The moment to look back to, in UTC unless it says another zone."""

    as_of = forms.CharField(
        label="As of (UTC)",
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )

    def clean_as_of(self) -> datetime:
        try:
            moment = datetime.fromisoformat(self.cleaned_data["as_of"])
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError("Enter a day and a time, as 2011-02-28T14:30.") from None
        if moment > clock.now():
            raise forms.ValidationError("This moment has not come yet. Choose an earlier one.")
        return moment


class RemarkForm(forms.Form):
    """What somebody says about an entry."""

    text = OpenWords(
        label="Remark",
        max_length=2000,
        rows=3,
        help_text="The entry stays as it is. The remark is an entry of its own and can never be changed or taken away.",
    )

    def __init__(self, *args: Any, is_restricted: bool, **kwargs: Any) -> None:
        """`is_restricted`: the entry is one that nobody blinded reads."""
        super().__init__(*args, **kwargs)
        cast(OpenWords, self.fields["text"]).for_all = not is_restricted


class SignReviewForm(forms.Form):
    """Signing a review. `shown` is the digest of the findings on the page."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    remarks = forms.CharField(
        label="What you found and what is to be done",
        max_length=5000,
        widget=TextArea(attrs={"rows": 3, "class": "form-control"}),
    )
    password = forms.CharField(
        label="Your password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "current-password"}),
    )
