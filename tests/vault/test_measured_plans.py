"""Plans that PostgreSQL explains or measures for the blinded role are the same whatever the rows say that row security hides.

In one database, rows for both roles and rows for one alone stand in every table that has both. The blinded role asks a grid of statements,
with the very words of hidden rows; then the hidden rows say something else, and every answer must be the same to the last byte.
"""

# ruff: noqa: S608 - tables and columns are named by the models

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from enrollment.vault.plans import OF_OTHERS
from enrollment.vault.row_rights import list_restricted_models, list_shared_tables
from tests.cast import make_user
from tests.database import triggers_off
from tests.jobs.conftest import work, write_note
from tests.records.conftest import ANNA, make_patient, make_visit
from tests.vault.installation import NAMES, make_roles, set_rights
from tests.vault.test_database_roles import blinded_process, signed_in_as
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.jobs.actions import ask_for, clear_queue, offer_lost
from trialsite.jobs.work import BENCH
from trialsite.lib.lockout import OF_UNBLINDED
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.models import DataQuery
from trialsite.queries.rules import Act
from trialsite.records.actions import create_record
from trialsite.trail.actions import add_remark
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
    ),
]

# What is in an index over all rows, and so can be counted. Everything else in these tables is what a row says.
KNOWN = {
    "queries.DataQuery": {"id", "patient_id", "record_id", "site_code", "state", "opened_at"},
    "queries.QueryMessage": {"id", "query_id", "number"},
    "trail.EventRemark": {"remark_id", "about_id"},
    "trail.AuditReview": {"id"},
    "jobs.Job": {"id", "owner_id", "state", "asked_at", "expires_at"},
    "django_tasks_database.DBTaskResult": {
        *("id", "status", "priority", "run_after", "enqueued_at", "queue_name", "backend_name")
    },
    "jobs.Worker": {"name"},
    "axes.AccessAttempt": {"id", "username", "ip_address", "user_agent"},
}
# The column by which a row is hidden, where it is no column of its own, and what it says then.
MARKS = {
    "jobs.Job": ("queue", "unblinded"),
    "django_tasks_database.DBTaskResult": ("queue_name", "unblinded"),
    "jobs.Worker": ("queue", "unblinded"),
    "axes.AccessAttempt": ("username", f"{OF_UNBLINDED}somebody"),
}
# Who did what, when and about whom is known of every event; the values of hidden ones are kept elsewhere.
OF_EVENTS = {"audit_auditevent", "audit_auditentry", "audit_auditlink"}
# Of devices there is a ciphertext to learn, and digests of codes made by chance.
OF_DEVICES = {"accounts_secondfactor", "accounts_recoverycode"}
OPEN, HIDDEN = 5, 6  # all rows of a table lie on one page, in either world: an estimate tells how many pages there are
SETTINGS = (
    "SET enable_seqscan = on",
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_sort = off",
    "SET enable_indexscan = off; SET enable_bitmapscan = off; SET cpu_operator_cost = 0; SET cpu_tuple_cost = 1",
)
# Costs nothing, and the plan says whether it ever ran.
RUNS = "(SELECT count(*) > 0 FROM pg_am)"
Model = type[models.Model]
Statements = Callable[[], Iterator[str]]
FIRST = re.compile(r"\(*NOT (\w+\.)?(is_restricted|is_of_unblinded)\b")
Answers = dict[tuple[str, str], str]


def shared_models() -> list[Model]:
    return [apps.get_model(label) for label in KNOWN]


def mark_of(model: Model) -> str:
    """The column that says whether a row is hidden."""
    return MARKS.get(str(model._meta.label), ("is_restricted", ""))[0]


def mark_value(model: Model, *, is_hidden: bool) -> Any:
    _, hidden = MARKS.get(str(model._meta.label), ("", None))
    return is_hidden if hidden is None else hidden if is_hidden else "blinded"


