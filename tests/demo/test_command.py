"""`manage.py demo`: what it builds, keeps, throws away and refuses."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from tests.cast import make_user
from trialsite.accounts.demo_cast import DEMO_PASSWORD
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.demo.desk import Desk
from trialsite.demo.plan import Candidate, finished_candidates
from trialsite.demo.store import Found, look
from trialsite.management.commands import demo

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_demo_mode() -> Any:
    with override_settings(IS_DEMO=True):
        yield


@pytest.fixture
def short_plan(monkeypatch: pytest.MonkeyPatch) -> list[Candidate]:
    """One patient who fails the screening; the whole plan has a module of tests of its own."""
    candidates = [one for one in finished_candidates() if one.fails][:1]
    monkeypatch.setattr(demo, "plan_trial", lambda *_: candidates)
    return candidates


def run_demo(*arguments: str) -> str:
    said = StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue()


def test_outside_demo_mode_nothing_is_built() -> None:
    for arguments in ((), ("--reset",)):
        with pytest.raises(CommandError, match="demo mode only"):
            run_demo(*arguments)
    assert look() is Found.NOTHING


@pytest.mark.usefixtures("in_demo_mode", "short_plan")
def test_it_builds_and_introduces_everybody() -> None:
    said = run_demo()
    assert look() is Found.DEMO
    assert DEMO_PASSWORD in said
    assert all(f"  {user.username} " in said for user in User.objects.all())


@pytest.mark.usefixtures("in_demo_mode", "short_plan")
def test_a_second_start_keeps_what_was_entered() -> None:
    run_demo()
    newcomer = make_user("newcomer", Role.MONITOR)
    assert "kept" in run_demo()
    assert User.objects.filter(pk=newcomer.pk).exists()


@pytest.mark.usefixtures("in_demo_mode", "short_plan")
def test_a_reset_throws_away_and_builds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    thrown: list[Found] = []
    monkeypatch.setattr(demo, "throw_away", lambda: thrown.append(look()))
    monkeypatch.setattr(demo, "build_trial", lambda *_, **__: None)
    run_demo("--reset")
    assert thrown == []  # nothing was there
    monkeypatch.undo()
    with override_settings(IS_DEMO=True):
        build_one(monkeypatch)
        monkeypatch.setattr(demo, "throw_away", lambda: thrown.append(look()))
        monkeypatch.setattr(demo, "build_trial", lambda *_, **__: None)
        run_demo("--reset")
    assert thrown == [Found.DEMO]


def build_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "plan_trial", lambda *_: [])
    run_demo()


@pytest.mark.usefixtures("in_demo_mode")
def test_a_database_that_the_demo_did_not_build_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("somebody", Role.ADMIN)
    monkeypatch.setattr(demo, "throw_away", lambda: pytest.fail("it was thrown away"))
    for arguments in ((), ("--reset",)):
        with pytest.raises(CommandError, match="did not build"):
            run_demo(*arguments)
    assert User.objects.get().username == "somebody"


@pytest.mark.usefixtures("in_demo_mode", "short_plan")
def test_who_stops_the_build_is_told_that_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "attend", stop)
        with pytest.raises(CommandError, match="Nothing of the demo trial was stored"):
            run_demo()
    assert look() is Found.NOTHING
    run_demo()
    assert look() is Found.DEMO


@pytest.mark.usefixtures("in_demo_mode")
def test_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PROTOCOL_KEY", "another")
    with pytest.raises(CommandError, match="PROTOCOL_FILE"):
        run_demo()


def test_tables_of_somebody_else_are_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["wp_posts"])
    assert look() is Found.SOMETHING_ELSE
    monkeypatch.setattr(connection.introspection, "table_names", list)
    assert look() is Found.NOTHING
