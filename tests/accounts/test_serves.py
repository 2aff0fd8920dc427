"""Two processes for one trial: each knows its own people, and for everybody else no page of it exists."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from tests.cast import PASSWORD, SignIn
from trialsite.accounts.models import User
from trialsite.accounts.roles import UNBLINDED, Role
from trialsite.accounts.serves import is_served
from trialsite.audit.models import AuditEvent

VARIES = re.compile(rb'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+|(?<=nav-link) active| aria-current="page"')
PAGES = ("/", "/patients/", "/worklist/", "/reports/", "/allocation/", "/list-commitment/", "/accounts/roles/")


def test_every_role_is_served_in_one_of_two_processes_and_in_one_alone() -> None:
    for role in Role:
        assert is_served("everyone", {role})
        assert is_served("unblinded", {role}) == (role in UNBLINDED) != is_served("blinded", {role})


@pytest.mark.django_db
@pytest.mark.parametrize("serves", ["blinded", "unblinded"])
def test_pages_of_the_other_process_answer_as_unknown(
    serves: str, cast: dict[Role, User], sign_in: SignIn, settings: Settings
) -> None:
    settings.SERVES = serves
    for role, user in cast.items():
        browser = sign_in(user)
        unknown = browser.get("/no-such-address/")
        answers = {page: browser.get(page) for page in PAGES}
        if is_served(serves, {role}):
            assert answers["/"].status_code in (200, 302), role
        else:
            assert {answer.status_code for answer in answers.values()} == {404}, role
            bodies = {VARIES.sub(b"", answer.content) for answer in [unknown, *answers.values()]}
            assert len(bodies) == 1, role
            assert browser.post("/sign-out/").status_code == 302


@pytest.mark.django_db
@pytest.mark.usefixtures("operator", "coordinator")
def test_who_signs_in_at_the_wrong_address_is_told_so_after_the_right_password_only(settings: Settings) -> None:
    for serves, wrong, right in (("blinded", "operator", "coordinator"), ("unblinded", "coordinator", "operator")):
        settings.SERVES = serves
        browser = Client()
        told = browser.post("/sign-in/", {"username": wrong, "password": PASSWORD}).content.decode()
        assert "served at the other address" in told
        assert browser.get("/").status_code == 302  # not signed in
        guessed = browser.post("/sign-in/", {"username": wrong, "password": "guessed"}).content.decode()
        assert "do not go together" in guessed
        assert "other address" not in guessed
        assert browser.post("/sign-in/", {"username": right, "password": PASSWORD}).status_code == 302
    assert AuditEvent.objects.filter(action="sign_in").count() == 2
