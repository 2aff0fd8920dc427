"""What the checks of one form need from the patient's other forms, by the names those checks document (`context.related`)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Q

from enrollment.models import Demographics, MedicalHistory, Patient
from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.model import Protocol
from visits.crfs.adverse_event.rules import mri_barred_since
from visits.crfs.edss.step import SYSTEMS
from visits.crfs.mri.scans import EarlierScan
from visits.crfs.relapse.rules import CONDITIONS, EdssExam, OtherRelapse, judge
from visits.models import AdverseEvent, ConcomitantMedication, Disposition, Edss, Mri, Procedure, Relapse, VitalSigns
from visits.visit import Visit, VisitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The patient whose form it is, its visit, and the record itself, which is never among its own relatives."""

    patient: Patient
    protocol: Protocol
    visit: Visit | None = None
    record_id: UUID | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.protocol.site(self.patient.site_code).time_zone)


def gather_related(key: str, around: Around) -> dict[str, Any]:
    """Name -> value for the checks of this form; empty for a form that needs nothing of others."""
    return {name: gather(around) for name, gather in _GATHERERS.get(key, {}).items()}


def get_exams(around: Around) -> tuple[EdssExam, ...]:
    """The patient's neurological examinations that have a date, oldest first."""
    found = Edss._base_manager.filter(patient=around.patient, assessed_on__isnull=False).order_by("assessed_on")
    return tuple(_exam(record) for record in found)


def _exam(record: Edss) -> EdssExam:
    if record.assessed_on is None:
        raise ValueError("an examination is compared by its date")
    grades = {name: record.get_value(name) for name in SYSTEMS}
    return EdssExam(
        id=record.id,
        assessed_on=record.assessed_on,
        rater_step=record.rater_step,
        systems={name: grade for name, grade in grades.items() if grade is not None},
    )


def get_relapses(around: Around) -> tuple[OtherRelapse, ...]:
    """The patient's other entries of the relapse log that have an onset, oldest first."""
    found = Relapse._base_manager.filter(patient=around.patient, onset_on__isnull=False).order_by("onset_on")
    exams = get_exams(around)
    return tuple(_relapse(record, exams, around.protocol) for record in found if record.id != around.record_id)


def _relapse(record: Relapse, exams: Iterable[EdssExam], protocol: Protocol) -> OtherRelapse:
    if record.onset_on is None:
        raise ValueError("a relapse is compared by its onset")
    names = (*CONDITIONS, "onset_on", "exam", "adjudicated_as")
    judged = judge({name: record.get_value(name) for name in names}, exams, protocol.relapse)
    return OtherRelapse(id=record.id, onset_on=record.onset_on, status=judged.status)


def get_scans(around: Around) -> tuple[EarlierScan, ...]:
    """The patient's other scans that were done, oldest first."""
    found = Mri._base_manager.filter(patient=around.patient, scanned_at__isnull=False).select_related("visit")
    others = found.exclude(is_scan_done=False).order_by("scanned_at")
    return tuple(_scan(record, around) for record in others if record.visit != around.visit)


def _scan(record: Mri, around: Around) -> EarlierScan:
    if record.scanned_at is None:
        raise ValueError("a scan is compared by its date")
    key = record.visit.planned_key
    return EarlierScan(
        id=record.id,
        scanned_on=record.scanned_at.astimezone(around.zone).date(),
        visit_key=key,
        visit_label=around.protocol.visit(key).label,
    )


def get_implant_day(around: Around) -> date | None:
    """The first day on which medical history, an adverse event or an earlier MRI form tells of an implant."""
    events = AdverseEvent._base_manager.filter(patient=around.patient).values("implant", "implanted_on", "onset_on")
    barred = mri_barred_since([*events])
    has_implant = Q(has_pacemaker=True) | Q(has_ferromagnetic_implant=True)
    told = Mri._base_manager.filter(has_implant, patient=around.patient).exclude(visit=around.visit)
    history = MedicalHistory.objects.filter(patient=around.patient, category__in=("pacemaker", "implant"))
    known = [
        PartialDate.parse(text).earliest if text else around.patient.registered_on
        for text in history.values_list("onset_on", flat=True)
    ]
    days = [barred, *known, *told.values_list("assessed_on", flat=True)]
    return min((day for day in days if day is not None), default=None)


def get_temperatures(around: Around) -> tuple[tuple[date, Any], ...]:
    found = VitalSigns._base_manager.filter(
        patient=around.patient, assessed_on__isnull=False, temperature_c__isnull=False
    )
    return tuple((on, degrees) for on, degrees in found.values_list("assessed_on", "temperature_c"))


