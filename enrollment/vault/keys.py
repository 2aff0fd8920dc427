"""Which key of the vault encrypts."""

from enrollment.vault.models import KeyRotation


def get_key_number() -> int:
    """The key that encrypts now, counted from 1; each rotation begins the next one."""
    return 1 + KeyRotation.objects.count()
