"""What the statistician types to make and seal a list."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from enrollment.strata import LONGEST_STRATUM
from trialsite.lib.widgets import TextArea

_COUNT_ERRORS = {
    "invalid": "Enter a whole number, as 30.",
    "min_value": "A stratum needs at least %(limit_value)s slot.",
    "max_value": "A stratum takes at most %(limit_value)s slots.",
}


class SizesField(forms.CharField):
    """Whole numbers with commas or blanks between them, as a tuple in ascending order."""

    def to_python(self, value: Any) -> tuple[int, ...]:  # type: ignore[override]  # the text is only what was typed
        typed = re.split(r"[\s,;]+", str(super().to_python(value)).strip())
        words = [word for word in typed if word]
        if not all(re.fullmatch(r"[0-9]{1,4}", word) for word in words):
            raise forms.ValidationError("Enter whole numbers with commas between them.")
        return tuple(sorted({int(word) for word in words}))


class GenerateForm(forms.Form):
    """How the order shall be made, and how long the list shall be. `find_faults` judges a scheme; see `enrollment.vault.schemes`."""

    method = forms.ChoiceField(label="Scheme", error_messages={"required": "Choose how the order shall be made."})
    block_sizes = SizesField(label="Block sizes", required=False, max_length=60)
    imbalance_limit = forms.IntegerField(
        label="Limit of imbalance",
        required=False,
        help_text="For the big stick: how far an arm may be ahead, counted in shares of the ratio.",
        error_messages={"invalid": "Enter a whole number, as 3."},
    )
    patients = forms.IntegerField(
        label="Patients expected in a stratum",
        min_value=1,
        max_value=LONGEST_STRATUM,
        help_text="For this many the predictability is computed.",
        error_messages={
            "required": "Enter how many patients you expect.",
            "invalid": "Enter a whole number, as 20.",
            "min_value": "Expect at least %(limit_value)s patient.",
            "max_value": "A stratum takes at most %(limit_value)s patients.",
        },
    )
    least_per_stratum = forms.IntegerField(
        label="Slots in each stratum, at least",
        min_value=1,
        max_value=LONGEST_STRATUM,
        help_text="The last block is always completed. A sealed list is never extended, so leave room for more patients than planned.",
        error_messages={"required": "Enter how many slots each stratum needs at least.", **_COUNT_ERRORS},
    )

    def __init__(self, *args: Any, methods: Iterable[tuple[str, str]], smallest_block: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        method: Any = self.fields["method"]
        method.choices = [("", "Choose"), *methods]
        self.fields[
            "block_sizes"
        ].help_text = f"For blocks: multiples of {smallest_block}, with commas between them. Tell nobody."

    def add_faults(self, faults: Mapping[str, str]) -> None:
        """Say at its place what is wrong with the scheme."""
        for name, said in faults.items():
            self.add_error(name, said)


class SealForm(forms.Form):
    """The list that was looked at, and that the person knows what sealing means."""

    list_id = forms.UUIDField(
        widget=forms.HiddenInput, error_messages=dict.fromkeys(("required", "invalid"), "Open the page again.")
    )
    is_sure = forms.BooleanField(
        label="I know that this list will serve the phase to its end and can never be changed, extended or replaced.",
        error_messages={"required": "Tick the box to seal the list."},
    )


class UploadForm(forms.Form):
    """A list that was made elsewhere. What is in the file is judged by `enrollment.vault.upload`."""

    file = forms.FileField(
        label="List as CSV",
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="One line a slot. Columns: position, arm, and where they apply stratum and code.",
        error_messages={
            "required": "Choose a CSV file.",
            "empty": "The file is empty.",
            "invalid": "Choose a CSV file.",
            "max_length": "The name of the file is too long. Shorten it to less than %(max)d characters.",
        },
    )


class VoidForm(forms.Form):
    """The next slot of a stratum shall go to nobody."""

    stratum = forms.ChoiceField(label="Stratum", error_messages={"invalid_choice": "Choose one of the strata."})
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=TextArea(attrs={"rows": 2}),
        error_messages={
            "required": "Write why the slot shall go to nobody.",
            "max_length": "Write at most %(limit_value)d characters.",
        },
    )
    is_sure = forms.BooleanField(
        label="I know that this slot is lost for ever and that the next patient takes the one after it.",
        error_messages={"required": "Tick the box to void the slot."},
    )

    def __init__(self, *args: Any, strata: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["stratum"]
        choice.choices = [(key, key) for key in strata]
