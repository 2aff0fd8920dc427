"""What a simulation assumes, as the statistician types it."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from endpoints.simulation.settings import CHOICES, read_size

MOST_SIZES, MOST_PATIENTS, MOST_TRIALS = 6, 2_000, 5_000


class SimulationForm(forms.Form):
    """Sizes, number of trials and assumptions; every field begins with what the command would take."""

    patients = forms.CharField(
        label="Patients, treated + sham",
        max_length=200,
        help_text=f"One or more sizes with a space between: 9+10 40+40. At most {MOST_SIZES}, of {MOST_PATIENTS:,} patients.",
        error_messages={"required": "Write at least one size, as 9+10."},
    )
    trials = forms.IntegerField(
        label="Trials for each size",
        min_value=10,
        max_value=MOST_TRIALS,
        help_text="Drawn once without any effect and once with the assumed one. 500 trials of 19 patients take about a minute.",
    )
    seed = forms.IntegerField(
        label="Seed", min_value=0, max_value=2**31, help_text="The same seed draws the same trials."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, choice in CHOICES.items():
            self.fields[key] = forms.FloatField(
                label=choice.label,
                min_value=choice.low,
                max_value=choice.high,
                widget=forms.NumberInput(attrs={"step": "any"}),
            )
        self.helper = FormHelper()
        self.helper.form_tag = False

    @staticmethod
    def begin() -> dict[str, Any]:
        """What stands in an untouched form."""
        return {"patients": "9+10 40+40", "trials": 500, "seed": 1} | {k: one.default for k, one in CHOICES.items()}

    def clean_patients(self) -> list[str]:
        """The sizes as texts, each of them readable."""
        texts: list[str] = self.cleaned_data["patients"].split()
        if len(texts) > MOST_SIZES:
            raise forms.ValidationError(f"At most {MOST_SIZES} sizes at once.")
        for text in texts:
            try:
                size = read_size(text)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
            if sum(size) > MOST_PATIENTS:
                raise forms.ValidationError(
                    f"{text}: at most {MOST_PATIENTS:,} patients; the command draws larger ones."
                )
        return texts

    def as_parameters(self) -> dict[str, Any]:
        """What the worker is told."""
        given = self.cleaned_data
        return {
            "patients": given["patients"],
            "trials": given["trials"],
            "seed": given["seed"],
            "assumptions": {key: given[key] for key in CHOICES},
        }
