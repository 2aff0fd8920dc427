"""The forms about a patient, filled in on their pages."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from enrollment.context import OtherConsent
from enrollment.crfs.registry import ENROLLMENT_CRFS
from enrollment.models import (
    Consent,
    Demographics,
    Eligibility,
    EligibilityAnswer,
    MedicalHistory,
    MsHistory,
    Patient,
)
from enrollment.selectors.facts import find_consent_gap, get_patient_context, get_patient_facts
from tests.cast import SignIn
from tests.enrollment.conftest import TODAY
from tests.enrollment.screening import CONSENTED_AT, give_consent, give_demographics
from trialsite.accounts.models import User
from trialsite.protocol.model import PATIENT_FORMS, Protocol

CONSENT = {
    "occasion": "first",
    "form_version": "1.0",
    "consented_at": "2011-02-01T10:00",
    "obtained_by": "Dr. Example",
    "is_copy_given": "yes",
}
PERSON = {
    "born_on": "1975",
    "sex": "F",
    "has_childbearing_potential": "no",
    "education_years": "14",
    "handedness": "R",
    "height_cm": "168",
    "weight_kg": "64.5",
}
HISTORY = {
    "ms_course": "RR",
    "mcdonald_version": "2005",
    "onset_on": "2004",
    "diagnosed_on": "2004-06",
    "relapses_12_months": "1",
    "relapses_24_months": "2",
    "last_relapse_on": "2010-09",
    "absent-last_steroid_on": "not_applicable",
    "dmt": "glatiramer",
    "dmt_started_on": "2006",
    "has_previous_venous_procedure": "no",
    "has_syncope_or_arrhythmia": "no",
}
CONDITION = {"term": "Migraine", "category": "general", "onset_on": "1999", "is_ongoing": "yes"}
ANSWERS = {
    "assessed_on": "2011-02-22",
    "assessed_by": "Dr. Example",
    "has_progressed": "no",
    "is_breast_feeding": "no",
    "has_treatment_contraindication": "no",
    "answers.I8.answer": "yes",
    **{f"answers.{code}.answer": "no" for code in ("E2", "E3", "E5", "E7", "E10", "E11")},
}


def fill_in(desk: Client, patient: Patient, key: str, typed: dict[str, str], intent: str = "complete") -> Any:
    """Open the form as a person does, type, and press the button."""
    opened = desk.get(f"/patients/{patient.pk}/logs/{key}/", follow=True)
    new = re.search(rf'href="(/patients/{patient.pk}/logs/{key}/[0-9a-f-]+/)">Add', opened.content.decode())
    address = new.group(1) if new else opened.redirect_chain[-1][0]
    base = desk.get(address).context["form"].base_revision
    return desk.post(address, {"intent": intent, "base_revision": base} | typed)


@pytest.fixture
def desk(coordinator: User, sign_in: SignIn) -> Client:
    return sign_in(coordinator)


def test_the_registry_holds_the_forms_of_the_protocol() -> None:
    assert set(ENROLLMENT_CRFS) <= set(PATIENT_FORMS)
    assert {definition.kind for definition in ENROLLMENT_CRFS.values()} == {"log", "single"}


@pytest.mark.parametrize("key", [key for key in ENROLLMENT_CRFS if key != "consent"])
def test_no_other_form_opens_before_a_complete_consent(key: str, desk: Client, patient: Patient) -> None:
    give_consent(patient, status="draft", completed_at=None)
    opened = desk.get(f"/patients/{patient.pk}/logs/{key}/{patient.pk}/", follow=True)
    assert "Consent comes first" in opened.content.decode()
    assert opened.redirect_chain[-1][0] == f"/patients/{patient.pk}/logs/consent/"


def test_nothing_is_posted_before_consent(desk: Client, patient: Patient) -> None:
    desk.post(f"/patients/{patient.pk}/logs/demographics/{patient.pk}/", {"intent": "save"} | PERSON)
    assert not Demographics.objects.exists()


def test_consent_is_given_in_the_time_of_the_site(desk: Client, patient: Patient) -> None:
    assert fill_in(desk, patient, "consent", CONSENT).status_code == 302
    stored = Consent.objects.get()
    assert stored.is_complete
    assert stored.consented_at == datetime(2011, 2, 1, 15, 0, tzinfo=UTC)
    assert find_consent_gap(patient) == ""


def test_an_unknown_version_is_refused_at_its_field(desk: Client, patient: Patient) -> None:
    answer = fill_in(desk, patient, "consent", CONSENT | {"form_version": "9.9"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["form_version"]
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("key", "typed", "model"),
    [
        ("demographics", PERSON, Demographics),
        ("ms_history", HISTORY, MsHistory),
        ("medical_history", CONDITION, MedicalHistory),
        ("eligibility", ANSWERS, Eligibility),
    ],
)
def test_each_form_completes(key: str, typed: dict[str, str], model: Any, desk: Client, patient: Patient) -> None:
    give_consent(patient)
    if key == "eligibility":
        give_demographics(patient, has_childbearing_potential=False)
    answer = fill_in(desk, patient, key, typed)
    assert answer.status_code == 302, answer.context["form"].errors
    assert model.objects.get().is_complete


@pytest.mark.parametrize(
    ("key", "typed"), [("demographics", PERSON), ("ms_history", HISTORY), ("eligibility", ANSWERS)]
)
def test_a_single_form_sent_twice_is_one_record(
    key: str, typed: dict[str, str], desk: Client, patient: Patient
) -> None:
    give_consent(patient)
    first = desk.get(f"/patients/{patient.pk}/logs/{key}/")["Location"]
    assert desk.get(f"/patients/{patient.pk}/logs/{key}/")["Location"] == first
    for _ in range(2):
        desk.post(first, {"intent": "save", "base_revision": 0} | typed)
    model = ENROLLMENT_CRFS[key].model
    assert model._base_manager.count() == 1


def test_answers_are_stored_row_by_row_and_missing_ones_keep_a_draft(desk: Client, patient: Patient) -> None:
    give_consent(patient)
    give_demographics(patient)
    typed = {name: value for name, value in ANSWERS.items() if name != "answers.E5.answer"}
    answer = fill_in(desk, patient, "eligibility", typed)
    assert answer.status_code == 200
    assert "2 items need your attention" in answer.content.decode()  # E5, and contraception for this woman
    assert not Eligibility.objects.get().is_complete
    assert dict(EligibilityAnswer.objects.values_list("key", "answer"))["I8"] == "yes"
    done = fill_in(desk, patient, "eligibility", ANSWERS | {"lacks_contraception": "no"})
    assert done.status_code == 302
    assert Eligibility.objects.get().is_complete


@pytest.mark.parametrize(
    ("key", "changes", "field"),
    [
        ("demographics", {"born_on": "2011-02-30"}, "born_on"),
        ("demographics", {"born_on": "1999-02-29"}, "born_on"),
        ("demographics", {"born_on": "12.5.1975"}, "born_on"),
        ("demographics", {"height_cm": "1,68"}, "height_cm"),
        ("demographics", {"height_cm": "99"}, "height_cm"),
        ("demographics", {"weight_kg": "251"}, "weight_kg"),
        ("demographics", {"education_years": "31"}, "education_years"),
        ("demographics", {"education_years": "1e3"}, "education_years"),
        ("demographics", {"sex": "Q"}, "sex"),
        ("ms_history", {"relapses_24_months": "0"}, "relapses_24_months"),
        ("ms_history", {"relapses_24_months": "21"}, "relapses_24_months"),
        ("ms_history", {"onset_on": "2010"}, "diagnosed_on"),
        ("ms_history", {"dmt_other": "x" * 121}, "dmt_other"),
        ("medical_history", {"term": "a\x00b"}, "term"),
        ("medical_history", {"notes": "x" * 10_001}, "notes"),
        ("eligibility", {"answers.I8.answer": "na"}, "answers.I8.answer"),
        ("eligibility", {"answers.E2.comment": "x" * 10_001}, "answers.E2.comment"),
        ("eligibility", {"assessed_on": "2011-03-02"}, "assessed_on"),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field(
    key: str, changes: dict[str, str], field: str, desk: Client, patient: Patient
) -> None:
    give_consent(patient)
    typed = {"demographics": PERSON, "ms_history": HISTORY, "medical_history": CONDITION, "eligibility": ANSWERS}[key]
    answer = fill_in(desk, patient, key, typed | changes, intent="save")
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not ENROLLMENT_CRFS[key].model._base_manager.exists()


def test_text_of_any_script_is_kept(desk: Client, patient: Patient) -> None:
    give_consent(patient)
    words = "שלום 🙂 naïve \u202eabc"
    assert fill_in(desk, patient, "medical_history", CONDITION | {"term": words}).status_code == 302
    assert MedicalHistory.objects.get().term == words


def test_a_strangers_patient_is_not_found(other_coordinator: User, sign_in: SignIn, patient: Patient) -> None:
    stranger = sign_in(other_coordinator)
    for key in ENROLLMENT_CRFS:
        assert stranger.get(f"/patients/{patient.pk}/logs/{key}/").status_code == 404


def test_a_record_of_another_patient_is_not_found(desk: Client, patient: Patient, register: Any) -> None:
    other = register()
    give_consent(patient)
    theirs = give_consent(other)
    assert desk.get(f"/patients/{patient.pk}/logs/consent/{theirs.pk}/").status_code == 404


# -- facts and context


def test_facts_take_the_earliest_complete_consent(patient: Patient, protocol: Protocol) -> None:
    assert not get_patient_facts(patient, protocol).has_consented
    give_consent(patient, consented_at=datetime(2011, 1, 20, 3, 0, tzinfo=UTC), status="draft", completed_at=None)
    give_consent(patient)
    give_consent(patient, occasion="again", consented_at=datetime(2011, 2, 20, 15, 0, tzinfo=UTC))
    give_demographics(patient, born_on="1975")
    facts = get_patient_facts(patient, protocol)
    assert (facts.consented_at, facts.sex, str(facts.born)) == (CONSENTED_AT, "F", "1975")
    assert (str(facts.born_on), str(facts.consented_on)) == ("1975-01-01", "2011-02-01")


def test_the_context_does_not_compare_a_consent_with_itself(patient: Patient, protocol: Protocol) -> None:
    own = give_consent(patient)
    around = get_patient_context(patient, protocol, record_id=own.pk)
    assert around.other_consents == ()
    assert around.today == TODAY
    around = get_patient_context(patient, protocol)
    assert around.other_consents == (OtherConsent(consented_at=CONSENTED_AT, form_version="1.0"),)


def test_consent_near_midnight_falls_on_the_day_of_the_site(patient: Patient, protocol: Protocol) -> None:
    give_consent(patient, consented_at=datetime(2011, 2, 2, 3, 0, tzinfo=UTC))
    assert str(get_patient_facts(patient, protocol).consented_on) == "2011-02-01"


def test_what_follows_from_the_entries_is_shown_at_once_and_live(desk: Client, patient: Patient) -> None:
    give_consent(patient)
    record = give_demographics(patient)
    address = f"/patients/{patient.pk}/logs/demographics/{record.pk}/"
    page = desk.get(address).content.decode()
    assert "35 years" in page
    assert "22.7 kg/m²" in page
    typed = PERSON | {"intent": "compute", "weight_kg": "80"}
    assert "28.3 kg/m²" in desk.post(address, typed).content.decode()
    assert Demographics.objects.get().revision == 1
