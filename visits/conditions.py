"""What about a patient makes some forms due: the conditions the protocol file may name."""

from collections.abc import Iterable
from uuid import UUID

from enrollment.models import Demographics, Patient
from trialsite.protocol.model import Protocol


def get_conditions(patients: Iterable[Patient], protocol: Protocol) -> dict[UUID, frozenset[str]]:
    """Patient id -> the conditions that fit now, such as "randomized" or "childbearing". One query."""
    wanted = list(patients)
    childbearing = set(
        Demographics.objects.filter(
            patient__in=[patient.pk for patient in wanted], has_childbearing_potential=True
        ).values_list("patient_id", flat=True)
    )
    return {
        patient.pk: conditions_when(patient, protocol, is_childbearing=patient.pk in childbearing) for patient in wanted
    }


def conditions_of(patient: Patient, protocol: Protocol) -> frozenset[str]:
    return get_conditions([patient], protocol)[patient.pk]


def conditions_when(patient: Patient, protocol: Protocol, *, is_childbearing: bool) -> frozenset[str]:
    """The conditions of a patient as given, stored or told from the trail."""
    found = {"childbearing"} if is_childbearing else set()
    return frozenset(found | ({"randomized"} if protocol.phase(patient.phase_number).is_randomized else set()))
