"""Operators who save one form at the same moment: it is stored once, and what its checks ask stands on it and in no row of its own."""

from typing import Any

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn, make_user
from tests.records.conftest import ANNA, give_consent
from tests.robust.test_at_once import send_at_once, statuses
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.queries.models import CheckFiring, DataQuery, QueryMessage, RestrictedFiring
from trialsite.records.actions import create_record
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein, Visit

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4
CELLS = {"veins.L_IJV.is_examined": "yes", "veins.L_IJV.venography_stenosis_pct": "10"}


@pytest.fixture
def url() -> str:
    values: dict[str, Any] = {"site_code": "UB", "registered_on": "2011-01-03", "entered_on": "2011-02-08"}
    patient = create_record(
        Patient(number="P1-001", phase_number=1, status="enrolled", procedure_on="2011-02-08", **values), actor=ANNA
    )
    give_consent(patient)
    visit = create_record(Visit(patient=patient, planned_key="procedure", visited_on="2011-02-08"), actor=ANNA)
    return f"/visits/{visit.pk}/restricted/intervention/"


@pytest.fixture
def browsers(sign_in: SignIn) -> list[Client]:
    return [sign_in(make_user(f"operator_{n}", Role.OPERATOR)) for n in range(AT_ONCE)]


def send(browsers: list[Client], url: str, base: int, **values: str) -> list[int]:
    sent = {"intent": "save", "base_revision": str(base), "assessed_on": "2011-02-08", **values}
    return statuses(send_at_once(browsers, [url] * AT_ONCE, [sent] * AT_ONCE))


def test_each_question_stays_on_the_form(url: str, browsers: list[Client]) -> None:
    assert send(browsers, url, 0, **CELLS) == [302] * AT_ONCE
    base = {f"base-{name}": value for name, value in CELLS.items()}
    revision = Intervention.objects.get().revision
    assert send(browsers, url, revision, assessed_on="2011-02-09", **CELLS, **base) == [302] * AT_ONCE
    for browser in browsers:
        page = browser.get(url).content.decode()
        assert page.count('name="confirm-no_lesion"') == 1
    for model in (DataQuery, QueryMessage, CheckFiring, RestrictedFiring):
        assert not model._default_manager.exists()
    assert not AuditEvent.objects.filter(record_kind=DataQuery._meta.label_lower).exists()
    changed = AuditEvent.objects.filter(record_kind=Intervention._meta.label_lower)
    assert list(changed.order_by("id").values_list("revision", flat=True)) == [1, 2]
    assert InterventionVein.objects.count() == len(CRFS["intervention"].grid.rows)  # type: ignore[union-attr]
