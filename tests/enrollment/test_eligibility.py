"""Evidence from stored forms, and an investigator's signature under it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from enrollment.actions.draw import enroll_open_label
from enrollment.actions.eligibility import sign_eligibility
from enrollment.evidence import Evidence
from enrollment.models import Eligibility, EligibilityAnswer, Patient
from enrollment.refusal import RefusedError
from tests.cast import PASSWORD, SignIn
from tests.enrollment.conftest import IVO, TODAY, Register
from tests.enrollment.screening import (
    ANNA,
    answer_criteria,
    attend,
    give_consent,
    give_demographics,
    give_doppler,
    give_edss,
    give_laboratory,
    give_ms_history,
    screen,
)
from trialsite.accounts.models import User
from trialsite.audit.gate import is_gate_open
from trialsite.audit.models import AuditEvent
from trialsite.protocol.model import Protocol
from trialsite.records.actions import correct_record, create_record
from trialsite.signatures import actions as signature_actions
from trialsite.signatures.models import Signature
from visits.evidence import gather_evidence, gather_readiness, get_eligibility
from visits.models import ConcomitantMedication, Laboratory, Relapse

REASON = "Source corrected."


def sign(patient: Patient, protocol: Protocol, shown: str | None = None) -> Signature:
    _, standing = get_eligibility(patient, protocol)
    gather = partial(gather_evidence, protocol=protocol)
    return sign_eligibility(
        patient, gather, shown_digest=shown or standing.digest, on=TODAY, protocol=protocol, actor=IVO
    )


def test_evidence_is_gathered_once_the_patient_is_locked(patient: Patient, protocol: Protocol) -> None:
    """A form corrected between looking and signing is seen: the signature is refused as stale."""
    screen(patient)
    _, standing = get_eligibility(patient, protocol)
    seen = []

    def gather(found: Patient) -> Evidence:
        seen.append(is_gate_open())
        return replace(gather_evidence(found, protocol), inr=Decimal("1.3"))

    with pytest.raises(RefusedError) as refused:
        sign_eligibility(patient, gather, shown_digest=standing.digest, on=TODAY, protocol=protocol, actor=IVO)
    assert seen == [True]
    assert reasons(refused.value) == ["sign_stale"]


def is_signed(patient: Patient, protocol: Protocol) -> bool:
    return get_eligibility(patient, protocol)[1].is_signed


def reasons(refused: RefusedError) -> list[str]:
    return [finding.key for finding in refused.findings]


# -- evidence


def test_complete_screening_makes_an_eligible_patient(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    evidence, standing = get_eligibility(patient, protocol)
    assert [criterion.finding.message for criterion in (*standing.result.failed, *standing.result.unknown)] == []
    assert evidence.doppler == {1: True, 2: False, 3: True, 4: False, 5: False}
    assert evidence.screening_edss == Decimal("3.5")
    assert (evidence.inr, evidence.platelets_10e9_l) == (Decimal("1.00"), Decimal(250))
    assert evidence.egfr_ml_min is not None
    assert evidence.egfr_ml_min > 60
    assert (evidence.consented_on, evidence.first_assessment_on) == (date(2011, 2, 1), date(2011, 2, 22))
    assert (evidence.pregnancy_test, evidence.pregnancy_tested_on) == ("negative", date(2011, 2, 22))
    assert evidence.answers["I8"] == "yes"


def test_an_empty_patient_leaves_everything_open(patient: Patient, protocol: Protocol) -> None:
    result = get_eligibility(patient, protocol)[1].result
    assert len(result.unknown) == len(result.criteria)


def test_drafts_are_no_evidence_for_a_patient(patient: Patient, protocol: Protocol) -> None:
    draft: dict[str, Any] = {"status": "draft", "completed_at": None}
    give_consent(patient)
    give_demographics(patient, **draft)
    give_ms_history(patient, **draft)
    visit = attend(patient, "screening", date(2011, 2, 22))
    give_laboratory(visit, **draft)
    give_edss(visit, **draft)
    give_doppler(visit, **draft)
    answer_criteria(patient, **draft)
    result = get_eligibility(patient, protocol)[1].result
    assert [criterion.code for criterion in result.criteria if criterion.verdict == "passed"] == ["I7"]
    assert result.failed == ()


def test_the_latest_laboratory_before_treatment_counts(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    later = attend(patient, "baseline", date(2011, 2, 25))
    give_laboratory(later, creatinine=Decimal("2.50"), inr=None)
    give_laboratory(attend(patient, "month_1", date(2011, 2, 27)), creatinine=Decimal("0.70"), inr=Decimal("4.0"))
    evidence = gather_evidence(patient, protocol)
    assert evidence.pregnancy_tested_on == date(2011, 2, 25)
    assert evidence.inr == Decimal("1.00")
    assert [criterion.code for criterion in get_eligibility(patient, protocol)[1].result.failed] == ["I6", "E4"]


def test_doppler_that_does_not_suffice_fails_i5(patient: Patient, protocol: Protocol) -> None:
    give_consent(patient)
    give_doppler(attend(patient, "screening", date(2011, 2, 22)), stenosis=False)
    assert [criterion.code for criterion in get_eligibility(patient, protocol)[1].result.failed] == ["I5"]


def test_logs_of_relapses_and_steroids_speak_against_a_patient(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    create_record(Relapse(patient=patient, onset_on=date(2011, 2, 10), adjudicated_as="not_relapse"), actor=ANNA)
    assert get_eligibility(patient, protocol)[1].result.is_eligible
    steroid = ConcomitantMedication(patient=patient, medication_group="steroid", is_ongoing=True, started_on="2011")
    create_record(steroid, actor=ANNA)
    create_record(Relapse(patient=patient, onset_on=date(2011, 2, 12)), actor=ANNA)
    failed = get_eligibility(patient, protocol)[1].result.failed
    assert [criterion.code for criterion in failed] == ["E1"]
    assert failed[0].reason == "In the 30 days before 2011-03-01: relapse on 2011-02-12, steroids ongoing."


def test_steroids_for_a_relapse_count_to_their_last_day(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    log = Relapse(patient=patient, onset_on=date(2011, 1, 20), steroid_started_on=date(2011, 1, 28), steroid_days=5)
    create_record(log, actor=ANNA)
    assert [str(day) for day in gather_evidence(patient, protocol).steroid_days] == ["2011-02-01"]
    assert [criterion.code for criterion in get_eligibility(patient, protocol)[1].result.failed] == ["E1"]


def test_a_steroid_course_with_an_unknown_end_leaves_e1_open(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    create_record(ConcomitantMedication(patient=patient, medication_group="steroid", started_on="2010"), actor=ANNA)
    assert [criterion.code for criterion in get_eligibility(patient, protocol)[1].result.unknown] == ["E1"]


def test_a_visit_before_consent_fails_i7(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    attend(patient, "baseline", date(2011, 1, 31))
    assert [criterion.code for criterion in get_eligibility(patient, protocol)[1].result.failed] == ["I7"]


def test_evidence_costs_a_fixed_number_of_queries(
    patient: Patient, protocol: Protocol, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    screen(patient)
    with django_assert_max_num_queries(18):
        get_eligibility(patient, protocol)


# -- the signature


def test_signing_binds_record_and_evidence_and_tells_the_trail(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    signature = sign(patient, protocol)
    record = Eligibility.objects.get()
    assert (signature.record_id, signature.revision, signature.signer_username) == (record.pk, 1, "ivo")
    assert Patient.objects.get().status == "eligible"
    actions = AuditEvent.objects.filter(actor_username="ivo").values_list("action", "record_id")
    assert set(actions) == {("sign", record.pk), ("confirm_eligibility", patient.pk)}
    assert is_signed(patient, protocol)


def test_a_changed_answer_voids_the_signature(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    sign(patient, protocol)
    answer = EligibilityAnswer.objects.get(key="E5")
    correct_record(answer, {"comment": "asked twice"}, actor=ANNA, base_revision=1)
    assert is_signed(patient, protocol), "a comment is not evidence"
    correct_record(answer, {"answer": "na"}, actor=ANNA, base_revision=2)
    assert not is_signed(patient, protocol)


def test_a_new_revision_of_the_record_voids_the_signature(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    sign(patient, protocol)
    correct_record(Eligibility.objects.get(), {"assessed_by": "Dr. Other"}, actor=ANNA, base_revision=1, reason=REASON)
    standing = get_eligibility(patient, protocol)[1]
    assert (standing.is_signed, standing.is_voided) == (False, True)


def test_changed_evidence_voids_the_signature_until_it_is_signed_again(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    sign(patient, protocol)
    correct_record(Laboratory.objects.get(), {"inr": Decimal("1.10")}, actor=ANNA, base_revision=1, reason=REASON)
    assert not is_signed(patient, protocol)
    sign(patient, protocol)
    assert is_signed(patient, protocol)
    assert Signature.objects.count() == 2


def test_what_was_not_shown_cannot_be_signed(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    shown = get_eligibility(patient, protocol)[1].digest
    correct_record(Laboratory.objects.get(), {"inr": Decimal("1.10")}, actor=ANNA, base_revision=1, reason=REASON)
    with pytest.raises(RefusedError) as refused:
        sign(patient, protocol, shown)
    assert reasons(refused.value) == ["sign_stale"]
    assert not Signature.objects.exists()


def test_an_ineligible_patient_cannot_be_signed_and_all_reasons_are_named(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    correct_record(
        Laboratory.objects.get(), {"inr": None, "creatinine": Decimal(3)}, actor=ANNA, base_revision=1, reason=REASON
    )
    correct_record(Eligibility.objects.get(), {"status": "draft"}, actor=ANNA, base_revision=1, reason=REASON)
    with pytest.raises(RefusedError) as refused:
        sign(patient, protocol)
    found = reasons(refused.value)
    assert found[0] == "sign_incomplete"
    assert {"criterion_I6", "criterion_E4", "criterion_E8", "criterion_I8"} <= set(found)
    assert Patient.objects.get().status == "screening"


def test_signing_twice_is_refused(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    sign(patient, protocol)
    with pytest.raises(RefusedError) as refused:
        sign(patient, protocol)
    assert reasons(refused.value) == ["sign_twice"]


def test_who_left_screening_cannot_be_signed(patient: Patient, protocol: Protocol) -> None:
    screen(patient)
    correct_record(patient, {"status": "withdrawn"}, actor=ANNA, base_revision=1)
    with pytest.raises(RefusedError) as refused:
        sign(patient, protocol)
    assert reasons(refused.value) == ["sign_status"]


def test_a_failed_audit_write_leaves_no_signature(
    patient: Patient, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    screen(patient)
    monkeypatch.setattr(signature_actions, "write_event", fail)
    with pytest.raises(OSError, match="disk full"):
        sign(patient, protocol)
    assert not Signature.objects.exists()
    assert Patient.objects.get().status == "screening"


# -- readiness


def test_readiness_names_what_is_missing(patient: Patient, protocol: Protocol) -> None:
    readiness = gather_readiness(patient, protocol)
    assert not readiness.has_complete_consent
    assert not readiness.has_current_signed_eligibility
    assert readiness.missing_baseline == ("Baseline: the visit is not recorded.",)
    attend(patient, "baseline", date(2011, 2, 25))
    assert "Baseline: MRI is not complete." in gather_readiness(patient, protocol).missing_baseline


def test_phase_1_enters_open_label_after_a_current_signature(register: Register, protocol: Protocol) -> None:
    patient = register(1)
    screen(patient)
    with pytest.raises(RefusedError):
        enroll_open_label(patient, partial(gather_readiness, protocol=protocol), IVO)
    sign(patient, protocol)
    assert gather_readiness(patient, protocol).has_current_signed_eligibility


# -- the page


def test_the_page_lists_every_criterion_with_its_reason(
    patient: Patient, coordinator: User, sign_in: SignIn, protocol: Protocol
) -> None:
    screen(patient)
    correct_record(Laboratory.objects.get(), {"inr": Decimal("1.60")}, actor=ANNA, base_revision=1, reason=REASON)
    answer = sign_in(coordinator).get(f"/patients/{patient.pk}/eligibility/")
    page = answer.content.decode()
    assert [line.code for line in answer.context["lines"]] == [criterion.code for criterion in protocol.criteria]
    assert "INR 1.6, above 1.5" in page
    assert "Not eligible: E8 stands against it." in page
    assert "Your password" not in page


def post_signature(browser: Client, patient: Patient, password: str) -> int:
    address = f"/patients/{patient.pk}/eligibility/"
    shown = browser.get(address).context["form"]["shown"].value()
    return browser.post(address, {"password": password, "shown": shown}).status_code


def test_an_investigator_signs_with_the_password(patient: Patient, investigator: User, sign_in: SignIn) -> None:
    screen(patient)
    browser = sign_in(investigator)
    assert post_signature(browser, patient, "not the password") == 422
    assert not Signature.objects.exists()
    assert post_signature(browser, patient, PASSWORD) == 302
    assert Signature.objects.get().signer_username == "investigator"
    assert "Signed by The investigator" in browser.get(f"/patients/{patient.pk}/eligibility/").content.decode()


def test_wrong_passwords_lock_the_account_also_here(patient: Patient, investigator: User, sign_in: SignIn) -> None:
    screen(patient)
    browser = sign_in(investigator)
    for _ in range(5):
        post_signature(browser, patient, "wrong")
    assert post_signature(browser, patient, PASSWORD) != 302
    assert not Signature.objects.exists()


def test_only_an_investigator_signs(patient: Patient, coordinator: User, monitor: User, sign_in: SignIn) -> None:
    screen(patient)
    for user in (coordinator, monitor):
        assert post_signature(sign_in(user), patient, PASSWORD) == 404
    assert not Signature.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"password": ""}, {"password": "\x00"}, {"password": "x" * 2000, "shown": "🙂"}])
def test_odd_signatures_get_a_page(
    typed: dict[str, str], patient: Patient, investigator: User, sign_in: SignIn
) -> None:
    screen(patient)
    assert sign_in(investigator).post(f"/patients/{patient.pk}/eligibility/", typed).status_code == 422


def test_strangers_and_raters_meet_the_404_page(
    patient: Patient, other_coordinator: User, assessor: User, operator: User, sign_in: SignIn
) -> None:
    give_consent(patient)
    for user in (other_coordinator, assessor, operator):
        assert sign_in(user).get(f"/patients/{patient.pk}/eligibility/").status_code == 404


def test_without_consent_the_way_leads_to_consent(patient: Patient, coordinator: User, sign_in: SignIn) -> None:
    answer = sign_in(coordinator).get(f"/patients/{patient.pk}/eligibility/", follow=True)
    assert "Consent comes first" in answer.content.decode()
