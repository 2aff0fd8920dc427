"""Which training a person lacks. It stands on the account itself, so that asking costs no query."""

from collections.abc import Mapping
from typing import Any

from trialsite.accounts.models import User
from trialsite.accounts.rules import Standing, judge_training
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol

FIELD = "training_"  # and the key of the course: under which the trail keeps that it was completed
WHERE = {
    "person": "Confirm it yourself on the page Training.",
    "admin": "Show the evidence to an admin, who records it.",
}


def get_standings(user: User) -> list[Standing]:
    """Every training that the roles of the person ask for."""
    return judge_training(user.roles, user.training, get_protocol().accounts.training, clock.today())


def say_kept(kept: Mapping[str, Any]) -> str:
    """What the trail keeps of a completed training."""
    return f"version {kept['version']}, completed on {kept['on']}"


def say_lacking(user: User) -> list[str]:
    """A sentence for every training that keeps the person from entering anything; empty when all hold."""
    return [
        f"Training \u201c{standing.course.label}\u201d {standing.lacks}. {WHERE[standing.course.recorded_by]}"
        for standing in get_standings(user)
        if standing.lacks
    ]


def say_ending(user: User) -> list[str]:
    """A sentence for every training that ends within a month."""
    today = clock.today()
    return [
        f"Training \u201c{standing.course.label}\u201d ends on {standing.ends_on}: renew it to go on entering data."
        for standing in get_standings(user)
        if standing.ends_soon(today)
    ]
