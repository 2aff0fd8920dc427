"""Whether the triggers that guard the records are in the database: a restore that lost them would look whole and protect nothing."""

import re

from django.apps import apps
from django.db import connection

from trialsite.accounts.guard import access_statements
from trialsite.accounts.models import User
from trialsite.audit.guards import guard_statements, kind_of
from trialsite.marks.guards import lock_statements
from trialsite.records.models import ClinicalRecord

_MADE = re.compile(r'CREATE TRIGGER "?(\w+)"?')
Trigger = tuple[str, str]


def find_missing_guards() -> list[Trigger]:
    """(table, trigger) of every guard that the tables there ask for and the database lacks."""
    there = set(connection.introspection.table_names())
    wanted = {
        (model._meta.db_table, name)
        for model in apps.get_models()
        if kind_of(model) and model._meta.db_table in there
        for name in _names(model)
    }
    return sorted(wanted - _find_triggers())


def _names(model: type) -> set[str]:
    vendor, table = connection.vendor, model._meta.db_table  # type: ignore[attr-defined]  # a model
    statements = guard_statements(vendor, table, kind_of(model))
    if issubclass(model, ClinicalRecord) and model.IS_CONTENT:
        statements = [*statements, *lock_statements(vendor, model)]
    if model is User:
        statements = [*statements, *access_statements(vendor)]
    return {name for statement in statements for name in _MADE.findall(statement)}


def _find_triggers() -> set[Trigger]:
    query = {
        "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgenabled = 'O'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return set(cursor.fetchall())
