"""Another clock and another team for what blinded people must not see: when it was written, and by whom."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from trialsite.accounts.models import User
from trialsite.accounts.roles import UNBLINDED
from trialsite.lib.clock import now

STRETCH = 0.1  # of the time that has passed since; what is long ago comes nearer
EARLIER = timedelta(hours=5)  # and everything is so much earlier, also what was written just now
Team = Mapping[str, tuple[str, str]]  # a name -> the other person's, of the same kind, and that person's roles


def shift(moment: datetime) -> datetime:
    """Another moment, before now; what came first still comes first."""
    return moment + STRETCH * (now() - moment) - EARLIER


def other_team() -> Team:
    """For every name, user name and id of an account somebody else: unblinded people among themselves, and so the others."""
    told: dict[str, tuple[str, str]] = {}
    everybody = list(User.objects.order_by("username"))
    for knows in (True, False):
        people = [user for user in everybody if bool(user.role_set & UNBLINDED) is knows]
        for user, other in zip(people, people[1:] + people[:1], strict=True):
            roles = ",".join(sorted(other.roles))
            told |= {mine: (theirs, roles) for mine, theirs in zip(_names(user), _names(other), strict=True)}
    return told


def _names(user: User) -> tuple[str, str, str]:
    return str(user.pk), user.full_name, user.username


def move(rows: Iterable[Any], team: Team) -> int:
    """Give each of these rows of one table other moments and other persons; how many there were. Nothing asks a guard."""
    chosen: Any = rows
    model = chosen.model
    names = [field.attname for field in _moments(model)] + [field.attname for field in _texts(model)]
    known = list(chosen.order_by("pk").values("pk", *names)) if names else []
    for row in known:
        values = _moved(row, [field.attname for field in _moments(model)])
        values |= _exchanged(row, [field.attname for field in _texts(model)], team)
        models.QuerySet(model).filter(pk=row["pk"]).update(**values)
    return len(known)


def has_moments(model: Any) -> bool:
    """Whether rows of this table say when something was."""
    return any(_moments(model))


def _moments(model: Any) -> Iterator[Any]:
    yield from (field for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField))


def _texts(model: Any) -> Iterator[Any]:
    """Columns that may name a person; those that take one of some words do not."""
    fields = model._meta.concrete_fields
    yield from (field for field in fields if isinstance(field, models.CharField) and not field.choices)


def _moved(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: shift(row[name]) for name in names if row[name] is not None}


def _exchanged(row: dict[str, Any], names: list[str], team: Team) -> dict[str, str]:
    """The same kind of name, of the other person; roles go with the person."""
    found = {name: team[row[name]] for name in names if row[name] in team and not name.endswith("_roles")}
    values = {name: theirs for name, (theirs, _) in found.items()}
    columns = [name for name in names if name.endswith("_roles")]
    return values | {name: roles for name in columns for _, roles in found.values()}
