"""What about a patient makes some forms due: the conditions the protocol file may name."""

from collections.abc import Iterable
from uuid import UUID

from enrollment.models import Demographics, Patient
from trialsite.protocol.model import Protocol
from visits.models import Relapse


def get_conditions(patients: Iterable[Patient], protocol: Protocol) -> dict[UUID, frozenset[str]]:
    """Patient id -> the conditions that fit now, by the names of `DUE_CONDITIONS` in the protocol model. Two queries."""
    wanted = list(patients)
    ids = [patient.pk for patient in wanted]
    mothers = Demographics.objects.filter(patient__in=ids, has_childbearing_potential=True)
    # A relapse in the log that nobody has examined or adjudicated yet.
    relapses = Relapse.objects.filter(patient__in=ids, exam=None, adjudicated_as="")
    holding = {
        "childbearing": set(mothers.values_list("patient_id", flat=True)),
        "relapse_suspected": set(relapses.values_list("patient_id", flat=True)),
        "randomized": {patient.pk for patient in wanted if protocol.phase(patient.phase_number).is_randomized},
    }
    return {
        patient_id: frozenset(name for name, holders in holding.items() if patient_id in holders) for patient_id in ids
    }


def conditions_of(patient: Patient, protocol: Protocol) -> frozenset[str]:
    return get_conditions([patient], protocol)[patient.pk]
