"""What a form is told of the patient's other forms: the patient's own, never the record itself, never another patient's."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from enrollment.models import Patient
from tests.records.conftest import ANNA, make_patient, make_visit
from tests.visits.crfs.around import PROTOCOL
from trialsite.records.actions import create_record
from visits.context import build_context
from visits.crfs.mri.form import MRI
from visits.crfs.relapse.form import RELAPSE
from visits.crfs.relapse.rules import RelapseStatus
from visits.models import AdverseEvent, ConcomitantMedication, Edss, Mri, Relapse, VitalSigns
from visits.related import Around, gather_related

pytestmark = pytest.mark.django_db
CONDITIONS: dict[str, Any] = {"lasted_over_24_h": True, "is_fever_excluded": True, "is_stable_before": True}


@pytest.fixture
def patient() -> Patient:
    return make_patient()


def exam(patient: Patient, key: str, on: date, step: str) -> Edss:
    visit = make_visit(patient, key, on)
    return create_record(
        Edss(patient=patient, visit=visit, assessed_on=on, rater_step=Decimal(step), fs_sensory=1), actor=ANNA
    )


def scan(patient: Patient, key: str, at: datetime, **values: Any) -> Mri:
    visit = make_visit(patient, key, at.date())
    return create_record(Mri(patient=patient, visit=visit, scanned_at=at, **values), actor=ANNA)


def gather(key: str, patient: Patient, **around: Any) -> dict[str, Any]:
    return gather_related(key, Around(patient=patient, protocol=PROTOCOL, **around))


def test_a_scan_knows_the_others_by_the_clock_of_the_site(patient: Patient) -> None:
    late_evening = scan(patient, "baseline", datetime(2011, 1, 21, 3, 30, tzinfo=UTC))
    this = scan(patient, "month_1", datetime(2011, 3, 3, 15, tzinfo=UTC))
    scan(patient, "month_3", datetime(2011, 5, 2, 15, tzinfo=UTC), is_scan_done=False)
    scan(make_patient("P2-002"), "baseline", datetime(2011, 1, 21, 15, tzinfo=UTC))
    (found,) = gather("mri", patient, visit=this.visit)["scans"]
    assert (found.id, found.scanned_on, found.visit_key) == (late_evening.id, date(2011, 1, 20), "baseline")


def test_an_implant_is_known_from_events_and_from_earlier_scans(patient: Patient) -> None:
    assert gather("mri", patient)["implant_since"] is None
    told = scan(
        patient, "month_1", datetime(2011, 3, 3, 15, tzinfo=UTC), has_pacemaker=True, assessed_on=date(2011, 3, 3)
    )
    assert gather("mri", patient)["implant_since"] == date(2011, 3, 3)
    assert gather("mri", patient, visit=told.visit)["implant_since"] is None
    event = AdverseEvent(patient=patient, implant="pacemaker", implanted_on=date(2011, 2, 2))
    create_record(event, actor=ANNA)
    assert gather("mri", patient)["implant_since"] == date(2011, 2, 2)


def test_a_relapse_is_judged_for_the_others_but_not_among_them(patient: Patient) -> None:
    exam(patient, "baseline", date(2011, 1, 20), "2.0")
    after = exam(patient, "unscheduled", date(2011, 4, 5), "3.0")
    first = create_record(Relapse(patient=patient, onset_on=date(2011, 4, 1), exam=after, **CONDITIONS), actor=ANNA)
    second = create_record(Relapse(patient=patient, onset_on=date(2011, 6, 1)), actor=ANNA)
    create_record(Relapse(patient=patient), actor=ANNA)
    create_record(Relapse(patient=make_patient("P2-002"), onset_on=date(2011, 4, 1)), actor=ANNA)
    for_second = gather("relapse", patient, record_id=second.id)
    assert [(one.id, one.status) for one in for_second["relapses"]] == [(first.id, RelapseStatus.CONFIRMED)]
    assert [one.rater_step for one in for_second["edss_exams"]] == [Decimal("2.0"), Decimal("3.0")]
    assert for_second["edss_exams"][0].systems == {"fs_sensory": 1}
    assert len(gather("relapse_check", patient)["relapses"]) == 2


def test_temperatures_and_steroids_are_the_patients_own(patient: Patient) -> None:
    visit = make_visit(patient)
    vital = VitalSigns(patient=patient, visit=visit, assessed_on=visit.visited_on, temperature_c=Decimal("38.5"))
    create_record(vital, actor=ANNA)
    for started_on, given_for in (("2011-04-02", "relapse"), ("2011-04", "relapse"), ("2011-05-05", "procedure")):
        medication = ConcomitantMedication(
            patient=patient, medication_group="steroid", given_for=given_for, started_on=started_on
        )
        create_record(medication, actor=ANNA)
    found = gather("relapse", patient)
    assert found["temperatures"] == ((visit.visited_on, Decimal("38.5")),)
    assert found["steroid_courses"] == (date(2011, 4, 2),)


def test_a_form_that_needs_nothing_gets_nothing(patient: Patient) -> None:
    assert gather("vital_signs", patient) == {}


def test_the_context_of_a_page_carries_them(patient: Patient) -> None:
    earlier = scan(patient, "baseline", datetime(2011, 1, 20, 15, tzinfo=UTC))
    visit = make_visit(patient, "month_1", date(2011, 3, 3))
    context = build_context(MRI, patient, PROTOCOL, visit=visit)
    assert MRI.links["reference_scan"](context) == [(str(earlier.id), "2011-01-20 (Baseline)")]
    assert context.time_zone == "America/New_York"
    relapse = create_record(Relapse(patient=patient, onset_on=date(2011, 4, 1)), actor=ANNA)
    assert build_context(RELAPSE, patient, PROTOCOL, record_id=relapse.id).related["relapses"] == ()
