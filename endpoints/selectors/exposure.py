"""The sensitivity population "never exposed": patients whose arm nobody who must be blinded knew or could know."""

from uuid import UUID

from endpoints.flow import Participant
from enrollment.exposure import derive_never_exposed, find_exposed
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from visits.who_knows import get_who_knows


def get_never_exposed(user: User, protocol: Protocol, participants: tuple[Participant, ...]) -> frozenset[UUID]:
    """Of the drawn patients of randomized phases, those never exposed. For the statistician alone; an event in the restricted trail."""
    randomized = {phase.number for phase in protocol.phases if phase.is_randomized}
    drawn = [one.patient_id for one in participants if one.phase_number in randomized and one.has_entered]
    return derive_never_exposed(drawn, find_exposed(get_who_knows(user, protocol)))
