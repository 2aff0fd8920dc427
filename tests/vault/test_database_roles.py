"""PostgreSQL with its real roles: who serves blinded people has no right on the vault, draws through the door, and cannot drop a guard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from enrollment.actions.draw import NOT_POSSIBLE_NOW, draw_allocation
from enrollment.models import Patient, PatientStatus
from enrollment.refusal import RefusedError
from enrollment.vault.lists import get_sealed_list
from enrollment.vault.models import AllocationSlot, CodeBreakImpact, Draw
from enrollment.vault.reveal import get_arms_for_analysis, reveal_to_operator
from enrollment.vault.row_rights import list_restricted_models
from enrollment.vault.slots import void_next_slot
from enrollment.vault.state import get_alarms, verify_list
from tests.cast import PASSWORD, make_user, open_browser
from tests.events import read_events
from tests.vault.conftest import make_patient, make_sealed_list, ready
from tests.vault.installation import NAMES, make_roles, set_rights
from tests.vault.test_at_once import AT_ONCE, draw_and_fail, run_at_once
from trialsite.accounts.actor import SYSTEM, Actor, actor_of
from trialsite.accounts.roles import Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEntry, AuditEvent, RestrictedValues
from trialsite.audit.write import Subject, log_event
from trialsite.lib import clock
from trialsite.lib.findings import Finding
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import Target, open_query
from trialsite.queries.follow import note_refusals
from trialsite.queries.models import CheckFiring, DataQuery, RestrictedFiring
from trialsite.records.actions import create_record
from visits.actions.questions import target_of
from visits.actions.telling import ask_to_think
from visits.crfs.registry import CRFS
from visits.models import Intervention, UnblindedMessage
from visits.visit import Visit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
    ),
]
SECRET = "balloon inflated to 8 bar"


@pytest.fixture
def roles(empty_database: None) -> None:
    """A database of its own, with the roles of an installation and their rights."""
    make_roles()


@contextmanager
def signed_in_as(name: str) -> Iterator[None]:
    """This connection, and those that other threads open, belong to another role of the database."""
    was = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = was


@contextmanager
def blinded_process(settings: Settings) -> Iterator[None]:
    """As the process that serves blinded people: its role, and no key."""
    keys = settings.ALLOCATION_KEYS
    settings.ALLOCATION_KEYS, settings.SERVES = (), "blinded"
    with signed_in_as(NAMES.blinded):
        yield
    settings.ALLOCATION_KEYS, settings.SERVES = keys, "everyone"


def run(sql: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


FORGED_EVENT = (
    "INSERT INTO audit_auditevent (public_id, at, action, actor_id, actor_username, actor_name, actor_roles, reason, detail, site_code,"
    " visit_label, record_kind, is_restricted) VALUES (gen_random_uuid(), now(), 'reveal_arm', '', 'x', 'x', '', '', '', '', '', '', true)"
)
FORGED_ENTRY = "INSERT INTO audit_auditentry (event_id, record_id, field, old, new) VALUES ({}, '{}', 'x', '', '')"
FORBIDDEN = [
    "SELECT 1 FROM vault.vault_allocationslot",
    "SELECT count(*) FROM vault.vault_draw",
    "SELECT 1 FROM vault.vault_codebreak",
    "INSERT INTO vault.vault_codebreakimpact SELECT * FROM vault.vault_codebreakimpact",
    "EXPLAIN SELECT 1 FROM vault.vault_allocationslot",
    "EXPLAIN ANALYZE SELECT 1 FROM vault.vault_draw",
    "UPDATE vault.vault_allocationslot SET position = 1",
    "INSERT INTO vault.vault_voidedslot (reason, slot_id, appended_at, appended_by) VALUES ('x', 1, now(), 'x')",
    "DELETE FROM vault.vault_draw",
    "TRUNCATE vault.vault_draw",
    "COPY vault.vault_allocationslot TO STDOUT",
    "LOCK TABLE vault.vault_draw",
    "SELECT nextval('vault.vault_draw_id_seq')",
    "CREATE TABLE vault.mine ()",
    "CREATE TEMPORARY TABLE audit_auditevent (record_id uuid, revision integer)",
    "CREATE VIEW public.mine AS SELECT 1",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE vault.vault_draw DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_rows ON public.audit_auditevent",
    "DROP TRIGGER guard_truncate ON public.audit_auditevent",
    "ALTER TABLE public.audit_auditevent DISABLE TRIGGER ALL",
    "ALTER TABLE public.enrollment_patient DISABLE TRIGGER ALL",
    "TRUNCATE public.audit_auditevent CASCADE",
    "DROP TABLE public.audit_auditentry",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION public.trialsite_guard_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION public.trialsite_draw_slot SET search_path = pg_temp",
    f"SET ROLE {NAMES.vault_owner}",
    f"SET ROLE {NAMES.unblinded}",
    f"GRANT USAGE ON SCHEMA vault TO {NAMES.blinded}",
]


@pytest.mark.usefixtures("roles")
def test_the_blinded_role_has_no_right_on_the_vault_nor_on_any_guard(settings: Settings) -> None:
    make_sealed_list(20)
    draw_allocation(make_patient(1), ready, SYSTEM)
    run("ANALYZE")
    with blinded_process(settings):
        allowed = [sql for sql in FORBIDDEN if not is_refused(sql)]
        assert allowed == []
        assert run("SELECT count(*) FROM pg_stats WHERE schemaname = 'vault'") == [(0,)]
        assert run("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
            (False,)
        ]
        assert run("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user") == [(0,)]
        # What the page of the list asks for does not exist for this role.
        with pytest.raises(ProgrammingError, match="does not exist"):
            AllocationSlot.objects.count()
        assert Client().get("/health").status_code == 200
    # With a role that may do more the process says that it is not well.
    settings.SERVES = "blinded"
    for name in (NAMES.unblinded, connection.settings_dict["USER"]):
        with signed_in_as(name):
            assert Client().get("/health").status_code == 503
    assert run("SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'vault'") == [(True,)]  # the owner does see them


@pytest.mark.conformance(38)
@pytest.mark.usefixtures("roles")
def test_a_code_is_broken_with_the_role_that_has_the_key_and_never_with_the_other(settings: Settings) -> None:
    make_sealed_list(4)
    investigator = make_user("investigator", Role.INVESTIGATOR)
    url = f"/code-break/{draw_allocation(make_patient(1), ready, SYSTEM).pk}/"
    said = {"reason": "emergency", "reason_text": "x", "clinician": "x", "occasion": "1", "password": PASSWORD}
    with blinded_process(settings):
        browser = open_browser(investigator)
        assert "arm-shown" not in browser.post(url, said).content.decode()
        assert browser.get("/code-break/").status_code == 200
        assert browser.get("/code-break/impact/00000000-0000-0000-0000-000000000000/").status_code == 404
    settings.SERVES = "unblinded"
    with signed_in_as(NAMES.unblinded):
        browser = Client()
        browser.post("/sign-in/", {"username": investigator.username, "password": PASSWORD})
        shown = browser.post(url, said).content.decode()
        assert "arm-shown" in shown
        impact = re.findall(r"/code-break/impact/[^\"]+", shown)[0]
        told = {"assessment": "x", "treatment_change": "no", "told": "nobody"}
        assert browser.post(impact, told).status_code == 302
    assert CodeBreakImpact.objects.get().code_break.appended_by == investigator.username


def is_refused(sql: str) -> bool:
    try:
        run(sql)
    except DatabaseError as error:
        return bool(
            {"permission denied", "must be owner"}
            & {w for w in ("permission denied", "must be owner") if w in str(error)}
        )
    return False


@pytest.mark.usefixtures("roles")
def test_64_draws_at_once_through_the_door_take_the_slots_in_order(settings: Settings) -> None:
    make_sealed_list(AT_ONCE)
    patients = [make_patient(n) for n in range(1, AT_ONCE + 1)]
    failing = {n for n in range(AT_ONCE) if n % 20 == 7}
    with blinded_process(settings):
        acts = [partial(draw_and_fail if n in failing else take, one) for n, one in enumerate(patients)]
        codes = [code for code in run_at_once(acts) if isinstance(code, str)]
    kept = AT_ONCE - len(failing)
    assert len(set(codes)) == kept
    assert list(Draw.objects.order_by("id").values_list("slot__position", flat=True)) == list(range(1, kept + 1))
    assert set(Draw.objects.values_list("code", flat=True)) == set(codes)
    assert Patient.objects.filter(status=PatientStatus.RANDOMIZED).count() == kept
    assert AuditEvent.objects.filter(action="randomize").count() == kept


def take(patient: Patient) -> str:
    return draw_allocation(patient, ready, SYSTEM).randomization_code


@pytest.mark.usefixtures("roles")
def test_the_door_tells_a_code_or_nothing_whatever_keeps_it_shut(settings: Settings) -> None:
    patients = [make_patient(n) for n in range(1, 9)]
    with blinded_process(settings):
        refuse(patients[0])  # the first refusal of a patient also begins a chain of the trail
        without_list = count_queries(patients[0])
    made = make_sealed_list(4)
    slots = AllocationSlot.objects.filter(stratum__list=made).count()
    assert [alarm.detail for alarm in get_alarms()] == ["Not known any more: a slot can be given now."] * 2
    with blinded_process(settings):
        assert [take(patient)[:2] for patient in patients[:slots]] == ["R-"] * slots
        refuse(patients[-1])
        assert count_queries(patients[-1]) == without_list  # used up: the same sentence for the same number of queries
        # Called as somebody could who got at the connection: a patient drawn already, an unknown one, another stratum.
        for phase, stratum, whose in ((2, "all", patients[0].id), (2, "all", made.id), (2, "site UB", patients[-1].id)):
            call = f"SELECT public.trialsite_draw_slot({phase}, '{stratum}', '{whose}', 'R-X', now(), 'x')"
            assert run(call) == [(None,)]
    assert Draw.objects.count() == slots
    assert "is exhausted" in get_alarms()[0].detail
    events = read_events(action="refuse_draw")
    assert {(event.is_restricted, "exhausted" in event.detail) for event in events} == {(True, False)}


def refuse(patient: Patient) -> None:
    with pytest.raises(RefusedError) as error:
        draw_allocation(patient, ready, SYSTEM)
    assert str(error.value) == NOT_POSSIBLE_NOW


def count_queries(patient: Patient) -> int:
    with CaptureQueriesContext(connection) as queries:
        refuse(patient)
    return len(queries)


@pytest.mark.usefixtures("roles")
def test_the_unblinded_process_makes_lists_voids_reveals_and_changes_the_key(settings: Settings) -> None:
    operator = make_user("operator", Role.OPERATOR)
    statistician = make_user("statistician", Role.STATISTICIAN)
    patients = [make_patient(n) for n in range(1, 3)]
    with signed_in_as(NAMES.unblinded):
        made = make_sealed_list(20)
        void_next_slot(get_protocol().phase(2), "all", "Mistake", actor=SYSTEM)
    with blinded_process(settings):
        for patient in patients:
            take(patient)
    with signed_in_as(NAMES.unblinded):
        drawn = Patient.objects.get(pk=patients[0].pk)
        arm = reveal_to_operator(drawn, get_protocol(), user=operator)
        assert get_arms_for_analysis(user=statistician, purpose="Safety")[drawn.pk] == arm
        settings.ALLOCATION_KEYS = ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", *settings.ALLOCATION_KEYS)
        call_command("rotate_allocation_key", stdout=StringIO())
        assert verify_list(get_sealed_list(2), is_sealed=True, actor=SYSTEM) == ""
        for sql in (
            "DROP TRIGGER guard_rows ON vault.vault_draw",
            "TRUNCATE vault.vault_draw",
            "DELETE FROM vault.vault_draw",
        ):
            assert is_refused(sql), sql
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            AllocationSlot.objects.filter(stratum__list=made).update(sealed_arm=b"x")
    assert list(Draw.objects.order_by("id").values_list("slot__position", flat=True)) == [2, 3]


@pytest.mark.usefixtures("roles")
def test_rows_that_may_tell_an_arm_do_not_exist_for_the_blinded_role(settings: Settings) -> None:
    """What the operator wrote, questions about it and the restricted trail: written by one role, absent for the other, in every table they are in."""
    make_sealed_list(20)
    patient = draw_allocation(make_patient(1), ready, SYSTEM)
    operator = make_user("operator", Role.OPERATOR)
    with signed_in_as(NAMES.unblinded):
        reveal_to_operator(patient, get_protocol(), user=operator)
        visit = create_record(
            Visit(patient=patient, planned_key="procedure", visited_on=date(2026, 2, 2)), actor=SYSTEM
        )
        form = Intervention(patient=patient, visit=visit, status="complete", assessed_on=visit.visited_on)
        form.notes = SECRET
        form = create_record(form, actor=actor_of(operator))
        target = target_of(CRFS["intervention"], form)
        open_query(target, f"{SECRET}?", actor=SYSTEM)
        DBTaskResult.objects.create(
            queue_name="unblinded",
            task_path=SECRET,
            args_kwargs={},
            backend_name="x",
            priority=0,
            run_after=clock.now(),
        )
        note_firings(target, actor_of(operator))
        assert SECRET in dump_public()
        among_open = (CheckFiring.objects.all(), AuditEntry.objects.filter(event__is_restricted=True))
        assert [rows.count() for rows in among_open] == [0, 0]
        assert RestrictedValues.objects.filter(record_id=form.pk, changes__contains=SECRET).exists()
        hidden = AuditEvent.objects.filter(action="reveal_arm").values_list("pk", flat=True)[0]
    with blinded_process(settings):
        seen = dump_public()
        assert SECRET not in seen
        assert "reveal_arm" not in seen
        assert "draw_slot" in seen  # its own
        assert not [model for model in (Intervention, DataQuery, RestrictedFiring) if model._default_manager.exists()]
        look_with_measured_plans()
        leave = ask_to_think(CRFS["vital_signs"], patient, make_user("coordinator", Role.COORDINATOR))
        assert leave
        leave.keep(form, ["sham"], SECRET)
        assert not UnblindedMessage.objects.exists()
        assert SECRET not in dump_public()
        assert is_refused("UPDATE visits_intervention SET notes = 'x' RETURNING 1")
        with pytest.raises(DatabaseError, match="row-level security"):
            create_record(Intervention(patient=patient, visit=visit, assessed_on=visit.visited_on), actor=SYSTEM)
        for sql in (
            "ALTER TABLE audit_auditevent DISABLE ROW LEVEL SECURITY",
            "DROP POLICY blinded_rows ON audit_auditevent",
        ):
            with pytest.raises(ProgrammingError):
                run(sql)
        with pytest.raises(CommandError, match="does not see every entry"):
            call_command("verify_audit")
        with pytest.raises(DatabaseError, match="row-level security"):
            log_event("reveal_arm", actor=SYSTEM, subject=Subject(record_kind="vault.draw", is_restricted=True))
        # As somebody writes who asks for nothing back.
        for sql in (
            FORGED_EVENT,
            FORGED_ENTRY.format(hidden, form.pk),
        ):
            with pytest.raises(DatabaseError, match="row-level security"):
                run("SELECT set_config('trialsite.gate', 'open', true); " + sql)
    with signed_in_as(NAMES.unblinded):
        call_command("verify_audit", stdout=StringIO())
    closed = {str(name) for (name,) in run("SELECT relname FROM pg_class WHERE relrowsecurity")}
    assert {model._meta.db_table for model in list_restricted_models()} < closed
    assert len(list_restricted_models()) >= 2
    # Firings of checks name the form, not its table.
    keys = {key.replace("_", "") for key, crf in CRFS.items() if crf.is_restricted}
    assert keys <= {model._meta.model_name for model in list_restricted_models()}


def note_firings(target: Target, actor: Actor) -> None:
    """A refusal of a restricted form leaves no row; what an earlier version noted is still there."""
    note_refusals(target, [Finding(key="inflated_in_sham", field="", message=SECRET)], actor=actor)
    assert not RestrictedFiring._default_manager.exists()
    with open_gate():
        RestrictedFiring._default_manager.create(form_key=SECRET, check_key=SECRET, record_id=target.record_id)


def look_with_measured_plans() -> None:
    """What an operator typed is not even looked at: a plan that is measured tells nothing of it."""
    for table, column in (("visits_intervention", "notes"), ("audit_restrictedvalues", "changes")):
        plan = str(run(f"EXPLAIN (ANALYZE, TIMING OFF) SELECT 1 FROM {table} WHERE {column} >= 'b'"))  # noqa: S608 - names above
        assert "One-Time Filter: false" in plan
        assert table not in plan


def dump_public() -> str:
    """Every row of every table outside of the vault that this role can read, as text; of some it finds a view alone."""
    tables = run("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return "".join(str(run(f'SELECT t::text FROM "{name}" t')) for (name,) in tables)  # noqa: S608 - names of the catalog


@pytest.mark.usefixtures("roles")
def test_every_page_of_a_coordinator_works_in_the_blinded_process(settings: Settings) -> None:
    """Migrations run again as the owner, rights are set again, and the pages do not miss what they have no right to."""
    call_command("migrate", verbosity=0)
    set_rights()
    make_user("coordinator", Role.COORDINATOR)
    make_user("operator", Role.OPERATOR)
    make_sealed_list(20)
    patient = make_patient(1)
    with blinded_process(settings):
        site = Client()
        assert site.post("/sign-in/", {"username": "coordinator", "password": PASSWORD}).status_code == 302
        pages = (
            "/",
            "/patients/",
            f"/patients/{patient.id}/",
            f"/patients/{patient.id}/draw/",
            f"/trail/patients/{patient.id}/",
            "/queries/",
            "/reports/",
            "/list-commitment/",
        )
        with CaptureQueriesContext(connection) as queries:
            assert {url: site.get(url).status_code for url in pages} == dict.fromkeys(pages, 200)
        assert not [query["sql"] for query in queries if "vault_" in query["sql"]]
        refused = Client().post("/sign-in/", {"username": "operator", "password": PASSWORD})
        assert "served at the other address" in refused.content.decode()
