"""What an inspector asks of capture that no single test of a part shows: the clock, the name, the reader, derived values, identity."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from enrollment.actions.patient import withdraw_patient
from enrollment.models import Patient
from tests.cast import PASSWORD, SignIn
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.actor import Actor
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject
from trialsite.lib import clock
from trialsite.marks.actions import Target, put_lock
from trialsite.marks.models import LockKind, Scope
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from trialsite.records.verify import clinical_models
from trialsite.signatures.models import Signature
from visits.actions.visit import VisitRefusedError, record_visit
from visits.models import Laboratory, VitalSigns
from visits.visit import Visit, VisitStatus

NOW = datetime(2011, 2, 2, 15, 30, tzinfo=UTC)
GOOD = {
    "assessed_on": "2011-02-01",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "72",
    "temperature_c": "36.6",
}
# Whatever a person could send to pretend another moment or another name.
PRETENDED = {
    name: value
    for value, names in {
        "1999-01-01T00:00:00+00:00": (
            "at",
            "now",
            "recorded_at",
            "changed_at",
            "completed_at",
            "appended_at",
            "signed_at",
        ),
        "somebody_else": ("username", "user", "actor", "recorded_by", "changed_by", "by_username", "signer_username"),
    }.items()
    for name in names
}


@pytest.fixture
def visit(db: None) -> Visit:
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient)


def form_of(visit: Visit, key: str = "vital_signs") -> str:
    return f"/visits/{visit.pk}/forms/{key}/"


def complete(browser: Client, visit: Visit, **more: str) -> VitalSigns:
    sent = {"intent": "complete", "base_revision": "0", **GOOD, **more}
    with clock.held_at(NOW):
        assert browser.post(form_of(visit), sent).status_code == 302
    return VitalSigns.objects.get()


@pytest.mark.conformance(8, 48)
def test_neither_a_moment_nor_a_name_that_is_sent_is_believed(
    visit: Visit, coordinator: User, investigator: User, sign_in: SignIn
) -> None:
    record = complete(sign_in(coordinator), visit, **PRETENDED)
    assert (record.recorded_at, record.completed_at, record.recorded_by) == (NOW, NOW, "coordinator")
    event = AuditEvent.objects.get(record_id=record.pk)
    assert (event.at, event.actor_username, event.actor_id) == (NOW, "coordinator", str(coordinator.pk))
    desk, url = sign_in(investigator), f"/forms/vital_signs/{record.pk}/sign/"
    with clock.held_at(NOW + timedelta(hours=1)):
        shown = desk.get(url).content.decode().split('name="shown" value="')[1][:64]
        desk.post(url, {"meaning": "review", "password": PASSWORD, "shown": shown, **PRETENDED})
    signature = Signature.objects.get()
    assert (signature.appended_at, signature.signer_username) == (NOW + timedelta(hours=1), "investigator")
    assert not AuditEvent.objects.filter(at__year=1999).exists()
    assert not AuditEvent.objects.filter(actor_username="somebody_else").exists()


@pytest.mark.conformance(8)
def test_whoever_takes_over_an_account_leaves_its_trace(admin: User, coordinator: User, sign_in: SignIn) -> None:
    """An admin can hand out a link to choose a password, and use it; the trail then says so, and the owner's password is void."""
    desk = sign_in(admin)
    page = desk.post(f"/users/{coordinator.pk}/reset/", {"reason": "asked for"}).content.decode()
    link = page.split("http://testserver")[1].split("<")[0].split()[0]
    thief = Client()
    chosen = "a password of the thief"
    address = thief.get(link, follow=True).request["PATH_INFO"]
    thief.post(address, {"new_password1": chosen, "new_password2": chosen})
    assert thief.post("/sign-in/", {"username": "coordinator", "password": chosen}).status_code == 302
    told = list(AuditEvent.objects.order_by("id").values_list("action", "actor_username"))
    assert told == [("password_reset", "admin"), ("password_chosen", "coordinator"), ("sign_in", "coordinator")]
    assert Client().post("/sign-in/", {"username": "coordinator", "password": PASSWORD}).status_code == 200


@pytest.mark.conformance(9)
def test_the_investigator_reads_the_own_data_whatever_is_closed(
    visit: Visit, coordinator: User, investigator: User, sign_in: SignIn
) -> None:
    record = complete(sign_in(coordinator), visit)
    with clock.held_at(NOW):
        withdraw_patient(
            visit.patient,
            scope="data_use",
            on=date(2011, 2, 1),
            reason="none given",
            protocol=get_protocol(),
            actor=ANNA,
        )
        put_lock(
            Target(scope=Scope.TRIAL, label="the whole trial", subject=Subject()), LockKind.LOCK, reason="", actor=ANNA
        )
    desk = sign_in(investigator)
    for address in (
        "/patients/",
        f"/patients/{visit.patient_id}/",
        f"/visits/{visit.pk}/",
        form_of(visit),
        f"/history/vital_signs/{record.pk}/heart_rate_bpm/",
        f"/trail/patients/{visit.patient_id}/",
        f"/trail/forms/vital_signs/{record.pk}/values/",
        "/reports/",
    ):
        assert desk.get(address).status_code == 200, address
    assert 'value="72"' in desk.get(form_of(visit)).content.decode()


