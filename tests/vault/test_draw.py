"""The draw: who may, what is written, what blinded people are told, and what they are not."""

import json
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from enrollment.actions.draw import NOT_POSSIBLE_NOW, check_patient, draw_allocation, enroll_open_label
from enrollment.models import Patient, PatientStatus
from enrollment.readiness import Readiness
from enrollment.refusal import RefusedError
from enrollment.vault.models import AllocationList, AllocationSlot, Draw
from tests.events import read_event, read_events
from tests.vault.conftest import NOTHING_READY, READY, make_patient, make_sealed_list, overwrite, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.audit.gate import is_gate_open, open_gate
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.records.actions import correct_record

FORMS = ("has_complete_consent", "has_current_signed_eligibility", "has_complete_baseline")
pytestmark = pytest.mark.django_db


def readiness_without(lacking: str) -> Readiness:
    consent, eligibility, baseline = (form != lacking for form in FORMS)
    return Readiness(
        has_complete_consent=consent, has_current_signed_eligibility=eligibility, has_complete_baseline=baseline
    )


def refused(patient: Patient, readiness: Readiness = READY) -> tuple[str, ...]:
    with pytest.raises(RefusedError) as error:
        draw_allocation(patient, lambda _: readiness, SYSTEM)
    return tuple(finding.message for finding in error.value.findings)


@pytest.mark.usefixtures("sealed")
@pytest.mark.conformance(33)
def test_a_draw_takes_the_first_slot_and_tells_only_a_code(patient: Patient) -> None:
    drawn = draw_allocation(patient, ready, SYSTEM)
    draw = Draw.objects.get(patient=patient)
    assert draw.slot.position == 1
    assert (drawn.status, drawn.randomization_code) == (PatientStatus.RANDOMIZED, draw.code)
    assert drawn.entered_on is not None
    assert patient.number not in draw.code


@pytest.mark.usefixtures("sealed")
def test_blinded_people_find_one_event_without_arm_or_position(patient: Patient) -> None:
    draw_allocation(patient, ready, SYSTEM)
    event = AuditEvent.objects.get(patient_id=patient.id, action="randomize")
    assert not event.is_restricted
    assert set(event.entries.values_list("field", flat=True)) == {"status", "randomization_code", "entered_on"}
    hidden = read_events(patient_id=patient.id, is_restricted=True)
    assert [(one.action, one.detail) for one in hidden] == [("draw_slot", f"Code {Draw.objects.get().code}.")]
    told = AuditEntry.objects.filter(event__is_restricted=False).values_list("old", "new")
    assert not [text for pair in told for text in pair if json.loads(text) in ("sham", "angioplasty", 1.0)]


@pytest.mark.conformance(50)
def test_every_reason_is_told_at_once() -> None:
    patient = make_patient(1, status=PatientStatus.SCREENING)
    reasons = refused(patient, NOTHING_READY)
    assert len(reasons) == 4
    assert [
        word for word in ("Consent", "Eligibility", "baseline", "Eligible") if not any(word in r for r in reasons)
    ] == []


@pytest.mark.parametrize("lacking", FORMS)
@pytest.mark.usefixtures("sealed")
@pytest.mark.conformance(50)
def test_each_missing_form_alone_stops_the_draw(patient: Patient, lacking: str) -> None:
    assert len(refused(patient, readiness_without(lacking))) == 1
    assert not Draw.objects.exists()


@pytest.mark.conformance(50)
def test_readiness_is_gathered_of_the_stored_patient_inside_the_gate(patient: Patient, sealed: AllocationList) -> None:
    """What changes between opening the page and the draw is seen by the draw."""
    stale = Patient.objects.get(pk=patient.pk)
    correct_record(patient, {"site_code": "XX"}, actor=SYSTEM, base_revision=1)
    seen = []

    def gather(found: Patient) -> Readiness:
        seen.append((found.site_code, is_gate_open()))
        return NOTHING_READY

    with pytest.raises(RefusedError):
        draw_allocation(stale, gather, SYSTEM)
    assert seen == [("XX", True)]
    assert not Draw.objects.exists()


@pytest.mark.parametrize("status", [status for status in PatientStatus if status != PatientStatus.ELIGIBLE])
@pytest.mark.usefixtures("sealed")
@pytest.mark.conformance(50)
def test_only_an_eligible_patient_is_drawn(status: PatientStatus) -> None:
    patient = make_patient(9, status=status)
    assert refused(patient)
    assert not Draw.objects.exists()


@pytest.mark.usefixtures("sealed")
@pytest.mark.conformance(33)
def test_nobody_is_drawn_twice(patient: Patient) -> None:
    draw_allocation(patient, ready, SYSTEM)
    assert refused(patient) == ("The patient has already entered treatment. Nobody enters twice.",)
    assert Draw.objects.count() == 1


