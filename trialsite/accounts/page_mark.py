"""Who opened a page, written all over it where the person may know arms."""

from trialsite.accounts.models import User
from trialsite.accounts.roles import UNBLINDED
from trialsite.lib import clock
from trialsite.lib.watermark import draw_watermark


def mark_page(user: User) -> str:
    """The picture that lies over every page of a person who may know arms, whatever is on it; empty for the blinded.

    So no page can be forgotten, and the mark does not tell which pages name an arm.
    """
    if not user.role_set & UNBLINDED:
        return ""
    return draw_watermark(f"{user.full_name} · {clock.now():%Y-%m-%d %H:%M} UTC")
