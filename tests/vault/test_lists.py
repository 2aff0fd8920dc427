"""The list at rest: encrypted, committed to, bound to its place and to the kind of installation."""

import hashlib
import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from enrollment.actions.draw import NOT_POSSIBLE_NOW, draw_allocation
from enrollment.models import ListCommitment, Patient
from enrollment.refusal import RefusedError
from enrollment.selectors.commitment import get_commitment, get_commitments
from enrollment.vault.lists import generate_list, get_sealed_list, seal_list
from enrollment.vault.models import AllocationList, AllocationSeal, AllocationSlot, Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.state import get_newest_list, get_stock
from tests.vault.conftest import make_list, make_patient, make_scheme, make_sealed_list, overwrite, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol

pytestmark = pytest.mark.django_db
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}  # of the how-to: tools that every computer has


def generate(least: int = 8) -> AllocationList:
    return make_list(least)


def seal(made: AllocationList) -> AllocationSeal:
    return seal_list(made.id, get_protocol(), actor=SYSTEM)


def decrypt(token: bytes | memoryview) -> dict[str, str]:
    """The few lines with which somebody who was given the key reads the list without this program."""
    keys = MultiFernet([Fernet(key) for key in settings.ALLOCATION_KEYS])
    content: dict[str, str] = json.loads(keys.decrypt(bytes(token)))
    return content


@pytest.mark.conformance(33, 34)
def test_anybody_can_check_the_commitment_with_a_few_lines(sealed: AllocationList, tmp_path: Path) -> None:
    salt = json.loads(decrypt(sealed.sealed_parameters)["content"])["salt"]
    lines = [
        "trialsite allocation list, format 1",
        f"list {sealed.id}",
        f"protocol {get_protocol().digest}",
        "phase 2",
        "made in demo",
        f"salt {salt}",
    ]
    slots = AllocationSlot.objects.filter(stratum__list=sealed).order_by("position")
    lines += [f"all\t{slot.position}\t{decrypt(slot.sealed_arm)['content']}" for slot in slots]
    text = "\n".join(lines) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    published = get_commitment(2)
    assert published is not None
    assert digest == published.sha256 == sealed.commitment
    assert get_commitments() == [published]
    assert get_commitment(1) is None
    told = run_how_to(tmp_path, text, published.sha256)
    half = slots.count() // 2
    assert told == [(0, "list.txt: OK\n"), (0, f"{half:7} angioplasty\n{half:7} sham\n")]
    # One arm changed, one line lost: found out.
    for other in (text.replace("sham", "angioplasty", 1), text.replace(lines[-1] + "\n", "")):
        assert run_how_to(tmp_path, other, published.sha256)[0] == (1, "list.txt: FAILED\n")


def run_how_to(folder: Path, text: str, digest: str) -> list[tuple[int, str]]:
    """The commands for the list as they stand in the how-to, with nothing of the product: how each ended, and what it said."""
    page = (Path(__file__).parents[2] / "docs/how_to/check_the_allocation_list.md").read_text(encoding="utf-8")
    about_the_list, _, _ = page.partition("## Check the rest of a release")
    commands = [found.strip() for found in re.findall(r"```sh\n(.*?)```", about_the_list, re.DOTALL)]
    assert len(commands) == 2
    (folder / "list.txt").write_text(text, encoding="utf-8", newline="\n")
    (folder / "published.txt").write_text(digest + "\n", encoding="utf-8")
    ended = [
        subprocess.run(["/bin/sh", "-c", one], cwd=folder, env=PLAIN, capture_output=True, text=True, check=False)
        for one in commands
    ]
    return [(one.returncode, one.stdout) for one in ended]


def test_ciphertexts_of_all_arms_have_one_length(sealed: AllocationList) -> None:
    rows = AllocationSlot.objects.filter(stratum__list=sealed)
    assert {decrypt(row.sealed_arm)["content"] for row in rows} == {"angioplasty", "sham"}
    assert len({len(bytes(row.sealed_arm)) for row in rows}) == 1


@pytest.mark.conformance(33)
def test_chance_is_not_repeated() -> None:
    orders = set()
    for _ in range(3):
        rows = AllocationSlot.objects.filter(stratum__list=generate(60)).order_by("position")
        orders.add(tuple(decrypt(row.sealed_arm)["content"] for row in rows))
    assert len(orders) == 3


def test_one_list_serves_a_phase_for_ever(sealed: AllocationList) -> None:
    with pytest.raises(VaultRefusedError, match="there is one only"):
        generate()
    with pytest.raises(VaultRefusedError, match="there is one only"):
        seal(sealed)
    assert AllocationList.objects.count() == AllocationSeal.objects.count() == ListCommitment.objects.count() == 1


def test_only_the_newest_list_is_sealed() -> None:
    first, second = generate(), generate()
    with pytest.raises(VaultRefusedError, match="newer list"):
        seal(first)
    seal(second)
    assert get_newest_list(2) == second


