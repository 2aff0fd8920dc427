"""Training is recorded with its evidence, ends, and without it nothing is stored; reading is never refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from tests.cast import SITE, SignIn, make_user
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.actions import RefusedError, record_training
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.accounts.rules import add_months, judge_training
from trialsite.accounts.training import say_lacking
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock
from trialsite.protocol import model
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Course
from visits.models import VitalSigns
from visits.visit import Visit

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GCP = Course(key="gcp", label="GCP", version="2", roles=("monitor",), valid_months=24, recorded_by="admin")


def test_the_protocol_knows_the_roles() -> None:
    assert tuple(role.value for role in Role) == model.ROLES


@pytest.mark.parametrize(
    ("held", "lacks"),
    [
        ({}, "is not recorded"),
        ({"version": "1", "on": "2026-01-01"}, "is recorded for version 1, the trial asks for 2"),
        ({"version": "2", "on": "2024-03-01"}, "ended on 2026-03-01"),
        ({"version": "2", "on": "2024-03-02"}, ""),
    ],
)
def test_a_training_holds_for_its_version_and_its_time(held: dict[str, str], lacks: str) -> None:
    (standing,) = judge_training(["monitor"], {"gcp": held} if held else {}, [GCP], NOW.date())
    assert standing.lacks == lacks
    assert standing.ends_soon(NOW.date()) == (lacks == "")
    assert judge_training(["admin"], {}, [GCP], NOW.date()) == []


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(9999, 12, 1), 24, date.max),
    ],
)
def test_months_end_where_the_month_does(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


@pytest.fixture
def untrained(db: None) -> User:
    user = make_user("newcomer", Role.COORDINATOR)
    User.objects.filter(pk=user.pk).update(training={})
    return User.objects.get(pk=user.pk)


@pytest.fixture
def visit(db: None) -> Visit:
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient)


def send(desk: Client, visit: Visit) -> Any:
    return desk.post(
        f"/visits/{visit.pk}/forms/vital_signs/", {"intent": "save", "base_revision": "0", "heart_rate_bpm": "72"}
    )


@pytest.mark.conformance(49)
def test_nothing_is_stored_before_the_training_is_recorded(
    untrained: User, visit: Visit, admin: User, sign_in: SignIn
) -> None:
    with clock.held_at(NOW):
        desk, office = sign_in(untrained), sign_in(admin)
        page = desk.get(f"/visits/{visit.pk}/forms/vital_signs/")
        assert page.status_code == 200
        assert "Good clinical practice” is not recorded. Show the evidence to an admin" in page.content.decode()
        assert 'value="complete"' not in page.content.decode(), "the page offers to store"
        refused = send(desk, visit)
        assert refused.status_code == 403
        text = refused.content.decode()
        assert "Working with Trialsite” is not recorded. Confirm it yourself" in text
        assert '<dt>Heart rate bpm</dt><dd class="text-break">72</dd>' in text, "what was typed is shown"
        assert "Base revision" not in text
        assert desk.post("/patients/register/", {"phase_number": "2", "site_code": SITE}).status_code == 403
        assert VitalSigns.objects.count() == 0
        assert "lacks Good clinical practice, Working with Trialsite" in office.get("/users/").content.decode()

        typed = {"system-on": "2026-03-01", "system-evidence": "Shown by the data manager"}
        assert desk.post("/training/", {"course": "system", **typed}).status_code == 302
        assert send(desk, visit).status_code == 403
        gcp = {"course": "gcp", "gcp-on": "2026-02-28", "gcp-evidence": "Certificate 4711, in the site file"}
        assert desk.post("/training/", gcp).status_code == 422, "an admin records it, not the person"
        assert office.post(f"/users/{untrained.pk}/training/", gcp).status_code == 302
        assert send(desk, visit).status_code == 302
        assert VitalSigns.objects.count() == 1
        entry = AuditEntry.objects.get(field="training_gcp")
        assert entry.new == '"version E6(R3), completed on 2026-02-28"'
        assert (entry.event.action, entry.event.actor_username) == ("training_recorded", "admin")
        assert "Certificate 4711" in entry.event.detail
        assert (
            "training \u201cGood clinical practice\u201d: version"
            in office.get(f"/users/{untrained.pk}/").content.decode()
        )
    with clock.held_at(datetime(2028, 2, 10, tzinfo=UTC)):
        assert "ends on 2028-02-28: renew it" in sign_in(untrained).get("/").content.decode()
    with clock.held_at(datetime(2028, 2, 29, tzinfo=UTC)):
        desk = sign_in(untrained)
        assert "ended on 2028-02-28" in send(desk, visit).content.decode()
        assert desk.get(f"/patients/{visit.patient_id}/").status_code == 200


@pytest.mark.conformance(9, 49)
def test_reading_and_the_own_account_stay_open(untrained: User, visit: Visit, sign_in: SignIn) -> None:
    User.objects.filter(pk=untrained.pk).update(roles=["investigator"])
    desk = sign_in(User.objects.get(pk=untrained.pk))
    for address in (
        f"/patients/{visit.patient_id}/",
        f"/visits/{visit.pk}/",
        f"/trail/patients/{visit.patient_id}/",
        "/training/",
    ):
        assert desk.get(address).status_code == 200
    printed = desk.post(f"/patients/{visit.patient_id}/print/", {"how": "nonsense"})
    assert printed.status_code != 403, "a copy is read, not stored"
    assert desk.post("/locks/trial/").status_code == 404, "what is not for the person answers as ever"
    assert desk.post("/sign-out/").status_code == 302


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"system-on": "2026-02-30", "system-evidence": "x"}, "Enter a date that exists"),
        ({"system-on": "2026-03-03", "system-evidence": "x"}, "is in the future"),
        ({"system-on": "2026-03-01", "system-evidence": " "}, "This field is required"),
        ({"system-on": "2026-03-01", "system-evidence": "a\0b"}, "Null characters"),
        ({"system-on": "2026-03-01", "system-evidence": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field(
    untrained: User, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    with clock.held_at(NOW):
        answer = sign_in(untrained).post("/training/", {"course": "system", **typed})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert User.objects.get(pk=untrained.pk).training == {}


def test_an_admin_does_not_record_the_own_certificate(admin: User) -> None:
    with pytest.raises(RefusedError, match="another one than the person trained"):
        record_training(
            admin, get_protocol().accounts.course("gcp"), on=date(2026, 1, 1), evidence="x", actor=actor_of(admin)
        )
    assert not AuditEvent.objects.exists()


def test_asking_costs_no_query(untrained: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert len(say_lacking(untrained)) == 2
