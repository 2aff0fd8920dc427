"""The database is busy, full, away or refuses: a person reads what happened, types nothing twice, and nothing is half stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import give_consent, make_patient, make_visit
from tests.robust.page import read_page, values_of
from trialsite.accounts.models import User
from trialsite.audit.gate import is_gate_open
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib.trouble import Kind, find_trouble
from visits.models import VitalSigns

TYPED = {
    "assessed_on": "2011-02-01",
    "heart_rate_bpm": "72",
    "assessed_by": "A nurse",
    "intent": "save",
    "base_revision": "0",
}
HERE = {"Origin": "http://testserver"}


@pytest.fixture
def desk(coordinator: User, sign_in: SignIn) -> Client:
    made = sign_in(coordinator)
    made.raise_request_exception = False
    return made


@pytest.fixture
def address(db: None) -> str:
    patient = make_patient()
    give_consent(patient)
    return reverse("visit_form", args=(make_visit(patient).pk, "vital_signs"))


def caused(kind: type[Exception], **codes: str) -> Exception:
    """An error of Django as a driver causes it."""
    cause = Exception("values nobody shall read")
    for name, code in codes.items():
        setattr(cause, name, code)
    error = kind("values nobody shall read")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (caused(OperationalError, sqlite_errorname="SQLITE_BUSY"), Kind.BUSY),
        (caused(OperationalError, sqlite_errorname="SQLITE_FULL"), Kind.FULL),
        (caused(OperationalError, sqlite_errorname="SQLITE_IOERR_WRITE"), Kind.AWAY),
        (caused(OperationalError, sqlite_errorname="SQLITE_ERROR"), Kind.REFUSED),
        (caused(IntegrityError, sqlite_errorname="SQLITE_CONSTRAINT_TRIGGER"), Kind.REFUSED),
        (caused(OperationalError, pgcode="53100"), Kind.FULL),
        (caused(OperationalError, pgcode="53300"), Kind.AWAY),
        (caused(OperationalError, pgcode="57P01"), Kind.AWAY),
        (caused(OperationalError, pgcode="55P03"), Kind.BUSY),
        (caused(OperationalError, pgcode="40P01"), Kind.BUSY),
        (caused(DatabaseError, pgcode="P0001"), Kind.REFUSED),
        (OperationalError("the connection is closed"), Kind.AWAY),
        (caused(DatabaseError, pgcode=""), Kind.AWAY),
        (InterfaceError("the connection is closed"), Kind.AWAY),
        (DatabaseError("anything"), Kind.REFUSED),
    ],
)
def test_trouble_is_told_by_the_code_of_the_database(error: Exception, kind: Kind) -> None:
    found = find_trouble(error)
    assert found is not None
    assert found.kind is kind
    assert "nobody" not in found.sentence
    assert (found.status == 503) == (kind is not Kind.REFUSED) == bool(found.headers)


def test_other_errors_are_no_trouble_of_the_database() -> None:
    assert find_trouble(ValueError("x")) is None
    assert find_trouble(None) is None


# -- the audit write fails


@contextmanager
def audit_refusing(table: str) -> Iterator[None]:
    """A trigger that refuses every new row of the trail, as a broken disk or a careless hand might."""
    name = f"test_refuses_{table}"
    if connection.vendor == "sqlite":
        sql = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
        drop = f"DROP TRIGGER {name}"
    else:
        run(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'made to fail'; END $$"
        )
        sql = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        drop = f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()"
    run(sql)
    try:
        yield
    finally:
        run(drop)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def state() -> tuple[int, ...]:
    return tuple(model._base_manager.count() for model in (AuditEvent, AuditEntry, VitalSigns, Patient))


def shown(answer: Any) -> dict[str, list[str]]:
    return values_of(read_page(answer.content))


@pytest.mark.django_db
@pytest.mark.conformance(28)
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditentry", "audit_auditlink"])
def test_a_save_whose_audit_is_refused_fails_with_a_sentence_and_keeps_what_was_typed(
    desk: Client, address: str, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = state()
    with audit_refusing(table):
        answer = desk.post(address, TYPED, headers=HERE)
    assert answer.status_code == 500
    page = read_page(answer.content)
    assert "Not saved. What you typed is still here. The database refused" in page.text
    assert "made to fail" not in page.text
    assert shown(answer)["heart_rate_bpm"] == ["72"]
    assert page.find("span", **{"class": "tag"})[0].text == "Empty", "the page does not claim that it is stored"
    assert state() == before
    assert not is_gate_open()
    assert "A form was not stored" in caplog.text, "the cause stands in the log"

    again = {name: values for name, values in shown(answer).items() if name in TYPED}
    assert desk.post(address, {**again, "intent": "save"}, headers=HERE).status_code == 302
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.assessed_by, stored.revision) == (72, "A nurse", 1)


@pytest.mark.django_db
@pytest.mark.conformance(28)
def test_a_correction_whose_audit_is_refused_leaves_the_record_as_it_was(desk: Client, address: str) -> None:
    desk.post(address, TYPED, headers=HERE)
    before = state()
    with audit_refusing("audit_auditevent"):
        answer = desk.post(address, {**TYPED, "heart_rate_bpm": "99", "base_revision": "1"}, headers=HERE)
    assert (answer.status_code, state()) == (500, before)
    assert shown(answer)["heart_rate_bpm"] == ["99"]
    assert VitalSigns.objects.get().heart_rate_bpm == 72


# -- any page


FAILURES: dict[str, tuple[Exception, int, str]] = {
    "away": (OperationalError("gone"), 503, "The database does not answer"),
    "busy": (caused(OperationalError, pgcode="55P03"), 503, "The database is busy"),
    "full": (caused(OperationalError, pgcode="53100"), 503, "The disk is full"),
    "refused": (DatabaseError("no"), 500, "The database refused"),
    "other": (ValueError("no"), 500, "Something failed on our side"),
}


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


@pytest.mark.django_db
@pytest.mark.parametrize("failure", FAILURES)
def test_any_page_that_fails_keeps_what_was_sent(desk: Client, failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error, status, title = FAILURES[failure]
    url = reverse("register_patient")
    token = desk.get(url).context["form"]["token"].value()
    sent = {"site": "UB", "phase": "2", "token": token, "password": "secret words"}
    with monkeypatch.context() as patch:
        patch.setattr("enrollment.views.patients.register_patient", failing(error), raising=True)
        answer = desk.post(url, sent, headers=HERE)
    page = read_page(answer.content)
    assert answer.status_code == status
    assert title in page.find("h1")[0].text
    assert ("Retry-After" in answer.headers) == (status == 503)
    kept = shown(answer)
    assert {name: kept[name] for name in ("site", "phase", "token")} == {
        "site": ["UB"],
        "phase": ["2"],
        "token": [token],
    }
    assert "password" not in kept
    assert not Patient.objects.exists()
    assert desk.post(url, kept, headers=HERE).status_code == 302
    assert Patient.objects.count() == 1


@pytest.mark.django_db
def test_nothing_sent_from_elsewhere_is_put_on_a_page(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise another site could have its words sent under this person's name with one click."""
    url = reverse("register_patient")
    sent = {"site": "UB", "phase": "2", "token": desk.get(url).context["form"]["token"].value()}
    monkeypatch.setattr("enrollment.views.patients.register_patient", failing(OperationalError("gone")))
    for origin in ({}, {"Origin": "https://elsewhere.example"}):
        answer = desk.post(url, sent, headers=origin)
        assert answer.status_code == 503
        assert shown(answer) == {}


