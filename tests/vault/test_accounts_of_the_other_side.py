"""Whoever has the password of the blinded role of PostgreSQL, and writes SQL by hand, becomes nobody who can learn an arm or gives access."""

# ruff: noqa: S608 - no input of anybody

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django import Settings

from endpoints.models import ReleaseRequest
from enrollment.vault.row_rights import DONE_ELSEWHERE
from tests.accounts.test_second_factor import set_up
from tests.cast import PASSWORD, make_user, open_browser
from tests.vault.installation import NAMES, make_roles, set_rights
from tests.vault.test_database_roles import FORGED_EVENT, blinded_process, signed_in_as
from trialsite.accounts.guard import REFUSED
from trialsite.accounts.knowledge import KNOWLEDGE
from trialsite.accounts.links import make_link_path
from trialsite.accounts.lockout import find_locked_names
from trialsite.accounts.models import RecoveryCode, SecondFactor, UnblindedSession, User
from trialsite.accounts.roles import APART, ROLE_PERMISSIONS, SECOND_FACTOR_ROLES, TELLING, Role, list_guarded_roles
from trialsite.accounts.second_factor import accept
from trialsite.accounts.serves import CROSSING
from trialsite.accounts.views.sign_in import CROSSING_AT
from trialsite.audit.gate import open_gate
from trialsite.jobs.models import Worker
from trialsite.lib import clock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
    ),
]
NEW_PASSWORD = "another long enough phrase"
COPY = (
    "INSERT INTO accounts_user (id, username, full_name, email, roles, site_codes, instruments, training, is_active, created_at, password)"
    " SELECT gen_random_uuid(), 'new', '', '', '[\"{0}\"]', site_codes, instruments, training, true, now(), password FROM accounts_user"
    " WHERE username = 'coordinator'"
)
ACCOUNTS = [
    *(
        f"UPDATE accounts_user SET {change} WHERE username = '{role}'"
        for role in list_guarded_roles()
        for change in (
            "password = 'x'",
            "email = 'me@trial.example'",
            "is_active = NOT is_active",
            "site_codes = '[\"x\"]'",
        )
    ),
    *(
        f"UPDATE accounts_user SET {column} WHERE username = '{role}'"
        for role in sorted(APART)
        for column in ("last_login = NULL", "training = '{\"x\": {}}'", "second_factor_since = NULL", "full_name = 'x'")
    ),
    *(
        f"UPDATE accounts_user SET roles = '{roles}' WHERE username = 'coordinator'"
        for role in list_guarded_roles()
        for roles in (f'["{role}"]', f'["coordinator", "{role}"]', f'{{"{role}": 1}}', f'"{role}"')
    ),
    *(
        f"UPDATE accounts_user SET roles = '[\"coordinator\"]' WHERE username = '{role}'"
        for role in list_guarded_roles()
    ),
    *(COPY.format(role) for role in list_guarded_roles()),
    (
        "INSERT INTO accounts_user SELECT * FROM accounts_user WHERE username = 'operator'"
        " ON CONFLICT (id) DO UPDATE SET password = 'x'"
    ),
    (
        "MERGE INTO accounts_user u USING accounts_user c ON u.username = 'admin' AND c.username = 'coordinator'"
        " WHEN MATCHED THEN UPDATE SET password = c.password"
    ),
]
# What the blinded process does itself; a person who cannot learn an arm is its own.
OPEN = [
    "UPDATE accounts_user SET last_login = now(), training = '{}', second_factor_since = NULL WHERE username IN ('investigator', 'data_manager')",
    "UPDATE accounts_user SET password = 'x', email = 'x@trial.example' WHERE username IN ('coordinator', 'monitor')",
    "UPDATE accounts_user SET roles = '[\"monitor\"]' WHERE username = 'coordinator'",
    COPY.format("assessor"),
]
DENIED = [
    "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '0099', now())",
    "DELETE FROM django_migrations WHERE app = 'accounts'",
    (
        "SELECT set_config('trialsite.gate', 'open', true); INSERT INTO enrollment_listcommitment (phase_number, sha256, protocol_digest, is_demo,"
        " appended_at, appended_by) VALUES (9, '', '', false, now(), '')"
    ),
]
OF_OPERATOR = "(SELECT id FROM accounts_user WHERE username = 'operator')"
DEED, ASKED = "SELECT gen_random_uuid(), '', 'data_manager', '', now(), id", "FROM endpoints_releaserequest"
FORGED_OPEN = FORGED_EVENT.replace("true)", "false)")
OPEN_GATE = "SELECT set_config('trialsite.gate', 'open', true)"
# Each adds, changes or finds at least one row for the unblinded role, and none for the other.
ROWS = [
    "SELECT * FROM accounts_unblindedsession",
    "UPDATE accounts_unblindedsession SET expire_date = now()",
    "INSERT INTO accounts_unblindedsession VALUES ('mine', '', now())",
    f"SELECT * FROM accounts_secondfactor WHERE user_id = {OF_OPERATOR}",
    f"DELETE FROM accounts_secondfactor WHERE user_id = {OF_OPERATOR}",
    f"UPDATE accounts_secondfactor SET user_id = {OF_OPERATOR.replace('operator', 'admin')} WHERE user_id <> {OF_OPERATOR}",
    f"SELECT * FROM accounts_recoverycode WHERE user_id = {OF_OPERATOR}",
    f"INSERT INTO accounts_recoverycode (user_id, digest) VALUES ({OF_OPERATOR}, 'mine')",
    "SELECT * FROM axes_accessattempt WHERE username LIKE '%operator'",
    "DELETE FROM axes_accessattempt WHERE username LIKE '%operator'",
    "UPDATE axes_accessattempt SET username = ' unblinded admin' WHERE username = 'coordinator'",
    # Entries of the trail about what is done there, and under the name of somebody who works there.
    *(f"{OPEN_GATE}; {FORGED_EVENT.replace('reveal_arm', action)}" for action in DONE_ELSEWHERE),
    f"{OPEN_GATE}; {FORGED_OPEN.replace('reveal_arm', 'account_deactivated')}",
    f"{OPEN_GATE}; {FORGED_OPEN.replace('reveal_arm', 'sign_in').replace(chr(39) + 'x', chr(39) + 'operator', 1)}",
    (
        f"{OPEN_GATE}; INSERT INTO accounts_accessreview (id, lines, digest, remarks, reviewer_id, reviewer_username, reviewer_name,"
        " reviewer_roles, appended_at) VALUES (gen_random_uuid(), '[]', '', '', '', 'admin', '', '', now())"
    ),
    f'{OPEN_GATE}; INSERT INTO endpoints_release (id, by_user_id, by_username, by_name, appended_at, request_id, "only") {DEED}, true {ASKED}',
    f"{OPEN_GATE}; INSERT INTO endpoints_releaserefusal (id, by_user_id, by_username, by_name, appended_at, request_id, reason) {DEED}, '' {ASKED}",
    "UPDATE jobs_worker SET seen_at = now()",
    (
        f"{OPEN_GATE}; INSERT INTO endpoints_releaserequest (id, by_user_id, by_username, by_name, appended_at, reason, lock_id, snapshot_id,"
        " snapshot_serial, snapshot_sha256, sets_sha256, protocol_sha256, commitments, code_version) VALUES (gen_random_uuid(), '',"
        " 'statistician', '', now(), '', gen_random_uuid(), gen_random_uuid(), 1, '', '', '', '{}', '')"
    ),
]


