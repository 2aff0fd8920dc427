"""What about a patient makes some forms due: the conditions the protocol file may name."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from enrollment.models import Demographics, Patient
from trialsite.protocol.model import Protocol
from visits.models import Relapse


def condition_columns(patient: str) -> dict[str, Exists]:
    """What `read_conditions` reads, as columns of a query in which the patient's id is called `patient`."""
    mothers = Demographics.objects.filter(patient=OuterRef(patient), has_childbearing_potential=True)
    # A relapse in the log that nobody has examined or adjudicated yet.
    relapses = Relapse.objects.filter(patient=OuterRef(patient), exam=None, adjudicated_as="")
    return {"is_childbearing": Exists(mothers), "is_relapse_suspected": Exists(relapses)}


def read_conditions(patient: Any, protocol: Protocol) -> frozenset[str]:
    """The conditions that fit a patient who was read with the `condition_columns`."""
    return conditions_when(
        patient,
        protocol,
        is_childbearing=patient.is_childbearing,
        is_relapse_suspected=patient.is_relapse_suspected,
    )


def get_conditions(patients: Iterable[Patient], protocol: Protocol) -> dict[UUID, frozenset[str]]:
    """Patient id -> the conditions that fit now, by the names of `DUE_CONDITIONS` in the protocol model. One query."""
    rows = Patient._base_manager.filter(pk__in=[patient.pk for patient in patients])
    return {row.pk: read_conditions(row, protocol) for row in rows.annotate(**condition_columns("pk"))}


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