def test_a_list_for_another_protocol_file_is_not_sealed() -> None:
    made = generate()
    overwrite(made, protocol_digest="0" * 64)
    with pytest.raises(VaultRefusedError, match="Generate it again"):
        seal(made)


def test_an_open_phase_has_no_list() -> None:
    protocol = get_protocol()
    with pytest.raises(VaultRefusedError, match="open label"):
        generate_list(protocol.phase(1), protocol, scheme=make_scheme(), least_per_stratum=4, actor=SYSTEM)


@pytest.mark.parametrize("least", [0, -1, 1001])
def test_a_list_has_a_sensible_length(least: int) -> None:
    with pytest.raises(VaultRefusedError, match="1 to 1000"):
        generate(least)


def test_a_list_made_in_a_demo_never_serves_in_production(
    sealed: AllocationList, patient: Patient, settings: Settings
) -> None:
    settings.IS_PRODUCTION = True
    with pytest.raises(VaultRefusedError, match="never serves in production"):
        get_sealed_list(2)
    # Nor when somebody turns the flag: it is bound into every ciphertext.
    overwrite(sealed, is_demo=False)
    with pytest.raises(RefusedError, match=NOT_POSSIBLE_NOW):
        draw_allocation(patient, ready, SYSTEM)
    assert not Draw.objects.exists()


def test_a_list_is_sealed_in_the_kind_of_installation_it_was_made_in(settings: Settings) -> None:
    for made_in_production in (False, True):
        settings.IS_PRODUCTION = made_in_production
        made = generate()
        settings.IS_PRODUCTION = not made_in_production
        with pytest.raises(VaultRefusedError, match="never serves in production, nor the other way round"):
            seal(made)
        assert not ListCommitment.objects.exists()


def test_a_rotated_key_still_opens_the_list(sealed: AllocationList, patient: Patient, settings: Settings) -> None:
    old = settings.ALLOCATION_KEYS
    settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(), *old)
    assert draw_allocation(patient, ready, SYSTEM).randomization_code
    settings.ALLOCATION_KEYS = (Fernet.generate_key().decode(),)
    with pytest.raises(VaultRefusedError, match="its key is missing"):
        get_sealed_list(2)


def test_a_published_commitment_that_was_replaced_is_found_out(sealed: AllocationList) -> None:
    overwrite(ListCommitment.objects.get(), sha256="0" * 64)
    with pytest.raises(VaultRefusedError, match="commitment was published"):
        get_sealed_list(2)


@pytest.mark.conformance(34)
def test_a_sealed_list_never_changes(sealed: AllocationList) -> None:
    for act in (
        lambda: AllocationSlot.objects.update(position=1),
        lambda: AllocationSeal.objects.update(phase_number=1),
        lambda: ListCommitment.objects.update(sha256=""),
        lambda: AllocationList.objects.filter(pk=sealed.pk).update(commitment=""),
        AllocationSeal.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            act()


def test_stock_counts_slots_by_stratum(sealed: AllocationList) -> None:
    draw_allocation(make_patient(1), ready, SYSTEM)
    (stock,) = get_stock(sealed)
    assert (stock.stratum, stock.used, stock.remaining) == ("all", 1, stock.total - 1)
    assert stock.total >= 20
    assert not stock.is_low


def test_the_trail_tells_everybody_of_the_seal_and_only_that(sealed: AllocationList) -> None:
    open_events = AuditEvent.objects.filter(
        is_restricted=False, action__in=["publish_commitment", "generate_list", "seal_list"]
    )
    assert [event.action for event in open_events] == ["publish_commitment"]
    assert sealed.commitment in open_events[0].detail
    assert str(sealed.id) not in open_events[0].detail


@pytest.mark.django_db(transaction=True)
@pytest.mark.conformance(33)
def test_a_dump_of_the_database_shows_no_arm_no_block_and_no_salt(tmp_path: Path) -> None:
    made = make_sealed_list(12)
    for n in range(1, 5):
        draw_allocation(make_patient(n), ready, SYSTEM)
    parameters = json.loads(decrypt(made.sealed_parameters)["content"])
    text = dump(tmp_path)
    assert made.commitment in text  # the dump holds what it should
    for secret in ("angioplasty", "sham", parameters["salt"], "block sizes", "blocks drawn", parameters["method"]):
        assert secret not in text


def dump(folder: Path) -> str:
    """Everything the database stores, as text; a byte that is no text stands for itself."""
    if connection.vendor == "sqlite":
        copy = folder / "copy.sqlite3"
        with sqlite3.connect(copy) as target:
            connection.connection.backup(target)
        target.execute("VACUUM")  # the file of the tests still holds what earlier ones deleted
        target.close()
        return copy.read_bytes().decode("latin-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'vault')")
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t.* FROM "{table}" t')  # noqa: S608 - names of our own tables
            for row in cursor.fetchall():
                texts += [bytes(v).decode("latin-1") if isinstance(v, memoryview) else str(v) for v in row]
        return "\n".join(texts)
