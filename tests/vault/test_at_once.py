"""Many draws at the same moment, some of which fail at the last: every slot in order, none shared, none skipped."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient, PatientStatus
from enrollment.refusal import RefusedError
from enrollment.vault.models import Draw
from tests.vault.conftest import make_patient, make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.audit.models import AuditEvent

AT_ONCE = 64
pytestmark = pytest.mark.django_db(transaction=True)


class LastMomentError(Exception):
    """The transaction fails after the slot was taken."""


def run_at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the acts in as many threads, all starting together; give what each returned or raised."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=60)
            return act()
        except (LastMomentError, RefusedError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def draw(patient: Patient) -> str:
    return draw_allocation(patient, ready, SYSTEM).randomization_code


def draw_and_fail(patient: Patient) -> None:
    with transaction.atomic():
        draw(patient)
        raise LastMomentError


def positions_in_order_of_draws() -> list[int]:
    return list(Draw.objects.order_by("id").values_list("slot__position", flat=True))


@pytest.mark.conformance(33)
def test_64_draws_at_once_take_64_slots_in_order() -> None:
    make_sealed_list(AT_ONCE)
    patients = [make_patient(n) for n in range(1, AT_ONCE + 1)]
    codes = run_at_once([partial(draw, patient) for patient in patients])
    assert positions_in_order_of_draws() == list(range(1, AT_ONCE + 1))
    assert len(set(codes)) == AT_ONCE
    for patient, code in zip(patients, codes, strict=True):
        stored = Patient.objects.get(pk=patient.pk)
        assert (stored.status, stored.randomization_code) == (PatientStatus.RANDOMIZED, code)
        assert Draw.objects.get(patient=patient).code == code
    assert AuditEvent.objects.filter(action="randomize").count() == AT_ONCE


@pytest.mark.conformance(33)
def test_draws_that_roll_back_leave_no_gap() -> None:
    make_sealed_list(AT_ONCE)
    patients = [make_patient(n) for n in range(1, AT_ONCE + 1)]
    failing = {n for n in range(AT_ONCE) if n % 20 == 7}  # one in twenty
    acts = [partial(draw_and_fail if n in failing else draw, patient) for n, patient in enumerate(patients)]
    results = run_at_once(acts)
    assert {n for n, result in enumerate(results) if isinstance(result, LastMomentError)} == failing
    kept = AT_ONCE - len(failing)
    assert positions_in_order_of_draws() == list(range(1, kept + 1))
    assert Patient.objects.filter(status=PatientStatus.ELIGIBLE).count() == len(failing)
    # Who failed can be drawn again, and gets the next slot.
    draw(patients[min(failing)])
    assert positions_in_order_of_draws()[-1] == kept + 1


@pytest.mark.conformance(33)
def test_one_patient_drawn_by_eight_people_at_once_gets_one_slot() -> None:
    make_sealed_list(8)
    patient = make_patient(1)
    results = run_at_once([partial(draw, patient)] * 8)
    refusals = [result for result in results if isinstance(result, RefusedError)]
    assert len(refusals) == 7
    assert {str(refusal) for refusal in refusals} == {"The patient has already entered treatment. Nobody enters twice."}
    assert positions_in_order_of_draws() == [1]


@pytest.mark.conformance(33)
def test_the_last_slots_go_to_as_many_patients_as_there_are_slots() -> None:
    total = make_sealed_list(4).strata.get().slots.count()
    patients = [make_patient(n) for n in range(1, 17)]
    results = run_at_once([partial(draw, patient) for patient in patients])
    assert sum(isinstance(result, str) for result in results) == total
    assert positions_in_order_of_draws() == list(range(1, total + 1))
