"""In a real browser, with the product in processes of its own: the server is killed while somebody types, and nothing is lost."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Error, Page, expect

from tests.cast import PASSWORD
from tests.faults.product import HOST, Product
from tests.journeys.desk import Desk
from tests.records.conftest import give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from visits.models import VitalSigns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.conformance(28)]
GONE = "The server does not answer just now. Nothing is stored yet and nothing is lost"
BACK = "The server answers again. Nothing was lost: send the form once more."
KEPT = "This is what you typed before, not stored yet."


def find_free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def product(tmp_path: Path, coordinator: User) -> Iterator[Product]:
    """The product over the database of this test."""
    if connection.vendor != "sqlite":
        pytest.skip("the journeys in a browser run on SQLite")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }
    made = Product(tmp_path, find_free_port(), environment)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def desk(page: Page, product: Product) -> Desk:
    """A coordinator with the vital signs of a visit open, a heart rate typed and not saved."""
    patient = make_patient()
    give_consent(patient)
    path = reverse("visit_form", args=(make_visit(patient).pk, "vital_signs"))
    made = Desk(page, f"http://{HOST}:{product.port}", "coordinator")
    made.sign_in(password=PASSWORD, path=path)
    made.enter({"heart_rate_bpm": "72", "assessed_by": "A nurse"})
    return made


def typed(desk: Desk) -> tuple[str, ...]:
    return tuple(desk.page.locator(f"[name={name}]").input_value() for name in ("heart_rate_bpm", "assessed_by"))


def reads(desk: Desk, text: str) -> None:
    """Sooner or later: the server may just have been started."""
    expect(desk.page.locator("main")).to_contain_text(text, timeout=30_000)


def save(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Save draft").click()


def stored() -> tuple[object, ...]:
    record = VitalSigns.objects.get()
    events = AuditEvent.objects.filter(record_id=record.pk).count()
    return record.heart_rate_bpm, record.assessed_by, record.revision, events


def test_the_server_killed_while_somebody_types_takes_nothing_away(desk: Desk, product: Product) -> None:
    product.kill()
    save(desk)
    reads(desk, GONE)
    assert typed(desk) == ("72", "A nurse")
    desk.look("server-gone", is_line_broken=True)
    assert not VitalSigns.objects.exists()
    product.start()
    reads(desk, BACK)
    save(desk)
    reads(desk, "saved as draft")
    assert stored() == (72, "A nurse", 1, 1)


def test_what_was_typed_waits_for_the_server_also_when_the_page_is_gone(desk: Desk, product: Product) -> None:
    address = desk.page.url
    product.kill()
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        desk.page.reload()
    product.start()
    desk.page.goto(address)
    reads(desk, KEPT)
    assert typed(desk) == ("72", "A nurse")
    save(desk)
    reads(desk, "saved as draft")
    assert stored() == (72, "A nurse", 1, 1)


def test_a_refused_audit_entry_is_told_and_the_form_keeps_what_was_typed(desk: Desk) -> None:
    run("CREATE TRIGGER test_refuses BEFORE INSERT ON audit_auditentry BEGIN SELECT RAISE(ABORT, 'made to fail'); END")
    save(desk)
    reads(desk, "Not saved. What you typed is still here. The database refused")
    assert typed(desk) == ("72", "A nurse")
    desk.complaints.clear()  # a page that answers 500 is meant to
    desk.look("audit-refused")
    run("DROP TRIGGER test_refuses")
    assert not VitalSigns.objects.exists()
    save(desk)
    reads(desk, "saved as draft")
    assert stored() == (72, "A nurse", 1, 1)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
