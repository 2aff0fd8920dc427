"""What the statistician types to fix the analysis sets."""

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from trialsite.lib.widgets import TextArea


class FixSetsForm(forms.Form):
    """`shown` is the digest of the sets on the page."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = forms.CharField(
        label="What was looked at, and with whom",
        max_length=2000,
        validators=[ProhibitNullCharactersValidator()],
        widget=TextArea(attrs={"rows": 3}),
        help_text="Such as: blind review of deviations with the investigators on 2011-11-02. Others read it in the trail: name no arm.",
        error_messages={"required": "Say what was looked at before the sets were fixed."},
    )
    password = forms.CharField(
        label="Your password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password: fixing the sets is a signed act."},
    )
