"""Who is analyzed is fixed without any arm, dated, bound to a digest, and known again."""

import re

import pytest
from django.test import Client

from endpoints.derivations.analysis_sets import Candidate, derive_analysis_sets, derive_memberships
from endpoints.selectors.analysis_sets import analysis_sets_fixed, get_analysis_sets
from enrollment.models import Patient
from tests.audit.conftest import verify
from tests.cast import PASSWORD, SignIn
from tests.endpoints import stored
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from visits.models import Deviation

URL = "/analysis-sets/"
GOOD = {"uses_data": True, "is_treated": True, "has_major_deviation": False, "came": True}


def test_each_set_asks_for_its_own() -> None:
    spoiled = {
        1: {},
        2: {"came": False},
        3: {"has_major_deviation": True},
        4: {"is_treated": False},
        5: {"uses_data": False},
    }
    candidates = [Candidate(number=f"P{n}", phase_number=2, **{**GOOD, **how}) for n, how in spoiled.items()]
    memberships = derive_memberships(reversed(candidates), "Month 6")
    assert derive_analysis_sets(memberships) == {
        "phase 2: intention to treat": ["P1", "P2", "P3", "P4"],
        "phase 2: safety": ["P1", "P2", "P3"],
        "phase 2: per protocol": ["P1"],
    }
    assert memberships[1].reasons["per protocol"] == ("did not come to Month 6",)
    assert derive_analysis_sets([]) == {}


@pytest.fixture
def patients(db: None) -> list[Patient]:
    """Three drawn: one saw the protocol through, one was not treated, one is treated so far; and one of the open phase."""
    stored.seal_a_list()
    made = [stored.enter(stored.register(f"P2-{n:03d}")) for n in (1, 2, 3)]
    made.append(stored.enter(stored.register("P1-001", phase=1)))
    for patient in (made[0], made[2], made[3]):
        stored.treat(patient)
    stored.attend(made[0], "month_6")
    return made


def send(window: Client, **said: str) -> int:
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', window.get(URL).content.decode())
    assert shown
    form = {"shown": shown[1], "note": "Blind review on 2012-11-02", "password": PASSWORD}
    return int(window.post(URL, {**form, **said}).status_code)


@pytest.mark.conformance(41)
def test_the_sets_are_fixed_by_the_statistician_and_hold_until_the_records_say_otherwise(
    patients: list[Patient], statistician: User, data_manager: User, sign_in: SignIn
) -> None:
    window = sign_in(statistician)
    page = window.get(URL).content.decode()
    assert '<td data-label="Safety">the procedure was not begun</td>' in page  # a narrow screen names the set
    assert "P1-001" not in page
    for wrong in ({"password": "wrong"}, {"note": ""}, {"note": "a\0b"}, {"shown": "0" * 64}):
        assert send(window, **wrong) == 422
    assert analysis_sets_fixed() is None

    assert send(window) == 302
    fixed = analysis_sets_fixed()
    assert fixed is not None
    assert fixed.sets == {
        "phase 2: intention to treat": ["P2-001", "P2-002", "P2-003"],
        "phase 2: safety": ["P2-001", "P2-003"],
        "phase 2: per protocol": ["P2-001"],
    }
    event = AuditEvent.objects.get(action="fix_analysis_sets")
    assert (event.at, event.actor_username, event.reason) == (fixed.at, "statistician", "Blind review on 2012-11-02")
    assert fixed.sha256 in event.detail
    assert fixed.sha256 == get_analysis_sets(get_protocol()).sha256
    assert not AuditEvent.objects.filter(action="read_arms").exists()  # nobody had to know an arm for it
    trail = sign_in(data_manager).get("/trail/?action=fix_analysis_sets").content.decode()
    assert "P2-001, P2-002, P2-003" in trail

    raised = Deviation.objects.filter(patient=patients[0]).first() or stored.log(
        Deviation, patients[0], category="procedure", severity="minor", happened_on=stored.DAY_0
    )
    correct_record(raised, {"severity": "major"}, actor=SYSTEM, base_revision=raised.revision, reason="Graded anew")
    assert analysis_sets_fixed() is None
    assert "records changed since" in window.get(URL).content.decode()
    assert send(window) == 302
    again = analysis_sets_fixed()
    assert again is not None
    assert again.sets["phase 2: per protocol"] == []
    assert verify().startswith("All is as it was written")
