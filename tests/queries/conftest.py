"""A form page with its queries, as the site and as the monitor see it."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import SignIn
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.actor import SYSTEM
from trialsite.queries.actions import open_query
from trialsite.queries.models import DataQuery
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns
from visits.visit import Visit

GOOD = {
    "assessed_on": "2011-02-01",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "72",
    "temperature_c": "36.6",
}
SLOW = {**GOOD, "heart_rate_bpm": "40"}
TICK = {"right-heart_rate_bpm_unusual": "yes"}


@pytest.fixture
def visit(db: None) -> Visit:
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient)


class Form:
    """Vital signs of the visit, in one browser."""

    def __init__(self, client: Client, visit: Visit) -> None:
        self.client, self.url = client, f"/visits/{visit.pk}/forms/vital_signs/"

    def send(self, intent: str = "save", **values: Any) -> Any:
        stored = VitalSigns.objects.first()
        head = {"intent": intent, "base_revision": str(stored.revision if stored else 0)}
        return self.client.post(self.url, {**head, **values})

    @property
    def text(self) -> str:
        return str(self.client.get(self.url).content.decode())


@pytest.fixture
def form(visit: Visit, coordinator: User, sign_in: SignIn) -> Form:
    return Form(sign_in(coordinator), visit)


@pytest.fixture
def asked(form: Form) -> DataQuery:
    """A person's query about the heart rate of a stored form."""
    form.send("complete", **GOOD)
    record = VitalSigns.objects.get()
    return open_query(target_of(CRFS["vital_signs"], record, "heart_rate_bpm"), "Is 72 right?", actor=SYSTEM)
