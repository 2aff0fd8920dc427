"""The whole synthetic trial, as stored: what was published can be read back from the records."""

from collections import Counter
from uuid import UUID

import pytest
from django.db.models import Sum

from endpoints.statistics.count_tables import compute_count_table_chi_square
from enrollment.actions.code_break import get_register
from enrollment.models import Patient, PatientStatus
from enrollment.vault.reveal import get_arms_for_analysis
from trialsite.accounts.models import User
from trialsite.demo.store import Found, look
from trialsite.protocol.current import get_protocol
from visits.crfs.doppler.form import doppler_result
from visits.models import AdverseEvent, Doppler, Edss, Intervention, Mri, Procedure, Relapse, RelapseCheck, VitalSigns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_trial")]


@pytest.fixture
def arms() -> dict[str, list[UUID]]:
    """Arm -> the patients who were drawn for it."""
    found = get_arms_for_analysis(user=User.objects.get(username="statistician"), purpose="test")
    return {arm: [patient for patient, key in found.items() if key == arm] for arm in found.values()}


def test_it_is_recognized_as_a_demo() -> None:
    assert look() is Found.DEMO


def test_patients_came_as_far_as_published() -> None:
    finished = Counter(Patient.objects.filter(registered_on__year__lt=2015).values_list("phase_number", "status"))
    assert finished == {
        (1, PatientStatus.COMPLETED): 10,
        (2, PatientStatus.COMPLETED): 19,
        (2, PatientStatus.SCREEN_FAILED): 10,
        (2, PatientStatus.WITHDRAWN): 1,
    }


def test_arms_have_the_published_sizes(arms: dict[str, list[UUID]]) -> None:
    treated = Patient.objects.filter(procedure_on__isnull=False)
    assert {arm: len(ids) for arm, ids in arms.items()} == {"angioplasty": 10, "sham": 10}
    assert {arm: treated.filter(pk__in=ids).count() for arm, ids in arms.items()} == {"angioplasty": 9, "sham": 10}


def test_lesions_are_those_published(arms: dict[str, list[UUID]]) -> None:
    counted = {
        arm: Mri.objects.filter(patient__in=ids).aggregate(ce=Sum("cel_new"), t2=Sum("t2_new"))
        for arm, ids in arms.items()
    }
    assert counted == {"angioplasty": {"ce": 19, "t2": 17}, "sham": {"ce": 3, "t2": 3}}


def _relapses_per_patient(ids: list[UUID]) -> list[int]:
    treated = Patient.objects.filter(pk__in=ids, procedure_on__isnull=False)
    return [Relapse.objects.filter(patient=patient).count() for patient in treated]


def test_relapses_are_those_published(arms: dict[str, list[UUID]]) -> None:
    per_patient = {arm: Counter(_relapses_per_patient(ids)) for arm, ids in arms.items()}
    assert per_patient == {"angioplasty": {0: 6, 1: 2, 2: 1}, "sham": {0: 9, 1: 1}}
    for ids in arms.values():
        checks = RelapseCheck.objects.filter(patient__in=ids).aggregate(all=Sum("new_relapses"))
        assert checks["all"] == Relapse.objects.filter(patient__in=ids).count()


def _responds(patient: Patient) -> bool:
    totals = {}
    for examination in Doppler.objects.filter(patient=patient).select_related("visit"):
        totals[examination.visit.planned_key] = doppler_result(examination, get_protocol()).total
    before, after = totals["screening"], totals["month_1"]
    assert before is not None
    assert after is not None
    return 4 * (before - after) > 3 * before


def test_the_score_falls_by_more_than_three_quarters_in_the_open_phase_only() -> None:
    completed = Patient.objects.filter(status=PatientStatus.COMPLETED)
    assert Counter((patient.phase_number, _responds(patient)) for patient in completed) == {
        (1, True): 9,
        (1, False): 1,
        (2, False): 19,
    }


def test_one_event_was_serious() -> None:
    events = AdverseEvent.objects.all()
    serious = [event for event in events if event.is_serious]
    assert [(event.term, event.implant, event.related_procedure) for event in serious] == [
        ("Bradycardia", "pacemaker", "not_related")
    ]
    assert set(serious[0].seriousness) == {"hospitalization", "required_intervention"}
    assert {event.ctcae_grade for event in events if not event.is_serious} == {1}


def test_complaints_fell_on_both_arms(arms: dict[str, list[UUID]]) -> None:
    assert all(AdverseEvent.objects.filter(patient__in=ids).exists() for ids in arms.values())


def test_relapses_give_the_published_p(arms: dict[str, list[UUID]]) -> None:
    test = compute_count_table_chi_square(*(_relapses_per_patient(arms[arm]) for arm in ("angioplasty", "sham")))
    assert test is not None
    assert test.p == pytest.approx(0.3895, abs=0.00005)


def test_one_code_was_broken_and_assessed_and_its_breaker_rated_nothing_afterwards() -> None:
    (line,) = get_register(User.objects.get(username="statistician"))
    assert len(line.broken.impacts) == 1
    assert line.broken.patient.status == PatientStatus.COMPLETED
    assert {event.record_kind for event in line.changes} == {"visits.disposition", "enrollment.patient"}


def test_procedures_differ_as_days_in_a_room_do(arms: dict[str, list[UUID]]) -> None:
    """So that the report on their conduct has something to compare; what is done in a room is no matter of the arm."""
    done = list(Procedure.objects.filter(patient__in=[one for ids in arms.values() for one in ids]))
    assert len(done) == 19
    assert len({one.started_at.time() for one in done}) >= 4
    assert len({one.started_at.weekday() for one in done}) == 2
    for field in ("sedation_given", "hemostasis", "access_side", "sheath_french"):
        assert len({one.get_value(field) for one in done}) == 2, field
    assert len(set(Intervention.objects.values_list("assessed_by", flat=True))) == 2


def test_hardly_anything_had_to_be_confirmed() -> None:
    """Papers are plausible: questions are the exception."""
    forms = [*Mri.objects.all(), *Doppler.objects.all(), *Edss.objects.all(), *VitalSigns.objects.all()]
    assert len(forms) > 500
    assert sum(len(form.confirmed) for form in forms) < 20
