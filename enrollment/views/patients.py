"""The patient register, and putting a new patient into it."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollment.actions.patient import register_patient
from enrollment.forms.patients import RegisterForm, SearchForm
from enrollment.presenters import casebook_url, present_patients
from enrollment.selectors.patients import get_patient_page, get_patients, search_patients
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol

_PLACES = ("after", "before")


@requires(Permission.VIEW_PATIENTS)
def patients(request: SignedInRequest) -> HttpResponse:
    """Patients of the person's sites, by number; what is asked for stands in the address."""
    protocol = get_protocol()
    form = SearchForm(request.GET, user=request.user, protocol=protocol)
    found = search_patients(request.user, form.search) if form.is_valid() else get_patients(request.user).none()
    page = get_patient_page(found, **{name: _read_place(request.GET, name) for name in _PLACES})
    shown = {
        "form": form,
        "page": page,
        "lines": present_patients(page.patients, protocol),
        "address": _without_place(request.GET),
        "is_first": not any(name in request.GET for name in _PLACES),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_register": request.user.may(Permission.REGISTER_PATIENTS),
    }
    return render(request, "enrollment/patients.html", shown)


def _read_place(asked: QueryDict, name: str) -> str:
    """The number beyond which a page begins. It need not exist; what no number holds is left out, for PostgreSQL takes no such text."""
    return asked.get(name, "").replace("\0", "")[:30]


def _without_place(asked: QueryDict) -> str:
    kept = asked.copy()
    for name in _PLACES:
        kept.pop(name, None)
    return kept.urlencode()


@requires(Permission.REGISTER_PATIENTS)
def register(request: SignedInRequest) -> HttpResponse:
    """Register a new patient; the number is given by the system."""
    form = RegisterForm(request.POST or None, user=request.user, protocol=get_protocol())
    if request.method == "POST" and form.is_valid():
        return _register(request, form)
    page = {"form": form, "trail": [("Patients", reverse("patients")), ("Register a patient", "")]}
    return render(request, "enrollment/register.html", page, status=422 if form.errors else 200)


def _register(request: SignedInRequest, form: RegisterForm) -> HttpResponse:
    patient, is_new = register_patient(
        site_code=form.cleaned_data["site"],
        phase_number=form.cleaned_data["phase"],
        patient_id=form.cleaned_data["token"],
        protocol=get_protocol(),
        actor=actor_of(request.user),
    )
    if is_new:
        messages.success(request, f"Patient {patient.number} registered. Begin with consent.")
    else:
        messages.info(request, f"This was sent twice: patient {patient.number} was registered once.")
    return redirect(casebook_url(patient.pk))
