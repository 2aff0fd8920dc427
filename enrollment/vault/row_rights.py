"""Rows outside of the vault that may tell an arm, closed to the blinded role of PostgreSQL by row security.

What the operator writes, data queries about it, and restricted entries of the trail stand in tables that the blinded role needs for other rows.
A statement that asks for rows gets none of these; what it writes is checked as well. The owner of the database is not bound: it makes backups.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

# Restricted events that the blinded process writes, or needs to know who was shown an arm. None of them holds an arm; what an investigator who
# knows one writes as a reason stands there in that person's words.
OPEN_ACTIONS = ("break_code", "draw_slot", "justify_change", "refuse_draw", "tell_unblinded", "telling_words")

_EVENT_IS_VISIBLE = f"NOT is_restricted OR action IN ({', '.join(repr(action) for action in OPEN_ACTIONS)})"


def list_row_rights(blinded: str, unblinded: str) -> Iterator[str]:
    """Statements, safe to repeat; the names of the roles are quoted already. Policies of PostgreSQL apply to the rows a subquery sees as well."""
    for table, visible, allowed in _list_tables():
        yield f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY"
        for name, role, using, check in (
            ("blinded_rows", blinded, visible, allowed),
            ("unblinded_rows", unblinded, "true", "true"),
        ):
            yield f"DROP POLICY IF EXISTS {name} ON public.{table}"
            yield f"CREATE POLICY {name} ON public.{table} TO {role} USING ({using}) WITH CHECK ({check})"


def _list_tables() -> Iterator[tuple[str, str, str]]:
    """Each table with what the blinded role may see of it, and what it may write."""
    event, query = _table("audit.AuditEvent"), _table("queries.DataQuery")
    yield event, _EVENT_IS_VISIBLE, _EVENT_IS_VISIBLE
    for label, column in (
        ("audit.AuditEntry", "event_id"),
        ("audit.AuditLink", "event_id"),
        ("trail.EventRemark", "remark_id"),
    ):
        table = _table(label)
        seen = f"EXISTS (SELECT 1 FROM public.{event} e WHERE e.id = {table}.{column})"  # noqa: S608 - no input
        yield table, seen, seen
    yield query, "NOT is_restricted", "NOT is_restricted"
    message = _table("queries.QueryMessage")
    seen = f"EXISTS (SELECT 1 FROM public.{query} q WHERE q.id = {message}.query_id)"  # noqa: S608 - no input
    yield message, seen, seen
    yield _table("trail.AuditReview"), "NOT is_restricted", "NOT is_restricted"
    # What unblinded people let the other process make for them. Their queue is their own.
    for label, column in (("jobs.Job", "queue"), ("django_tasks_database.DBTaskResult", "queue_name")):
        yield _table(label), f"{column} <> 'unblinded'", f"{column} <> 'unblinded'"
    # A form that was refused is stored nowhere, yet the check that refused it says what was typed.
    firing, names = _table("queries.CheckFiring"), [model._meta.model_name for model in list_restricted_models()]
    other = f"replace(form_key, '_', '') NOT IN ({', '.join(repr(name) for name in names)})"
    yield firing, other, other
    # Left by blinded people, and not even they find it again; its id comes with the row, so nothing is read back.
    yield _table("visits.UnblindedMessage"), "false", "true"
    for model in list_restricted_models():
        yield _table(model._meta.label), "false", "false"


def list_restricted_models() -> list[type[Model]]:
    """Every table of records that unblinded people alone read."""
    return [model for model in apps.get_models() if getattr(model, "IS_RESTRICTED", False)]


def _table(label: str) -> str:
    return f'"{apps.get_model(label)._meta.db_table}"'