@pytest.mark.conformance(14)
def test_a_draft_and_a_complete_form_are_told_apart_wherever_they_stand(
    visit: Visit, coordinator: User, sign_in: SignIn
) -> None:
    desk, casebook = sign_in(coordinator), f"/patients/{visit.patient_id}/"
    desk.post(form_of(visit), {"intent": "save", "base_revision": "0", **GOOD})
    draft = VitalSigns.objects.get()
    assert (draft.status, draft.completed_at, draft.needs_reason) == ("draft", None, False)
    assert "cell-draft" in desk.get(form_of(visit)).content.decode()
    assert "cell-draft" in desk.get(casebook).content.decode()
    desk.post(form_of(visit), {"intent": "complete", "base_revision": "1", **GOOD})
    record = VitalSigns.objects.get()
    assert (record.status, record.needs_reason) == ("complete", True)
    for address in (form_of(visit), casebook):
        text = desk.get(address).content.decode()
        assert "cell-complete" in text
        assert "cell-draft" not in text
    told = [(event.action, event.revision) for event in AuditEvent.objects.filter(record_id=record.pk).order_by("id")]
    assert told == [("create", 1), ("complete", 2)]


@pytest.mark.conformance(16)
def test_a_derived_value_is_marked_never_stored_and_the_same_from_the_same_entries(
    visit: Visit, coordinator: User, sign_in: SignIn
) -> None:
    desk = sign_in(coordinator)
    for key, values in (("demographics", {"sex": "male", "born_on": "1970-05-05"}),):
        patient = visit.patient_id
        page = desk.get(f"/patients/{patient}/logs/{key}/", follow=True).request["PATH_INFO"]
        desk.post(page, {"intent": "save", "base_revision": "0", **values})
    typed = {"assessed_on": "2011-02-01", "creatinine": "1.09", "creatinine_unit": "mg_dl"}
    desk.post(
        form_of(visit, "laboratory"), {"intent": "save", "base_revision": "0", **typed, "egfr": "12", "computed": "12"}
    )
    pages = [desk.get(form_of(visit, "laboratory")).content.decode() for _ in range(2)]
    block = [page.split('id="computed"')[1].split("</dl>")[0] for page in pages]
    assert "Computed by the system from the entries above" in block[0]
    assert "eGFR" in block[0]
    assert block[0] == block[1]
    stored = Laboratory.objects.get().plain_values()
    assert not {name for name in stored if "egfr" in name or "computed" in name}
    assert "12" not in {str(value) for value in stored.values()}


# -- who the patient is

# Words of which a column would tell who somebody is.
TELLING = {
    "name",
    "initials",
    "surname",
    "address",
    "street",
    "city",
    "zip",
    "phone",
    "mail",
    "email",
    "insurance",
    "ssn",
    "born",
    "photo",
}
# The day of birth may be entered as a year; the other names are those of staff and of medicines.
ALLOWED = {
    ("demographics", "born_on"),
    ("dataquery", "opened_by_name"),
    ("doppler", "operator_name"),
    ("doppler", "reader_name"),
    ("relapse", "steroid_name"),
    ("concomitantmedication", "name"),
}


@pytest.mark.conformance(51)
def test_no_clinical_table_has_a_column_for_who_a_patient_is() -> None:
    columns = {(model._meta.model_name, field.name) for model in clinical_models() for field in model.clinical_fields()}
    assert {(table, name) for table, name in columns if TELLING & {*name.split("_")}} <= ALLOWED
    assert {name for table, name in columns if table == "patient"} >= {"number", "site_code"}


@pytest.fixture
def followed(visit: Visit) -> Patient:
    """A patient in follow-up, with a form of before."""
    create_record(VitalSigns(patient=visit.patient, visit=visit, heart_rate_bpm=72), actor=ANNA)
    values = {"status": "randomized", "entered_on": date(2011, 2, 5), "procedure_on": date(2011, 2, 8)}
    return correct_record(visit.patient, values, actor=ANNA, base_revision=1)


LATER = datetime(2011, 3, 30, 15, tzinfo=UTC)
IVO = Actor(user_id="i", username="ivo", full_name="Ivo I", roles="investigator")


def see(patient: Patient, on: date) -> Visit:
    planned = get_protocol().visit("month_1")
    values: dict[str, Any] = {"status": VisitStatus.ATTENDED, "visited_on": on}
    return record_visit(patient, planned, values, protocol=get_protocol(), actor=IVO)


def withdraw(patient: Patient, scope: str) -> Patient:
    found = Patient.objects.get(pk=patient.pk)
    return withdraw_patient(
        found, scope=scope, on=date(2011, 3, 1), reason="none given", protocol=get_protocol(), actor=IVO
    )


@pytest.mark.conformance(51)
def test_withdrawal_stops_entry_as_far_as_it_goes_and_keeps_what_was_entered(
    followed: Patient, visit: Visit, coordinator: User, sign_in: SignIn
) -> None:
    with clock.held_at(LATER):
        withdraw(followed, "treatment")
        assert see(followed, date(2011, 3, 10)).revision == 1
        withdraw(followed, "follow_up")
        stored = Visit.objects.get(planned_key="month_1")
        with pytest.raises(VisitRefusedError, match="after the patient withdrew from follow-up"):
            record_visit(
                followed,
                get_protocol().visit("month_3"),
                {"status": VisitStatus.ATTENDED, "visited_on": date(2011, 3, 20)},
                protocol=get_protocol(),
                actor=IVO,
            )
        desk = sign_in(coordinator)
        assert desk.get(form_of(stored)).status_code == 200, "what was seen before may be entered late"
        withdraw(followed, "data_use")
        refused = desk.post(form_of(stored), {"intent": "save", "base_revision": "0", **GOOD}, follow=True)
        assert "no new form is added" in refused.content.decode()
        assert VitalSigns.objects.count() == 1
        kept = desk.get(form_of(visit)).content.decode()
        assert 'value="72"' in kept
        assert desk.get(f"/patients/{followed.pk}/logs/disposition/", follow=True).status_code == 200
