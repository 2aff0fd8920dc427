"""What the addresses of the access matrix name: one patient of site UB with a visit and forms, and one account.

An address whose arguments have a name of their own gets them from `make_arguments`; one that shares a name but needs
another value gets it from OVERRIDES.
"""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from endpoints.actions.snapshot import make_snapshot
from enrollment.models import Consent, Patient, PatientStatus
from tests.cast import SITE, make_user
from tests.vault.conftest import make_list
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.review import list_accounts, sign_access_review
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.jobs.models import Job
from trialsite.marks.actions import Target, put_lock, thaw
from trialsite.marks.models import Lock, LockKind, Scope
from trialsite.queries.actions import open_query
from trialsite.records.actions import create_record
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns
from visits.visit import Visit

Arguments = dict[str, Any]

# These name something of one site; another site must not learn that it exists.
SITE_BOUND = frozenset({"patient_id", "visit_id", "record_id", "query_id", "event_id"})

# URL name -> the arguments that differ from what `make_arguments` says.
OVERRIDES: dict[str, Arguments] = {
    "worklist_arm": {"patient_id": "drawn_id"},
    "start_procedure": {"patient_id": "drawn_id"},
    "restricted_form": {"key": "intervention"},
    "planned_visit": {"key": "baseline"},
    "patient_log": {"key": "consent"},
    "patient_record": {"key": "consent", "record_id": "consent_id"},
    "report": {"key": "flow"},
    "report_patients": {"key": "flow"},
    "report_patients_file": {"key": "flow"},
    "report_patients_xlsx": {"key": "flow"},
    "report_rows": {"key": "lesions"},
    "report_rows_xlsx": {"key": "lesions"},
    "report_figure": {"key": "flow"},
    "report_table": {"key": "flow"},
    "report_table_xlsx": {"key": "flow"},
    "snapshot_facts": {"table_key": "visits"},
    "file_step": {"step": "remove"},
}


def make_arguments() -> Arguments:
    """Store one of everything; the id of each under the name that addresses use."""
    patient = create_record(
        Patient(number="P2-001", site_code=SITE, phase_number=2, registered_on=date(2011, 1, 3)), actor=SYSTEM
    )
    make_list(20)
    snapshot_id = make_snapshot(make_user("snapshots", Role.STATISTICIAN), "Access").pk
    visit = create_record(Visit(patient=patient, planned_key="baseline", visited_on=date(2011, 2, 1)), actor=SYSTEM)
    vital_signs = _make_vital_signs(visit)
    return {
        "patient_id": patient.pk,
        "drawn_id": _make_drawn_patient().pk,
        "visit_id": visit.pk,
        "record_id": vital_signs.pk,
        "query_id": open_query(target_of(CRFS["vital_signs"], vital_signs), "Is it right?", actor=SYSTEM).pk,
        "job_id": Job.objects.create(owner=make_user("owner", Role.COORDINATOR), kind="x", title="A file").pk,
        "lock_id": _make_freeze(visit).pk,
        "break_id": uuid.uuid4(),
        "event_id": AuditEvent.objects.get(record_id=vital_signs.pk).public_id,
        "consent_id": _make_consent(patient).pk,
        "key": "vital_signs",
        "field": "heart_rate_bpm",
        "phase_number": 2,
        "user_id": make_user("somebody", Role.COORDINATOR).pk,
        "review_id": _make_access_review(),
        "step": "deactivate",
        "snapshot_id": snapshot_id,
        "later_id": snapshot_id,
        "figure_key": "phase-2",
        "table_key": "phase-2",
        "file_key": "list-2",
        "uidb64": "x",
        "token": "x",
    }


def arguments_of(name: str, wanted: set[str], made: Arguments) -> Arguments:
    """The arguments of one address; a word among OVERRIDES that is itself a name stands for its value."""
    overridden = OVERRIDES.get(name, {})
    return {key: made.get(overridden[key], overridden[key]) if key in overridden else made[key] for key in wanted}


def with_unknown_ids(arguments: Arguments) -> Arguments:
    """The same address for things that do not exist."""
    return {key: uuid.uuid4() if isinstance(value, uuid.UUID) else value for key, value in arguments.items()}


def _make_access_review() -> uuid.UUID:
    reviewer = make_user("reviewer", Role.ADMIN)
    lines = list_accounts(reviewer, None)
    return sign_access_review(reviewer, lines, {line.id: ("keep", "") for line in lines}, "").pk


def _make_drawn_patient() -> Patient:
    """One who waits for the procedure."""
    waiting = Patient(
        number="P2-002",
        site_code=SITE,
        phase_number=2,
        status=PatientStatus.RANDOMIZED,
        registered_on=date(2011, 1, 3),
        entered_on=date(2011, 2, 1),
    )
    return create_record(waiting, actor=SYSTEM)


def _make_freeze(visit: Visit) -> Lock:
    """One that was ended, so that it closes nothing."""
    target = Target(scope=Scope.VISIT, label="P2-001, Baseline", subject=visit.subject())
    lock = put_lock(target, LockKind.FREEZE, reason="Reading", actor=SYSTEM)
    thaw(lock, reason="Read", actor=SYSTEM)
    return lock


def _make_vital_signs(visit: Visit) -> VitalSigns:
    return create_record(
        VitalSigns(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, heart_rate_bpm=72), actor=SYSTEM
    )


def _make_consent(patient: Patient) -> Consent:
    signed_at = datetime(2011, 1, 3, 15, tzinfo=UTC)
    return create_record(
        Consent(patient=patient, status="complete", form_version="1.0", consented_at=signed_at, is_copy_given=True),
        actor=SYSTEM,
    )
