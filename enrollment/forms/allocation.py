"""What the statistician types to make and seal a list."""

from django import forms

from enrollment.strata import LONGEST_STRATUM


class GenerateForm(forms.Form):
    """How long the list shall be."""

    least_per_stratum = forms.IntegerField(
        label="Slots in each stratum, at least",
        min_value=1,
        max_value=LONGEST_STRATUM,
        help_text="The last block is always completed. A sealed list is never extended, so leave room for more patients than planned.",
        error_messages={
            "required": "Enter how many slots each stratum needs at least.",
            "invalid": "Enter a whole number, as 30.",
            "min_value": "A stratum needs at least %(limit_value)s slot.",
            "max_value": "A stratum takes at most %(limit_value)s slots.",
        },
    )


class SealForm(forms.Form):
    """The list that was looked at, and that the person knows what sealing means."""

    list_id = forms.UUIDField(
        widget=forms.HiddenInput, error_messages=dict.fromkeys(("required", "invalid"), "Open the page again.")
    )
    is_sure = forms.BooleanField(
        label="I know that this list will serve the phase to its end and can never be changed, extended or replaced.",
        error_messages={"required": "Tick the box to seal the list."},
    )
