"""The Django forms of data queries."""

from typing import Any
from uuid import uuid4

from django import forms

from trialsite.lib.widgets import TextArea
from trialsite.protocol.current import get_protocol
from trialsite.protocol.telling import find_telling
from trialsite.queries.models import TEXT_LIMIT, QueryOrigin, QueryState
from trialsite.queries.rules import Act
from trialsite.queries.selectors import QueryFilter, Scope
from visits.crfs.registry import CRFS

CLOSED = "Closed without a comment."


class _WordsForm(forms.Form):
    """A message in words. Words that may tell an arm ask the writer to think, for the message is read by blinded people."""

    text = forms.CharField(
        label="Message",
        max_length=TEXT_LIMIT,
        required=False,
        widget=TextArea(attrs={"rows": 3, "class": "form-control"}),
    )
    is_sure = forms.BooleanField(required=False, label="It tells nobody which treatment the patient received")

    def __init__(self, *args: Any, is_restricted: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_restricted = is_restricted
        self.asks_if_sure = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("text") and "text" not in self.errors:
            cleaned["text"] = self.say_nothing()
        words = [] if self.is_restricted else find_telling(str(cleaned.get("text", "")))
        self.asks_if_sure = bool(words)
        if words and not cleaned.get("is_sure"):
            sentence = (
                f"Blinded people read this, and these words may tell an arm: {', '.join(words)}. "
                "Write it without them, or tick that it tells nothing."
            )
            self.add_error("text", sentence)
        return cleaned

    def say_nothing(self) -> str:
        """What stands for a message without words: nothing does."""
        self.add_error("text", "Write the message first.")
        return ""

    @property
    def typed(self) -> str:
        return str(self.data.get("text", ""))

    @property
    def sentences(self) -> list[str]:
        return [str(sentence) for found in self.errors.values() for sentence in found]


class MessageForm(_WordsForm):
    """An answer, a closing word, or the question once more."""

    act = forms.ChoiceField(
        choices=[(act.value, act.value) for act in (Act.ANSWER, Act.CLOSE, Act.REOPEN)],
        error_messages={"required": "Choose what to do: answer, close or ask again."},
    )
    message_id = forms.UUIDField(required=False)

    def say_nothing(self) -> str:
        """Closing needs no words."""
        return CLOSED if self.data.get("act") == Act.CLOSE else super().say_nothing()


class NewQueryForm(_WordsForm):
    """A question about one item."""

    field = forms.ChoiceField(
        label="About", required=False, widget=forms.Select(attrs={"class": "form-select form-select-sm w-auto mw-100"})
    )
    query_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    field_order = ("field", "text", "is_sure", "query_id")

    def __init__(self, *args: Any, labels: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = list(labels.items())  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["text"].label = "Question"

    def clean_query_id(self) -> Any:
        return self.cleaned_data["query_id"] or uuid4()


class QueryFilterForm(forms.Form):
    """What to list; empty parts ask for nothing."""

    state = forms.ChoiceField(
        choices=[("not_closed", "Not closed"), *QueryState.choices, ("all", "All")], required=False
    )
    origin = forms.ChoiceField(label="Asked by", choices=[("", "Anybody"), *QueryOrigin.choices], required=False)
    site = forms.ChoiceField(required=False)
    form = forms.ChoiceField(required=False)
    patient = forms.CharField(max_length=30, required=False)
    person = forms.CharField(max_length=60, required=False)
    older_than = forms.IntegerField(label="Older than (days)", min_value=0, max_value=36_500, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = [site for site in get_protocol().sites if scope.site_codes is None or site.code in scope.site_codes]
        forms_seen = [definition for definition in CRFS.values() if definition.key in scope.form_keys]
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = f"{kind} {kind}-sm"
        self._offer("site", [("", "All sites"), *((site.code, site.name) for site in sites)])
        self._offer("form", [("", "All forms"), *((one.key, one.title) for one in forms_seen)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def wanted(self) -> QueryFilter:
        found = self.cleaned_data
        state = found["state"] or "not_closed"
        return QueryFilter(
            state="" if state == "all" else state,
            origin=found["origin"],
            site=found["site"],
            form=found["form"],
            person=found["person"],
            patient=found["patient"],
            older_than_days=found["older_than"],
        )
