"""A small trial in the database, written through the record gate as the pages do."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from enrollment.actions.draw import draw_allocation, enroll_open_label
from enrollment.models import Demographics, Patient, PatientStatus
from enrollment.readiness import Readiness
from enrollment.vault.lists import open_slot
from enrollment.vault.models import Draw
from tests.vault.conftest import make_sealed_list
from trialsite.accounts.actor import SYSTEM
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from trialsite.records.models import FormStatus
from visits.actions.visit import record_visit
from visits.crfs.doppler.segments import SEGMENTS, SUPINE, Segment
from visits.models import Disposition, Doppler, DopplerFinding, Visit

READY = Readiness(has_complete_consent=True, has_current_signed_eligibility=True, has_complete_baseline=True)
DAY_0 = date(2012, 3, 1)
DAYS = {"screening": -28, "baseline": -7, "procedure": 0, "hour_24": 1, "month_1": 30, "month_3": 91, "month_6": 182}


def register(number: str, phase: int = 2, site: str = "UB", **values: Any) -> Patient:
    """A patient in screening, or as the values say."""
    fields = {"registered_on": DAY_0 - timedelta(days=40), "status": PatientStatus.ELIGIBLE} | values
    return create_record(Patient(number=number, site_code=site, phase_number=phase, **fields), actor=SYSTEM)


def seal_a_list(least: int = 30) -> None:
    make_sealed_list(least)


def enter(patient: Patient) -> Patient:
    """Draw or enroll the patient a week before day 0."""
    entry = draw_allocation if patient.phase_number == 2 else enroll_open_label
    with clock.held_at(datetime(DAY_0.year, DAY_0.month, DAY_0.day, 15, tzinfo=UTC) - timedelta(days=7)):
        return entry(patient, lambda _locked: READY, SYSTEM)


def arm_of(patient: Patient) -> str:
    """The arm as it was sealed, past every door: for tests only."""
    draw = Draw.objects.select_related("slot__stratum").get(patient=patient)
    return open_slot(draw.slot.stratum.list_id, draw.slot).arm


def treat(patient: Patient) -> Visit:
    """The procedure visit, which makes day 0."""
    return attend(patient, "procedure")


def attend(patient: Patient, key: str, *, day: int | None = None) -> Visit:
    """A visit on its planned day, or on another study day."""
    on = DAY_0 + timedelta(days=DAYS[key] if day is None else day)
    protocol = get_protocol()
    return record_visit(patient, protocol.visit(key), {"visited_on": on}, protocol=protocol, actor=SYSTEM)


def fill_in(model: type[Any], visit: Visit, *, status: str = FormStatus.COMPLETE, **values: Any) -> Any:
    """A form at a visit, complete unless said otherwise."""
    form = model(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, status=status, **values)
    return create_record(form, actor=SYSTEM)


def log(model: type[Any], patient: Patient, *, status: str = FormStatus.COMPLETE, **values: Any) -> Any:
    """An entry of one of a patient's logs, complete unless said otherwise."""
    return create_record(model(patient=patient, status=status, **values), actor=SYSTEM)


def end(patient: Patient, how: str, why: str = "") -> None:
    log(Disposition, patient, disposition_status=how, end_reason=why, ended_on=DAY_0 + timedelta(days=190))


def describe(patient: Patient, *, sex: str = "F", born_on: str = "1970-05-20") -> None:
    log(Demographics, patient, sex=sex, born_on=born_on)


def correct(patient: Patient, **values: Any) -> Patient:
    now = Patient.objects.get(pk=patient.pk)
    return correct_record(now, values, actor=SYSTEM, base_revision=now.revision, reason="test")


def examine(visit: Visit, points: int, *, status: str = FormStatus.COMPLETE) -> None:
    """A Doppler examination with a VHISS of this many points: reflux in as many places as there are points."""
    doppler = fill_in(Doppler, visit, status=status)
    for key, values in _make_findings(points).items():
        create_record(DopplerFinding(parent=doppler, key=key, assessable=True, **values), actor=SYSTEM)


_REFLUX = {"flow": "reflux", "reflux_s": "2"}
_ONE_POINT = (
    ("R_VV_supine", "R_VV_sitting"),
    ("L_VV_supine", "L_VV_sitting"),
    ("R_DCV_supine",),
    ("L_DCV_supine",),
    ("R_IJV_J1_supine", "R_IJV_J1_sitting"),
    ("L_IJV_J1_supine", "L_IJV_J1_sitting"),
)


def _make_findings(points: int) -> dict[str, dict[str, Any]]:
    """Every segment healthy but for reflux in as many places as there are points, at most six."""
    if points > len(_ONE_POINT):
        raise ValueError("At most six points can be made this way.")
    healthy = {segment.key: {"flow": "antegrade", **_look_at(segment)} for segment in SEGMENTS}
    for keys in _ONE_POINT[:points]:
        for key in keys:
            healthy[key] |= _REFLUX
    return healthy


def _look_at(segment: Segment) -> dict[str, Any]:
    if not segment.is_jugular:
        return {}
    return {"csa_mm2": "60" if segment.posture == SUPINE else "40", "bmode": "none"}


def log_vein(model: type[Any], form: Any, **values: Any) -> Any:
    """A vein of the operator's form."""
    return create_record(model(parent=form, key="R_IJV", is_examined=True, **values), actor=SYSTEM)