def test_no_list_an_empty_stratum_and_a_broken_list_say_the_same_sentence() -> None:
    patients = [make_patient(n) for n in range(1, 9)]
    said = [refused(patients[0])]
    made = make_sealed_list(4)
    for patient in patients[: AllocationSlot.objects.filter(stratum__list=made).count()]:
        draw_allocation(patient, ready, SYSTEM)
    said.append(refused(patients[-1]))
    assert said == [(NOT_POSSIBLE_NOW,)] * 2
    details = [(event.detail, event.is_restricted) for event in read_events(action="refuse_draw")]
    assert details[0] == ("Phase 2 has no sealed list.", True)
    assert "exhausted" in details[1][0]


@pytest.mark.conformance(33)
def test_two_slots_whose_arms_were_exchanged_are_found_out(patient: Patient, sealed: AllocationList) -> None:
    first, second = AllocationSlot.objects.filter(stratum__list=sealed).order_by("position")[:2]
    overwrite(first, sealed_arm=second.sealed_arm)
    overwrite(second, sealed_arm=first.sealed_arm)
    assert refused(patient) == (NOT_POSSIBLE_NOW,)
    assert "does not belong where it stands" in read_event(action="refuse_draw").detail
    assert not Draw.objects.exists()


@pytest.mark.conformance(33)
def test_an_altered_ciphertext_is_found_out(patient: Patient, sealed: AllocationList) -> None:
    last = AllocationSlot.objects.filter(stratum__list=sealed).order_by("-position")[0]
    token = bytearray(bytes(last.sealed_arm))
    token[60] = ord("A") if token[60] != ord("A") else ord("B")
    overwrite(last, sealed_arm=bytes(token))
    assert refused(patient) == (NOT_POSSIBLE_NOW,)
    assert "altered" in read_event(action="refuse_draw").detail


@pytest.mark.conformance(33)
def test_an_altered_commitment_is_found_out(patient: Patient, sealed: AllocationList) -> None:
    overwrite(sealed, commitment="0" * 64)
    assert refused(patient) == (NOT_POSSIBLE_NOW,)
    assert "commitment" in read_event(action="refuse_draw").detail


@pytest.mark.conformance(33)
def test_a_slot_that_vanished_is_found_out(patient: Patient, sealed: AllocationList) -> None:
    last = AllocationSlot.objects.filter(stratum__list=sealed).order_by("-position")[0]
    overwrite(last, position=last.position + 100)
    assert refused(patient) == (NOT_POSSIBLE_NOW,)


@pytest.mark.conformance(33)
def test_the_database_refuses_a_second_draw_of_a_slot_or_a_patient(patient: Patient, sealed: AllocationList) -> None:
    draw_allocation(patient, ready, SYSTEM)
    other = make_patient(2)
    first, second = AllocationSlot.objects.filter(stratum__list=sealed).order_by("position")[:2]
    for slot, who in ((first, other), (second, patient)):
        with pytest.raises(DatabaseError, match=r"(?i)unique"), open_gate():
            Draw.objects.create(slot=slot, patient=who, code=f"R-{who.number}", appended_by="x")


@pytest.mark.conformance(33)
def test_a_slot_is_never_freed(patient: Patient, sealed: AllocationList) -> None:
    draw_allocation(patient, ready, SYSTEM)
    for act in (Draw.objects.all().delete, lambda: Draw.objects.update(code="R-1")):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            act()
    with pytest.raises(DatabaseError, match="record gate"), transaction.atomic():
        Draw.objects.create(slot_id=2, patient=make_patient(2), code="R-2", appended_by="x")
    assert AllocationSlot.objects.filter(stratum__list=sealed, draw__isnull=False).count() == 1


@pytest.mark.conformance(33)
def test_an_audit_that_fails_takes_the_draw_with_it(
    patient: Patient, sealed: AllocationList, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("trialsite.records.actions.write_events", fail)
    with pytest.raises(ZeroDivisionError):
        draw_allocation(patient, ready, SYSTEM)
    assert not Draw.objects.exists()
    assert Patient.objects.get(pk=patient.pk).status == PatientStatus.ELIGIBLE


def test_an_open_label_patient_is_enrolled_without_a_list() -> None:
    patient = enroll_open_label(make_patient(1, phase=1), ready, SYSTEM)
    assert (patient.status, patient.randomization_code) == (PatientStatus.ENROLLED, "")
    assert patient.entered_on is not None
    assert len(refused(make_patient(2, phase=1))) == 1


def test_a_patient_of_the_randomized_phase_is_never_just_enrolled(patient: Patient) -> None:
    with pytest.raises(RefusedError, match="by a draw"):
        enroll_open_label(patient, ready, SYSTEM)


def test_the_page_can_show_every_condition(patient: Patient) -> None:
    shown = {one.key: one.is_met for one in check_patient(patient, replace(READY, has_complete_baseline=False))}
    assert shown == {
        "consent": True,
        "eligibility": True,
        "baseline": False,
        "status": True,
        "withdrawn": True,
        "once": True,
    }
