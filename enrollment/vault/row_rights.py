"""Rows outside of the vault that may tell an arm, closed to the blinded role of PostgreSQL by row security.

What the operator writes, data queries about it, and restricted entries of the trail stand in tables that the blinded role needs for other rows.
A statement that asks for rows gets none of these; what it writes is checked as well. The owner of the database is not bound: it makes backups.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

from enrollment.vault.plans import MARKED, OF_OTHERS
from trialsite.accounts.guard import TABLE
from trialsite.accounts.roles import APART
from trialsite.audit.models import NOTED

# What is done where the key is, and nowhere else.
DONE_ELSEWHERE = (
    *("break_code", "ask_release", "confirm_release", "decline_release"),
    *("access_reviewed", "account_invited", "account_changed", "account_deactivated", "account_reactivated"),
    *("account_unlocked", "password_reset", "second_factor_reset"),
)
# What the process for blinded people notes of somebody it does not serve: a name that was typed, a session it ends.
NOTED_OF_OTHERS = ("sign_in_failed", "sign_in_refused", "locked_out", "refused_access", "sign_out", "idle_sign_out")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(str(word)) for word in words)


_OPEN = "NOT is_restricted"
_EVENT_IS_VISIBLE = f"{_OPEN} OR action IN ({_listed(NOTED)})"
# Accounts of people who are served where the key is.
_OTHERS = f"public.{TABLE} u WHERE u.roles ?| ARRAY[{_listed(sorted(APART))}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRight:
    """What the blinded role may see of a table (`visible`) and may write there; and what the other one may write.

    `is_marked`: one column of a row says whether it may be seen, and nothing else is asked.
    """

    table: str
    visible: str
    allowed: str
    others: str = "true"
    is_marked: bool = False


def list_row_rights(blinded: str, unblinded: str) -> Iterator[str]:
    """Statements, safe to repeat; the names of the roles are quoted already (`blinded`: one or more, with commas).

    Policies of PostgreSQL apply to the rows a subquery sees as well.
    """
    for right in list_tables():
        yield f"ALTER TABLE public.{right.table} ENABLE ROW LEVEL SECURITY"
        for name, role, using, check in (
            ("blinded_rows", blinded, right.visible, right.allowed),
            ("unblinded_rows", unblinded, "true", right.others),
        ):
            yield f"DROP POLICY IF EXISTS {name} ON public.{right.table}"
            yield f"CREATE POLICY {name} ON public.{right.table} TO {role} USING ({using}) WITH CHECK ({check})"


def list_shared_tables() -> list[str]:
    """The quoted names of tables that have rows for one role among rows for both."""
    return [right.table for right in list_tables() if right.visible not in {"true", "false"}]


def list_tables() -> Iterator[RowRight]:
    """Every table that has rows for one role alone."""
    event = _table("audit.AuditEvent")
    theirs = f"FROM {_OTHERS} AND u.username = actor_username"
    is_own = f"action IN ({_listed(NOTED_OF_OTHERS)}) OR NOT EXISTS (SELECT 1 {theirs})"
    # It corrects no restricted record, and says so of none.
    kinds = _listed(model._meta.label_lower for model in list_restricted_models())
    own_kind = f"CASE WHEN is_restricted THEN revision IS NULL ELSE record_kind NOT IN ({kinds}) END"
    allowed = f"({_EVENT_IS_VISIBLE}) AND {own_kind} AND action NOT IN ({_listed(DONE_ELSEWHERE)}) AND ({is_own})"
    yield RowRight(table=event, visible=_EVENT_IS_VISIBLE, allowed=allowed)
    for label in ("audit.AuditEntry", "audit.AuditLink"):
        of_event = f"EXISTS (SELECT 1 FROM public.{event} e WHERE e.id = {_table(label)}.event_id)"  # noqa: S608 - no input
        yield _same(_table(label), of_event)
    yield from _list_marked()
    # What unblinded people let the other process make for them, for their queue is their own; and their failed sign-ins.
    for label in MARKED:
        yield _same(_table(label), f"NOT {OF_OTHERS}", is_marked=True)
    yield from _list_of_people()
    # Left by blinded people, and not even they find it again; its id comes with the row, so nothing is read back.
    yield RowRight(table=_table("visits.UnblindedMessage"), visible="false", allowed="true")
    # What the blinded process itself does where nobody blinded reads is stored with its words, and these are not read back either.
    words = "audit.NotedWords"
    own = f"EXISTS (SELECT 1 FROM public.{event} e WHERE e.id = event_id AND e.is_restricted)"  # noqa: S608 - no input
    yield RowRight(table=_table(words), visible="false", allowed=own)
    for model in list_restricted_models():
        if model._meta.label != words:
            yield _same(_table(model._meta.label), "false")


def _list_marked() -> Iterator[RowRight]:
    """Tables that say of each row in one column whether it is restricted: a condition that costs nothing stands before all others."""
    for label in ("queries.DataQuery", "trail.AuditReview"):
        yield _same(_table(label), _OPEN, is_marked=True)
    # Each hangs on rows that say the same.
    for label, parent, columns in (
        ("queries.QueryMessage", "queries.DataQuery", ("query_id",)),
        ("trail.EventRemark", "audit.AuditEvent", ("remark_id", "about_id")),
    ):
        table = _table(label)
        parents = [f"FROM public.{_table(parent)} p WHERE p.id = {table}.{column}" for column in columns]
        seen = " AND ".join(f"EXISTS (SELECT 1 {one})" for one in parents)
        agrees = f"is_restricted = (SELECT p.is_restricted {parents[0]})"
        yield RowRight(table=table, visible=_OPEN, allowed=f"{_OPEN} AND {seen}", others=agrees, is_marked=True)


def _same(table: str, rows: str, *, is_marked: bool = False) -> RowRight:
    return RowRight(table=table, visible=rows, allowed=rows, is_marked=is_marked)


def _list_of_people() -> Iterator[RowRight]:
    """What makes somebody who can learn an arm: sessions and devices, and what such people signed, which the other side reads."""
    yield _same(_table("accounts.UnblindedSession"), "false")
    for label in ("accounts.SecondFactor", "accounts.RecoveryCode"):
        yield _same(_table(label), f"NOT EXISTS (SELECT 1 FROM {_OTHERS} AND u.id = {_table(label)}.user_id)")  # noqa: S608 - no input
    for label in ("accounts.AccessReview", "endpoints.ReleaseRequest", "endpoints.ReleaseRefusal", "endpoints.Release"):
        yield RowRight(table=_table(label), visible="true", allowed="false")


def list_restricted_models() -> list[type[Model]]:
    """Every table of records that unblinded people alone read."""
    return [model for model in apps.get_models() if getattr(model, "IS_RESTRICTED", False)]


def _table(label: str) -> str:
    return f'"{apps.get_model(label)._meta.db_table}"'
