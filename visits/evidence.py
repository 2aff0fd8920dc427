"""Gathering the evidence of eligibility, and the readiness for treatment, from all forms of a patient."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from enrollment.evidence import Evidence
from enrollment.models import Patient
from enrollment.readiness import Readiness
from enrollment.rules import check_eligibility
from enrollment.selectors.eligibility import EligibilityStanding, get_standing
from enrollment.selectors.evidence import get_patient_evidence
from trialsite.lib import clock
from trialsite.lib.partial_dates import PartialDate
from trialsite.lib.study_day import age_in_years
from trialsite.protocol.model import PlannedVisit, Protocol
from trialsite.records.models import FormStatus
from visits.conditions import conditions_of
from visits.crfs.doppler.vhiss import score_rows
from visits.crfs.laboratory.egfr import compute_egfr, to_mg_dl
from visits.crfs.registry import CRFS
from visits.models import ConcomitantMedication, Doppler, DopplerFinding, Edss, Laboratory, Relapse
from visits.selectors import find_planned_visit, get_form_states
from visits.visit import Visit, VisitForm, VisitStatus

F = TypeVar("F", bound=VisitForm)

# Kinds of planned visits that may speak about a patient before treatment.
BEFORE_TREATMENT = ("screening", "baseline", "procedure")
STEROID = "steroid"
NOT_A_RELAPSE = "not_relapse"


def gather_evidence(patient: Patient, protocol: Protocol) -> Evidence:
    """All that eligibility is judged by, from complete forms up to the procedure visit. The number of queries is fixed."""
    known = get_patient_evidence(patient, protocol)
    laboratory = _complete_forms(Laboratory, patient, protocol, BEFORE_TREATMENT)
    return replace(
        known,
        first_assessment_on=_first_visit_on(patient),
        screening_edss=_screening_edss(patient, protocol),
        doppler=_doppler_criteria(patient, protocol),
        inr=_latest(laboratory, "inr"),
        platelets_10e9_l=_decimal(_latest(laboratory, "platelets_10e9_l")),
        egfr_ml_min=_latest_egfr(laboratory, known),
        **_pregnancy(laboratory),
        **_stability(patient, known),
    )


def get_eligibility(patient: Patient, protocol: Protocol) -> tuple[Evidence, EligibilityStanding]:
    """The evidence as it is now, and how eligibility stands with it today (at the site), or on the day of entry once entered."""
    evidence = gather_evidence(patient, protocol)
    on = patient.entered_on or clock.today(protocol.site(patient.site_code).time_zone)
    result = check_eligibility(evidence, protocol, patient.phase_number, on)
    return evidence, get_standing(patient, evidence, result)


def gather_readiness(patient: Patient, protocol: Protocol) -> Readiness:
    """What a draw, or enrollment, waits for."""
    evidence, standing = get_eligibility(patient, protocol)
    missing = _missing_baseline(patient, protocol)
    return Readiness(
        has_complete_consent=evidence.consented_on is not None,
        has_current_signed_eligibility=standing.is_signed and standing.result.is_eligible,
        has_complete_baseline=not missing,
        missing_eligibility=tuple(finding.message for finding in standing.result.findings),
        missing_baseline=missing,
    )


# -- visits


def _planned(protocol: Protocol, phase_number: int, kinds: Sequence[str]) -> list[PlannedVisit]:
    return [visit for visit in protocol.visits_of_phase(phase_number) if visit.kind in kinds]


def _complete_forms(form: type[F], patient: Patient, protocol: Protocol, kinds: Sequence[str]) -> list[F]:
    """Complete forms at visits of these kinds, the latest first."""
    keys = [visit.key for visit in _planned(protocol, patient.phase_number, kinds)]
    rows = form._base_manager.filter(
        patient=patient, status=FormStatus.COMPLETE, visit__planned_key__in=keys, visit__status=VisitStatus.ATTENDED
    )
    return list(rows.order_by("-assessed_on", "-recorded_at"))


def _first_visit_on(patient: Patient) -> Any:
    visits = Visit.objects.filter(patient=patient, status=VisitStatus.ATTENDED, visited_on__isnull=False)
    return visits.order_by("visited_on").values_list("visited_on", flat=True).first()


def _missing_baseline(patient: Patient, protocol: Protocol) -> tuple[str, ...]:
    """What the baseline visit still lacks, in words; empty when all its required forms are complete."""
    conditions = conditions_of(patient, protocol)
    return tuple(
        sentence
        for planned in _planned(protocol, patient.phase_number, ("baseline",))
        for sentence in _missing_at(patient, planned, conditions)
    )


def _missing_at(patient: Patient, planned: PlannedVisit, conditions: frozenset[str]) -> list[str]:
    visit = find_planned_visit(patient, planned.key)
    if visit is None or visit.status != VisitStatus.ATTENDED:
        return [f"{planned.label}: the visit is not recorded."]
    needed = [CRFS[due.form] for due in planned.forms_due(conditions) if due.is_required]
    states = get_form_states([patient.pk], needed)[patient.pk]
    complete = {
        state.form_key for state in states if state.visit_id == visit.pk and state.status == FormStatus.COMPLETE
    }
    return [f"{planned.label}: {form.title} is not complete." for form in needed if form.key not in complete]


# -- examinations


def _screening_edss(patient: Patient, protocol: Protocol) -> Decimal | None:
    found = _complete_forms(Edss, patient, protocol, ("screening",))
    return found[0].rater_step if found else None


def _doppler_criteria(patient: Patient, protocol: Protocol) -> dict[int, bool | None]:
    """Criterion -> positive, negative or not to be told, from the examination at screening."""
    found = _complete_forms(Doppler, patient, protocol, ("screening",))
    if not found:
        return {}
    findings = DopplerFinding._base_manager.filter(parent=found[0])
    rows = {row.key: {name: getattr(row, name) for name in _finding_columns()} for row in findings}
    return {criterion.number: criterion.is_positive for criterion in score_rows(rows, protocol).criteria}


def _finding_columns() -> tuple[str, ...]:
    grid = CRFS["doppler"].grid
    return grid.fields if grid else ()


# -- laboratory


def _latest(forms: Iterable[Laboratory], field: str) -> Any:
    return next((value for form in forms if (value := getattr(form, field)) is not None), None)


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _latest_egfr(forms: Iterable[Laboratory], known: Evidence) -> Decimal | None:
    """The estimated filtration rate of the latest creatinine; with the year of birth alone, at the higher age."""
    form = next((form for form in forms if form.creatinine is not None and form.creatinine_unit), None)
    if form is None or known.born is None or form.assessed_on is None:
        return None
    age = age_in_years(known.born.earliest, form.assessed_on)
    return compute_egfr(to_mg_dl(form.creatinine, form.creatinine_unit), age, known.sex)


def _pregnancy(forms: Iterable[Laboratory]) -> dict[str, Any]:
    tests = [form for form in forms if form.pregnancy_test in ("negative", "positive") and form.pregnancy_test_on]
    if not tests:
        return {}
    last = max(tests, key=lambda form: form.pregnancy_test_on)
    return {"pregnancy_test": last.pregnancy_test, "pregnancy_tested_on": last.pregnancy_test_on}


# -- relapses and steroids


def _stability(patient: Patient, known: Evidence) -> dict[str, Any]:
    """What the logs add to the history: also drafts count, for what speaks against a patient must not wait."""
    relapses = [log for log in Relapse.objects.filter(patient=patient) if log.adjudicated_as != NOT_A_RELAPSE]
    courses = list(ConcomitantMedication.objects.filter(patient=patient, medication_group=STEROID))
    onsets = [PartialDate.parse(log.onset_on.isoformat()) for log in relapses if log.onset_on]
    days = [PartialDate.parse(course.ended_on) for course in courses if course.ended_on]
    has_open_end = any(not course.ended_on and course.is_ongoing is None for course in courses)
    return {
        "relapses": (*known.relapses, *sorted(onsets)),
        "steroid_days": (*known.steroid_days, *sorted([*days, *_steroids_for_relapses(relapses)])),
        "is_on_steroids": any(course.is_ongoing for course in courses),
        "are_steroids_known": known.are_steroids_known and not has_open_end,
    }


def _steroids_for_relapses(relapses: Iterable[Relapse]) -> list[PartialDate]:
    last_days = [
        log.steroid_started_on + timedelta(days=max((log.steroid_days or 1) - 1, 0))
        for log in relapses
        if log.steroid_started_on
    ]
    return [PartialDate.parse(day.isoformat()) for day in last_days]
