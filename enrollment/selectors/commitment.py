"""The published digests of sealed allocation lists. Nothing here comes near an arm."""

from enrollment.models import ListCommitment


def get_commitment(phase_number: int) -> ListCommitment | None:
    """The digest published for a phase, or None while no list is sealed."""
    return ListCommitment.objects.filter(phase_number=phase_number).first()


def get_commitments() -> list[ListCommitment]:
    """All published digests, by phase; for pages and for the foot of every report."""
    return list(ListCommitment.objects.all())
