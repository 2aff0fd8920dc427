"""What the commands of the server say to somebody blinded is the same in both worlds: words, complaints, ends, files, statements, log."""

from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command, get_commands
from django.db import transaction

from enrollment.vault.models import Draw
from tests.cast import PASSWORD
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.management.commands import demo
from trialsite.proof.chance import held_chance
from trialsite.proof.listen import listening
from trialsite.proof.worlds import other_world, ready_to_ask
from visits.models import Intervention

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_trial"), pytest.mark.one_database]
# What is said of a command that is not asked: why nothing of it can reach a blinded person, or where it is compared.
NOT_ASKED = {
    "backup": "its file is the whole database; what it says is held by tests/frame/test_backup.py",
    "bench_endpoints": "measures drawn trials and prints milliseconds, which never repeat",
    "invite_admin": "shows a link, which is chance and time; it reads accounts alone",
    "migrate": "Django's own, which changes tables for whoever owns them; it speaks of no row",
    "prove_blind": "is the proof",
    "rotate_allocation_key": "the vault's: it needs the key, and counts every ciphertext for whoever holds it",
    "verify_audit": "an other world breaks its chains by being made; two trials lived through compare it, in test_lives.py",
    "write_reference": "writes pages of the source from the code",
}
# Each with good arguments, where a blinded person has any, and with wrong ones.
ASKED: dict[str, list[list[str]]] = {
    "demo": [[]],
    "endpoints": [[], ["--from-database"], ["--from-database", "--json", "-"], ["--write-csv", "nowhere"]],
    "register_used_list": [["nothing.csv", "--phase", "2", "--note", "x"], ["nothing.csv", "--phase", "9"]],
    "restore": [["nothing.backup"], ["nothing.backup", "--replace"]],
    "set_database_rights": [["--blinded", "nobody_here", "--unblinded", "nobody_here"]],
    "simulate": [["--patients", "4+4", "--trials", "2", "--csv", "table.csv"], ["--trials", "0"]],
    "worker": [["--interval", "never"], ["--no-such-option"]],
}
Told = dict[str, tuple[object, ...]]


def test_every_command_says_the_same_in_both_worlds_or_is_said_why_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = {
        name
        for name, app in get_commands().items()
        if app.split(".")[0] in {"trialsite", "enrollment", "visits", "endpoints"}
    }
    assert ours == ASKED.keys() | NOT_ASKED.keys()
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: PASSWORD)
    monkeypatch.chdir(tmp_path)
    with ready_to_ask({}):
        give_passwords()
        before, leaking = ask_all(tmp_path), ask_with_plants(tmp_path)
        with other_world(Random(1)):
            after, others = ask_all(tmp_path), ask_with_plants(tmp_path)
    assert [name for name, told in before.items() if told != after[name]] == []
    assert [name for name, told in leaking.items() if told == others[name]] == []  # each was found
    assert "table.csv" in str(before["simulate --patients 4+4 --trials 2 --csv table.csv"])


def give_passwords() -> None:
    """The people of the proof have one, which they type where a command asks for it."""
    for role in (*BLINDED, Role.ADMIN):
        user = User.objects.get(username=f"proof_{role}")
        user.set_password(PASSWORD)
        user.save()


def ask_all(folder: Path) -> Told:
    told = {" ".join([name, *given]): ask(folder, name, *given) for name, wanted in ASKED.items() for given in wanted}
    for role in (*sorted(BLINDED), Role.ADMIN):
        for given in (["--from-database", "--json", "-"], ["--write-csv", "."]):
            said = ask(folder, "endpoints", *given, "--as", f"proof_{role}")
            assert "No statistician of that name" in str(said)
            told[f"endpoints {given} as {role}"] = said
    return told


def ask(folder: Path, name: str, *given: str) -> tuple[object, ...]:
    """Everything that comes of one command; it changes nothing that stays."""
    said, complaint, end = StringIO(), StringIO(), ""
    with transaction.atomic(), held_chance(name), listening() as heard:
        try:
            call_command(name, *given, stdout=said, stderr=complaint)
        except CommandError as refused:
            end = f"{refused.returncode} {refused}"
        transaction.set_rollback(True)
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    for path in folder.iterdir():
        path.unlink()
    return (
        said.getvalue(),
        complaint.getvalue(),
        end,
        files,
        heard.statements,
        heard.rows,
        heard.shape.hexdigest(),
        heard.lines,
    )


def ask_with_plants(folder: Path) -> Told:
    """The same command when it tells how many forms operators wrote, and when it only looks for them."""
    told: Told = {}
    for what, leak in (("a count", tell_count), ("statements", look_for_each)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo, "refuse_outside_demo", leak)
            told[what] = ask(folder, "demo")
    return told


def tell_count() -> None:
    raise CommandError(f"{Intervention.objects.count()} procedures are in this database.")


def look_for_each() -> None:
    for _ in range(Intervention.objects.count()):
        Draw.objects.exists()
    raise CommandError("This is no demonstration.")
