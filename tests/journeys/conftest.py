"""What a journey needs: people at desks, a calendar that also the server obeys, and forms filled in beforehand."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests.cast import SignIn
from tests.journeys.desk import HEIGHT, WIDE, Desk, Sheet
from trialsite.accounts.models import User
from trialsite.lib import clock
from trialsite.records.forms import CrfForm
from visits.visit import Visit

FileForm = Callable[[User, str, str, Sheet], None]
SitDown = Callable[..., Desk]
MoveTo = Callable[[str], None]


@pytest.fixture
def sit_down(live_server: LiveServer, new_context: CreateContextCallback) -> SitDown:
    """Give a person a browser of their own, signed in; `has_scripts=False` for one without JavaScript."""

    def open_browser(user: User, *, is_signed_in: bool = True, has_scripts: bool = True) -> Desk:
        context = new_context(viewport={"width": WIDE, "height": HEIGHT}, java_script_enabled=has_scripts)
        desk = Desk(context.new_page(), live_server.url, user.username)
        if is_signed_in:
            desk.sign_in()
        return desk

    return open_browser


@pytest.fixture
def move_to(monkeypatch: pytest.MonkeyPatch) -> MoveTo:
    """Set the clock, in UTC, for everybody: the server answers in threads of its own, where `held_at` does not reach."""

    def set_clock(moment: str) -> None:
        held = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        monkeypatch.setattr(clock, "_held", ContextVar[datetime | None]("held_moment", default=held))

    return set_clock


@pytest.fixture
def file_form(sign_in: SignIn) -> FileForm:
    """Complete a form of the only patient's visit without a browser: it is sent as a page would send it."""

    def send(user: User, visit_key: str, form_key: str, sheet: Sheet) -> None:
        visit = Visit.objects.get(planned_key=visit_key)
        url = reverse("visit_form", args=(visit.pk, form_key))
        typed = {"assessed_on": f"{visit.visited_on}", **sheet, "intent": "complete", "base_revision": "0"}
        answer = sign_in(user).post(url, typed)
        assert answer.status_code == 302, _say_why(answer.context["form"])

    return send


def _say_why(form: CrfForm) -> str:
    return f"{form.definition.key}: {form.errors} {form.missing} {form.unanswered}"