def says(model: Model) -> list[Any]:
    """The columns whose values nobody may learn from a plan."""
    known = {*KNOWN.get(model._meta.label, ()), mark_of(model)}
    return [field for field in model._meta.concrete_fields if field.column not in known]


def value(field: Any, world: str, n: int) -> Any:
    """What a column of the n-th row holds. World a has few values and no gap, b has many values and gaps."""
    if world == "b" and field.null and n % 3 == 0:
        return None
    number = {"open": 100, "a": 200, "b": 300}[world] + (n % 2 if world == "a" else n)
    return _of_kind(getattr(field, "target_field", field).get_internal_type(), field.column, world, number)


def _of_kind(kind: str, column: str, world: str, number: int) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "UUIDField": lambda: str(uuid5(UUID(int=0), f"{column}{number}")),
        "DateTimeField": lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
        "DateField": lambda: date(2026, 1, 1) + timedelta(days=number),
        "GenericIPAddressField": lambda: f"10.0.0.{number % 250}",
        "TimeField": lambda: time(number % 24),
        "DecimalField": lambda: number,
        "FloatField": lambda: number,
        "BooleanField": lambda: True,
        "JSONField": lambda: json.dumps({"said": f"{world}{number}"}),
    }
    if kind in makers:
        return makers[kind]()
    return number if "Integer" in kind or kind.endswith("AutoField") else f"{world}{number}"


def known_value(field: Any, n: int) -> Any:
    """The same in every world; hidden rows and open ones share states, sites and the like."""
    if field.column in {"status", "state", "site_code", "backend_name"}:
        return "READY"
    return n if field.column == "priority" else value(field, "open", n)


def let_hidden_rows_say(world: str) -> None:
    """Open rows, then hidden ones, in every table that has both: as many in every world, about the same people at the same moments.

    As the owner of the database, who fills the tables anew: rows that were only changed might lie on another number of pages.
    """
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in shared_models())} CASCADE")
        for model in shared_models():
            fields = list(model._meta.concrete_fields)
            columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
            for n in range(OPEN + HIDDEN):
                made = make_row(model, fields, world if n >= OPEN else "open", n)
                places = ", ".join(["%s"] * len(made))
                cursor.execute(f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places})", list(made.values()))
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def make_row(model: Model, fields: list[Any], world: str, n: int) -> dict[str, Any]:
    saying = says(model)
    made = {field.column: value(field, world, n) if field in saying else known_value(field, n) for field in fields}
    return made | {mark_of(model): mark_value(model, is_hidden=world != "open")}


def said_or_known(field: Any, world: str) -> Any:
    """What one of the hidden rows holds."""
    if field.column == mark_of(field.model):
        return mark_value(field.model, is_hidden=True)
    return value(field, world, OPEN + 1) if field in says(field.model) else known_value(field, OPEN + 1)


def literal(field: Any, value: Any) -> str:
    text = "NULL" if value is None else f"'{value}'"
    return f"{text}::{getattr(field, 'target_field', field).rel_db_type(connection)}"


