"""What the two people type who open the arms."""

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from trialsite.lib.widgets import TextArea


def _reason(label: str, hint: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=2000,
        validators=[ProhibitNullCharactersValidator()],
        widget=TextArea(attrs={"rows": 3}),
        help_text=hint,
        error_messages={"required": missing},
    )


def _password(missing: str) -> forms.CharField:
    return forms.CharField(
        label="Your password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": missing},
    )


class AskReleaseForm(forms.Form):
    """The statistician's wish."""

    reason = _reason(
        "Why are the arms opened now?",
        "Such as: final analysis by the plan of 2012-10-01, version 3. Others read it in the trail: name no arm.",
        "Say which analysis the arms are opened for.",
    )
    password = _password("Enter your password: to ask for the arms is a signed act.")


class ConfirmReleaseForm(forms.Form):
    """The second person's yes; `shown` is the id of the request on the page."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=36)
    password = _password("Enter your password: to open the arms is a signed act.")


class DeclineReleaseForm(forms.Form):
    """The second person's no."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=36)
    no_because = _reason(
        "Why not?", "The statistician reads it, and everybody who reads the trail.", "Say why it is declined."
    )
