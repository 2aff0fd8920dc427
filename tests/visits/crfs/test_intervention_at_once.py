"""Operators who save one form at the same moment: what its checks ask becomes one query each, though no index of the database says so."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn, make_user
from tests.records.conftest import ANNA, give_consent
from tests.robust.test_at_once import send_at_once, statuses
from trialsite.accounts.roles import Role
from trialsite.queries.models import CheckFiring, DataQuery, RestrictedFiring
from trialsite.records.actions import create_record
from visits.models import Intervention, Visit

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


def asked() -> Counter[str]:
    return Counter(DataQuery.objects.filter(is_restricted=True).values_list("check_key", flat=True))


def test_each_question_is_asked_once(url: str, browsers: list[Client]) -> None:
    assert send(browsers, url, 0, **CELLS) == [302] * AT_ONCE
    first = asked()
    assert first["no_lesion"] == 1
    base = {f"base-{name}": value for name, value in CELLS.items()}
    revision = Intervention.objects.get().revision
    assert send(browsers, url, revision, assessed_on="2011-02-09", **CELLS, **base) == [302] * AT_ONCE
    assert len(asked()) == len(first) + 1
    assert set(asked().values()) == {1}
    for query in DataQuery.objects.all():
        assert [message.number for message in query.messages.all()] == [1] == [query.message_count]
    fired = RestrictedFiring.objects.values_list("check_key", "kind", "severity")
    assert Counter(fired) == {(key, "fired", "soft"): 1 for key in asked()}
    assert not CheckFiring.objects.exists()