def statements(model: Model, fields: list[Any]) -> Iterator[str]:
    """About each of these columns, with words of hidden rows; also of one hidden row whose key is known."""
    table, key = model._meta.db_table, model._meta.pk
    one = f"{key.column} = {literal(key, known_value(key, OPEN + 1))}"
    # PostgreSQL puts the policies of what is joined so behind whatever costs nothing.
    twice = f"(SELECT * FROM {table} UNION ALL SELECT * FROM {table}) t"
    for field in fields:
        column = f"t.{connection.ops.quote_name(field.column)}"
        for world in ("a", "b") if field in says(model) else ("a",):
            word = literal(field, said_or_known(field, world))
            for condition in (
                f"{column} = {word}",
                f"{column} >= {word}",
                f"{column} >= {word} AND {one}",
                f"CASE WHEN {column} = {word} THEN {RUNS} END AND {one}",
            ):
                yield f"SELECT 1 FROM {table} t WHERE {condition}"
            yield f"SELECT 1 FROM {table} t JOIN (VALUES ({word}), (NULL)) v (x) ON v.x = {column}"
            yield f"SELECT 1 FROM generate_series(1, 3) g WHERE EXISTS (SELECT 1 FROM {table} t WHERE {column} < {word} AND g > 1)"
            named = json.dumps({str(said_or_known(field, world)): 1})
            yield f"SELECT 1 FROM {twice} WHERE CASE WHEN ('{named}'::jsonb)[{column}::text] IS NOT NULL THEN {RUNS} END"
            yield f"SELECT 1 FROM {twice} WHERE ('{named}'::jsonb)[{column}::text] IS NOT NULL AND {one}"
            yield f"UPDATE {table} t SET {key.column} = {key.column} WHERE {column} = {word} AND {one}"
        yield f"SELECT 1 FROM {table} t WHERE CASE WHEN {column} IS NULL THEN {RUNS} END"
        yield f"SELECT 1 FROM {twice} WHERE CASE WHEN {column} IS NULL THEN {RUNS} END"
        yield f"SELECT 1 FROM {table} t WHERE {column}::text LIKE '%1' OR {column}::text < 'b'"
        yield f"SELECT * FROM {table} t ORDER BY {column} DESC LIMIT 1"
        yield f"SELECT {column}, count(*) FROM {table} t GROUP BY 1"
        yield f"SELECT 1 FROM {table} t JOIN {table} s ON s.{connection.ops.quote_name(field.column)} = {column}"


def ask(asked: Statements, settings: Sequence[str] = SETTINGS) -> Answers:
    """What the blinded role is told of plans, explained and measured, whatever it sets."""
    answers = {}
    with signed_in_as(NAMES.blinded), connection.cursor() as cursor:
        for setting in settings:
            cursor.execute(f"RESET ALL; {setting}")
            for sql in asked():
                answers[setting, sql] = _explain(cursor, sql)
    return answers


def _explain(cursor: Any, sql: str) -> str:
    try:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) {sql}")
    except ProgrammingError as error:
        return str(error)
    return "\n".join(line for (line,) in cursor.fetchall())


def ask_in_both_worlds(asked: Statements) -> tuple[Answers, list[str]]:
    """The answers, and the statements that are answered otherwise once the hidden rows say something else."""
    let_hidden_rows_say("a")
    first = ask(asked)
    let_hidden_rows_say("b")
    second = ask(asked)
    return first, [f"{told}\n{second[sql]}" for sql, told in first.items() if told != second[sql]]


def ask_everything() -> Iterator[str]:
    for model in shared_models():
        yield from statements(model, [*says(model), model._meta.get_field(mark_of(model))])


def ask_about(label: str, column: str) -> Statements:
    model = apps.get_model(label)
    return lambda: statements(model, [model._meta.get_field(column)])


@pytest.fixture
def installation(empty_database: None) -> None:
    """Roles with their rights; the database knew its rows before the rights were ever set."""
    let_hidden_rows_say("a")
    make_roles()


@pytest.mark.conformance(24)
@pytest.mark.usefixtures("installation")
def test_no_plan_tells_what_a_hidden_row_says() -> None:
    shared = {name.strip('"') for name in list_shared_tables()}
    assert shared == {model._meta.db_table for model in shared_models()} | OF_EVENTS | OF_DEVICES, (
        "a new one belongs into this test"
    )
    answers, differences = ask_in_both_worlds(ask_everything)
    assert differences == []
    # The policy stands before what is asked, but where an index holds open rows alone.
    filters = [line for told in answers.values() for line in re.findall(r"^ *Filter: (.*)$", told, re.MULTILINE)]
    late = {line for line in filters if re.search(r"NOT \w*\.?is_", line) and not FIRST.match(line)}
    assert late == set()
    assert len([line for line in filters if FIRST.match(line)]) > len(answers) / 2
    # A table that is closed as a whole is not even looked into.
    for model in [*list_restricted_models(), apps.get_model("visits.UnblindedMessage")]:
        looks = re.compile(rf"Scan .*\b{model._meta.db_table}\b")
        closed = ask(partial(statements, model, list(model._meta.concrete_fields)), SETTINGS[:1]).values()
        assert [
            told
            for told in closed
            if "permission denied" not in told and ("One-Time Filter: false" not in told or looks.search(told))
        ] == []
    with signed_in_as(NAMES.blinded):
        for model in shared_models():
            with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM public.{model._meta.db_table}")


