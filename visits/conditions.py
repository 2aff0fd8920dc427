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
    childbearing = set(mothers.values_list("patient_id", flat=True))
    suspected = set(relapses.values_list("patient_id", flat=True))
    return {
        patient.pk: conditions_when(
            patient, protocol, is_childbearing=patient.pk in childbearing, is_relapse_suspected=patient.pk in suspected
        )
        for patient in wanted
    }


def conditions_of(patient: Patient, protocol: Protocol) -> frozenset[str]:
    return get_conditions([patient], protocol)[patient.pk]


def conditions_when(
    patient: Patient, protocol: Protocol, *, is_childbearing: bool, is_relapse_suspected: bool = False
) -> frozenset[str]:
    """The conditions of a patient as given, stored or told from the trail."""
    holding = {
        "childbearing": is_childbearing,
        "relapse_suspected": is_relapse_suspected,
        "randomized": protocol.phase(patient.phase_number).is_randomized,
    }
    return frozenset(name for name, holds in holding.items() if holds)
