"""Dummy arms: the arms of a phase dealt out anew, so that a report can be tried before anybody may see its answer. Pure.

The rule: the patients of a randomized phase stand in the order of the SHA-256 over `RULE` and their id, the arms that were
drawn stand in the order of their keys, and the one list is laid beside the other. So each arm keeps its number of
patients, nothing else of who had which arm goes in, and the same patients always get the same dummy arms. An open phase
keeps its arm, for everybody knows it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID

from endpoints.flow import Participant
from trialsite.protocol.model import Protocol

RULE = "trialsite dummy arms, rule 1"


def deal_dummy_arms(
    arms: Mapping[UUID, str], participants: Iterable[Participant], protocol: Protocol
) -> dict[UUID, str]:
    """Patient -> key of an arm, for the patients in `arms`; those of randomized phases get dummy arms of their own phase."""
    randomized = {phase.number for phase in protocol.phases if phase.is_randomized}
    by_phase: dict[int, list[UUID]] = {number: [] for number in randomized}
    for one in participants:
        if one.phase_number in randomized and one.patient_id in arms:
            by_phase[one.phase_number].append(one.patient_id)
    dealt = dict(arms)
    for patients in by_phase.values():
        dealt.update(zip(sorted(patients, key=_place), sorted(arms[one] for one in patients), strict=True))
    return dealt


def _place(patient_id: UUID) -> str:
    return hashlib.sha256(f"{RULE}\n{patient_id}".encode()).hexdigest()
