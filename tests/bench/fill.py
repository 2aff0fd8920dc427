"""Filling the database of a benchmark: many patients with their trail, past the record gate and in bulk. For no other database.

What it writes is as the gate would have written it: every value has its audit entry, every event its link in its chain. `manage.py verify_audit`
finds nothing.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection, models, transaction

from enrollment.models import Consent, Patient
from tests.bench.floor.models import ITEMS, FloorForm, FloorPatient, FloorState, FloorVisit
from tests.database import triggers_off
from trialsite.accounts.models import User
from trialsite.audit.chain import chain_of, compute_digest
from trialsite.audit.models import AuditChain, AuditEntry, AuditEvent, AuditLink
from trialsite.audit.write import to_text
from trialsite.queries.models import DataQuery
from trialsite.records.diff import diff
from trialsite.records.models import ClinicalRecord
from visits.crfs.registry import CRFS
from visits.models import Cognition, VitalSigns
from visits.visit import Visit

SITE = "UB"
FORMS = ("vital_signs", "laboratory", "doppler", "mri", "edss", "relapse_check", "cognition", "quality_of_life")
VISITS = ("screening", "baseline", "procedure", "month_1", "month_3")
DAY_0 = date(2011, 2, 8)
BEGIN = datetime(2011, 1, 3, 9, tzinfo=UTC)
BATCH = 2_000

# Two ways to fill in the form of cognition; nothing in them makes a check ask.
_NUMBERS = {
    "sdmt_correct": 50, "sdmt_errors": 2, "pasat_correct": 40, "cvlt_trial_1": 8, "cvlt_trial_2": 9, "cvlt_trial_3": 10,
    "cvlt_trial_4": 11, "cvlt_trial_5": 12, "cvlt_delayed": 10, "bvmt_trial_1": 6, "bvmt_trial_2": 8, "bvmt_trial_3": 9,
    "bvmt_delayed": 8, "cowat": 40, "jlo": 20, "dkefs_sorts": 9, "dkefs_description": 30, "t25fw_1_s": 5, "t25fw_2_s": 5,
    "nhpt_dominant_1_s": 20, "nhpt_dominant_2_s": 20, "nhpt_nondominant_1_s": 22, "nhpt_nondominant_2_s": 22,
}  # fmt: skip
BASELINE_ON = DAY_0 - timedelta(days=29)
_WORDS = {"assessed_on": f"{BASELINE_ON}", "assessed_by": "rater 7", "alternate_form": "b", "validity": "valid"}


def entries_of(turn: int) -> dict[str, str]:
    """What is typed at one turn: every number differs from the turn before."""
    numbers = {name: str(number + turn % 2) for name, number in _NUMBERS.items()}
    return {**dict.fromkeys(ITEMS, ""), **_WORDS, **numbers, "t25fw_aid": "none"}


@dataclass(slots=True)
class Maker:
    """Collects records with their events, and stores them a batch at a time."""

    user: User
    moments: Iterator[int] = field(default_factory=count)
    records: dict[type[ClinicalRecord], list[ClinicalRecord]] = field(default_factory=dict)
    events: list[tuple[AuditEvent, list[tuple[str, Any, Any]]]] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, record: ClinicalRecord) -> None:
        """A new record, as it stands."""
        record.revision = 1
        record.recorded_at = record.changed_at = self._now()
        record.recorded_by = record.changed_by = self.user.username
        self.records.setdefault(type(record), []).append(record)
        self._tell(record, "create", diff({}, record.plain_values()))

    def correct(self, record: ClinicalRecord, values: Mapping[str, Any]) -> None:
        """The next revision of a record that was added and not stored yet."""
        before = record.plain_values()
        for name, value in values.items():
            record.set_value(name, value)
        record.revision += 1
        record.changed_at = self._now()
        self._tell(record, "edit", diff(before, record.plain_values()))

    def _now(self) -> datetime:
        return BEGIN + timedelta(seconds=97 * next(self.moments))

    def _tell(self, record: ClinicalRecord, action: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        about = record.subject()
        event = AuditEvent(
            at=record.changed_at,
            action=action,
            actor_id=str(self.user.pk),
            actor_username=self.user.username,
            actor_name=self.user.full_name,
            actor_roles="coordinator",
            site_code=about.site_code,
            patient_id=about.patient_id,
            visit_label=about.visit_label,
            record_kind=about.record_kind,
            record_id=about.record_id,
            revision=about.revision,
            is_restricted=about.is_restricted,
        )
        self.events.append((event, [(name, old, new) for name, (old, new) in changes.items()]))
        if len(self.events) >= BATCH:
            self.store()

    def store(self) -> None:
        """Write what was collected."""
        with triggers_off(connection), transaction.atomic():  # a row may stand before the one it points at
            AuditEvent.objects.bulk_create([event for event, _ in self.events], batch_size=BATCH)
            entries = [(event, [_entry(event, change) for change in changes]) for event, changes in self.events]
            AuditEntry.objects.bulk_create([one for _, some in entries for one in some], batch_size=BATCH)
            AuditLink.objects.bulk_create([self._link(event, some) for event, some in entries], batch_size=BATCH)
            for model, records in self.records.items():
                rows: models.QuerySet[Any] = models.QuerySet(model)
                rows.bulk_create(records, batch_size=BATCH)
        self.events, self.records = [], {}

    def close(self) -> None:
        """Write the rest, and the heads of the chains."""
        self.store()
        heads = [AuditChain(name=name, position=at, digest=digest) for name, (at, digest) in self.heads.items()]
        with triggers_off(connection):
            AuditChain.objects.bulk_create(heads, batch_size=BATCH)
        self.heads = {}

    def _link(self, event: AuditEvent, entries: list[AuditEntry]) -> AuditLink:
        name = chain_of(event)
        position, previous = self.heads.get(name, (0, ""))
        digest = compute_digest(event, entries, chain=name, position=position + 1, previous=previous)
        self.heads[name] = (position + 1, digest)
        return AuditLink(event=event, chain=name, position=position + 1, previous_digest=previous, digest=digest)


def _entry(event: AuditEvent, change: tuple[str, Any, Any]) -> AuditEntry:
    name, old, new = change
    record_id = event.record_id or uuid.UUID(int=0)
    return AuditEntry(event=event, record_id=record_id, field=name, old=to_text(old), new=to_text(new))


def add_patient(maker: Maker, number: str, status: str = "completed") -> Patient:
    """A patient with a complete consent."""
    patient = Patient(number=number, site_code=SITE, phase_number=2, registered_on=date(2011, 1, 3), status=status)
    patient.entered_on = patient.procedure_on = DAY_0
    maker.add(patient)
    consent = Consent(patient=patient, status="complete", form_version="1.0", consented_at=BEGIN, is_copy_given=True)
    maker.add(consent)
    return patient


def add_visit(maker: Maker, patient: Patient, key: str, n: int, occasion: int = 1) -> Visit:
    day = DAY_0 + timedelta(days=30 * (n - 2) + occasion)
    visit = Visit(patient=patient, planned_key=key, occasion=occasion, status="attended", visited_on=day)
    maker.add(visit)
    return visit


def add_full_casebook(maker: Maker, number: str, extra: int = 0) -> Cognition:
    """Five visits with eight forms each, and as many unscheduled visits as wanted; returns the form of cognition at baseline."""
    patient = add_patient(maker, number, "randomized")
    visits = [add_visit(maker, patient, key, n) for n, key in enumerate(VISITS)]
    visits += [add_visit(maker, patient, "unscheduled", 3, occasion) for occasion in range(1, extra + 1)]
    forms = {}
    for visit in visits:
        for key in FORMS:
            form = CRFS[key].new(
                id=uuid.uuid5(visit.pk, key), patient=patient, visit=visit, assessed_on=visit.visited_on, status="draft"
            )
            maker.add(form)
            forms[visit.planned_key, key] = form
    found: Cognition = forms["baseline", "cognition"]
    return found


def add_thin_patients(maker: Maker, numbers: Iterable[int]) -> None:
    """Patients as they come in thousands: three visits with vital signs, and a data query to every fifth; some fifty audit entries each."""
    for n in numbers:
        patient = add_patient(maker, f"P2-{n:06}")
        visits = [add_visit(maker, patient, key, at) for at, key in enumerate(VISITS[:3])]
        signs = [_signs(visit, n) for visit in visits]
        for one in signs:
            maker.add(one)
        if n % 5 == 0:
            maker.add(_query(maker, signs[-1], n))


def _signs(visit: Visit, n: int) -> VitalSigns:
    return VitalSigns(
        id=uuid.uuid5(visit.pk, "vital_signs"),
        patient=visit.patient,
        visit=visit,
        assessed_on=visit.visited_on,
        assessed_by="nurse",
        systolic_mmhg=120,
        diastolic_mmhg=80,
        heart_rate_bpm=70 + n % 9,
        oxygen_saturation_pct=98,
        temperature_c=Decimal("36.6"),
        status="draft",
    )


def _query(maker: Maker, record: VitalSigns, n: int) -> DataQuery:
    return DataQuery(
        site_code=SITE,
        patient_id=record.patient_id,
        patient_number=record.patient.number,
        visit_id=record.visit_id,
        visit_label=record.visit_label,
        form_key="vital_signs",
        record_kind=record._meta.label_lower,
        record_id=record.pk,
        field="heart_rate_bpm",
        field_label="Heart rate",
        state="open",
        opened_by=maker.user.username,
        opened_by_name=maker.user.full_name,
        opened_at=BEGIN + timedelta(minutes=n),
        message_count=1,
        last_message="Is it right?",
        last_by=maker.user.username,
    )


def add_long_history(maker: Maker, number: str, entries: int = 10_000) -> Cognition:
    """A patient whose form of cognition was edited until its trail has that many entries."""
    form = add_full_casebook(maker, number)
    for turn in range(entries // len(_NUMBERS)):
        maker.correct(form, _numbers(turn + 1))
    return form


def _numbers(turn: int) -> dict[str, Any]:
    return {
        name: Decimal(number + turn % 2) if name.endswith("_s") else number + turn % 2
        for name, number in _NUMBERS.items()
    }


def add_floor(count_of_forms: int) -> tuple[int, list[int]]:
    """The same casebook on the floor; returns its patient and as many forms as wanted."""
    patient = FloorPatient.objects.create(number="F-1", site_code=SITE)
    visits = [FloorVisit.objects.create(patient=patient, key=key, visited_on=DAY_0) for key in VISITS]
    FloorState.objects.bulk_create(
        FloorState(visit=visit, form_key=key, status="draft") for visit in visits for key in FORMS
    )
    forms = [FloorForm.objects.create(visit=visits[1]) for _ in range(count_of_forms)]
    return patient.pk, [form.pk for form in forms]
