"""manage.py endpoints on the stored trial: a second door to the arms, no wider than the pages."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from enrollment.models import Patient
from tests.cast import PASSWORD
from tests.endpoints import stored
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent

Type = Callable[[str], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Type:
    """What is typed where the command asks for the password."""
    return lambda password: monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: password)


def treat_one() -> Patient:
    patient = stored.enter(stored.register("P1-001", phase=1))
    stored.treat(patient)
    return patient


def test_without_a_name_or_password_nobody_reads_arms(statistician: User, typed: Type) -> None:
    with pytest.raises(CommandError, match="say who you are"):
        call_command("endpoints", from_database=True, json="-")
    typed("a guess")
    with pytest.raises(CommandError, match="No statistician of that name"):
        call_command("endpoints", from_database=True, json="-", username=statistician.username)
    assert not AuditEvent.objects.filter(action="read_arms").exists()


def test_no_other_role_reads_arms_with_its_own_password(cast: dict[Role, User], typed: Type, tmp_path: Path) -> None:
    treat_one()
    typed(PASSWORD)
    for role, user in cast.items():
        if role != Role.STATISTICIAN:
            with pytest.raises(CommandError, match="No statistician of that name"):
                call_command("endpoints", write_csv=tmp_path, username=user.username)
    assert not list(tmp_path.iterdir())
    assert not AuditEvent.objects.filter(action="read_arms").exists()


def test_what_the_statistician_writes_computes_the_same_numbers(
    statistician: User, typed: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    treat_one()
    typed(PASSWORD)
    call_command("endpoints", from_database=True, json="-", username=statistician.username)
    stored_numbers = json.loads(capsys.readouterr().out)
    call_command("endpoints", write_csv=tmp_path, name="mine", username=statistician.username)
    call_command("endpoints", from_csv=tmp_path, json="-")
    assert json.loads(capsys.readouterr().out) == stored_numbers
    assert stored_numbers["demographics"]["open"]["n"] == 1
    events = AuditEvent.objects.filter(action="read_arms")
    assert [event.is_restricted for event in events] == [True, True]
