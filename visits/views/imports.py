"""The page on which a site brings in readings from a file: a preview that names everything, then storing all or nothing."""

import base64
from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from visits.crfs.registry import CRFS
from visits.imports.actions import ImportedFile, ImportRefusedError, store_rows
from visits.imports.judging import REFUSED, Plan, columns_of, importable, judge_rows
from visits.imports.rules import MOST_BYTES, MOST_ROWS, FileRefusedError, Row, read_rows, read_text

NAME_CHARACTERS = 120


class ImportForm(forms.Form):
    """Which form, and the file; a preview carries the file along instead."""

    form = forms.ChoiceField(label="Form", error_messages={"invalid_choice": "Choose one of the forms in the list."})
    file = forms.FileField(label="CSV file", required=False, allow_empty_file=True)

    def __init__(self, definitions: list[CrfDefinition], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["form"]
        chosen.choices = [("", "Choose …"), *((one.key, one.title) for one in definitions)]  # type: ignore[attr-defined]  # a ChoiceField


@requires(Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_readings(request: SignedInRequest) -> HttpResponse:
    definitions = importable(CRFS.values(), request.user)
    form = ImportForm(definitions, request.POST or None, request.FILES or None)
    page: dict[str, Any] = {"form": form, "trail": [("Patients", reverse("patients")), ("Import", "")], **_bounds()}
    if request.method == "POST" and form.is_valid():
        definition = CRFS[form.cleaned_data["form"]]
        page |= {"definition": definition, "columns": columns_of(definition, get_protocol())}
        try:
            file = _read_file(request, form)
            rows = read_rows(read_text(file.content), page["columns"])
        except FileRefusedError as refused:
            for sentence in refused.sentences[:50]:
                form.add_error("file", sentence)
        else:
            if (answer := _preview_or_store(request, definition, file, rows, page)) is not None:
                return answer
    elif request.GET.get("form") in {one.key for one in definitions}:
        definition = CRFS[request.GET["form"]]
        form.initial["form"] = definition.key
        page |= {"definition": definition, "columns": columns_of(definition, get_protocol())}
    is_refused = form.is_bound and (form.errors or page.get("refused"))
    return render(request, "visits/import.html", page, status=422 if is_refused else 200)


def _bounds() -> dict[str, int]:
    return {"most_rows": MOST_ROWS, "most_megabytes": MOST_BYTES // 1_000_000}


def _read_file(request: SignedInRequest, form: ImportForm) -> ImportedFile:
    """The file that was chosen, or the one that the preview carries along."""
    uploaded = form.cleaned_data["file"]
    if uploaded is not None:
        return ImportedFile(name=_tidy(uploaded.name), content=uploaded.read(MOST_BYTES + 1))
    try:
        content = base64.b64decode(request.POST["content"], validate=True)
    except (KeyError, ValueError):
        raise FileRefusedError("Choose the file with the readings.") from None
    return ImportedFile(name=_tidy(request.POST.get("name", "")), content=content)


def _tidy(name: str) -> str:
    """A file's name as the trail keeps it: printable and short."""
    return "".join(letter for letter in name if letter.isprintable())[-NAME_CHARACTERS:] or "a file without a name"


def _preview_or_store(
    request: SignedInRequest, definition: CrfDefinition, file: ImportedFile, rows: list[Row], page: dict[str, Any]
) -> HttpResponse | None:
    """The way on once all is stored; None to show the preview."""
    plans = judge_rows(request.user, definition, rows, get_protocol())
    refused = [plan for plan in plans if plan.outcome == REFUSED]
    page |= {"plans": plans, "refused": len(refused), "file": file, "stored": sum(plan.is_stored for plan in plans)}
    if refused or "store" not in request.POST:
        return None
    try:
        done = store_rows(request.user, definition, rows, file, get_protocol())
    except ImportRefusedError as error:
        page["refused"] = 1
        page["form"].add_error(None, str(error))
        return None
    messages.success(request, _say(done, file))
    return redirect(f"{reverse('import_readings')}?form={definition.key}")


def _say(done: list[Plan], file: ImportedFile) -> str:
    counts = Counter(plan.outcome for plan in done)
    words = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    if not any(plan.is_stored for plan in done):
        return f"{file.name}: no value in it was new. Nothing was stored."
    return f"{file.name}: {words}. The drafts wait to be looked at and completed."
