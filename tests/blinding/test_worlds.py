"""In whatever state a trial is, blinded people receive the same in two worlds that differ in the arms and in what only unblinded people enter.

The whole trial of the demonstration is asked in the middle of its life, with a broken code; then a few addresses that depend on how far it has
come: with no slot left, and after the lock of the database. Trials of few patients are asked in test_small_worlds.py.
"""

from random import Random

import pytest
from django.db import transaction

from enrollment.models import Patient, PatientStatus
from enrollment.vault.lists import get_sealed_list
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.slots import explain, void_next_slot
from tests.blinding.questions import ask_about
from tests.reports import compute_once
from tests.vault.conftest import READY, make_patient
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.roles import Role
from trialsite.management.addresses import list_addresses
from trialsite.marks.actions import put_lock
from trialsite.marks.models import LockKind, Scope
from trialsite.proof.people import names_asking
from trialsite.proof.walk import Depth
from trialsite.proof.worlds import Outcome, compare_questions, compare_worlds
from trialsite.protocol.current import get_protocol
from visits.reach import Reach
from visits.views import draw as draw_page

# Files that the worker makes are compared elsewhere: the listing in test_lives.py; a casebook is set from pages that are asked here.
IN_TESTS = Depth(
    samples=1,
    links=1,
    forms=1,
    names=1,
    shares=True,
    one_reader={"/reports/": str(Role.DATA_MANAGER), "/trail/export/": str(Role.MONITOR)},
    deep=frozenset({str(Role.COORDINATOR)}),
    old_hands=frozenset({str(Role.COORDINATOR)}),
)


def tell(outcome: Outcome) -> list[str]:
    return [str(difference)[:600] for difference in outcome.differences[:10]]


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.usefixtures("demo_trial")
@pytest.mark.conformance(3, 24)
def test_blinded_people_see_the_same_trial_in_both_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    compute_once(monkeypatch)
    outcome = compare_worlds(IN_TESTS, Random(1), makers={})
    assert tell(outcome) == []
    assert outcome.twin is not None
    assert outcome.twin.arms.changed > 10
    assert outcome.twin.taken_away["visits.Intervention"] > 3
    assert outcome.twin.taken_away["vault.CodeBreak"] > 0
    assert set(outcome.questions) == {*names_asking(), "coordinator of old"}
    assert all(outcome.seen_by[role] > 0 for role in (Role.OPERATOR, Role.STATISTICIAN))  # for them the worlds differ
    assert {address.name for address in list_addresses()} <= set(outcome.views)


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_trial")
def test_with_no_slot_left_and_after_the_lock_both_worlds_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_page, "gather_readiness", lambda patient, protocol: READY)
    patient = Patient.objects.filter(phase_number=2, entered_on=None, status=PatientStatus.ELIGIBLE).first()
    with transaction.atomic():
        asked = patient or make_patient(990)
        use_up_the_list()
        exhausted = compare_questions(ask_about(asked), Random(2))
        put_lock(Reach(scope=Scope.TRIAL, label="the whole trial").target, LockKind.LOCK, reason="", actor=SYSTEM)
        locked = compare_questions(ask_about(asked), Random(3))
        transaction.set_rollback(True)
    for outcome in (exhausted, locked):
        assert tell(outcome) == []
        assert sum(outcome.seen_by.values()) > 0
    assert exhausted.views["draw"][409] > 0  # somebody was refused


def use_up_the_list() -> None:
    """No stratum has a slot left."""
    phase = get_protocol().phase(2)
    for stratum in get_sealed_list(2).strata.all():
        while not explain(2, stratum.key):
            void_next_slot(phase, stratum.key, "Used up", actor=SYSTEM)
        with pytest.raises(VaultRefusedError, match="exhausted"):
            void_next_slot(phase, stratum.key, "Used up", actor=SYSTEM)
