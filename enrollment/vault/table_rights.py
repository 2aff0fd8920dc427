"""Which rights the roles that serve people have on each table of the ordinary schema: what the product does there, and no more.

Rights are given on columns where rows are changed, because a right on the whole table would let its holder lock the table, and so notice
that somebody else writes there, whatever row security hides. Only tables from which rows are deleted again can be locked: sessions, failed
sign-ins, jobs and the like, of which none is written when an operator saves.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import Model

from enrollment.vault.door import SCHEMA
from enrollment.vault.row_rights import list_tables
from trialsite.audit.guards import kind_of

_ADDS = ("append_only", "chain_link")
# Rows that only grow and are locked while something is added to them: that asks for the right to change one column, and the guard refuses it.
_LOCKED = ("marks.Lock", "signatures.Signature")
_CHANGES = ("clinical", "chain_head", "account")


def list_table_rights(blinded: str, unblinded: str) -> Iterator[str]:
    """Statements, safe to repeat; the names of the roles are quoted already."""
    both = f"{blinded}, {unblinded}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {both}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {both}"
    closed = {right.table: right.allowed for right in list_tables() if right.visible == "false"}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != SCHEMA:
            table = f'"{model._meta.db_table}"'
            if closed.get(table, "true") != "false":
                yield f"GRANT INSERT ON public.{table} TO {blinded}"
            yield f"GRANT INSERT ON public.{table} TO {unblinded}"
            changing = unblinded if table in closed else both
            yield from list_changes(f"public.{table}", model, changing)


def list_changes(relation: str, model: type[Model], roles: str) -> Iterator[str]:
    """What these roles may change in the table of the model, or in a view of it."""
    kind = kind_of(model)
    fields = [model._meta.pk] if kind in _ADDS else model._meta.local_concrete_fields
    columns = ", ".join(str(connection.ops.quote_name(str(field.column))) for field in fields)
    if kind not in _ADDS or model._meta.label in _LOCKED:
        yield f"GRANT UPDATE ({columns}) ON {relation} TO {roles}"
    if kind not in (*_ADDS, *_CHANGES):
        yield f"GRANT DELETE ON {relation} TO {roles}"