@pytest.fixture
def people(empty_database: None) -> dict[Role, User]:
    """A database of its own with the roles of an installation, and an account of every role."""
    make_roles()
    return {role: make_user(str(role), role) for role in Role}


def attempt(sql: str) -> str | int:
    """How many rows it found or wrote, or in which words it was refused; then it is taken back."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            rows = int(cursor.rowcount)  # of the last statement
            transaction.set_rollback(True)
    except DatabaseError as refused:
        return str(refused).split("\n")[0]
    return rows


def attempt_all(statements: list[str]) -> dict[str, str | int]:
    return {sql: attempt(sql) for sql in statements}


@pytest.mark.conformance(8, 40)
@pytest.mark.usefixtures("people")
def test_no_account_that_can_learn_an_arm_is_made_or_changed_by_sql(settings: Settings) -> None:
    with signed_in_as(NAMES.unblinded):
        assert set(attempt_all([*ACCOUNTS, *OPEN]).values()) == {1, 2}
    with blinded_process(settings):
        assert {sql for sql, told in attempt_all(ACCOUNTS).items() if told != REFUSED} == set()
        assert set(attempt_all(OPEN).values()) == {1, 2}
        assert {told.split(" for ")[0] for told in map(str, attempt_all(DENIED).values())} == {"permission denied"}
        assert "must be owner" in str(attempt("ALTER TABLE accounts_user DISABLE TRIGGER guard_access"))
    # A guard of earlier days, which knows no role: the same statements are done, until the rights are set anew.
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION trialsite_guard_access() RENAME TO trialsite_guard_access_of_old")
        cursor.execute("DROP TRIGGER guard_access ON accounts_user")
    with blinded_process(settings):
        assert set(attempt_all(ACCOUNTS).values()) == {1}
        assert Client().get("/health").status_code == 503
    set_rights()
    with blinded_process(settings):
        assert set(attempt_all(ACCOUNTS).values()) == {REFUSED}
        assert Client().get("/health").status_code == 200


def test_the_roles_of_the_guard_follow_from_what_they_may() -> None:
    assert {line.permission for line in KNOWLEDGE} <= TELLING
    crossing = {Role.INVESTIGATOR, Role.DATA_MANAGER}
    assert set(list_guarded_roles()) == {Role.OPERATOR, Role.STATISTICIAN, Role.ADMIN, *crossing}
    assert {role for role in crossing for needed, _ in CROSSING_AT if needed in ROLE_PERMISSIONS[role]} == crossing
    assert {needed for needed, _ in CROSSING_AT} == CROSSING
    assert APART == SECOND_FACTOR_ROLES == {Role.OPERATOR, Role.STATISTICIAN, Role.ADMIN}
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc, proconfig FROM pg_proc WHERE proname = 'trialsite_guard_access'")
        ((source, options),) = cursor.fetchall()
    for roles in (list_guarded_roles(), APART):
        assert f"ARRAY[{', '.join(repr(str(role)) for role in sorted(roles))}]" in source
    assert options == ["search_path=public, vault, pg_temp"]


@pytest.mark.conformance(8)
def test_sessions_devices_and_failures_of_the_other_side_do_not_exist_for_the_blinded_role(
    people: dict[Role, User], settings: Settings
) -> None:
    settings.SERVES = "unblinded"
    with signed_in_as(NAMES.unblinded):
        site = Client()
        assert site.post("/sign-in/", {"username": "operator", "password": PASSWORD}).status_code == 302
        for role in (Role.OPERATOR, Role.INVESTIGATOR):
            settings.SERVES = "unblinded" if role is Role.OPERATOR else "everyone"
            set_up(open_browser(people[role]))
        settings.SERVES = "unblinded"
        for _ in range(django_settings.AXES_FAILURE_LIMIT):
            Client().post("/sign-in/", {"username": "Operator", "password": "guessed"})
        with open_gate():
            ask = dict.fromkeys(("lock_id", "snapshot_id"), uuid4())
            ReleaseRequest.objects.create(by_username="statistician", snapshot_serial=1, commitments={}, **ask)
        Worker.objects.create(name="theirs", queue="unblinded", lacks={})
        assert UnblindedSession.objects.count() == 2
        assert Session.objects.count() == 1  # of the process that serves everybody
    with blinded_process(settings):
        Client().post("/sign-in/", {"username": "coordinator", "password": "guessed"})
        told = attempt_all(ROWS)
        assert {
            sql: said
            for sql, said in told.items()
            if said != 0 and not re.search("row-level security|permission denied", str(said))
        } == {}
        assert find_locked_names() == {}
        # Without its failures in sight, and without its device, an operator is nobody here.
        refused = Client().post("/sign-in/", {"username": "operator", "password": PASSWORD}).content.decode()
        assert "do not go together" in refused
        assert "Operators, statisticians and admins do not sign in here" in refused
    settings.SERVES = "unblinded"
    with signed_in_as(NAMES.unblinded):
        assert {sql: said for sql, said in attempt_all(ROWS).items() if not isinstance(said, int) or said < 1} == {}
        assert set(find_locked_names()) == {"operator"}
        locked = Client().post("/sign-in/", {"username": "operator", "password": PASSWORD})
        assert locked.status_code == 429
        admin = open_browser(people[Role.ADMIN])
        assert admin.post(f"/users/{people[Role.OPERATOR].pk}/unlock/", {"reason": "mistyped"}).status_code == 302
        assert not AccessAttempt.objects.filter(username__contains="operator").exists()
        UnblindedSession.objects.update(expire_date=clock.now())
        call_command("clearsessions")
        assert not UnblindedSession.objects.exists()
    settings.SERVES = "everyone"


def test_whatever_the_blinded_process_writes_of_its_people_still_works(
    people: dict[Role, User], settings: Settings
) -> None:
    """Every write on an account, as every role served there; a refusal of the database would be an error of the server, which fails the test."""
    old_rule = make_password(PASSWORD, salt="short")  # shorter than the present rule asks for
    User.objects.update(password=old_rule)
    with blinded_process(settings):
        for role in sorted(set(Role) - APART):
            user, is_guarded = people[role], role in list_guarded_roles()
            site = Client()
            for _ in range(2):
                assert (
                    b"do not go together" in site.post("/sign-in/", {"username": role, "password": "guessed"}).content
                )
            assert site.post("/sign-in/", {"username": role, "password": PASSWORD}).status_code == 302
            user.refresh_from_db()
            assert user.last_login is not None
            assert (user.password == old_rule) == is_guarded  # renewed by the present rule, or left as it is
            _, codes = set_up(site)
            assert accept(user, codes[0])
            assert site.post("/second-factor/", {"act": "codes", "password": PASSWORD}).status_code == 200
            assert site.post("/second-factor/", {"act": "remove", "password": PASSWORD}).status_code == 302
            trained = {"course": "system", "system-on": "2026-01-01", "system-evidence": "Read it"}
            assert site.post("/training/", trained).status_code == 302
            new = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
            assert site.post("/password/", new).status_code == (200 if is_guarded else 302)
            user.refresh_from_db()
            assert user.check_password(PASSWORD if is_guarded else NEW_PASSWORD)
            assert site.post("/sign-out/").status_code == 302
            window = Client()
            user.refresh_from_db()
            page = window.get(make_link_path(user), follow=True)  # the keys that sign are one in a test
            assert (b"does not work" in page.content) == is_guarded
            if not is_guarded:
                chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
                assert window.post(page.redirect_chain[-1][0], chosen).status_code == 302
            window = open_browser(User.objects.get(pk=user.pk))
            assert window.get("/roles/").status_code == 200
            with clock.held_at(clock.now() + timedelta(hours=1)):
                assert "because=idle" in window.get("/roles/").headers["Location"]
            wrong = {"username": role, "password": "guessed"}
            tried = [window.post("/sign-in/", wrong).status_code for _ in range(django_settings.AXES_FAILURE_LIMIT)]
            assert tried[-2:] == [200, 429]
        for role in sorted(APART):
            told = Client().post("/sign-in/", {"username": role, "password": PASSWORD}).content.decode()
            assert "served at the other address" in told
            assert User.objects.get(pk=people[role].pk).password == old_rule
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