@pytest.mark.django_db
def test_a_database_that_is_away_before_anybody_is_known_still_answers_with_words(
    desk: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the session can be read."""
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", failing(OperationalError("could not connect to secret-host")))
        answer = desk.post(address, TYPED, headers=HERE)
        asked = desk.get(address)
    for one in (answer, asked):
        assert (one.status_code, one.headers["Retry-After"]) == (503, "10")
        assert "The database does not answer" in read_page(one.content).text
        assert "secret-host" not in one.content.decode()
        assert "Content-Security-Policy" in one.headers
    assert shown(answer)["heart_rate_bpm"] == ["72"]
    assert desk.post(address, {**shown(answer)}, headers=HERE).status_code == 302
    assert VitalSigns.objects.get().heart_rate_bpm == 72


@pytest.mark.django_db
@pytest.mark.parametrize("intent", ["save", "complete"])
def test_what_fails_after_the_save_is_not_stored_twice(
    desk: Client, address: str, intent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is stored, the page that should say so is not shown; the person sends once more."""
    sent = {**TYPED, "intent": intent}
    with monkeypatch.context() as patch:
        patch.setattr("trialsite.records.entry.redirect", failing(OperationalError("gone")))
        patch.setattr("trialsite.records.entry._show", failing(OperationalError("gone")))
        answer = desk.post(address, sent, headers=HERE)
    assert answer.status_code == 503
    assert VitalSigns.objects.get().revision == 1
    after = state()
    again = desk.post(address, {**shown(answer)}, headers=HERE)
    assert again.status_code == (302 if intent == "save" else 200)
    assert (VitalSigns.objects.get().revision, state()) == (1, after)


@pytest.mark.django_db
def test_reading_goes_on_where_nothing_can_be_stored(
    desk: Client, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Noting that the person is here must not take the page away from them."""
    with monkeypatch.context() as patch:
        full = caused(OperationalError, sqlite_errorname="SQLITE_FULL")
        patch.setattr("django.contrib.sessions.backends.db.SessionStore.save", failing(full))
        answer = desk.get(address)
    assert answer.status_code == 200
    assert "could not be noted" in caplog.text
