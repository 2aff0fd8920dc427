"""The files that let anybody verify a release: the list, who took which slot, and what was frozen."""

from endpoints.selectors.release import get_release
from enrollment.vault.released import read_released_draws, read_released_list
from enrollment.vault.snapshots import find_snapshot, open_snapshot
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol


def list_released_files(protocol: Protocol) -> list[tuple[str, str]]:
    """(key, words) of each file."""
    numbers = [phase.number for phase in protocol.phases if phase.is_randomized]
    return [
        *((f"list-{number}", f"Allocation list of phase {number}, as it was sealed") for number in numbers),
        *((f"draws-{number}", f"Who took which slot in phase {number}") for number in numbers),
        ("snapshot", "What was frozen for the release"),
    ]


def read_released_file(key: str, *, user: User, protocol: Protocol) -> str | None:
    """The text of a file; None for another key, and for all before the release. Raises `VaultRefusedError` as the vault does."""
    release = get_release()
    if release is None or key not in dict(list_released_files(protocol)):
        return None
    kind, _, number = key.partition("-")
    if kind == "list":
        return read_released_list(int(number), user=user)
    if kind == "draws":
        return read_released_draws(int(number), user=user)
    row = find_snapshot(release.request.snapshot_id)
    if row is None:
        return None
    content = open_snapshot(row, user=user, purpose="The frozen text, to verify the release")
    return f"{content.text}\n{content.arms}\n"