def get_steroid_courses(around: Around) -> tuple[date, ...]:
    """First days of steroids given for a relapse, as far as they are known to the day."""
    found = ConcomitantMedication._base_manager.filter(
        patient=around.patient, medication_group="steroid", given_for="relapse"
    )
    starts = [PartialDate.parse(text) for text in found.values_list("started_on", flat=True) if text]
    return tuple(start.earliest for start in starts if start.day is not None)


def get_childbearing_potential(around: Around) -> bool | None:
    answers = Demographics.objects.filter(patient=around.patient)
    found: bool | None = answers.values_list("has_childbearing_potential", flat=True).first()
    return found


def get_procedure_start(around: Around) -> datetime | None:
    """When the sheath was inserted."""
    starts = Procedure.objects.filter(patient=around.patient, started_at__isnull=False)
    found: datetime | None = starts.values_list("started_at", flat=True).first()
    return found


def get_last_visit_day(around: Around) -> date | None:
    attended = Visit.objects.filter(patient=around.patient, status=VisitStatus.ATTENDED)
    found: date | None = attended.aggregate(last=Max("visited_on"))["last"]
    return found


def get_death_recorded_elsewhere(around: Around) -> date | None:
    return find_death_day(around.patient.pk, but=around.record_id)


def find_death_day(patient_id: UUID, *, but: UUID | None = None) -> date | None:
    """The day of death that adverse events and the end of participation tell, leaving one record (`but`) aside."""
    fatal = AdverseEvent.objects.filter(patient=patient_id, outcome="fatal", died_on__isnull=False).exclude(pk=but)
    ended = Disposition.objects.filter(patient=patient_id, disposition_status="death", ended_on__isnull=False)
    days = [*fatal.values_list("died_on", flat=True), *ended.exclude(pk=but).values_list("ended_on", flat=True)]
    return min(days, default=None)


def is_randomized(around: Around) -> bool:
    phase = around.protocol.phase(around.patient.phase_number)
    return phase.is_randomized and around.patient.entered_on is not None


def has_failed_screening(around: Around) -> bool:
    return around.patient.screen_failed_on is not None


def get_event_terms(around: Around) -> tuple[str, ...]:
    events = AdverseEvent.objects.filter(patient=around.patient).exclude(term="")
    return tuple(events.values_list("term", flat=True))


def get_relapse_labels(around: Around) -> tuple[str, ...]:
    """Relapses by the day they began, as the log lists them."""
    return tuple(str(relapse.onset_on) for relapse in get_relapses(around))


_GATHERERS: Mapping[str, Mapping[str, Callable[[Around], Any]]] = {
    "mri": {"scans": get_scans, "implant_since": get_implant_day},
    "relapse": {
        "relapses": get_relapses,
        "edss_exams": get_exams,
        "temperatures": get_temperatures,
        "steroid_courses": get_steroid_courses,
    },
    "relapse_check": {"relapses": get_relapses},
    "laboratory": {"is_of_childbearing_potential": get_childbearing_potential},
    "adverse_event": {
        "procedure_started_at": get_procedure_start,
        "last_visit_on": get_last_visit_day,
        "death_recorded_on": get_death_recorded_elsewhere,
    },
    "disposition": {
        "last_visit_on": get_last_visit_day,
        "is_randomized": is_randomized,
        "has_failed_screening": has_failed_screening,
        "death_recorded_on": get_death_recorded_elsewhere,
    },
    "concomitant_medication": {"adverse_event_terms": get_event_terms, "relapse_labels": get_relapse_labels},
}

# Form -> the forms whose checks look at it, besides the same form at another visit. What is missing here is looked at by none.
_READ_BY: Mapping[str, frozenset[str]] = {
    "medical_history": frozenset({"mri", "eligibility"}),
    "adverse_event": frozenset({"mri", "disposition", "concomitant_medication", "edss"}),
    "disposition": frozenset({"adverse_event", "edss"}),
    "edss": frozenset({"relapse", "relapse_check"}),
    "relapse": frozenset({"relapse_check", "concomitant_medication"}),
    "vital_signs": frozenset({"relapse"}),
    "concomitant_medication": frozenset({"relapse"}),
    "procedure": frozenset({"adverse_event"}),
}
_READ_BY_ALL = frozenset({"consent", "demographics"})


def is_read_by(saved_key: str, reading_key: str) -> bool:
    """Whether the checks of one form may judge differently once another was saved."""
    readers = _READ_BY.get(saved_key, frozenset()) | {saved_key}
    return saved_key in _READ_BY_ALL or reading_key in readers
