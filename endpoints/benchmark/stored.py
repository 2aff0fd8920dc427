"""The floor of reading facts: one hand-written query for each table that holds them, rows taken as they come."""

from collections.abc import Iterator, Sequence

from django.db import connection, models

from endpoints.selectors.events import EVENT_FIELDS, RELAPSE_FIELDS
from endpoints.selectors.visit_values import FINDING_FIELDS, MRI_FIELDS
from enrollment.models import Demographics, Patient
from visits.models import (
    AdverseEvent,
    Cognition,
    Disposition,
    Doppler,
    DopplerFinding,
    Edss,
    Mri,
    QualityOfLife,
    Relapse,
    RelapseCheck,
    Visit,
)

_TABLES: tuple[tuple[type[models.Model], Sequence[str]], ...] = (
    (Patient, ("id", "number", "phase_number", "status", "entered_on", "procedure_on")),
    (Demographics, ("patient_id", "sex", "born_on")),
    (Disposition, ("patient_id", "disposition_status", "end_reason")),
    (Visit, ("id", "patient_id", "planned_key", "visited_on")),
    (Doppler, ("id", "visit_id", "status")),
    (DopplerFinding, ("parent_id", "key", *FINDING_FIELDS)),
    (Mri, ("visit_id", "status", *MRI_FIELDS.values())),
    (Edss, ("visit_id", "status", "rater_step")),
    (RelapseCheck, ("visit_id", "status", "new_relapses")),
    (Cognition, ("visit_id", "status", "validity", "sdmt_correct", "pasat_correct")),
    (QualityOfLife, ("visit_id", "status", *QualityOfLife.MSQOL)),
    (AdverseEvent, ("patient_id", "status", *EVENT_FIELDS)),
    (Relapse, ("patient_id", "status", *RELAPSE_FIELDS)),
)


def read_rows() -> int:
    """Fetch the columns that the facts are made of; how many rows there were."""
    return sum(len(_fetch(query)) for query in _write_queries())


def _fetch(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[object, ...]] = cursor.fetchall()
    return rows


def _write_queries() -> Iterator[str]:
    """A SELECT of columns of one table; without a condition it has no parameters."""
    for model, fields in _TABLES:
        yield str(model._base_manager.order_by().values_list(*fields).query)
