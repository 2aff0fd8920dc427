"""Arms for the reports of the statistician: the only module here that comes near the vault.

Nothing that serves blinded people calls it. Each call is an event in the restricted trail.
"""

from collections.abc import Mapping
from uuid import UUID

from endpoints.flow import Participant
from enrollment.vault.reveal import get_arms_for_analysis
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol


def get_arms(user: User, protocol: Protocol, participants: tuple[Participant, ...], purpose: str) -> dict[UUID, str]:
    """Patient -> key of the arm: of a randomized phase from the vault, of an open one from the protocol.

    Raises `VaultRefusedError` for everyone whom the vault does not open to.
    """
    drawn = get_arms_for_analysis(user=user, purpose=purpose)
    open_arms = {phase.number: phase.arms[0] for phase in protocol.phases if not phase.is_randomized}
    return drawn | _of_open_phases(participants, open_arms)


def _of_open_phases(participants: tuple[Participant, ...], open_arms: Mapping[int, str]) -> dict[UUID, str]:
    return {one.patient_id: open_arms[one.phase_number] for one in participants if one.phase_number in open_arms}
