"""The proof on an installation's own database: a copy is asked, the original stays, a report is filed, and a leak ends it with code 1."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from tests.blinding.plants import log_arms, on_answer
from tests.blinding.questions import ask_about
from tests.vault.conftest import make_patient, make_sealed_list, ready
from tests.vault.installation import NAMES, make_roles
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.lib.version import get_source_digest
from trialsite.management.commands import prove_blind
from trialsite.proof import split
from trialsite.proof.originals import digest_database
from trialsite.proof.report import get_commitments
from trialsite.proof.worlds import compare_questions, compare_services
from trialsite.protocol.current import get_protocol

# `empty_database` is one nobody else uses, so committing is fine here.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_database")]


@pytest.fixture
def patient() -> Patient:
    """One of four who were drawn."""
    make_sealed_list(8)
    first, *_ = [draw_allocation(make_patient(n), ready, SYSTEM) for n in range(1, 5)]
    return first


def test_the_proof_of_an_installation_is_filed_and_leaves_it_as_it_is(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few_questions(depth: Any, chance: Any, on_question: Any) -> Any:
        assert User.objects.count() == 0
        return compare_questions(ask_about(patient), Random(1))

    monkeypatch.setattr(prove_blind, "compare_worlds", few_questions)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    before, report = digest_database(), tmp_path / "report.txt"
    call_command("prove_blind", report=report)
    told = report.read_text(encoding="utf-8")
    commitment, protocol = get_commitments()[0], get_protocol()
    for said in (
        "no difference found",
        commitment,
        f"0.1.0, source {get_source_digest()}",
        protocol.digest,
        before,
        "4 patients",
        "as coordinator",
        "  draw  ",
    ):
        assert said in told
    assert before == digest_database()
    assert (User.objects.count(), list(tmp_path.glob(".proof-*"))) == (0, [])
    with pytest.raises(CommandError, match="is there already"):
        call_command("prove_blind", report=report)
    with override_settings(ALLOCATION_KEYS=()), pytest.raises(CommandError, match="no key of the vault"):
        call_command("prove_blind")

    on_answer(log_arms)(monkeypatch)
    with pytest.raises(CommandError, match="answered differently") as failed:
        call_command("prove_blind", report=tmp_path / "leak.txt")
    assert failed.value.returncode == 1
    leaking = (tmp_path / "leak.txt").read_text(encoding="utf-8")
    assert "NOT PROVEN" in leaking
    assert "coordinator: GET /patients/: lines at" in leaking
    assert before == digest_database()


def test_without_roles_no_two_processes_can_be_asked(patient: Patient) -> None:
    sentence = "no roles" if connection.vendor == "sqlite" else "are not there: trialsite, nobody_has_this_role"
    with pytest.raises(CommandError, match=sentence):
        call_command("prove_blind", services=True, unblinded="nobody_has_this_role")


@pytest.mark.skipif(not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles")
def test_both_processes_of_an_installation_are_asked(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the copy both are started with the environment of this process, each turned to its side; few people ask."""
    few = partial(compare_services, names=[str(Role.MONITOR)])
    monkeypatch.setattr(split, "compare_services", few)
    monkeypatch.setattr(prove_blind, "TO_FILE", replace(prove_blind.QUICK, deep=frozenset({"nobody else"})))
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setenv("TRIALSITE_ALLOCATION_KEY", settings.ALLOCATION_KEYS[0])
    make_roles()
    before, report = digest_database(), tmp_path / "report.txt"
    call_command("prove_blind", report=report, services=True, blinded=NAMES.blinded, unblinded=NAMES.unblinded)
    told = report.read_text(encoding="utf-8")
    for said in (
        "no difference found",
        "two processes",
        "as monitor:",
        "as monitor at the other address:",
        "  worklist  404",
    ):
        assert said in told
    monkeypatch.setenv("TRIALSITE_SECOND_FACTOR_KEY", "no key")
    with pytest.raises(CommandError, match="has ended"):
        call_command("prove_blind", services=True, blinded=NAMES.blinded, unblinded=NAMES.unblinded)
    assert before == digest_database()
