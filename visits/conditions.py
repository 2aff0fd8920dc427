"""What about a patient makes some forms due: the conditions the protocol file may name."""

from enrollment.models import Patient
from trialsite.protocol.model import Protocol


def conditions_of(patient: Patient, protocol: Protocol) -> frozenset[str]:
    """Conditions that fit the patient now, such as "randomized" or "childbearing"."""
    phase = protocol.phase(patient.phase_number)
    return frozenset({"randomized"} if phase.is_randomized else set())
