"""Everybody who was registered, as the flow sees them: two queries, whatever the number of patients."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from endpoints.flow import Participant, describe_failure
from enrollment.models import Patient
from enrollment.outs import failure_reasons
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.crfs.disposition.model import DispositionStatus
from visits.models import Disposition

_FIELDS = (
    "number",
    "site_code",
    "phase_number",
    "status",
    "registered_on",
    "entered_on",
    "procedure_on",
    "withdrawn_on",
    "withdrawal_scope",
    "died_on",
)


def get_participants(protocol: Protocol) -> tuple[Participant, ...]:
    """All patients by number, each with the end of their part where that form is complete."""
    ends = _get_ends()
    words = {phase.number: dict(failure_reasons(protocol, phase.number)) for phase in protocol.phases}
    rows = Patient.objects.order_by("number").values("id", "screen_failure_reasons", *_FIELDS)
    return tuple(_make_participant(row, words.get(row["phase_number"], {}), ends.get(row["id"], {})) for row in rows)


def _get_ends() -> dict[UUID, dict[str, str]]:
    rows = Disposition.objects.filter(status=FormStatus.COMPLETE)
    return {
        patient: {"ended_as": how, "ended_label": str(DispositionStatus(how).label), "ended_reason": why}
        for patient, how, why in rows.values_list("patient_id", "disposition_status", "end_reason")
        if how in DispositionStatus.values
    }


def _make_participant(row: Mapping[str, Any], words: Mapping[str, str], end: Mapping[str, Any]) -> Participant:
    return Participant(
        patient_id=row["id"],
        failure_reasons=tuple(describe_failure(words, code) for code in row["screen_failure_reasons"]),
        **{name: row[name] for name in _FIELDS},
        **end,
    )
