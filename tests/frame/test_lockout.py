"""After too many failures even the right password is refused, for a while."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.http import HttpRequest
from django.test import RequestFactory

from trialsite.lib.lockout import name_attempted

PASSWORD = "calm-river-stone-42"
WRONG = "not the password"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> object:
    return get_user_model().objects.create_user("ann", PASSWORD)


def request_sign_in(name: str, password: str) -> HttpRequest:
    return RequestFactory().post("/sign-in", {"username": name, "password": password})


def sign_in(name: str, password: str) -> object:
    return authenticate(request_sign_in(name, password), username=name, password=password)


def fail(times: int, name: str = "ann") -> None:
    for _ in range(times):
        assert sign_in(name, WRONG) is None


def test_the_right_password_opens_after_a_few_failures(ann: object) -> None:
    fail(settings.AXES_FAILURE_LIMIT - 1)
    assert sign_in("ann", PASSWORD) == ann


@pytest.mark.usefixtures("ann")
def test_the_right_password_is_refused_after_too_many_failures() -> None:
    fail(settings.AXES_FAILURE_LIMIT)
    assert sign_in("ann", PASSWORD) is None


def test_the_lock_ends_after_its_time(ann: object) -> None:
    fail(settings.AXES_FAILURE_LIMIT)
    attempt = AccessAttempt.objects.get()
    attempt.attempt_time -= settings.AXES_COOLOFF_TIME + timedelta(minutes=1)
    attempt.save()
    assert sign_in("ann", PASSWORD) == ann


@pytest.mark.usefixtures("ann")
def test_another_spelling_of_the_name_is_the_same_person() -> None:
    for name in ("ANN", " ann", "Ann ", "aNn", "ann"):
        fail(1, name)
    assert sign_in("ann", PASSWORD) is None


def test_the_lock_of_one_does_not_touch_another(ann: object) -> None:
    fail(settings.AXES_FAILURE_LIMIT, "bea")
    assert sign_in("ann", PASSWORD) == ann


@pytest.mark.parametrize("typed", ["x" * 10_000, "\N{GRINNING FACE}", ""])
def test_a_strange_name_is_counted_and_breaks_nothing(typed: str) -> None:
    fail(1, typed)
    assert len(name_attempted(request_sign_in(typed, ""))) <= 255


def test_a_name_with_a_null_byte_is_counted_without_it() -> None:
    assert name_attempted(request_sign_in("a\0nn", "")) == "ann"