@pytest.mark.usefixtures("installation")
def test_the_same_questions_find_a_leak_where_there_is_one(settings: Settings) -> None:
    message, query = "queries_querymessage", "queries_dataquery"
    with connection.cursor() as cursor:
        # Without the view, yet with the policy that asks one column.
        cursor.execute(f"DROP VIEW {NAMES.blinded}.{message}")
        cursor.execute(f"GRANT SELECT, DELETE ON {message}, jobs_job TO {NAMES.blinded}")
        cursor.execute(f"CREATE INDEX planted ON {query} (field_label)")
        cursor.execute("ALTER TABLE trail_auditreview ALTER COLUMN remarks SET STATISTICS -1")
        cursor.execute(f"ALTER TABLE jobs_job DROP COLUMN {OF_OTHERS} CASCADE")
        cursor.execute(f"CREATE POLICY blinded_rows ON jobs_job TO {NAMES.blinded} USING (queue <> 'unblinded')")
    leaks = (
        ("queries.QueryMessage", "text"),
        ("queries.DataQuery", "field_label"),
        ("trail.AuditReview", "remarks"),
        ("jobs.Job", "task_id"),
    )
    for leak in leaks:
        assert ask_in_both_worlds(ask_about(*leak))[1], leak
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX planted")
    with blinded_process(settings):
        assert Client().get("/health").status_code == 503
    set_rights()
    with blinded_process(settings):
        assert Client().get("/health").status_code == 200
    for leak in leaks:
        assert ask_in_both_worlds(ask_about(*leak))[1] == [], leak


@pytest.mark.usefixtures("empty_database")
def test_the_blinded_process_writes_through_its_views(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_roles()
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(BENCH, "makers", {"note": write_note})
    patient = make_patient()
    visit = make_visit(patient)
    monitor = actor_of(user := make_user("monitor", Role.MONITOR))
    with blinded_process(settings):
        record = create_record(VitalSigns(patient=patient, visit=visit, assessed_on=visit.visited_on), actor=ANNA)
        target = target_of(CRFS["vital_signs"], record, "heart_rate_bpm")
        query = open_query(target, "Is it right?", actor=monitor)
        act_on_query(query.pk, Act.ANSWER, "Yes.", actor=ANNA)
        act_on_query(query.pk, Act.CLOSE, "Thanks.", actor=monitor)
        assert [one.text for one in DataQuery.objects.get(state="closed").messages.all()] == [
            "Is it right?",
            "Yes.",
            "Thanks.",
        ]
        event = AuditEvent.objects.filter(action="close_query").get()
        assert add_remark(user, event, "As agreed.").about == event
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            open_query(replace(target, is_restricted=True), "Is it right?", actor=monitor)
        job = ask_for(user, "note", "A note", {})
        work()
        job.refresh_from_db()
        assert (job.state, job.queue, DBTaskResult.objects.get().status) == ("done", "blinded", "SUCCESSFUL")
        offer_lost()
        clear_queue()
    # A migration may change a column that a view shows: the views go, and come back with the rights.
    call_command("migrate", verbosity=0)
    assert count_views() == len(KNOWN)
    MigrationRecorder(connection).record_unapplied("trail", "0005_restricted_apart")
    call_command("migrate", fake=True, verbosity=0, stderr=(said := StringIO()))
    assert count_views() == 0
    assert "Run manage.py set_database_rights as well" in said.getvalue()
    set_rights()
    assert count_views() == len(KNOWN)


def count_views() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_views WHERE schemaname = %s", [NAMES.blinded])
        return int(cursor.fetchone()[0])
