"""A grid and a form, with nothing more than they need."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render

from tests.bench.floor.models import (
    ITEMS,
    FloorFieldAudit,
    FloorForm,
    FloorHistory,
    FloorPatient,
    FloorState,
    FloorVisit,
)
from trialsite.records.diff import to_plain


class EntryForm(ModelForm[FloorForm]):
    class Meta:
        model = FloorForm
        fields = ITEMS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        columns = [Column(name, css_class="col-md-4") for name in ITEMS]
        self.helper.layout = Layout(
            *(Row(*columns[at : at + 3]) for at in range(0, len(columns), 3)), Submit("save", "Save")
        )


def grid(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Visits across, forms down: three queries."""
    patient = get_object_or_404(FloorPatient, pk=patient_id)
    visits = list(FloorVisit.objects.filter(patient=patient).order_by("visited_on"))
    found = FloorState.objects.filter(visit__patient=patient).values_list("visit_id", "form_key", "status")
    states = {(visit_id, key): status for visit_id, key, status in found}
    keys = sorted({key for _, key in states})
    rows = [(key, [states.get((visit.pk, key), "none") for visit in visits]) for key in keys]
    return render(request, "floor/grid.html", {"patient": patient, "visits": visits, "rows": rows})


def form(request: HttpRequest, form_id: int, audit: str) -> HttpResponse:
    """A form; a POST keeps each changed value as a row ("fields"), or the form as one row ("history")."""
    if request.method != "POST":
        stored = get_object_or_404(FloorForm, pk=form_id)
        return render(request, "floor/form.html", {"form": EntryForm(instance=stored)})
    with transaction.atomic():
        stored = get_object_or_404(FloorForm.objects.select_for_update(), pk=form_id)
        before = {name: getattr(stored, name) for name in ITEMS}
        entry = EntryForm(request.POST, instance=stored)
        if not entry.is_valid():
            return render(request, "floor/form.html", {"form": entry}, status=422)
        entry.save()
        (_keep_fields if audit == "fields" else _keep_whole)(stored, before, entry.changed_data, request)
    return HttpResponseRedirect(request.path)


def _keep_fields(stored: FloorForm, before: dict[str, Any], changed: Sequence[str], request: HttpRequest) -> None:
    FloorFieldAudit.objects.bulk_create(
        FloorFieldAudit(
            form=stored,
            by=request.user.get_username(),
            field=name,
            old=str(before[name]),
            new=str(getattr(stored, name)),
        )
        for name in changed
    )


def _keep_whole(stored: FloorForm, before: dict[str, Any], changed: Sequence[str], request: HttpRequest) -> None:
    values = {name: to_plain(value) for name, value in before.items()}
    FloorHistory.objects.create(form=stored, by=request.user.get_username(), values=values)
