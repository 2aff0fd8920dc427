"""Turning a database into its other world: other arms, and other traces of the people who know them.

Within its strata every allocation list is permuted. The forms of operators change hands, a third of them and of everything
else that blinded people must not see is taken away, the words of the rest are others, and so are its moments and its persons. What everybody may
see stays.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from django.apps import apps
from django.db import connection, models

from endpoints.models import ReleaseRequest
from enrollment.vault.models import CodeBreak, DataSnapshot, VoidedSlot
from enrollment.vault.twin import Exchanged, exchange_arms
from trialsite.accounts.models import User
from trialsite.accounts.roles import UNBLINDED
from trialsite.audit.models import AuditEvent, NotedWords, RestrictedValues
from trialsite.jobs.models import Job
from trialsite.lib.batches import batches
from trialsite.proof.clock_and_team import has_moments, move, other_team
from visits.unblinded_message import UnblindedMessage

OTHER_WORDS = "In the other world something else was written here."
EVERY = 3  # of so many restricted rows one is missing
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """What is different in the other world."""

    arms: Exchanged
    taken_away: dict[str, int]
    changed: dict[str, int]
    moved: dict[str, int]


def make_twin(chance: Random) -> Twin:
    """Turn the database at hand, which must be a copy or be rolled back, into its other world."""
    taken_away: dict[str, int] = {}
    changed: dict[str, int] = {}
    moved: dict[str, int] = {}
    team = other_team()
    with triggers_off():
        arms = exchange_arms(chance)
        for rows in _written_by_others():
            moved[rows.model._meta.label] = moved.get(rows.model._meta.label, 0) + move(rows, team)
        for model in restricted_models():
            changed[model._meta.label] = _rotate_values(model)
            taken_away[model._meta.label] = _thin(model._default_manager.all())
        for rows in _restricted_rows():
            taken_away[rows.model._meta.label] = _thin(rows)
            changed[rows.model._meta.label] = _reword(rows)
        taken_away[CodeBreak._meta.label] = _thin(CodeBreak.objects.all(), every=1)
        released = ReleaseRequest.objects.values("snapshot_id")  # what everybody may know of
        taken_away[DataSnapshot._meta.label] = _thin(DataSnapshot.objects.exclude(pk__in=released), every=1)
        taken_away[Job._meta.label] = _thin(Job.objects.filter(owner__in=_unblinded()), every=1)
    return Twin(arms=arms, taken_away=taken_away, changed=changed, moved=moved)


def restricted_models() -> list[Any]:
    """Tables that only unblinded people read, the ones that belong to others first."""
    found = [model for model in apps.get_models() if getattr(model, "IS_RESTRICTED", False)]
    return sorted(found, key=lambda model: not any(one.related_model in found for one in _parents(model)))


def _parents(model: Any) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def _restricted_rows() -> Iterator[Any]:
    """Rows that only unblinded people read, of tables that hold others too."""
    for model in apps.get_models():
        if any(field.name == "is_restricted" for field in model._meta.concrete_fields):
            yield model._base_manager.filter(is_restricted=True)


def _written_by_others() -> Iterator[Any]:
    """Whatever has a moment and a person that only unblinded people may read of."""
    restricted = restricted_models()
    yield from (model._base_manager.all() for model in restricted if has_moments(model))
    yield from _restricted_rows()
    yield from (UnblindedMessage.objects.all(), VoidedSlot.objects.all())


def _unblinded() -> list[Any]:
    """Accounts that may know arms. Roles are a list in one column, which not every database can search."""
    return [user.pk for user in User.objects.all() if user.role_set & UNBLINDED]


def _rotate_values(model: Any) -> int:
    """Every row gets what stood in the next one, in every item that people fill in; every other one becomes a draft."""
    filled = [field for field in model._meta.concrete_fields if field.editable and not field.primary_key]
    names = [field.attname for field in filled if not field.is_relation]
    rows = list(model._base_manager.order_by("pk").values("pk", *names))
    for n, (row, following) in enumerate(zip(rows, rows[1:] + rows[:1], strict=True)):
        values = {name: following[name] for name in names}
        if n % 2 and any(field.name == "status" for field in model._meta.concrete_fields):
            values["status"] = "draft"
        models.QuerySet(model).filter(pk=row["pk"]).update(**values)
    return len(rows)


def _reword(rows: Any) -> int:
    """Other words in what is left."""
    if rows.model is AuditEvent:
        words = dict.fromkeys(("reason", "detail"), OTHER_WORDS)
        ids = list(rows.order_by().values_list("pk", flat=True))
        return sum(
            int(models.QuerySet(table).filter(event_id__in=some).update(**words))
            for table in (RestrictedValues, NotedWords)
            for some in batches(ids, BATCH)
        )
    names = [field.name for field in rows.model._meta.concrete_fields if isinstance(field, models.TextField)]
    return int(models.QuerySet(rows.model).filter(is_restricted=True).update(**dict.fromkeys(names, OTHER_WORDS)))


def _thin(rows: Any, every: int = EVERY) -> int:
    """Take every so-many-th row away, with everything that hangs on it."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))[::every]
    for some in batches(keys, BATCH):
        _take_away(rows.model, some)
    return len(keys)


def _take_away(model: Any, keys: Sequence[Any]) -> None:
    for related in model._meta.get_fields(
        include_hidden=True
    ):  # hidden: what has no name on this side, as rows of grids
        if not related.auto_created or related.concrete:
            continue
        child: Any = related.related_model
        hanging = child._base_manager.filter(**{f"{related.field.name}__in": keys}).values_list("pk", flat=True)
        for some in batches(list(hanging), BATCH):
            _take_away(child, some)
    models.QuerySet(model).filter(pk__in=keys)._raw_delete(connection.alias)


@contextmanager
def triggers_off() -> Iterator[None]:
    """No trigger fires inside the block. Whoever may do this owns the database, and works on a copy of it."""
    switch = _sqlite if connection.vendor == "sqlite" else _postgresql
    with switch():
        yield


@contextmanager
def _sqlite() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


@contextmanager
def _postgresql() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked keeps a table from being altered
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        tables = [table for (table,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
