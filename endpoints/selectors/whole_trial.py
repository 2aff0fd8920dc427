"""The stored trial as facts by arm, for whoever the vault opens to."""

from endpoints.assembly import AssembledFacts, assemble_facts
from endpoints.catalog import REPORTS
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol


def get_facts_by_arm(user: User, protocol: Protocol, purpose: str) -> AssembledFacts:
    """All complete forms of the analyzed patients, with arms; the access is an event in the restricted trail.

    Raises `VaultRefusedError` for everyone whom the vault does not open to.
    """
    participants = get_participants(protocol)
    arms = get_arms(user, protocol, participants, purpose)
    forms = frozenset(form for kind in REPORTS.values() for form in kind.forms)
    return assemble_facts(get_recorded_facts(participants, forms, protocol), protocol, arms)
