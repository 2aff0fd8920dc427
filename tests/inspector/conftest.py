"""One patient who lived through a trial, entered page by page; built once for a module, for it takes seconds."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.second_protocol.walk import Walk, open_center, open_site
from tests.vault.conftest import make_sealed_list
from trialsite.accounts.models import User
from trialsite.demo.paper import history, logs
from trialsite.lib.clock import held_at
from trialsite.protocol.current import get_protocol
from visits.models import Edss

SITE = "UB"
SEALED_AT = datetime(2010, 12, 6, 15, tzinfo=UTC)
CONSENTED_ON = date(2011, 1, 17)
SLOTS = 12


def open_browser(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="trialsite.accounts.backend.PeopleBackend")
    return browser


def seal_trial_list(walk: Walk) -> None:
    with held_at(SEALED_AT):
        make_sealed_list(SLOTS, walk.phase.number)


def live_a_month(walk: Walk, consented_on: date = CONSENTED_ON) -> None:
    """Screening, baseline, draw, procedure, and the first two visits after it; the second of them out of its window."""
    walk.enter(consented_on)
    walk.treat()
    walk.follow_up(walk.follow_ups[0])
    walk.follow_up(walk.follow_ups[1], days_late=20)


def fill_logs(walk: Walk) -> None:
    """An entry in every log that the visits left empty, and the end of participation."""
    on = walk.procedure_on + timedelta(days=(walk.follow_ups[1].day or 0) + 25)
    with held_at(walk.at(on, 12)):
        exam = Edss.objects.filter(patient=walk.patient_id).order_by("-assessed_on")[0]
        walk.fill("medical_history", history.write_syncope(CONSENTED_ON))
        walk.fill("adverse_event", logs.write_complaint("back_pain", walk.procedure_on, walk.at(on, 11)))
        relapse = logs.write_relapse(exam.assessed_on - timedelta(days=3), str(exam.pk))
        walk.fill("relapse", {**relapse, "is_steroid_treated": "no"})
        walk.fill("deviation", {**DEVIATION, "happened_on": on.isoformat()})
        walk.fill("disposition", logs.write_disposition("lost", on, "Moved away."))


DEVIATION: dict[str, Any] = {
    "category": "procedure",
    "severity": "minor",
    "description": "The sheath was changed.",
    "corrective_action": "None needed.",
    "state": "resolved",
}


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: Any) -> Iterator[Walk]:
    """A patient with every form of the registry; all of it is taken back when the module ends.

    A test that asks for it has the database, and must not be marked django_db: the mark closes the connection after each test.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        walk = Walk(get_protocol(), {**open_site(SITE), **open_center()}, SITE, open_browser)
        seal_trial_list(walk)
        live_a_month(walk)
        fill_logs(walk)
        yield walk
        transaction.set_rollback(True)


@pytest.fixture
def taken_back(lived: Walk) -> Iterator[None]:
    """What the test writes is taken back after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
