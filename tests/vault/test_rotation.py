"""Changing the key of the vault: all or nothing, and the old key opens nothing afterwards."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from pytest_django import Settings

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from enrollment.vault.lists import get_sealed_list
from enrollment.vault.models import AllocationList, AllocationSlot, KeyRotation, UsedList
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.state import find_scheme, verify_list
from enrollment.vault.used import open_digest
from tests.events import read_event
from tests.vault.conftest import make_list, make_scheme, overwrite, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
NEW = Fernet.generate_key().decode()


def rotate() -> str:
    out = StringIO()
    call_command("rotate_allocation_key", stdout=out)
    return out.getvalue()


def ciphertexts() -> list[bytes]:
    return [bytes(token) for token in AllocationSlot.objects.order_by("pk").values_list("sealed_arm", flat=True)]


def test_after_a_change_the_new_key_opens_everything_and_the_old_one_nothing(
    sealed: AllocationList, patient: Patient, settings: Settings
) -> None:
    old, before = settings.ALLOCATION_KEYS, ciphertexts()
    settings.ALLOCATION_KEYS = (NEW, *old)
    assert "are encrypted with the first key" in rotate()
    assert not set(before) & set(ciphertexts())
    settings.ALLOCATION_KEYS = (NEW,)
    assert verify_list(sealed, is_sealed=True, actor=SYSTEM) == ""
    assert draw_allocation(patient, ready, SYSTEM).randomization_code
    made = get_sealed_list(2)
    assert made.commitment == sealed.commitment  # what was published stays true
    assert find_scheme(made) == make_scheme()
    assert len(open_digest(UsedList.objects.get())) == 64
    assert set(AllocationSlot.objects.values_list("key_number", flat=True)) == {made.key_number} == {2}
    event = read_event(action="rotate_allocation_key")
    assert (event.is_restricted, event.detail) == (True, f"{len(before) + 2} ciphertexts.")
    settings.ALLOCATION_KEYS = old
    with pytest.raises(VaultRefusedError, match="its key is missing"):
        get_sealed_list(2)
    # A second change begins the third key.
    settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(), NEW)
    rotate()
    assert AllocationList.objects.get().key_number == 3


@pytest.mark.usefixtures("sealed")
def test_there_must_be_something_to_change(settings: Settings) -> None:
    with pytest.raises(CommandError, match="one key only"):
        rotate()
    settings.ALLOCATION_KEYS = (*settings.ALLOCATION_KEYS, NEW)
    with pytest.raises(CommandError, match="with the first key already"):
        rotate()
    assert not KeyRotation.objects.exists()


def test_one_ciphertext_that_does_not_open_stops_the_whole_change(sealed: AllocationList, settings: Settings) -> None:
    last = AllocationSlot.objects.order_by("pk").last()
    overwrite(last, sealed_arm=b"nothing")
    settings.ALLOCATION_KEYS = (NEW, *settings.ALLOCATION_KEYS)
    before = ciphertexts()
    with pytest.raises(CommandError, match="altered"):
        rotate()
    assert ciphertexts() == before
    assert not KeyRotation.objects.exists()
    assert not AuditEvent.objects.filter(action="rotate_allocation_key").exists()


def test_the_database_lets_a_ciphertext_change_with_its_key_only(sealed: AllocationList) -> None:
    slots = AllocationSlot.objects.all()
    with open_gate():
        KeyRotation.objects.create(number=2, appended_by="x")
    for change in (
        {"sealed_arm": b"x"},
        {"sealed_arm": b"x", "key_number": 1},
        {"sealed_arm": b"x", "key_number": 3},  # no such key
        {"sealed_arm": b"x", "key_number": 2, "position": 7},
        {"sealed_arm": b"x", "key_number": 2, "code": "R-1"},
    ):
        with pytest.raises(DatabaseError, match="only grows"), open_gate():
            slots.update(**change)
    with pytest.raises(DatabaseError, match=r"only grows|record gate"), transaction.atomic():
        slots.update(sealed_arm=b"x", key_number=2)
    with pytest.raises(DatabaseError, match="only grows"), open_gate():
        AllocationList.objects.update(commitment="0" * 64, key_number=2)


def test_a_list_made_after_a_change_bears_the_number_of_its_key(settings: Settings) -> None:
    with open_gate():
        KeyRotation.objects.create(number=2, appended_by="x")
    made = make_list(8)
    assert {made.key_number, *AllocationSlot.objects.values_list("key_number", flat=True)} == {2}
