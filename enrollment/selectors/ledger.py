"""The ledger for pages and populations above: who knows, or could know, which patient's arm."""

from enrollment.exposure import Knowledge
from enrollment.vault.ledger import read_ledger
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol


def get_ledger(user: User, protocol: Protocol) -> list[Knowledge]:
    """For the statistician alone; raises `VaultRefusedError` for everybody else."""
    return read_ledger(protocol, user=user)
