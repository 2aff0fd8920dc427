"""What every report and every file says of itself: whose it is, of when, and of which protocol and list."""

from datetime import datetime

from enrollment.selectors.commitment import get_commitments
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol


def list_manifest(protocol: Protocol, user: User, moment: datetime, *, words: str = "Made at") -> list[tuple[str, str]]:
    """Names and values, the same for a page and for its files; `words` say what the moment is."""
    lists = [(f"Allocation list of phase {one.phase_number}, SHA-256", one.sha256) for one in get_commitments()]
    return [
        ("Trial", f"{protocol.acronym} {protocol.registry}".strip()),
        ("Made for", f"{user.full_name} ({user.username})"),
        (words, f"{moment:%Y-%m-%d %H:%M:%S} UTC"),
        ("Protocol", f"version {protocol.version}, SHA-256 {protocol.digest}"),
        *lists,
    ]
