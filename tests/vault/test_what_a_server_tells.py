"""PostgreSQL, as somebody who has the password of the blinded role and writes SQL by hand: counters of the server, words, and the door."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from enrollment.models import Patient
from enrollment.vault.door import draw_through_door
from enrollment.vault.models import AllocationSlot, Draw
from tests.cast import make_user
from tests.database import triggers_off
from tests.events import read_event
from tests.vault.conftest import make_patient, make_sealed_list
from tests.vault.installation import NAMES
from tests.vault.test_database_roles import (
    FORGED_EVENT,
    blinded_process,
    dump_public,
    is_refused,
    roles,
    run,
    signed_in_as,
)
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.roles import Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent, NotedWords, RestrictedValues
from trialsite.audit.write import Subject, log_event
from trialsite.jobs.models import Job
from trialsite.lib import clock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
    ),
]
__all__ = ["roles"]

# What grows with a save of the operator, and by how much.
COUNTERS = [
    "SELECT n_tup_ins FROM pg_stat_user_tables",
    "SELECT idx_scan FROM pg_stat_user_indexes",
    "SELECT heap_blks_hit FROM pg_statio_user_tables",
    "SELECT n_tup_ins FROM pg_stat_xact_user_tables",
    "SELECT tup_inserted FROM pg_stat_database",
    "SELECT wal_bytes FROM pg_stat_wal",
    "SELECT writes FROM pg_stat_io",
    "SELECT buffers_written FROM pg_stat_checkpointer",
    "SELECT blks_hit FROM pg_stat_slru",
    "SELECT query_start FROM pg_stat_activity",
    "SELECT relation FROM pg_locks",
    "SELECT pg_stat_get_tuples_inserted('visits_intervention'::regclass)",
    "SELECT pg_relation_size('visits_intervention')",
    "SELECT pg_total_relation_size('audit_restrictedvalues')",
    "SELECT pg_table_size('audit_restrictedvalues')",
    "SELECT pg_indexes_size('audit_restrictedvalues')",
    "SELECT pg_database_size(current_database())",
    "SELECT pg_current_wal_lsn()",
    "SELECT pg_current_wal_insert_lsn()",
    "SELECT pg_current_wal_flush_lsn()",
    "SELECT pg_logical_emit_message(false, 'x', 'x')",
    "SELECT checkpoint_lsn FROM pg_control_checkpoint()",
    "SELECT reltuples, relpages FROM pg_class",
    "SELECT last_value FROM pg_sequences WHERE last_value IS NOT NULL",
    "SELECT currtid2('audit_restrictedvalues', '(0,1)')",
    "SELECT pg_blocking_pids(pg_backend_pid())",
    "SELECT pg_isolation_test_session_is_blocked(pg_backend_pid(), ARRAY[1])",
]


@pytest.mark.usefixtures("roles")
def test_no_counter_of_the_server_tells_what_an_operator_saved() -> None:
    sequences = [str(name) for (name,) in run("SELECT oid::regclass FROM pg_class WHERE relkind = 'S'")]
    sequences = [name for name in sequences if not name.startswith("vault")]
    asked = [*COUNTERS, f"SELECT nextval('{sequences[0]}')"]
    asked += [f"SELECT last_value FROM {name}" for name in sequences]  # noqa: S608 - names of the catalog
    assert len(sequences) > 5
    assert [sql for sql in asked if is_refused(sql)] == []  # the owner reads them all
    for name in (NAMES.blinded, NAMES.unblinded):
        with signed_in_as(name):
            assert [sql for sql in asked if not is_refused(sql)] == []
            # The counters of all databases can be asked from any: those that come with every server are shut.
            near = run("SELECT datname FROM pg_database WHERE has_database_privilege(datname, 'CONNECT')")
            assert not {"postgres", "template1"} & {name for (name,) in near}


@pytest.mark.usefixtures("roles")
def test_no_lock_on_a_table_tells_that_somebody_else_writes_there() -> None:
    tables = [
        str(name)
        for (name,) in run("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    ]
    strong = [f"LOCK TABLE {table} IN SHARE MODE" for table in tables]
    assert [sql for sql in strong if is_refused(sql)] == []
    with signed_in_as(NAMES.blinded):
        may = {sql.split()[2] for sql in strong if not is_refused(sql)}
    # Rows that are deleted again; none of these is written when an operator saves.
    assert not {table for table in may if not table.startswith(DELETED_FROM)}, may


DELETED_FROM = (
    *(
        "django_",
        "auth_",
        "axes_",
        "accounts_recoverycode",
        "accounts_secondfactor",
        "jobs_",
        "enrollment_patientcounter",
    ),
)


@pytest.mark.usefixtures("roles")
def test_the_numbers_that_a_role_may_ask_for_stand_still_when_somebody_else_writes() -> None:
    """Every function of the server without an argument, and every one that takes a table: two answers, with a restricted event between them."""
    with signed_in_as(NAMES.blinded):
        before = answer_all()
    for n in range(3):
        log_event(
            "reveal_arm", actor=SYSTEM, subject=Subject(record_kind="vault.draw", is_restricted=True), detail="x" * n
        )
    with signed_in_as(NAMES.blinded):
        after = answer_all()
    moved = {name for name in before if before[name] != after[name]}
    assert len(before) > 100
    # Moments and chance, this session itself, and the number of transactions that wrote something, whatever it was.
    assert not {name for name in moved if not name.startswith(OWN_TIME)}, moved


OWN_TIME = (
    *("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "pg_postmaster", "random"),
    *("gen_random_uuid", "uuidv", "pg_backend_pid", "inet_client_port", "pg_my_temp", "pg_is_other_temp"),
    *("txid_", "pg_current_xact", "pg_current_snapshot", "pg_snapshot"),
)


def answer_all() -> dict[str, str]:
    """Function -> what it says to this role, or that it refuses."""
    found = run(
        "SELECT p.proname, pronargs FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'"
        " AND prorettype::regtype::text !~ '(void|internal|trigger|handler)$'"
        " AND proname !~ '^(pg_sleep|pg_terminate|pg_cancel|pg_export|pg_advisory|lo_|setval|set_)'"
        " AND (pronargs = 0 OR (pronargs = 1 AND proargtypes[0] IN ('regclass'::regtype, 'oid'::regtype)))"
        " AND has_function_privilege(p.oid, 'EXECUTE')"
    )
    return {f"{name}/{count}": _answer(f"{name}({TABLE if count else ''})") for name, count in found}


TABLE = "'audit_restrictedvalues'::regclass"


def _answer(call: str) -> str:
    try:
        return str(run(f"SELECT pg_catalog.{call}::text"))
    except DatabaseError as error:
        return type(error).__name__


@pytest.mark.usefixtures("roles")
def test_the_words_of_restricted_events_are_read_by_nobody_blinded_and_written_beside_their_own_events_only(
    settings: Settings,
) -> None:
    about = Subject(record_kind="vault.draw", is_restricted=True)
    with signed_in_as(NAMES.unblinded):
        hidden = log_event("reveal_arm", actor=SYSTEM, subject=about, reason="got the balloon", detail="at 8 bar")
    with blinded_process(settings):
        own = log_event("justify_change", actor=SYSTEM, subject=about, reason="knows of the balloon")
        assert AuditEvent.objects.filter(pk=own.pk, reason="").exists()
        assert "balloon" not in dump_public()
        assert not RestrictedValues.objects.exists()
        assert not NotedWords.objects.exists()
        put = (
            "SELECT set_config('trialsite.gate', 'open', true); INSERT INTO audit_notedwords"
            " (event_id, reason, detail, salt, fields, changes) VALUES ({}, 'x', 'x', '', '[]', '[]')"
        )
        with pytest.raises(DatabaseError, match="row-level security"):
            run(put.format(hidden.pk))
        with pytest.raises(DatabaseError, match="duplicate key"):
            run(put.format(own.pk))
        # Not even beside the operators' words: how full a page is tells how long they are.
        assert is_refused(put.format(own.pk).replace("notedwords", "restrictedvalues"))
    with signed_in_as(NAMES.unblinded):
        assert read_event(action="justify_change").reason == "knows of the balloon"
        assert read_event(action="reveal_arm").reason == "got the balloon"


# How often a restricted record was corrected, by what its next revision cannot be; or its place taken.
FORGED_REVISION = (
    "INSERT INTO audit_auditevent (public_id, at, action, actor_id, actor_username, actor_name, actor_roles, reason, detail, site_code,"
    " visit_label, record_id, revision, record_kind, is_restricted)"
    " VALUES (gen_random_uuid(), now(), 'telling_words', '', 'x', 'x', '', '', '', '', '', '{}', 1, '{}', {})"
)


@pytest.mark.usefixtures("roles")
def test_no_revision_of_a_restricted_record_is_found_out_or_taken(settings: Settings) -> None:
    record = uuid4()
    with signed_in_as(NAMES.unblinded):
        about = Subject(record_kind="visits.intervention", record_id=record, revision=1, is_restricted=True)
        log_event("create", actor=SYSTEM, subject=about)
    with blinded_process(settings), taken_back():
        for kind, is_restricted in (("visits.intervention", "false"), ("vault.draw", "true")):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                run(FORGED_REVISION.format(record, kind, is_restricted))
        # Under another name it may be written, like one that nobody has.
        for forged in (record, uuid4()):
            run(FORGED_REVISION.format(forged, "x", "false"))


@pytest.mark.usefixtures("roles")
def test_no_conflict_with_a_hidden_row_asks_what_it_says(settings: Settings) -> None:
    """PostgreSQL asks the condition of ON CONFLICT DO UPDATE of the row that is there before it asks a policy of it."""
    with signed_in_as(NAMES.unblinded):
        event = log_event("reveal_arm", actor=SYSTEM, subject=Subject(record_kind="vault.draw", is_restricted=True))
        owner = make_user("operator", Role.OPERATOR)
        job = Job.objects.create(owner=owner, kind="casebook", title="the balloon", queue="unblinded")
        own = Job.objects.create(owner=owner, kind="casebook", title="mine", queue="blinded")
    told = "on conflict ({0}) do update set {0} = excluded.{0} where ({1} || 'x')::int = 1"
    of_event = "SELECT set_config('trialsite.gate', 'open', true); " + FORGED_EVENT.replace(
        "(public_id", "(id, public_id"
    ).replace("(gen_random_uuid()", f"({event.pk}, '{event.public_id}'")
    columns = ", ".join(str(field.column) for field in Job._meta.concrete_fields if not field.primary_key)
    of_job = f"INSERT INTO jobs_job (id, {columns}) SELECT '{{}}', {columns} FROM jobs_job WHERE id = '{own.pk}'"  # noqa: S608 - names of ours
    with blinded_process(settings):
        for key in ("id", "public_id"):
            assert is_refused(f"{of_event} {told.format(key, 'audit_auditevent.action')}")
        tell = told.format("id", "jobs_job.title")
        with pytest.raises(DatabaseError, match="this key is taken"):
            run(f"{of_job.format(job.pk)} {tell}")
        with pytest.raises(DatabaseError, match='"minex"'):
            run(f"{of_job.format(own.pk)} {tell}")  # so it is asked where a row may be read


@pytest.mark.usefixtures("roles")
def test_nobody_counts_the_slots_that_are_left_by_draws_that_are_taken_back(settings: Settings) -> None:
    """The stock is told to the statistician alone. The door gives one slot a transaction, whoever is drawn."""
    waiting, made = [make_patient(n) for n in range(1, 4)], make_sealed_list(40)
    slots = AllocationSlot.objects.filter(stratum__list=made).count()
    assert count_stock(make_up) == count_stock(make_up_in_part) == slots  # who reads the vault may count it here, too
    with blinded_process(settings):
        assert count_stock(make_up) == count_stock(make_up_in_part) == 1
        assert count_stock(lambda n: waiting[n - 100]) == 1
        # The age of a row is counted from a number that is fixed once: others take numbers meanwhile.
        assert count_stock(make_up, before=take_numbers_elsewhere) == 1
        with taken_back():
            at_once = (
                "SELECT count(trialsite_draw_slot(2, 'all', id, 'R-' || number, now(), 'x')) FROM enrollment_patient"
            )
            assert run(at_once) == [(1,)]
        # What the door looks at is printed to nobody, and no error names a slot.
        with taken_back():
            run("SELECT set_config(name, 'on', true) FROM pg_settings WHERE name LIKE 'debug_print_%'")
            run("SET LOCAL client_min_messages = debug5")
            noticed = connection.connection.notices
            noticed.clear()
            call = "SELECT trialsite_draw_slot(2, 'all', '{}', {}, {}, 'x')".format
            assert run(call(waiting[0].pk, "NULL", "now()")) == run(call(waiting[0].pk, "'R-X'", "NULL")) == [(None,)]
            with pytest.raises(DatabaseError, match=r"^Trialsite: this draw cannot be stored\nCONTEXT"):
                run(call(waiting[0].pk, f"'{'R' * 99}'", "now()"))
            assert "PLANNEDSTMT" in str(noticed)  # that of the call itself
            assert "vault_" not in str(noticed)
        before = count_pages(waiting[0])
    assert not Draw.objects.exists()
    # The other half of the slots away, as if there had been fewer: as many pages are read.
    with triggers_off(connection):
        AllocationSlot.objects.filter(stratum__list=made, position__gt=slots // 2).delete()
    with blinded_process(settings):
        assert abs(count_pages(waiting[0]) - before) <= 5  # rows that were taken back lie about


def count_pages(patient: Patient) -> int:
    """How many pages the door reads for a draw that is taken back, whatever the plans of the session should be; once it knows the tables."""
    draws = f"SELECT trialsite_draw_slot(2, 'all', '{patient.pk}', 'R-X', now(), 'x')"
    off = ("seqscan", "hashjoin", "mergejoin", "bitmapscan", "material", "memoize", "hashagg", "sort")
    told = ""
    for _ in range(3):
        with taken_back():
            for one in off:
                run(f"SET LOCAL enable_{one} = off")
            told = " ".join(
                str(line) for (line,) in run(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) {draws}")
            )
    return int(re.findall(r"Buffers: shared hit=(\d+)", told)[0])


def take_numbers_elsewhere() -> None:
    run("SELECT age('3'::xid)")
    other = connection.get_new_connection(connection.get_connection_params())
    other.autocommit = True
    with other.cursor() as cursor:
        for _ in range(5):
            cursor.execute("SELECT pg_current_xact_id()")
    other.close()


class TakenBackError(Exception):
    """Nothing of a transaction stays."""


@contextmanager
def taken_back() -> Iterator[None]:
    with suppress(TakenBackError), open_gate():
        yield
        raise TakenBackError


def count_stock(make: Callable[[int], Patient], before: Callable[[], None] = lambda: None) -> int:
    counted = 0
    with taken_back():
        before()
        while draw(make(100 + counted)):
            counted += 1
    return counted


def draw(patient: Patient) -> str | None:
    return draw_through_door(2, "all", patient.pk, code=f"R-{patient.number}", at=clock.now(), by="x")


def make_up(n: int) -> Patient:
    return make_patient(n)


def make_up_in_part(n: int) -> Patient:
    with transaction.atomic():
        return make_patient(n)
