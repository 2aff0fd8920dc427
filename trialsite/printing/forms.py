"""What a person chooses before printing."""

from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from trialsite.trail.forms import MomentForm


class CasebookForm(MomentForm):
    """Which parts of a casebook, and as of which moment; the present when none is given."""

    with_queries = forms.BooleanField(label="Open data queries with their threads", required=False, initial=True)
    with_audit = forms.BooleanField(label="Audit trail, as sentences", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["as_of"]
        moment.required = False
        moment.label = "As of (UTC); empty for now"
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_as_of(self) -> datetime | None:  # type: ignore[override]  # here a moment may be left away
        return super().clean_as_of() if self.cleaned_data["as_of"] else None
