"""Who belongs to which analysis set, for the statistician alone: what was done and who knows whose arm come near the arms."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db.models import Sum

from endpoints.derivations.analysis_sets import PER_PROTOCOL
from endpoints.flow import DATA_WITHDRAWN, Participant
from endpoints.layout import AnalysisSets, AnalyzedPatient
from endpoints.selectors.analysis_sets import get_memberships
from endpoints.selectors.exposure import get_never_exposed
from endpoints.selectors.records import make_patients
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.models import Intervention, InterventionVein


def get_sets(user: User, protocol: Protocol, participants: tuple[Participant, ...]) -> AnalysisSets:
    """The sets as the records and the ledger of who knows what give them now; an event in the restricted trail.

    Raises `VaultRefusedError` for everyone but the statistician.
    """
    never_exposed = get_never_exposed(user, protocol, participants)
    numbers = {one.number: one.patient_id for one in participants}
    per_protocol = [one.number for one in get_memberships(protocol, participants) if one.is_in(PER_PROTOCOL)]
    return AnalysisSets(
        untreated=_get_untreated(protocol, participants),
        per_protocol=frozenset(numbers[number] for number in per_protocol),
        never_exposed=never_exposed,
        done=dict(_list_done(protocol, participants)),
    )


def _get_untreated(protocol: Protocol, participants: tuple[Participant, ...]) -> tuple[AnalyzedPatient, ...]:
    randomized = {phase.number for phase in protocol.phases if phase.is_randomized}
    return make_patients(
        one
        for one in participants
        if one.phase_number in randomized
        and one.has_entered
        and not one.is_treated
        and one.withdrawal_scope != DATA_WITHDRAWN
    )


def _list_done(protocol: Protocol, participants: tuple[Participant, ...]) -> Iterator[tuple[UUID, str]]:
    """Patient -> arm whose procedure was done: the sham one where the complete form of the operator counts no inflation."""
    inflations = _count_inflations()
    both = {phase.number: _find_arms(protocol, phase.number) for phase in protocol.phases if phase.is_randomized}
    for one in participants:
        arms, count = both.get(one.phase_number), inflations.get(one.patient_id)
        if arms is not None and count is not None:
            active, sham = arms
            yield one.patient_id, active if count else sham


def _find_arms(protocol: Protocol, phase: int) -> tuple[str, str] | None:
    """The active and the sham arm of a phase; None where inflations do not tell which of more arms it was."""
    active = [arm.key for arm in protocol.arms_of_phase(phase) if not arm.is_sham]
    sham = [arm.key for arm in protocol.arms_of_phase(phase) if arm.is_sham]
    return (active[0], sham[0]) if len(active) == len(sham) == 1 else None


def _count_inflations() -> Mapping[UUID, int]:
    """Inflations over all veins, of the patients with a complete form that counts them."""
    complete = Intervention.objects.filter(status=FormStatus.COMPLETE)
    patients = dict(complete.values_list("id", "patient_id"))
    veins = InterventionVein.objects.filter(parent__in=complete, inflation_count__isnull=False)
    summed = veins.values_list("parent_id").annotate(Sum("inflation_count")).order_by()
    return {patients[parent]: count for parent, count in summed}
