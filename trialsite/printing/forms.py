"""What a person chooses before printing."""

from datetime import datetime
from typing import Any, cast

from crispy_forms.helper import FormHelper
from django import forms

from trialsite.accounts.forms import FilterForm
from trialsite.accounts.models import User
from trialsite.printing.blank import forms_of_visit, readable_forms
from trialsite.printing.blank_set import EVERYTHING
from trialsite.protocol.current import get_protocol
from trialsite.trail.forms import MomentForm


class CasebookForm(MomentForm):
    """Which parts of a casebook, and as of which moment; the present when none is given."""

    with_queries = forms.BooleanField(label="Open data queries with their threads", required=False, initial=True)
    with_audit = forms.BooleanField(label="Audit trail, as sentences", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("with_queries", "with_audit"):
            self.fields[name].widget.attrs["class"] = "form-check-input"
        moment = self.fields["as_of"]
        moment.required = False
        moment.label = "As of (UTC); empty for now"
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_as_of(self) -> datetime | None:  # type: ignore[override]  # here a moment may be left away
        return super().clean_as_of() if self.cleaned_data["as_of"] else None


class BlankFormsForm(FilterForm):
    """Which forms, of which phase, and whether names and codes stand beside the items."""

    what = forms.ChoiceField(label="Forms")
    phase = forms.ChoiceField(label="Phase of the trial")
    annotated = forms.BooleanField(label="With the names and codes of the data dictionary", required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        protocol = get_protocol()
        visits = [(f"visit:{one.key}", one.label) for one in protocol.visits if forms_of_visit(user, protocol, one.key)]
        single = [(f"form:{one.key}", one.title) for one in readable_forms(user)]
        what, phase = cast(forms.ChoiceField, self.fields["what"]), cast(forms.ChoiceField, self.fields["phase"])
        what.choices = [(EVERYTHING, "All forms"), ("Forms of a visit", visits), ("One form", single)]
        phase.choices = [(str(one.number), one.label) for one in reversed(protocol.phases)]
        self.fields["annotated"].widget.attrs["class"] = "form-check-input"
        self.helper = FormHelper()
        self.helper.form_tag = False


class ReportForm(forms.Form):
    """PDF or DOCX; and with which arms, for who may be shown them."""

    form = forms.ChoiceField(
        label="File",
        choices=[("pdf", "The whole report as PDF"), ("docx", "All tables as a Word document (DOCX)")],
        widget=forms.RadioSelect,
        initial="pdf",
    )
    arms = forms.ChoiceField(
        label="Arms",
        choices=[("dummy", "Dummy arms, dealt out anew"), ("real", "The arms of the list")],
        widget=forms.RadioSelect,
        initial="dummy",
    )

    def __init__(self, *args: Any, shows_arms: bool, may_show_real: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (shows_arms and may_show_real):
            del self.fields["arms"]
        self.helper = FormHelper()
        self.helper.form_tag = False
