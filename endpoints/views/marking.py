"""For whom and when a file by arm was made: inside it where the trial goes on, in its name where its bytes must stay the same."""

from datetime import datetime

from endpoints.svg_bands import sign_svg
from endpoints.views.desk import Desk
from trialsite.accounts.models import User


def sign_figure(desk: Desk, svg: bytes, moment: datetime) -> bytes:
    """The figure with name and moment below it; as it is where it holds no arms, and where a snapshot promises the same bytes."""
    if not desk.shows_arms or desk.snapshot is not None:
        return svg
    return sign_svg(svg, f"{desk.user.full_name} ({desk.user.username}), {moment:%Y-%m-%d %H:%M} UTC")


def name_taken(user: User, moment: datetime) -> str:
    """The end of the name of a file whose content is the same whoever takes it."""
    return f"-for-{user.username}-{moment:%Y%m%dT%H%MZ}"


def end_name(desk: Desk, moment: datetime) -> str:
    """`name_taken` for a file by arm out of a snapshot; nothing for others, which say it inside, or hold no arm."""
    return name_taken(desk.user, moment) if desk.shows_arms and desk.snapshot is not None else ""
