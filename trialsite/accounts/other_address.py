"""Where two processes share the trial: the address of the other one, for sentences that lead there."""

from dataclasses import dataclass

from django.conf import settings

from trialsite.lib.options import BLINDED, EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAddress:
    """`url` is empty where the installation does not name it. `is_of_unblinded`: whether those who may learn arms are served there, and admins."""

    url: str
    is_of_unblinded: bool


def find_other_address() -> OtherAddress | None:
    """None where one process serves everybody."""
    if settings.SERVES == EVERYONE:
        return None
    is_here_blinded = settings.SERVES == BLINDED
    url = settings.UNBLINDED_ADDRESS if is_here_blinded else settings.BLINDED_ADDRESS
    return OtherAddress(url=url, is_of_unblinded=is_here_blinded)
