"""The trial that people work on while it is hurt: coordinators, each with a patient, and one form they all share."""

from dataclasses import dataclass
from datetime import date

from django.db import connections
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import PASSWORD, make_user
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.roles import Role

__all__ = ["PASSWORD", "Desk", "open_trial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one coordinator works on: addresses of forms of their own, of a log, and of the form that all share."""

    username: str
    own_forms: tuple[str, ...]
    log: str
    shared_form: str


def open_trial(clients: int) -> list[Desk]:
    """Store people, patients and visits; no form yet."""
    shared = _visit_form(make_patient("P2-900"), "baseline", date(2011, 2, 1))
    desks = [_open_desk(number, shared) for number in range(1, clients + 1)]
    connections.close_all()
    return desks


def _open_desk(number: int, shared: str) -> Desk:
    username = f"coordinator_{number}"
    make_user(username, Role.COORDINATOR)
    patient = make_patient(f"P2-{number:03}")
    own = [_visit_form(patient, key, on, has_consent=key != "screening") for key, on in _VISITS]
    log = reverse("patient_log", args=(patient.pk, "adverse_event"))
    return Desk(username=username, own_forms=tuple(own), log=log, shared_form=shared)


_VISITS = (("screening", date(2011, 1, 20)), ("baseline", date(2011, 2, 1)))


def _visit_form(patient: Patient, key: str, on: date, *, has_consent: bool = False) -> str:
    if not has_consent:
        give_consent(patient)
    return reverse("visit_form", args=(make_visit(patient, key, on).pk, "vital_signs"))
