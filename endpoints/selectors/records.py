"""Database rows -> what the reports rest on: the only reader of the forms here, with a fixed number of queries."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from endpoints.flow import Participant
from endpoints.layout import AnalyzedPatient, GuessMade, RecordedFacts, SeenVisit
from endpoints.selectors.conduct import get_procedures
from endpoints.selectors.events import get_adverse_events, get_relapses
from endpoints.selectors.rows import fetch_rows
from endpoints.selectors.visit_values import get_visit_values
from enrollment.models import Demographics
from trialsite.lib.partial_dates import PartialDate
from trialsite.lib.study_day import age_in_years, study_day
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.models import BlindingGuess, Visit, VisitStatus

_SEXES = ("F", "M")


def get_recorded_facts(
    participants: Iterable[Participant], forms: Collection[str], protocol: Protocol
) -> RecordedFacts:
    """The complete forms with these keys, of the patients who are analyzed."""
    analyzed = {one.patient_id: one for one in participants if one.is_analyzed}
    values = get_visit_values(forms, protocol)
    events, event_drafts = get_adverse_events(analyzed) if "adverse_event" in forms else ([], 0)
    relapses, logged, relapse_drafts = get_relapses(analyzed, protocol) if "relapse" in forms else ([], {}, 0)
    drafts = {**values.drafts, "Adverse event": event_drafts, "Relapse": relapse_drafts}
    return RecordedFacts(
        patients=make_patients(analyzed.values()),
        visits=tuple(_get_visits(analyzed, values.by_visit)),
        adverse_events=tuple(events),
        relapses=tuple(relapses),
        drafts={title: number for title, number in drafts.items() if number},
        logged_relapses=logged,
        guesses=tuple(_get_guesses(analyzed)) if "blinding_guess" in forms else (),
        procedures=tuple(get_procedures(analyzed, protocol)) if "procedure" in forms else (),
    )


def _get_guesses(analyzed: Mapping[UUID, Participant]) -> Iterator[GuessMade]:
    rows = BlindingGuess.objects.filter(status=FormStatus.COMPLETE).order_by("patient__number", "visit__visited_on")
    for patient_id, visit, patient, rater in rows.values_list(
        "patient_id", "visit__planned_key", "patient_guess", "rater_guess"
    ):
        if patient_id in analyzed:
            yield GuessMade(patient_id, visit, patient, rater)


def make_patients(participants: Iterable[Participant]) -> tuple[AnalyzedPatient, ...]:
    """The patients with sex and age: one query."""
    demographics = {
        patient_id: (sex, born_on)
        for patient_id, sex, born_on in Demographics.objects.filter(
            status=FormStatus.COMPLETE, patient__entered_on__isnull=False
        ).values_list("patient_id", "sex", "born_on")
    }
    return tuple(_make_patient(one, *demographics.get(one.patient_id, ("", ""))) for one in participants)


def _make_patient(one: Participant, sex: str, born_on: str) -> AnalyzedPatient:
    return AnalyzedPatient(
        patient_id=one.patient_id,
        subject=one.number,
        phase=one.phase_number,
        sex=sex if sex in _SEXES else None,
        age=_age(born_on, one.entered_on),
    )


def _age(born_on: str, entered_on: date | None) -> int | None:
    """Completed years at entry. Of a date known to the year only, the first of January stands for it."""
    if not born_on or entered_on is None:
        return None
    return age_in_years(PartialDate.parse(born_on).earliest, entered_on)


def _get_visits(
    analyzed: Mapping[UUID, Participant], outcomes: Mapping[UUID, Mapping[str, float]]
) -> Iterator[SeenVisit]:
    """Attended visits in order of time."""
    rows: Any = Visit.objects.filter(
        status=VisitStatus.ATTENDED, visited_on__isnull=False, patient__procedure_on__isnull=False
    ).order_by("visited_on", "planned_key", "occasion")
    for visit_id, patient_id, key, visited_on, entered_by in fetch_rows(
        rows.values_list("id", "patient_id", "planned_key", "visited_on", "recorded_by")
    ):
        patient = analyzed.get(patient_id)
        if patient is not None and patient.procedure_on is not None:
            day = study_day(patient.procedure_on, visited_on)
            yield SeenVisit(patient.number, key, day, outcomes.get(visit_id, {}), entered_by)
